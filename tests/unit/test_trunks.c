/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which trunk a call takes, and which calls from a trunk are taken. */
#include <string.h>

#include "test.h"

#include "queue_steps.h"

#include "base/attr.h"
#include "base/fd.h"
#include "base/scope.h"
#include "model/blocked.h"
#include "model/voice.h"
#include "queue/trunk_choice.h"
#include "store/destinations.h"
#include "store/faxes.h"
#include "store/sql.h"
#include "store/trunk_health.h"

enum { MINUTE_MS = 60 * 1000 };

static void the_cheapest_trunk_that_is_up_is_taken(void **state)
{
    const int64_t now = 1000 * MINUTE_MS;
    struct trunk_candidate two[] = {{.down = false}, {.down = false}};
    assert_int_equal(trunk_choose(two, 2, now), 0);
    two[0].failed_ms = now - 1000;
    assert_int_equal(trunk_choose(two, 2, now), 1);
    assert_true(trunk_may_fail_over(two, 2, now));
    two[1].failed_ms = now - 500; /* both: the one that failed first */
    assert_int_equal(trunk_choose(two, 2, now), 0);
    assert_false(trunk_may_fail_over(two, 2, now));
    assert_int_equal(trunk_choose(two, 2, now + TRUNK_REST_MS), 0);
    assert_true(trunk_may_fail_over(two, 2, now + TRUNK_REST_MS));
    struct trunk_candidate down[] = {{.down = true}, {.failed_ms = now - 1000}};
    assert_int_equal(trunk_choose(down, 2, now), 1);
    assert_false(trunk_may_fail_over(down, 2, now));
    down[1].down = true;
    assert_int_equal(trunk_choose(down, 2, now), 0); /* better than none */
}

static void trunks_are_asked_each_minute_unless_they_register(void **state)
{
    assert_int_equal(trunk_keepalive_s(-1, false), 60);
    assert_int_equal(trunk_keepalive_s(-1, true), 0);
    assert_int_equal(trunk_keepalive_s(0, false), 0);
    assert_int_equal(trunk_keepalive_s(25, true), 25);
}

static void only_the_trunk_s_own_failures_are_its_fault(void **state)
{
    assert_true(trunk_is_to_blame("sip-503"));
    assert_true(trunk_is_to_blame("sip-unreachable"));
    assert_true(trunk_is_to_blame("sip-login"));
    assert_false(trunk_is_to_blame("sip-486"));
    assert_false(trunk_is_to_blame("sip-603"));
    assert_false(trunk_is_to_blame("sip-5033"));
    assert_false(trunk_is_to_blame("t30-no-carrier"));
    assert_false(trunk_is_to_blame(""));
}

static void blocked_callers_are_told_by_number_or_beginning(void **state)
{
    static const char list[] = "+391 0501* anonymous";
    assert_true(caller_is_blocked(list, "+391"));
    assert_false(caller_is_blocked(list, "+3912"));
    assert_false(caller_is_blocked(list, "391"));
    assert_true(caller_is_blocked(list, "0501234567"));
    assert_false(caller_is_blocked(list, "050"));
    assert_true(caller_is_blocked(list, ""));
    assert_false(caller_is_blocked("+391", ""));
    assert_true(caller_is_blocked("*", "5"));
    assert_false(caller_is_blocked("", "5"));
    assert_true(station_is_blocked(list, " +39 1"));
    assert_true(station_is_blocked(list, "050-123 456"));
    assert_false(station_is_blocked(list, "")); /* many machines say nothing */
    assert_false(station_is_blocked(list, "+39 12"));
}

/* ---- in the queue ---- */

static void write_store(struct house *h, const char *script)
{
    store_begin(&h->queue.store);
    sql_script(h->queue.store.sql, script);
    store_commit(&h->queue.store);
}

/* The call process is ready, the number is dialled: over that trunk? */
static void dialled_over(struct house *h, const struct heard *send, const char *trunk)
{
    house_answer(h, &h->call, send, MESSAGE(prepared, .attempt = send->id));
    struct heard dial = house_take(h, &h->line, MSG_dial);
    assert_string_equal(dial.more, trunk);
    house_answer(h, &h->line, &dial, MESSAGE(dialled, .attempt = send->id));
}

