/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a faxbox says of its calls: the trunk they go over, T.38, error correction. */
#include <string.h>

#include "house_clock.h"
#include "submit_steps.h"

#include "base/attr.h"
#include "base/str.h"
#include "queue/retry.h"
#include "store/destinations.h"
#include "store/sql.h"

enum { MINUTE_MS = 60 * 1000 };

static void write_store(struct house *h, const char *script)
{
    queue_enter(&h->queue);
    sql_script(h->queue.store.sql, script);
    house_run(h);
}

/* With a second trunk, that costs more. */
static int setup(void **state)
{
    int failed = house_setup(state);
    struct house *h = *state;
    clock_begins(h, 1800000000000);
    write_store(h, "INSERT INTO trunk (id, name, peer, place) VALUES (X'00000000000070008000000000000009', "
                   "'dear', 'sip:127.0.0.2', 9);");
    return failed;
}

static void pass(struct house *h, int64_t ms)
{
    time_passes(ms);
    queue_enter(&h->queue);
    queue_wants(&h->queue, WORK_DIAL);
    house_run(h);
}

static void mailed(struct house *h, const char *to)
{
    (void)send_mail(h, &(struct note){.to = to});
    answer_all_renders(h, 1);
}

/* The next call: dialled over that trunk, and as what. Returns its attempt. */
static struct id dialled(struct house *h, const char *trunk, bool t38, bool ecm)
{
    struct heard send = house_take(h, &h->call, MSG_send);
    assert_int_equal(send.ecm, ecm);
    house_answer(h, &h->call, &send, MESSAGE(prepared, .attempt = send.id));
    struct heard dial = house_take(h, &h->line, MSG_dial);
    assert_string_equal(dial.more, trunk);
    assert_int_equal(dial.a, t38);
    house_answer(h, &h->line, &dial, MESSAGE(dialled, .attempt = send.id));
    return send.id;
}

static void not_dialled(struct house *h, struct id attempt, const char *code, unsigned failure)
{
    house_ask(h, &h->line,
              MESSAGE(dial_failed, .attempt = attempt, .verdict = VERDICT_RETRY, .code = code,
                      .reason = "It failed.", .failure = failure));
    (void)house_take(h, &h->line, MSG_dial_failed_stored);
    (void)house_take(h, &h->call, MSG_forget);
}

static void delivered(struct house *h, struct id attempt)
{
    house_tell(h, &h->line, MESSAGE(dial_state, .attempt = attempt, .phase = "answered"));
    confirm_page(h, attempt, 0);
    attempt_ends(h, attempt, VERDICT_DONE, false);
}

/* ---- the trunk ---- */

static void the_trunk_of_a_box_carries_its_faxes_whatever_it_costs(void **state)
{
    struct house *h = *state;
    mailed(h, TO(""));
    delivered(h, dialled(h, "loop", true, true));
    write_store(h, "UPDATE faxbox SET trunk = 'dear' WHERE id = 'front';");
    mailed(h, TO(""));
    delivered(h, dialled(h, "dear", true, true));
}

static void what_a_mail_says_stands_above_its_box(void **state)
{
    struct house *h = *state;
    write_store(h, "UPDATE faxbox SET trunk = 'dear' WHERE id = 'front';");
    mailed(h, TO("^PORT=loop"));
    delivered(h, dialled(h, "loop", true, true));
}

static void dry_run_names_the_trunk_of_the_box(void **state)
{
    struct house *h = *state;
    write_store(h, "UPDATE faxbox SET trunk = 'dear' WHERE id = 'front';");
    mailed(h, "check+0501234567@front.fax.example.com\n");
    assert_non_null(strstr(take_mail(h, MSG_compose_preview).text, "\tnational\tdear\t"));
    mailed(h, "check+0501234567^PORT=loop@front.fax.example.com\n");
    assert_non_null(strstr(take_mail(h, MSG_compose_preview).text, "\tnational\tloop\t"));
}

/* As with ^PORT: it waits, and its tries count. */
static void fax_of_a_box_with_a_trunk_goes_over_no_other_one(void **state)
{
    static const char *const codes[] = {"sip-503", "sip-unreachable"};
    struct house *h = *state;
    write_store(h, "UPDATE faxbox SET trunk = 'dear' WHERE id = 'front';");
    mailed(h, TO(""));
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        not_dialled(h, dialled(h, "dear", true, true), codes[i], DIAL_PROTOCOL);
        assert_int_equal(only_job(h).state, JOB_WAITING);
        assert_int_equal(only_job(h).dials, i + 1);
        assert_false(house_heard(h, &h->call, MSG_send));
        pass(h, 10 * MINUTE_MS);
    }
    /* The box is led elsewhere: so is what waits. */
    not_dialled(h, dialled(h, "dear", true, true), "sip-503", DIAL_PROTOCOL);
    write_store(h, "UPDATE faxbox SET trunk = '' WHERE id = 'front';");
    pass(h, 10 * MINUTE_MS);
    delivered(h, dialled(h, "loop", true, true));
}

