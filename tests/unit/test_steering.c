/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Faxes steered by answering the mails about them: what each command does, to whom, how often, and how no
 * stranger does it. */
#include <string.h>

#include "submit_steps.h"

#include "base/clock.h"
#include "base/str.h"
#include "model/mail_manners.h"
#include "model/sender_facts.h"
#include "proto/mail_template.h"
#include "queue/steering.h"
#include "store/mails.h"
#include "store/usage.h"

#define BOX(settings) "{\"faxboxes\":[{\"id\":\"front\"," settings "}]}"
#define NUMBER        "+390501234567"

/* Half past seven of yesterday, where no clock is ever changed: a queue that is started anew begins with the
 * real time. */
#define ZONE "Asia/Kolkata"
static int64_t morning_ms(void)
{
    enum { DAY_S = 24 * 3600, TWO_HOURS_S = 2 * 3600 };
    return ((clock_wall_ms() / 1000 / DAY_S - 1) * DAY_S + TWO_HOURS_S) * 1000;
}
static int64_t now_ms;
static int64_t clock_now(void)
{
    return now_ms;
}

/* ---- steps ---- */

/* A fax to a number that is busy, and the word of it to its sender. */
static struct heard until_delayed(struct house *h)
{
    now_ms = morning_ms();
    h->queue.wall_clock = clock_now;
    h->queue.steady_clock = clock_now;
    apply(h, BOX("\"delays\":\"first\""));
    apply(h, "{\"tenants\":[{\"name\":\"main\",\"zone\":\"" ZONE "\"}]}");
    (void)send_mail(h, &(struct note){.to = TO("")});
    answer_all_renders(h, 1);
    struct heard send = house_take(h, &h->call, MSG_send);
    house_answer(h, &h->call, &send, MESSAGE(prepared, .attempt = send.id));
    struct heard dial = house_take(h, &h->line, MSG_dial);
    house_answer(h, &h->line, &dial, MESSAGE(dialled, .attempt = send.id));
    house_ask(h, &h->line,
              MESSAGE(dial_failed, .attempt = send.id, .failure = DIAL_BUSY, .sip_status = 486,
                      .verdict = VERDICT_RETRY, .code = "busy", .reason = "The number is busy."));
    return take_mail(h, MSG_compose_answer);
}

static struct id answer_from(struct house *h, const struct heard *mail, const char *from, const char *text)
{
    char to[520];
    (void)str_format(to, sizeof(to), "%s\n", mail->envelope);
    return send_mail(h, &(struct note){.to = to, .from = from, .text = text, .bare = true});
}

/* What is said to it; its first line is what was done. */
static struct heard command(struct house *h, const struct heard *mail, const char *text)
{
    (void)answer_from(h, mail, "ann@example.com", text);
    struct heard said = take_mail(h, MSG_compose_answer);
    assert_int_equal(said.a, MAIL_TEMPLATE_CONTROL);
    assert_string_equal(said.more, "ann@example.com");
    return said;
}

static void assert_said(const struct heard *said, const char *verb)
{
    if (!str_starts(said->text, verb) || said->text[strlen(verb)] != '\n')
        fail_msg("not %s: %s", verb, said->text);
}

static void end_job(struct house *h, enum job_state state)
{
    (void)sql_run(h->queue.store.sql, "UPDATE job SET state = ?1, ended_ms = 1 WHERE number = ?2", "nt",
                  (int)state, NUMBER);
}

/* ---- what a command does ---- */

static void delayed_comes_once_and_can_be_answered(void **state)
{
    struct house *h = *state;
    struct heard delayed = until_delayed(h);
    assert_int_equal(delayed.a, MAIL_TEMPLATE_DELAYED);
    assert_true(str_starts(delayed.text, "0501234567\n1\n"));
    assert_true(str_starts(delayed.envelope, "control+") &&
                str_ends_nocase(delayed.envelope, "@fax.example.com"));
    assert_true(job_to(h, NUMBER).delay_told);
    assert_int_equal(sql_get_int(h->queue.store.sql, 0,
                                 "SELECT count(*) FROM control WHERE instr(hash, CAST(?1 AS BLOB)) > 0", "t",
                                 delayed.envelope),
                     0);
}