static void fail_dial(struct house *h, const struct heard *send, const char *code, unsigned failure)
{
    house_ask(h, &h->line,
              MESSAGE(dial_failed, .attempt = send->id, .verdict = VERDICT_RETRY, .code = code,
                      .reason = "It failed.", .failure = failure));
    (void)house_take(h, &h->line, MSG_dial_failed_stored);
    (void)house_take(h, &h->call, MSG_forget);
}

static void second_trunk(struct house *h)
{
    write_store(h, "INSERT INTO trunk (id, name, peer, place) VALUES (X'00000000000070008000000000000009', "
                   "'dear', 'sip:127.0.0.2', 9);");
}

static void a_trunk_that_fails_hands_the_job_to_the_next_one_at_once(void **state)
{
    struct house *h = *state;
    second_trunk(h);
    struct heard send = until_send(h, 1);
    dialled_over(h, &send, "loop");
    fail_dial(h, &send, "sip-503", DIAL_PROTOCOL);
    assert_int_equal(only_job(h).state, JOB_CALLING);
    assert_int_equal(only_job(h).dials, 0); /* no telephone rang */
    send = house_take(h, &h->call, MSG_send);
    dialled_over(h, &send, "dear");
    fail_dial(h, &send, "sip-unreachable", DIAL_PROTOCOL);
    struct job j = only_job(h); /* there is no third one */
    assert_int_equal(j.state, JOB_WAITING);
    assert_int_equal(j.dials, 1);
    assert_in_range(j.next_ms - h->queue.now_ms, 29000, 91000);
}

static void a_dial_before_the_trunk_is_looked_up_is_none(void **state)
{
    struct house *h = *state;
    second_trunk(h);
    struct heard send = until_send(h, 1);
    dialled_over(h, &send, "loop");
    fail_dial(h, &send, "trunk-not-ready", DIAL_NOT_YET);
    struct job j = only_job(h);
    assert_int_equal(j.state, JOB_WAITING);
    assert_int_equal(j.dials, 0);
    assert_in_range(j.next_ms - h->queue.now_ms, 1, 5000);
    const struct destination d = destination_find(&h->queue.store, &h->queue.arena, j.tenant, j.number);
    assert_int_equal(d.calls, 0);
}

static void a_busy_number_is_no_reason_for_another_trunk(void **state)
{
    struct house *h = *state;
    second_trunk(h);
    struct heard send = until_send(h, 1);
    dialled_over(h, &send, "loop");
    fail_dial(h, &send, "sip-486", DIAL_BUSY);
    assert_int_equal(only_job(h).state, JOB_WAITING);
    assert_int_equal(only_job(h).dials, 1);
}

static void a_job_bound_to_its_trunk_stays_there(void **state)
{
    struct house *h = *state;
    second_trunk(h);
    struct heard send = until_send(h, 1);
    write_store(h, "UPDATE job SET trunk = 'loop';");
    dialled_over(h, &send, "loop");
    fail_dial(h, &send, "sip-503", DIAL_PROTOCOL);
    assert_int_equal(only_job(h).state, JOB_WAITING);
}

static void a_trunk_that_is_down_is_passed_over(void **state)
{
    struct house *h = *state;
    second_trunk(h);
    house_tell(h, &h->line,
               MESSAGE(trunk_health, .trunk = "loop", .state = TRUNK_DOWN, .next_s = 60, .text = "Away."));
    house_run(h);
    struct stored_health health;
    assert_true(trunk_health_find(&h->queue.store, &h->queue.arena, "loop", &health));
    assert_int_equal(health.state, TRUNK_DOWN);
    assert_string_equal(health.text, "Away.");
    struct heard send = until_send(h, 1);
    dialled_over(h, &send, "dear");
    house_restart(h, &h->line); /* which knows nothing yet */
    assert_false(trunk_health_find(&h->queue.store, &h->queue.arena, "loop", &health));
}

static void an_unknown_number_is_refused_or_for_the_trunk_s_fallback_box(void **state)
{
    struct house *h = *state;
    (void)invite(h, "777");
    assert_int_equal(house_take(h, &h->line, MSG_invite_verdict).a, 404);
    write_store(h, "UPDATE trunk SET fallback_box = 'back';");
    (void)invite(h, "777");
    (void)house_take(h, &h->call, MSG_receive);
    assert_false(house_heard(h, &h->line, MSG_invite_verdict));
}

