/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The queue's policy against scripted siblings: what it stores, what it asks, and when. */
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "queue_steps.h"

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/part_set.h"
#include "proto/mail_template.h"
#include "queue/report.h"
#include "store/mails.h"

/* ---- the thin path, out ---- */

/* proves: S4.6 S2.13 */
static void mail_becomes_a_confirmed_fax_and_a_report(void **state)
{
    struct house *h = *state;
    struct id attempt = until_answered(h, 2);
    confirm_page(h, attempt, 0);
    house_ask(h, &h->call, MESSAGE(page_ending, .attempt = attempt, .page = 1));
    (void)house_take(h, &h->call, MSG_page_ending_stored);
    confirm_page(h, attempt, 1);
    attempt_ends(h, attempt, VERDICT_DONE, false);
    assert_int_equal(only_job(h).state, JOB_DONE);
    struct heard report = house_take(h, &h->convert, MSG_compose_report);
    assert_non_null(strstr(report.text, "\"state\":\"done\""));
    assert_non_null(strstr(report.text, "\"confirmed\":2"));
    SCOPED_FD int mail = fd_sealed_memory("mail", span_str("Subject: report\r\n\r\n"));
    house_answer(h, &h->convert, &report, MESSAGE(composed, .mail = report.id, .mail_bytes = mail));
    struct heard deliver = house_take(h, &h->mailout, MSG_deliver);
    assert_string_equal(deliver.text, "ann@example.com");
    house_answer(h, &h->mailout, &deliver, MESSAGE(delivered, .mail = deliver.id));
    assert_true(mail_out_next_due(&h->queue.store) == INT64_MAX);
}

/* proves: D5 */
static void hang_up_after_the_last_confirmation_is_still_delivered(void **state)
{
    struct house *h = *state;
    struct id attempt = until_answered(h, 1);
    confirm_page(h, attempt, 0);
    attempt_ends(h, attempt, VERDICT_RETRY, false);
    assert_int_equal(only_job(h).state, JOB_DONE);
}

/* proves: D5 */
static void good_end_without_a_confirmed_last_page_is_not_delivered(void **state)
{
    struct house *h = *state;
    struct id attempt = until_answered(h, 2);
    confirm_page(h, attempt, 0);
    attempt_ends(h, attempt, VERDICT_DONE, false);
    assert_int_equal(only_job(h).state, JOB_WAITING);
}

/* proves: D5 */
static void lost_last_confirmation_is_unknown_and_never_sent_again(void **state)
{
    struct house *h = *state;
    struct id attempt = until_answered(h, 1);
    attempt_ends(h, attempt, VERDICT_RETRY, true);
    assert_int_equal(only_job(h).state, JOB_UNKNOWN);
    assert_false(house_heard(h, &h->call, MSG_send));
}

/* proves: D4 */
static void busy_waits_and_says_so(void **state)
{
    struct house *h = *state;
    struct heard send = until_send(h, 1);
    struct id attempt = answer_send(h, &send);
    house_ask(h, &h->line,
              MESSAGE(dial_failed, .attempt = attempt, .verdict = VERDICT_RETRY, .code = "sip-486",
                      .reason = "The line is busy.", .sip_status = 486, .failure = DIAL_BUSY));
    (void)house_take(h, &h->line, MSG_dial_failed_stored);
    (void)house_take(h, &h->call, MSG_forget);
    struct job j = only_job(h);
    assert_int_equal(j.state, JOB_WAITING);
    assert_string_equal(j.reason, "The line is busy.");
    assert_in_range(j.next_ms - h->queue.now_ms, 89000, 271000);
    assert_int_equal(j.dials, 1);
    assert_int_equal(j.tries, 0);
    assert_false(house_heard(h, &h->call, MSG_send));
}

/* proves: D4 */
static void rejected_number_is_final(void **state)
{
    struct house *h = *state;
    struct heard send = until_send(h, 1);
    struct id attempt = answer_send(h, &send);
    house_ask(h, &h->line,
              MESSAGE(dial_failed, .attempt = attempt, .verdict = VERDICT_RETRY, .code = "sip-404",
                      .reason = "There is no such number.", .sip_status = 404, .failure = DIAL_FINAL));
    assert_int_equal(only_job(h).state, JOB_FAILED);
    assert_true(house_heard(h, &h->convert, MSG_compose_report));
}

/* ---- deaths ---- */