static void cancel_ends_the_fax_once(void **state)
{
    struct house *h = *state;
    struct heard delayed = until_delayed(h);
    struct heard said = command(h, &delayed, "Cancel.\n");
    assert_said(&said, "cancelled");
    assert_int_equal(job_to(h, NUMBER).state, JOB_CANCELLED);
    assert_non_null(strstr(job_to(h, NUMBER).reason, "ann@example.com"));
    struct heard report = take_mail(h, MSG_compose_report);
    assert_true(str_starts(report.envelope, "control+"));
    assert_string_not_equal(report.envelope, delayed.envelope);
    /* Replayed, in a mail of its own. */
    said = command(h, &delayed, "RETRY");
    assert_said(&said, "used");
    assert_int_equal(count_jobs(h), 1);
}

static void held_until_a_time_of_the_tenants_clock_and_released(void **state)
{
    struct house *h = *state;
    struct heard delayed = until_delayed(h);
    struct heard said = command(h, &delayed, "HOLD UNTIL 08:00");
    assert_said(&said, "held");
    assert_int_equal(job_to(h, NUMBER).state, JOB_WAITING);
    assert_true(job_to(h, NUMBER).next_ms == now_ms + 30 * 60000);
    said = command(h, &said, "hold until 7:00"); /* tomorrow */
    assert_true(job_to(h, NUMBER).next_ms == now_ms + (24 * 60 - 30) * 60000LL);
    said = command(h, &said, "HOLD");
    assert_int_equal(job_to(h, NUMBER).state, JOB_HELD);
    said = command(h, &said, "RELEASE");
    assert_said(&said, "released");
    assert_true(house_heard(h, &h->call, MSG_send)); /* at once */
    assert_int_equal(job_to(h, NUMBER).state, JOB_CALLING);
    said = command(h, &said, "HOLD");
    assert_said(&said, "refused");
    said = command(h, &said, "CANCEL");
    assert_said(&said, "cancelled");
    assert_true(house_heard(h, &h->line, MSG_drop) || *job_to(h, NUMBER).cancelled_by);
}

static void status_changes_nothing_and_is_told_ten_times(void **state)
{
    struct house *h = *state;
    struct heard delayed = until_delayed(h);
    for (int i = 0; i < CONTROL_ASKS_MAX; i++) {
        struct heard said = command(h, &delayed, i % 2 ? "STATUS" : "What is it?");
        assert_said(&said, i % 2 ? "status" : "unclear");
        assert_non_null(strstr(said.text, "\nwaiting\t0501234567\t0\t1\t"));
    }
    (void)answer_from(h, &delayed, "ann@example.com", "STATUS");
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
    struct heard said = command(h, &delayed, "CANCEL"); /* what it is for still works */
    assert_said(&said, "cancelled");
}

/* Each answer has a token of its own: whoever answers that by itself comes to an end all the same. */
static void exchange_of_two_programs_ends(void **state)
{
    struct house *h = *state;
    struct heard said = until_delayed(h);
    for (int i = 0; i < CONTROL_ASKS_MAX; i++) {
        said = command(h, &said, "I am on holiday.");
        assert_said(&said, "unclear");
    }
    (void)answer_from(h, &said, "ann@example.com", "I am on holiday.");
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
    said = command(h, &said, "CANCEL");
    assert_said(&said, "cancelled");
}