static void full_trunk_of_one_box_keeps_no_other_box_waiting(void **state)
{
    struct house *h = *state;
    write_store(h,
                "UPDATE faxbox SET trunk = 'dear' WHERE id = 'front'; UPDATE trunk SET calls = 1 WHERE name "
                "= 'dear'; UPDATE faxbox_user SET may_send = 1; UPDATE faxbox SET trunk = 'dear' WHERE id = "
                "'back';");
    mailed(h, TO(""));
    struct id first = dialled(h, "dear", true, true);
    mailed(h, "0501234568@front.fax.example.com\n");
    mailed(h, "0501234569@back.fax.example.com\n");
    assert_false(house_heard(h, &h->call, MSG_send));
    mailed(h, "0501234570^PORT=loop@back.fax.example.com\n");
    delivered(h, dialled(h, "loop", true, true));
    delivered(h, first);
    (void)dialled(h, "dear", true, true); /* one of the two */
}

/* Several tenants' boxes line up before the first of them fills the trunk. */
static void boxes_in_line_for_a_trunk_that_fills_step_aside(void **state)
{
    struct house *h = *state;
    write_store(h,
                "INSERT INTO tenant (id, name, country, zone) VALUES (X'00000000000070008000000000000010', "
                "'other', 'IT', 'Europe/Rome'), (X'00000000000070008000000000000011', 'third', 'IT', "
                "'Europe/Rome'); UPDATE trunk SET calls = 1 WHERE name = 'dear'; UPDATE faxbox SET trunk = "
                "'dear'; UPDATE faxbox_user SET may_send = 1;");
    h->queue.may_dial = false;
    mailed(h, TO(""));
    mailed(h, "0501234568@back.fax.example.com\n");
    mailed(h, "0501234569^PORT=loop@back.fax.example.com\n");
    write_store(h, "UPDATE job SET tenant = X'00000000000070008000000000000010' WHERE faxbox = 'back';"
                   " UPDATE faxbox SET tenant = X'00000000000070008000000000000010' WHERE id = 'back';");
    queue_enter(&h->queue);
    h->queue.may_dial = true;
    pass(h, 0);
    bool dear = false, loop = false;
    for (int i = 0; i < 2; i++) {
        struct heard send = house_take(h, &h->call, MSG_send);
        house_answer(h, &h->call, &send, MESSAGE(prepared, .attempt = send.id));
        struct heard dial = house_take(h, &h->line, MSG_dial);
        dear = dear || strcmp(dial.more, "dear") == 0;
        loop = loop || strcmp(dial.more, "loop") == 0;
    }
    assert_true(dear);
    assert_true(loop);
    assert_false(house_heard(h, &h->call, MSG_send));
}

static void trunk_that_is_gone_is_waited_for_by_name(void **state)
{
    struct house *h = *state;
    write_store(h, "UPDATE faxbox SET trunk = 'away' WHERE id = 'front';");
    mailed(h, TO(""));
    assert_false(house_heard(h, &h->call, MSG_send));
    assert_string_equal(only_job(h).code, "no-trunk");
    assert_non_null(strstr(only_job(h).reason, "(trunk) away is set up"));
}

static void a_fax_goes_along_over_its_own_trunk_only(void **state)
{
    struct house *h = *state;
    write_store(h, "UPDATE faxbox SET trunk = 'dear', batch = 3 WHERE id = 'front';");
    h->queue.may_dial = false;
    mailed(h, TO("^PORT=loop"));
    pass(h, 10); /* ids of one millisecond have no order */
    mailed(h, TO(""));
    h->queue.may_dial = true;
    pass(h, 0);
    assert_int_equal(count_jobs(h), 2);
    struct heard send = house_take(h, &h->call, MSG_send);
    assert_string_equal(send.envelope, "");
}

/* ---- T.38 and error correction ---- */

/* proves: D4 */
static void box_without_t38_walks_the_ladder_in_audio_alone(void **state)
{
    static const unsigned rungs[] = {2, 3, 2};
    struct house *h = *state;
    write_store(h, "UPDATE faxbox SET t38 = 'off', tries = 4 WHERE id = 'front';");
    mailed(h, TO(""));
    for (size_t i = 0; i < ARRAY_LEN(rungs); i++) {
        struct heard send = house_take(h, &h->call, MSG_send);
        assert_int_equal(send.ecm, 1);
        assert_int_equal(send.c, retry_rung(rungs[i]).v17);
        house_answer(h, &h->call, &send, MESSAGE(prepared, .attempt = send.id));
        struct heard dial = house_take(h, &h->line, MSG_dial);
        assert_int_equal(dial.a, 0);
        house_answer(h, &h->line, &dial, MESSAGE(dialled, .attempt = send.id));
        house_tell(h, &h->line, MESSAGE(dial_state, .attempt = send.id, .phase = "answered"));
        attempt_ends(h, send.id, VERDICT_RETRY, false);
        pass(h, 10 * MINUTE_MS);
    }
}