/* proves: D4 D5 */
static void dead_call_process_resumes_at_once_at_the_first_unconfirmed_page(void **state)
{
    struct house *h = *state;
    struct id attempt = until_answered(h, 3);
    confirm_page(h, attempt, 0);
    house_restart(h, &h->call);
    struct heard again = house_take(h, &h->call, MSG_send);
    assert_false(id_equal(again.id, attempt));
    assert_int_equal(again.a, 1);
    assert_int_equal(again.b, 3);
    struct job j = only_job(h);
    assert_int_equal(j.tries, 0);
    assert_int_equal(j.dials, 0);
    assert_true(house_heard(h, &h->line, MSG_drop));
}

/* proves: D5 */
static void death_while_the_last_page_is_confirmed_is_unknown(void **state)
{
    struct house *h = *state;
    struct id attempt = until_answered(h, 1);
    house_ask(h, &h->call, MESSAGE(page_ending, .attempt = attempt, .page = 0));
    house_restart(h, &h->call);
    assert_int_equal(only_job(h).state, JOB_UNKNOWN);
}

/* proves: D4 */
static void five_deaths_in_a_row_hold_the_job(void **state)
{
    struct house *h = *state;
    (void)until_send(h, 1);
    for (int death = 1; death < 5; death++) {
        house_restart(h, &h->call);
        (void)house_take(h, &h->call, MSG_send);
    }
    house_restart(h, &h->call);
    assert_int_equal(only_job(h).state, JOB_HELD);
    assert_false(house_heard(h, &h->call, MSG_send));
}

static void new_queue_leaves_an_announced_call_alone(void **state)
{
    struct house *h = *state;
    struct id attempt = until_answered(h, 2);
    confirm_page(h, attempt, 0);
    house_restart_queue(h);
    house_tell(h, &h->call, MESSAGE(attempt_alive, .attempt = attempt));
    queue_enter(&h->queue);
    settle_leases(&h->queue);
    house_run(h);
    assert_int_equal(only_job(h).state, JOB_CALLING);
    confirm_page(h, attempt, 1);
    attempt_ends(h, attempt, VERDICT_DONE, false);
    assert_int_equal(only_job(h).state, JOB_DONE);
}

static void new_queue_takes_back_a_call_that_nobody_holds(void **state)
{
    struct house *h = *state;
    (void)until_answered(h, 2);
    house_restart_queue(h);
    assert_false(house_heard(h, &h->call, MSG_send)); /* it dials nothing in its first seconds */
    queue_enter(&h->queue);
    settle_leases(&h->queue);
    h->queue.may_dial = true;
    house_run(h);
    assert_true(house_heard(h, &h->call, MSG_send));
}

/* It went on sending beside the call that had taken its place: the fax would have arrived twice. */
static void call_that_announces_itself_too_late_is_ended(void **state)
{
    struct house *h = *state;
    struct id attempt = until_answered(h, 2);
    house_restart_queue(h);
    queue_enter(&h->queue);
    settle_leases(&h->queue);
    house_run(h);
    (void)house_take(h, &h->call, MSG_forget);
    (void)house_take(h, &h->line, MSG_drop);
    house_tell(h, &h->call, MESSAGE(attempt_alive, .attempt = attempt));
    assert_true(id_equal(house_take(h, &h->call, MSG_forget).id, attempt));
    assert_true(id_equal(house_take(h, &h->line, MSG_drop).id, attempt));
}

static void announced_call_that_was_given_up_is_told_to_end(void **state)
{
    struct house *h = *state;
    struct id attempt = until_answered(h, 1);
    attempt_ends(h, attempt, VERDICT_RETRY, false);
    house_restart_queue(h);
    house_tell(h, &h->call, MESSAGE(attempt_alive, .attempt = attempt));
    assert_true(id_equal(house_take(h, &h->call, MSG_forget).id, attempt));
}

static void every_step_is_taken_again_by_a_new_queue(void **state)
{
    struct house *h = *state;
    struct id mail = store_mail(h);
    (void)house_take(h, &h->convert, MSG_unpack);
    house_restart_queue(h);
    answer_unpack(h, mail, "ann@example.com", "<1@example.com>");
    (void)house_take(h, &h->convert, MSG_render);
    house_restart_queue(h);
    answer_render(h, 1);
    assert_true(house_heard(h, &h->call, MSG_send));
}

static void repeated_mail_is_stored_once(void **state)
{
    struct house *h = *state;
    struct id mail = id_new();
    const struct message *m = MESSAGE(mail_store, .mail = mail, .sender = "ann@example.com",
                                      .recipients = "200@front.fax.example.com\n", .client_ip = "127.0.0.1",
                                      .trust = MAIL_TRUST_LOOPBACK, .data = span_str("raw mail"));
    house_ask(h, &h->mailin, m);
    house_ask(h, &h->mailin, m);
    assert_int_equal(house_take(h, &h->mailin, MSG_mail_stored).a, 0);
    assert_int_equal(house_take(h, &h->mailin, MSG_mail_stored).a, 0);
    assert_int_equal(sql_get_int(h->queue.store.sql, 0, "SELECT count(*) FROM mail_in", ""), 1);
}