/* proves: S2.9 S2.5 */
static void retry_wants_what_its_box_wants(void **state)
{
    struct house *h = *state;
    struct heard delayed = until_delayed(h);
    end_job(h, JOB_FAILED);
    apply(h, BOX("\"authentication\":\"pgp\""));
    struct heard said = command(h, &delayed, "RETRY");
    assert_said(&said, "refused");
    apply(h, BOX("\"authentication\":\"pin\",\"pin\":\"4711\""));
    said = command(h, &delayed, "RETRY\n4712");
    assert_said(&said, "refused");
    assert_int_equal(count_jobs(h), 1);
    said = command(h, &delayed, "RETRY\n4711");
    assert_said(&said, "again");
    assert_int_equal(count_jobs(h), 2);
}

static void failed_fax_is_sent_again_once(void **state)
{
    struct house *h = *state;
    struct heard delayed = until_delayed(h);
    struct heard said = command(h, &delayed, "RETRY");
    assert_said(&said, "refused"); /* it is under way */
    end_job(h, JOB_FAILED);
    struct heard asked = command(h, &said, "STATUS"), again = command(h, &said, "RETRY");
    assert_said(&again, "again");
    assert_int_equal(count_jobs(h), 2);
    struct heard send = house_take(h, &h->call, MSG_send);
    assert_int_equal(send.b, 1);
    assert_non_null(strstr(again.text, "\nwaiting\t0501234567\t"));
    again = command(h, &asked, "RETRY"); /* another mail about the same fax */
    assert_said(&again, "refused");
    assert_int_equal(count_jobs(h), 2);
}

/* proves: D3 */
static void what_is_sent_again_counts_on_the_day_it_is(void **state)
{
    struct house *h = *state;
    struct heard delayed = until_delayed(h);
    end_job(h, JOB_FAILED);
    (void)sql_run(h->queue.store.sql, "UPDATE submission SET created_ms = 1", "");
    (void)sql_run(h->queue.store.sql, "UPDATE job SET created_ms = 1, confirmed = 1", "");
    struct heard said = command(h, &delayed, "RETRY");
    assert_said(&said, "again");
    assert_int_equal(usage_of_sender(&h->queue.store, h->tenant, "ann@example.com", now_ms - 1000).pages, 1);
    end_job(h, JOB_FAILED);
    apply(h, "{\"tenants\":[{\"name\":\"main\",\"pages_per_day\":1}]}");
    (void)sql_run(h->queue.store.sql, "UPDATE job SET confirmed = 1", "");
    said = command(h, &said, "RETRY");
    assert_said(&said, "refused");
    assert_non_null(strstr(said.text, "1 a day are allowed"));
}

static void delivered_fax_is_not_sent_again_and_an_uncertain_one_after_a_warning(void **state)
{
    struct house *h = *state;
    struct heard delayed = until_delayed(h);
    end_job(h, JOB_DONE);
    struct heard said = command(h, &delayed, "RETRY");
    assert_said(&said, "refused");
    end_job(h, JOB_UNKNOWN);
    said = command(h, &delayed, "RETRY");
    assert_said(&said, "twice");
    assert_int_equal(count_jobs(h), 1);
    said = command(h, &said, "RETRY");
    assert_said(&said, "again");
    assert_int_equal(count_jobs(h), 2);
}

static void who_may_not_dial_that_number_any_more_cannot_retry(void **state)
{
    struct house *h = *state;
    struct heard delayed = until_delayed(h);
    end_job(h, JOB_FAILED);
    apply(h, BOX("\"enabled\":false"));
    struct heard said = command(h, &delayed, "RETRY");
    assert_said(&said, "refused");
    assert_int_equal(count_jobs(h), 1);
}