static void a_blocked_caller_is_declined(void **state)
{
    struct house *h = *state;
    write_store(h, "UPDATE tenant SET blocked_callers = '0501*';");
    (void)invite(h, "200");
    assert_int_equal(house_take(h, &h->line, MSG_invite_verdict).a, 603);
    write_store(h, "UPDATE tenant SET blocked_callers = 'anonymous';");
    (void)until_receiving(h);
    /* what the machine calls itself is known to the call first */
    (void)invite(h, "200");
    assert_string_equal(house_take(h, &h->call, MSG_receive).text, "anonymous");
}

static void until_receives(struct house *h, enum voice voice, const char *forward)
{
    struct id attempt = invite(h, "200");
    struct heard receive = house_take(h, &h->call, MSG_receive);
    assert_int_equal(receive.a, voice);
    assert_int_equal(receive.b, voice == VOICE_FAX ? receive.b : 20000);
    house_answer(h, &h->call, &receive, MESSAGE(prepared, .attempt = attempt));
    struct heard verdict = house_take(h, &h->line, MSG_invite_verdict);
    assert_int_equal(verdict.a, 200);
    assert_string_equal(verdict.text, forward);
    house_ask(h, &h->call,
              MESSAGE(attempt_done, .attempt = attempt, .verdict = VERDICT_DONE, .code = "voice-call",
                      .reason = "It ended.", .station_id = "", .mode = "audio"));
    (void)house_take(h, &h->call, MSG_attempt_done_stored);
}

static void a_person_is_forwarded_where_the_dial_plan_lets_us(void **state)
{
    struct house *h = *state;
    until_receives(h, VOICE_FAX, "");
    write_store(h, "UPDATE faxbox SET voice = 'hangup', voice_seconds = 20, voice_forward = '+49301234567';"
                   " UPDATE tenant SET dial_allow = '+49';");
    until_receives(h, VOICE_HANGUP, "");
    write_store(h, "UPDATE faxbox SET voice = 'forward';");
    until_receives(h, VOICE_FORWARD, "+49301234567");
    write_store(h, "UPDATE tenant SET dial_deny = '+49';");
    until_receives(h, VOICE_FAX, "");
    write_store(h, "UPDATE tenant SET dial_deny = ''; UPDATE faxbox SET voice_forward = '110';");
    until_receives(h, VOICE_FAX, "");
}

static void a_caller_that_is_known_as_a_machine_is_always_answered_as_a_fax(void **state)
{
    struct house *h = *state;
    write_store(h, "UPDATE tenant SET dial_allow = '+49';"
                   " UPDATE faxbox SET voice = 'forward', voice_seconds = 20, voice_forward = '+49301234567',"
                   " fax_callers = '0501*';");
    until_receives(h, VOICE_FAX, "");
    write_store(h, "UPDATE faxbox SET fax_callers = '';");
    until_receives(h, VOICE_FORWARD, "+49301234567");
    /* By hand, without a tone, and somebody has told its user to wait for ours. */
    write_store(h, "UPDATE faxbox SET voice = 'fax';");
    struct id attempt = until_receiving(h);
    receive_page(h, attempt, 0);
    write_store(h, "UPDATE faxbox SET voice = 'forward';");
    until_receives(h, VOICE_FAX, "");
}

static void a_caller_that_is_known_as_a_person_is_sent_on_before_the_answer(void **state)
{
    struct house *h = *state;
    write_store(
        h, "UPDATE tenant SET dial_allow = '+49';"
           " UPDATE faxbox SET voice = 'forward', voice_forward = '+49301234567', voice_callers = '0501*';");
    (void)invite(h, "200");
    struct heard verdict = house_take(h, &h->line, MSG_invite_verdict);
    assert_int_equal(verdict.a, 302);
    assert_string_equal(verdict.text, "+49301234567");
    assert_false(house_heard(h, &h->call, MSG_receive));
    write_store(h, "UPDATE faxbox SET voice = 'fax';");
    (void)until_receiving(h);
}