/* ---- who may send, and twice ---- */

/* proves: A6 */
static void same_mail_again_is_faxed_once_and_answered_once(void **state)
{
    struct house *h = *state;
    (void)until_send(h, 1);
    for (int copy = 0; copy < 3; copy++) {
        struct id mail = store_mail(h);
        answer_unpack(h, mail, "ann@example.com", "<1@example.com>");
        assert_false(house_heard(h, &h->convert, MSG_render));
    }
    struct heard answer = house_take(h, &h->convert, MSG_compose_answer);
    assert_int_equal(answer.a, MAIL_TEMPLATE_REPEATED);
    assert_string_equal(answer.text, "200");
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
    assert_int_equal(sql_get_int(h->queue.store.sql, 0, "SELECT count(*) FROM submission", ""), 1);
}

/* proves: D1 */
static void stranger_in_the_header_gets_no_fax_and_no_answer(void **state)
{
    struct house *h = *state;
    struct id mail = store_mail(h);
    answer_unpack(h, mail, "eve@evil.example", "<2@evil.example>");
    assert_false(house_heard(h, &h->convert, MSG_render));
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
    assert_int_equal(sql_get_int(h->queue.store.sql, -1, "SELECT state FROM mail_in", ""), MAIL_IN_REFUSED);
}

/* proves: D1 */
static void bad_document_is_answered_once_with_the_reason(void **state)
{
    struct house *h = *state;
    struct id mail = store_mail(h);
    answer_unpack(h, mail, "ann@example.com", "<3@example.com>");
    struct heard asked = house_take(h, &h->convert, MSG_render);
    house_answer(h, &h->convert, &asked,
                 MESSAGE(rendered, .document = asked.id, .verdict = VERDICT_GIVE_UP, .code = "pdf-encrypted",
                         .reason = "letter.pdf: The PDF is encrypted."));
    struct heard answer = house_take(h, &h->convert, MSG_compose_answer);
    assert_string_equal(answer.text, "Nothing was faxed. letter.pdf: The PDF is encrypted.");
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
}

static void check_rcpt(struct house *h, const char *sender, const char *recipient, uint32_t smtp,
                       const char *says)
{
    house_ask(h, &h->mailin,
              MESSAGE(rcpt_check, .sender = sender, .recipient = recipient, .client_ip = "127.0.0.1",
                      .trust = MAIL_TRUST_LOOPBACK));
    struct heard verdict = house_take(h, &h->mailin, MSG_rcpt_verdict);
    if (verdict.a != smtp || !strstr(verdict.text, says))
        fail_msg("<%s>: %u %s", recipient, verdict.a, verdict.text);
}

/* proves: A1 A2 S4.2 */
static void recipient_forms_of_the_box_are_taken_and_others_refused(void **state)
{
    struct house *h = *state;
    check_rcpt(h, "ann@example.com", "200@front.fax.example.com", 250, "");
    check_rcpt(h, "ann@example.com", "front+200@fax.example.com", 250, "");
    check_rcpt(h, "ann@example.com", "200@fax.example.com", 250, "");
    check_rcpt(h, "ann@example.com", "200@nobox.fax.example.com", 550, "no fax box \"nobox\"");
    check_rcpt(h, "ann@example.com", "200@back.fax.example.com", 550, "may not send");
    check_rcpt(h, "eve@example.com", "200@front.fax.example.com", 550, "may not send");
    check_rcpt(h, "ann@example.com", "bob@elsewhere.example", 550, "passes nothing on");
    check_rcpt(h, "ann@example.com", "phone@front.fax.example.com", 550, "5.1.3");
    check_rcpt(h, "ann@example.com", "112@front.fax.example.com", 550, "");
}

#define GOOD_FACTS "dmarc=pass policy=reject spf=pass dkim=none arc=none arc.dmarc=none from=ann@example.com"

static struct id bring(struct house *h, const char *ip, const char *facts, uint32_t smtp)
{
    struct id mail = id_new();
    house_ask(h, &h->mailin,
              MESSAGE(mail_store, .mail = mail, .sender = "ann@example.com",
                      .recipients = "200@front.fax.example.com\n", .client_ip = ip, .trust = MAIL_TRUST_NONE,
                      .facts = facts, .data = span_str("raw mail")));
    struct heard stored = house_take(h, &h->mailin, MSG_mail_stored);
    if (stored.b != smtp)
        fail_msg("%s, %s: %u %s", ip, facts, stored.b, stored.text);
    assert_int_equal(stored.a, 0);
    assert_int_equal(mail_in_exists(&h->queue.store, mail), smtp == 0);
    return mail;
}