static void mails_about_a_fetched_fax_and_to_who_may_not_send_carry_no_token(void **state)
{
    struct house *h = *state;
    struct heard delayed = until_delayed(h);
    apply(h, BOX("\"report_to\":[\"archive@example.org\"]"));
    struct heard said = command(h, &delayed, "CANCEL");
    assert_true(*said.envelope);
    struct heard one = take_mail(h, MSG_compose_report), other = take_mail(h, MSG_compose_report);
    bool first = str_equal(one.more, "ann@example.com");
    assert_true(*(first ? &one : &other)->envelope);
    assert_string_equal((first ? &other : &one)->envelope, "");
    (void)sql_run(h->queue.store.sql, "UPDATE mail_in SET mailbox = id", "");
    said = command(h, &said, "STATUS");
    assert_string_equal(said.envelope, "");
}

/* The mail is made twice, so it has two tokens: both serve, and one change uses both up. */
static void mail_that_is_made_again_after_a_crash_still_serves_once(void **state)
{
    struct house *h = *state;
    struct heard delayed = until_delayed(h);
    (void)answer_from(h, &delayed, "ann@example.com", "HOLD");
    struct heard first = house_take(h, &h->convert, MSG_compose_answer);
    house_restart_queue(h);
    h->queue.wall_clock = clock_now;
    h->queue.steady_clock = clock_now;
    struct heard second = take_mail(h, MSG_compose_answer);
    assert_true(id_equal(first.id, second.id));
    assert_string_not_equal(first.envelope, second.envelope);
    assert_int_equal(job_to(h, NUMBER).state, JOB_HELD);
    struct heard said = command(h, &first, "CANCEL");
    assert_said(&said, "cancelled");
    said = command(h, &second, "RETRY");
    assert_said(&said, "used");
    assert_int_equal(count_jobs(h), 1);
}

/* ---- strangers ---- */

static void assert_dropped(struct house *h, struct id mail, const char *code)
{
    struct dead_letter d;
    struct arena a;
    arena_init(&a);
    assert_true(dead_letter_find(&h->queue.store, mail, &a, &d));
    assert_string_equal(d.code, code);
    arena_clear(&a);
    assert_int_equal(job_to(h, NUMBER).state, JOB_WAITING);
}

/* proves: D1 */
static void token_serves_only_whom_it_was_mailed_to(void **state)
{
    struct house *h = *state;
    struct heard delayed = until_delayed(h);
    assert_dropped(h, answer_from(h, &delayed, "mallory@example.net", "CANCEL"), "control-foreign");
    assert_false(house_heard(h, &h->convert, MSG_compose_answer)); /* may be forged */
    apply(h, BOX("\"permissions\":[{\"entry\":\"bob@example.com\",\"send\":true,\"receive\":false}]"));
    assert_dropped(h, answer_from(h, &delayed, "bob@example.com", "CANCEL"), "control-foreign");
    struct heard said = take_mail(h, MSG_compose_answer);
    assert_said(&said, "foreign");
    assert_string_equal(said.more, "bob@example.com");
    assert_null(strstr(said.text, "0501234567"));
    assert_string_equal(said.envelope, "");
    (void)answer_from(h, &delayed, "bob@example.com", "CANCEL");
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
}

static void old_token_is_told_once_an_hour(void **state)
{
    struct house *h = *state;
    struct heard delayed = until_delayed(h);
    now_ms += CONTROL_DAYS_MS + 60000;
    h->queue.may_dial = false;
    struct id mail = answer_from(h, &delayed, "ann@example.com", "CANCEL");
    assert_dropped(h, mail, "control-old");
    struct heard said = take_mail(h, MSG_compose_answer);
    assert_said(&said, "old");
    assert_string_equal(said.envelope, "");
    (void)answer_from(h, &delayed, "ann@example.com", "CANCEL");
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
}

static void automatic_answer_is_kept_and_not_answered(void **state)
{
    struct house *h = *state;
    struct heard delayed = until_delayed(h);
    char to[520];
    (void)str_format(to, sizeof(to), "%s\n", delayed.envelope);
    struct id mail =
        send_mail(h, &(struct note){.to = to, .text = "CANCEL", .bare = true, .manners = MAIL_IS_AUTOMATIC});
    assert_dropped(h, mail, "mail-automatic");
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
}