static void a_fax_with_a_subaddress_is_for_the_box_that_has_it(void **state)
{
    static const char *const cases[][2] = {{"47*", "front"}, {"48", "back"}, {"", "back"}};
    struct house *h = *state;
    write_store(h, "UPDATE faxbox SET subaddress = '47*' WHERE id = 'front';"
                   " UPDATE faxbox SET fax_password = '11' WHERE id = 'back';");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fax f;
        struct attempt t;
        struct id attempt = invite(h, "200");
        struct heard receive = house_take(h, &h->call, MSG_receive);
        assert_string_equal(receive.more, "11");
        house_answer(h, &h->call, &receive, MESSAGE(prepared, .attempt = attempt));
        (void)house_take(h, &h->line, MSG_invite_verdict);
        SCOPED_FD int t6 = fd_sealed_memory("page", span_str("T.6 data"));
        house_ask(h, &h->call,
                  MESSAGE(page_received, .attempt = attempt, .width = PAGE_WIDTH_A4, .rows = 100,
                          .resolution = PAGE_FINE, .coding = "T.6", .subaddress = cases[i][0], .t6 = t6));
        (void)house_take(h, &h->call, MSG_page_received_stored);
        house_ask(h, &h->call,
                  MESSAGE(attempt_done, .attempt = attempt, .verdict = VERDICT_DONE, .code = "", .reason = "",
                          .station_id = "", .mode = "t38"));
        (void)house_take(h, &h->call, MSG_attempt_done_stored);
        assert_true(attempt_find(&h->queue.store, attempt, &h->queue.arena, &t));
        assert_true(fax_find(&h->queue.store, t.fax, &h->queue.arena, &f));
        assert_string_equal(f.subaddress, cases[i][0]);
        assert_string_equal(f.faxbox, cases[i][1]);
        assert_string_equal(f.routed_from, i == 0 ? "back" : "");
    }
}

static void over_the_limit_callers_hear_busy_and_jobs_wait(void **state)
{
    struct house *h = *state;
    store_begin(&h->queue.store);
    store_set_meta(&h->queue.store, "calls_in", "1");
    store_set_meta(&h->queue.store, "calls_total", "2");
    store_commit(&h->queue.store);
    (void)until_receiving(h);
    (void)invite(h, "200");
    assert_int_equal(house_take(h, &h->line, MSG_invite_verdict).a, 486);
    (void)until_send(h, 1); /* one in, one out: two in all */
    store_begin(&h->queue.store);
    store_set_meta(&h->queue.store, "calls_in", "0");
    store_commit(&h->queue.store);
    (void)invite(h, "200");
    assert_int_equal(house_take(h, &h->line, MSG_invite_verdict).a, 486);
}

static void a_job_waits_for_the_limit_of_calls(void **state)
{
    struct house *h = *state;
    store_begin(&h->queue.store);
    store_set_meta(&h->queue.store, "calls_out", "1");
    store_set_meta(&h->queue.store, "calls_total", "1");
    store_commit(&h->queue.store);
    struct id attempt = until_receiving(h);
    struct id mail = store_mail(h);
    answer_unpack(h, mail, "ann@example.com", "<limit@example.com>");
    answer_render(h, 1);
    house_run(h);
    assert_false(house_heard(h, &h->call, MSG_send));
    assert_int_equal(only_job(h).state, JOB_WAITING);
    attempt_ends(h, attempt, VERDICT_RETRY, false);
    house_run(h);
    assert_true(house_heard(h, &h->call, MSG_send));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cheapest_trunk_that_is_up_is_taken),
        cmocka_unit_test(trunks_are_asked_each_minute_unless_they_register),
        cmocka_unit_test(only_the_trunk_s_own_failures_are_its_fault),
        cmocka_unit_test(blocked_callers_are_told_by_number_or_beginning),
        cmocka_unit_test_setup_teardown(a_trunk_that_fails_hands_the_job_to_the_next_one_at_once, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(a_dial_before_the_trunk_is_looked_up_is_none, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(a_busy_number_is_no_reason_for_another_trunk, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(a_job_bound_to_its_trunk_stays_there, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(a_trunk_that_is_down_is_passed_over, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(an_unknown_number_is_refused_or_for_the_trunk_s_fallback_box,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(a_blocked_caller_is_declined, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(a_fax_with_a_subaddress_is_for_the_box_that_has_it, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(a_person_is_forwarded_where_the_dial_plan_lets_us, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(a_caller_that_is_known_as_a_machine_is_always_answered_as_a_fax,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(a_caller_that_is_known_as_a_person_is_sent_on_before_the_answer,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(over_the_limit_callers_hear_busy_and_jobs_wait, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(a_job_waits_for_the_limit_of_calls, house_setup, house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