/* proves: A5 D1 */
static void mail_from_elsewhere_is_refused_unless_verified(void **state)
{
    struct house *h = *state;
    static const char rest[] = "spf=none dkim=none arc=none arc.dmarc=none";
    char facts[400];
    house_ask(h, &h->mailin,
              MESSAGE(rcpt_check, .sender = "ann@example.com", .recipient = "200@front.fax.example.com",
                      .client_ip = "192.0.2.1", .trust = MAIL_TRUST_NONE));
    struct heard verdict = house_take(h, &h->mailin, MSG_rcpt_verdict);
    assert_int_equal(verdict.a, 250);
    assert_int_equal(verdict.b, MAIL_VERIFY);
    (void)bring(h, "192.0.2.1", GOOD_FACTS, 0);
    (void)bring(h, "192.0.2.1", "", 451);
    (void)str_format(facts, sizeof(facts), "dmarc=fail policy=reject %s from=ann@example.com", rest);
    (void)bring(h, "192.0.2.1", facts, 550);
    (void)str_format(facts, sizeof(facts), "dmarc=temperror %s from=ann@example.com", rest);
    (void)bring(h, "192.0.2.1", facts, 451);
    (void)str_format(facts, sizeof(facts), "dmarc=permerror %s", rest);
    (void)bring(h, "192.0.2.1", facts, 550);
    /* Proven to be somebody, but nobody who may send. */
    (void)str_format(facts, sizeof(facts), "dmarc=pass %s from=eve@example.org", rest);
    (void)bring(h, "192.0.2.1", facts, 550);
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
}

/* proves: A5 */
static void settings_of_tenant_and_box_say_who_is_believed(void **state)
{
    struct house *h = *state;
    struct sql *s = h->queue.store.sql;
    (void)sql_run(s, "UPDATE tenant SET trusted_networks = '192.0.2.0/24'", "");
    (void)bring(h, "192.0.2.1", "", 0);
    (void)bring(h, "127.0.0.1", "", 451); /* no loopback any more */
    (void)sql_run(s, "UPDATE faxbox SET trusted_networks = '203.0.113.0/24'", "");
    (void)bring(h, "203.0.113.5", "", 0);
    (void)bring(h, "198.51.100.1", "", 451);
    (void)sql_run(s, "UPDATE tenant SET dmarc = 'off'", "");
    (void)bring(h, "198.51.100.1", "", 0);
    (void)sql_run(s, "UPDATE faxbox SET dmarc = 'require', arc_trusted = 'lists.example'", "");
    (void)bring(h, "198.51.100.1", "", 451);
    (void)bring(
        h, "198.51.100.1",
        "dmarc=fail policy=reject spf=fail dkim=fail arc=pass arc.domain=lists.example arc.dmarc=pass "
        "from=ann@example.com",
        0);
    house_ask(h, &h->mailin,
              MESSAGE(rcpt_check, .sender = "ann@example.com", .recipient = "200@front.fax.example.com",
                      .client_ip = "198.51.100.1", .trust = MAIL_TRUST_NONE));
    assert_int_equal(house_take(h, &h->mailin, MSG_rcpt_verdict).b, MAIL_VERIFY | MAIL_VERIFY_ARC);
}

/* proves: A5 D1 */
static void mail_whose_author_reads_otherwise_gets_nothing(void **state)
{
    struct house *h = *state;
    struct id mail = bring(h, "192.0.2.1", GOOD_FACTS, 0);
    (void)sql_run(h->queue.store.sql,
                  "INSERT INTO faxbox_permission VALUES ('front', 'eve@example.org', 1, 0)", "");
    answer_unpack(h, mail, "eve@example.org", "<one@example.org>");
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
    assert_false(house_heard(h, &h->convert, MSG_render));
    mail = bring(h, "192.0.2.1", GOOD_FACTS, 0);
    answer_unpack(h, mail, "Ann@Example.com", "<two@example.org>");
    assert_true(house_heard(h, &h->convert, MSG_render));
}

/* ---- in ---- */

/* proves: S2.14 S4.7 */
static void received_fax_is_mailed_to_every_receiver(void **state)
{
    struct house *h = *state;
    struct id attempt = until_receiving(h);
    receive_page(h, attempt, 0);
    receive_page(h, attempt, 0); /* a repetition is no second page */
    receive_page(h, attempt, 1);
    attempt_ends(h, attempt, VERDICT_DONE, false);
    struct heard mail = house_take(h, &h->convert, MSG_compose_received);
    assert_int_equal(mail.a, 2);
    assert_int_equal(mail.b, 0);
    assert_string_equal(mail.text, "ann@example.com");
    assert_false(house_heard(h, &h->convert, MSG_compose_received));
}