static unsigned known_rung(struct house *h)
{
    const struct destination d =
        destination_find(&h->queue.store, &h->queue.arena, h->tenant, "+390501234567");
    assert_true(d.rung_ms > 0);
    return d.rung;
}

/* What worked for one box is remembered of the number; neither undoes what the other one says. */
static void memory_of_a_number_and_a_box_without_t38_do_not_undo_one_another(void **state)
{
    struct house *h = *state;
    write_store(h, "UPDATE faxbox_user SET may_send = 1; UPDATE faxbox SET t38 = 'off' WHERE id = 'front';");
    mailed(h, TO(""));
    delivered(h, dialled(h, "loop", false, true));
    mailed(h, "0501234567@back.fax.example.com\n");
    delivered(h, dialled(h, "loop", true, true));
    mailed(h, TO(""));
    delivered(h, dialled(h, "loop", false, true));
}

static void audio_for_want_of_t38_teaches_of_the_modem_alone(void **state)
{
    static const struct {
        unsigned before;
        const char *t38;
        unsigned rung, after;
    } rows[] = {{0, "off", 2, 0},  {1, "off", 3, 1},  {2, "off", 2, 2}, {3, "off", 3, 3},
                {0, "auto", 0, 0}, {2, "auto", 2, 2}, {3, "auto", 3, 3}};
    struct house *h = *state;
    mailed(h, TO(""));
    delivered(h, dialled(h, "loop", true, true));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char script[300];
        (void)str_format(script, sizeof(script),
                         "UPDATE destination SET rung = %u, rung_ms = %lld; UPDATE faxbox SET t38 = '%s';",
                         rows[i].before, (long long)wall_ms, rows[i].t38);
        write_store(h, script);
        mailed(h, TO(""));
        delivered(h, dialled(h, "loop", retry_rung(rows[i].rung).t38, true));
        assert_int_equal(known_rung(h), rows[i].after);
    }
}

/* Who looks at what was learnt of the number would read of T.38, which nobody tried. */
static void audio_for_want_of_t38_teaches_nothing_of_a_number_that_is_new(void **state)
{
    struct house *h = *state;
    write_store(h, "UPDATE faxbox SET t38 = 'off';");
    mailed(h, TO(""));
    delivered(h, dialled(h, "loop", false, true));
    const struct destination d =
        destination_find(&h->queue.store, &h->queue.arena, h->tenant, "+390501234567");
    assert_int_equal(d.delivered, 1);
    assert_int_equal(d.rung_ms, 0);
}

static void box_without_error_correction_sends_and_receives_without(void **state)
{
    struct house *h = *state;
    write_store(h, "UPDATE faxbox SET ecm = 'off';");
    mailed(h, TO(""));
    delivered(h, dialled(h, "loop", true, false));
    (void)invite(h, "200");
    assert_int_equal(house_take(h, &h->call, MSG_receive).ecm, 0);
    write_store(h, "UPDATE faxbox SET ecm = 'auto';");
    (void)invite(h, "200");
    assert_int_equal(house_take(h, &h->call, MSG_receive).ecm, 1);
}

static uint32_t answered_with_t38(struct house *h)
{
    struct id attempt = invite(h, "200");
    struct heard receive = house_take(h, &h->call, MSG_receive);
    house_answer(h, &h->call, &receive, MESSAGE(prepared, .attempt = attempt));
    struct heard verdict = house_take(h, &h->line, MSG_invite_verdict);
    assert_int_equal(verdict.a, 200);
    return verdict.t38;
}

static void calls_to_a_box_without_t38_stay_in_audio(void **state)
{
    struct house *h = *state;
    assert_int_equal(answered_with_t38(h), 1);
    write_store(h, "UPDATE faxbox SET t38 = 'off' WHERE id = 'back';");
    assert_int_equal(answered_with_t38(h), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, house_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_trunk_of_a_box_carries_its_faxes_whatever_it_costs),
        CASE(what_a_mail_says_stands_above_its_box),
        CASE(dry_run_names_the_trunk_of_the_box),
        CASE(fax_of_a_box_with_a_trunk_goes_over_no_other_one),
        CASE(full_trunk_of_one_box_keeps_no_other_box_waiting),
        CASE(boxes_in_line_for_a_trunk_that_fills_step_aside),
        CASE(trunk_that_is_gone_is_waited_for_by_name),
        CASE(a_fax_goes_along_over_its_own_trunk_only),
        CASE(box_without_t38_walks_the_ladder_in_audio_alone),
        CASE(memory_of_a_number_and_a_box_without_t38_do_not_undo_one_another),
        CASE(audio_for_want_of_t38_teaches_of_the_modem_alone),
        CASE(audio_for_want_of_t38_teaches_nothing_of_a_number_that_is_new),
        CASE(box_without_error_correction_sends_and_receives_without),
        CASE(calls_to_a_box_without_t38_stay_in_audio),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