static void ask_rcpt(struct house *h, const char *recipient, uint32_t trust, const char *client,
                     uint32_t code, bool verified)
{
    house_ask(h, &h->mailin,
              MESSAGE(rcpt_check, .sender = "x@example.net", .recipient = recipient, .client_ip = client,
                      .trust = trust));
    struct heard verdict = house_take(h, &h->mailin, MSG_rcpt_verdict);
    assert_int_equal(verdict.a, code);
    assert_int_equal(verdict.b != 0, verified);
}

/* proves: A5 */
static void unknown_token_is_refused_at_the_door_and_a_known_one_wants_its_author_proven(void **state)
{
    struct house *h = *state;
    struct heard delayed = until_delayed(h);
    ask_rcpt(h, "control+00112233445566778899aabbccddeeff@fax.example.com", MAIL_TRUST_LOOPBACK, "127.0.0.1",
             550, false);
    ask_rcpt(h, "control@fax.example.com", MAIL_TRUST_LOOPBACK, "127.0.0.1", 550, false);
    ask_rcpt(h, delayed.envelope, MAIL_TRUST_NONE, "192.0.2.1", 250, true);
}

/* The status by which the mail is refused while its client waits, 0 where it is taken. */
static uint32_t store_from_outside(struct house *h, const struct heard *to, enum auth_result dmarc)
{
    char recipients[520], facts[SENDER_FACTS_LEN];
    const struct sender_facts f = {.dmarc = dmarc, .policy = "reject", .from = "ann@example.com"};
    sender_facts_format(&f, facts);
    (void)str_format(recipients, sizeof(recipients), "%s\n", to->envelope);
    house_ask(h, &h->mailin,
              MESSAGE(mail_store, .mail = id_new(), .sender = "ann@example.com", .recipients = recipients,
                      .client_ip = "192.0.2.1", .trust = MAIL_TRUST_NONE, .facts = facts,
                      .data = span_str("raw mail")));
    return house_take(h, &h->mailin, MSG_mail_stored).b;
}

/* proves: A5 */
static void forged_author_is_refused_at_the_door(void **state)
{
    struct house *h = *state;
    struct heard delayed = until_delayed(h);
    assert_int_equal(store_from_outside(h, &delayed, AUTH_FAIL), 550);
    assert_int_equal(store_from_outside(h, &delayed, AUTH_NONE), 550);
    assert_int_equal(store_from_outside(h, &delayed, AUTH_TEMPERROR), 451);
    assert_false(house_heard(h, &h->convert, MSG_unpack));
    assert_int_equal(store_from_outside(h, &delayed, AUTH_PASS), 0);
    assert_true(house_heard(h, &h->convert, MSG_unpack));
    assert_int_equal(job_to(h, NUMBER).state, JOB_WAITING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(delayed_comes_once_and_can_be_answered, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(cancel_ends_the_fax_once, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(held_until_a_time_of_the_tenants_clock_and_released, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(status_changes_nothing_and_is_told_ten_times, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(exchange_of_two_programs_ends, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(retry_wants_what_its_box_wants, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(what_is_sent_again_counts_on_the_day_it_is, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(failed_fax_is_sent_again_once, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(delivered_fax_is_not_sent_again_and_an_uncertain_one_after_a_warning,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(who_may_not_dial_that_number_any_more_cannot_retry, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(mails_about_a_fetched_fax_and_to_who_may_not_send_carry_no_token,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(mail_that_is_made_again_after_a_crash_still_serves_once, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(token_serves_only_whom_it_was_mailed_to, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(old_token_is_told_once_an_hour, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(automatic_answer_is_kept_and_not_answered, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(
            unknown_token_is_refused_at_the_door_and_a_known_one_wants_its_author_proven, house_setup,
            house_teardown),
        cmocka_unit_test_setup_teardown(forged_author_is_refused_at_the_door, house_setup, house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