/* proves: S2.16 */
static void broken_off_fax_is_partial_and_an_empty_call_is_no_mail(void **state)
{
    struct house *h = *state;
    struct id attempt = until_receiving(h);
    receive_page(h, attempt, 0);
    attempt_ends(h, attempt, VERDICT_RETRY, false);
    assert_int_equal(house_take(h, &h->convert, MSG_compose_received).b, 1);
    attempt = until_receiving(h);
    attempt_ends(h, attempt, VERDICT_RETRY, false);
    assert_false(house_heard(h, &h->convert, MSG_compose_received));
}

static void pages_of_a_dead_receiver_are_mailed_as_partial(void **state)
{
    struct house *h = *state;
    struct id attempt = until_receiving(h);
    receive_page(h, attempt, 0);
    house_restart(h, &h->call);
    assert_int_equal(house_take(h, &h->convert, MSG_compose_received).b, 1);
}

static void unknown_number_is_404(void **state)
{
    struct house *h = *state;
    (void)invite(h, "999999");
    assert_int_equal(house_take(h, &h->line, MSG_invite_verdict).a, 404);
    assert_false(house_heard(h, &h->call, MSG_receive));
}

/* ---- people ---- */

static void cancelled_job_is_never_dialled_again(void **state)
{
    struct house *h = *state;
    struct id attempt = until_answered(h, 2);
    struct id job = only_job(h).id;
    house_ask(h, &h->web, MESSAGE(cancel, .job = job, .user = "ann"));
    assert_int_equal(house_take(h, &h->web, MSG_cancelled).a, 202);
    assert_true(id_equal(house_take(h, &h->line, MSG_drop).id, attempt));
    attempt_ends(h, attempt, VERDICT_RETRY, false);
    assert_int_equal(only_job(h).state, JOB_CANCELLED);
    struct attempt t;
    assert_true(attempt_find(&h->queue.store, attempt, &h->queue.arena, &t));
    assert_string_equal(t.code, "cancelled");
    assert_false(house_heard(h, &h->call, MSG_send));
}

/* proves: S3.12 */
static void unreachable_mail_server_is_tried_every_30_seconds(void **state)
{
    struct house *h = *state;
    struct heard deliver = received_fax(h);
    house_answer(h, &h->mailout, &deliver,
                 MESSAGE(delivered, .mail = deliver.id, .verdict = VERDICT_RETRY, .code = "smtp-unreachable",
                         .reason = "The mail server does not answer.", .fault = FAULT_AWAY));
    /* A batch more may have been begun since. */
    assert_in_range(mail_out_next_due(&h->queue.store) - h->queue.now_ms, 20000, 30000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mail_becomes_a_confirmed_fax_and_a_report, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(hang_up_after_the_last_confirmation_is_still_delivered, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(good_end_without_a_confirmed_last_page_is_not_delivered, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(lost_last_confirmation_is_unknown_and_never_sent_again, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(busy_waits_and_says_so, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(rejected_number_is_final, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(dead_call_process_resumes_at_once_at_the_first_unconfirmed_page,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(death_while_the_last_page_is_confirmed_is_unknown, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(five_deaths_in_a_row_hold_the_job, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(new_queue_leaves_an_announced_call_alone, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(new_queue_takes_back_a_call_that_nobody_holds, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(call_that_announces_itself_too_late_is_ended, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(announced_call_that_was_given_up_is_told_to_end, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(every_step_is_taken_again_by_a_new_queue, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(repeated_mail_is_stored_once, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(same_mail_again_is_faxed_once_and_answered_once, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(stranger_in_the_header_gets_no_fax_and_no_answer, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(bad_document_is_answered_once_with_the_reason, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(recipient_forms_of_the_box_are_taken_and_others_refused, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(settings_of_tenant_and_box_say_who_is_believed, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(mail_whose_author_reads_otherwise_gets_nothing, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(mail_from_elsewhere_is_refused_unless_verified, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(received_fax_is_mailed_to_every_receiver, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(broken_off_fax_is_partial_and_an_empty_call_is_no_mail, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(pages_of_a_dead_receiver_are_mailed_as_partial, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(unknown_number_is_404, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(cancelled_job_is_never_dialled_again, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(unreachable_mail_server_is_tried_every_30_seconds, house_setup,
                                        house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
