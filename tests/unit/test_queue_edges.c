/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The queue against scripted siblings: what comes late, twice, too often, in odd bytes, or by a clock that
 * jumps. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "house_clock.h"
#include "queue_steps.h"

#include "base/fd.h"
#include "base/hex.h"
#include "base/scope.h"
#include "base/str.h"
#include "proto/mail_template.h"
#include "queue/report.h"

static int64_t number_in(struct house *h, const char *statement)
{
    return sql_get_int(h->queue.store.sql, -1, statement, "");
}

/* ---- late words of an attempt that has ended ---- */

static void late_page_is_in_the_journal_but_the_call_may_not_go_on(void **state)
{
    struct house *h = *state;
    struct id attempt = until_answered(h, 3);
    confirm_page(h, attempt, 0);
    attempt_ends(h, attempt, VERDICT_RETRY, false);
    house_ask(h, &h->call, MESSAGE(page_sent, .attempt = attempt, .page = 1, .coding = "T.6"));
    assert_int_not_equal(house_take(h, &h->call, MSG_page_sent_stored).b, 0);
    assert_int_equal(only_job(h).confirmed, 2); /* the far side has it: it is not sent again */
}

static void late_end_of_the_last_page_may_not_be_said(void **state)
{
    struct house *h = *state;
    struct id attempt = until_answered(h, 1);
    attempt_ends(h, attempt, VERDICT_RETRY, false);
    house_ask(h, &h->call, MESSAGE(page_ending, .attempt = attempt, .page = 0));
    assert_int_not_equal(house_take(h, &h->call, MSG_page_ending_stored).b, 0);
}

static void late_page_of_a_fax_that_is_mailed_is_not_confirmed(void **state)
{
    struct house *h = *state;
    struct id attempt = until_receiving(h);
    receive_page(h, attempt, 0);
    attempt_ends(h, attempt, VERDICT_DONE, false);
    SCOPED_FD int t6 = fd_sealed_memory("page", span_str("T.6 data"));
    house_ask(h, &h->call,
              MESSAGE(page_received, .attempt = attempt, .page = 1, .width = PAGE_WIDTH_A4, .rows = 100,
                      .resolution = PAGE_FINE, .coding = "T.6", .t6 = t6));
    assert_int_not_equal(house_take(h, &h->call, MSG_page_received_stored).b, 0);
    assert_int_equal(number_in(h, "SELECT pages FROM fax"), 1);
}

/* proves: D5 */
static void failed_dial_while_the_last_page_is_confirmed_is_unknown(void **state)
{
    struct house *h = *state;
    struct id attempt = until_answered(h, 1);
    house_ask(h, &h->call, MESSAGE(page_ending, .attempt = attempt, .page = 0));
    house_ask(h, &h->line,
              MESSAGE(dial_failed, .attempt = attempt, .verdict = VERDICT_RETRY, .code = "sip-lost",
                      .reason = "It broke off.", .failure = DIAL_PROTOCOL));
    assert_int_equal(only_job(h).state, JOB_UNKNOWN);
}

/* The pages that arrived are neither sent nor counted again. */
static void rest_of_a_failed_fax_is_sent_from_its_first_missing_page(void **state)
{
    struct house *h = *state;
    struct id attempt = until_answered(h, 3), rest = id_new();
    confirm_page(h, attempt, 0);
    attempt_ends(h, attempt, VERDICT_GIVE_UP, false);
    struct id failed = only_job(h).id;
    assert_int_equal(only_job(h).state, JOB_FAILED);
    house_ask(h, &h->web,
              MESSAGE(again, .job = failed, .again = rest, .sender = "", .user = "ann", .resume = 1));
    assert_int_equal(house_take(h, &h->web, MSG_goes_again).a, 200);
    struct heard send = house_take(h, &h->call, MSG_send);
    assert_int_equal(send.a, 1);
    assert_int_equal(send.b, 3);
    attempt = answer_send(h, &send);
    house_tell(h, &h->line, MESSAGE(dial_state, .attempt = attempt, .phase = "answered"));
    confirm_page(h, attempt, 1);
    house_ask(h, &h->call, MESSAGE(page_ending, .attempt = attempt, .page = 2));
    (void)house_take(h, &h->call, MSG_page_ending_stored);
    confirm_page(h, attempt, 2);
    attempt_ends(h, attempt, VERDICT_DONE, false);
    assert_int_equal(number_in(h, "SELECT max(confirmed) FROM job"), 3);
    assert_int_equal(number_in(h, "SELECT sum(confirmed - resumed) FROM job"), 3); /* in both calls */
    house_ask(h, &h->web,
              MESSAGE(again, .job = failed, .again = id_new(), .sender = "", .user = "ann", .resume = 1));
    assert_int_equal(house_take(h, &h->web, MSG_goes_again).a, 409);
}

/* proves: D5 */
static void fax_cancelled_while_its_last_page_is_confirmed_may_have_arrived(void **state)
{
    struct house *h = *state;
    struct id attempt = until_answered(h, 1);
    house_ask(h, &h->call, MESSAGE(page_ending, .attempt = attempt, .page = 0));
    house_ask(h, &h->web, MESSAGE(cancel, .job = only_job(h).id, .user = "ann"));
    attempt_ends(h, attempt, VERDICT_RETRY, true);
    assert_int_equal(only_job(h).state, JOB_UNKNOWN);
    assert_non_null(strstr(only_job(h).reason, "Cancelled by ann while the last page"));
    assert_int_equal(
        number_in(h, "SELECT count(*) FROM attempt WHERE reason LIKE 'Cancelled by ann.%may have%'"), 1);
}

/* ---- more than fits ---- */

static void call_after_sixty_four_others_can_be_cancelled(void **state)
{
    struct house *h = *state;
    struct heard send = until_send(h, 1);
    struct id job = only_job(h).id;
    queue_enter(&h->queue);
    for (int i = 0; i < 80; i++) {
        struct attempt t = {.id = id_new(), .job = job, .trunk = "loop", .started_ms = i + 1};
        attempt_add(&h->queue.store, &t);
        t.mode = t.station_id = t.code = t.trace = t.reason = "";
        (void)attempt_end(&h->queue.store, &t);
    }
    struct id attempt = answer_send(h, &send);
    house_ask(h, &h->web, MESSAGE(cancel, .job = job, .user = "ann"));
    assert_true(id_equal(house_take(h, &h->line, MSG_drop).id, attempt));
}

static void live_calls_are_told_as_far_as_they_fit(void **state)
{
    struct house *h = *state;
    queue_enter(&h->queue);
    for (int i = 0; i < 200; i++) {
        struct attempt t = {.id = id_new(), .job = id_new(), .trunk = "loop", .started_ms = i + 1};
        struct job j = {.id = t.job,
                        .submission = id_new(),
                        .tenant = h->tenant,
                        .faxbox = "front",
                        .number = "200",
                        .display_number = "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"",
                        .created_ms = 1};
        const struct submission s = {.id = j.submission,
                                     .tenant = h->tenant,
                                     .faxbox = "front",
                                     .sender = "",
                                     .subject = "",
                                     .message_id = "",
                                     .resolution = "",
                                     .paper = ""};
        submission_add(&h->queue.store, &s);
        submission_move(&h->queue.store, s.id, SUBMISSION_ADMITTED, "", "");
        job_add(&h->queue.store, &j);
        job_start_call(&h->queue.store, j.id);
        attempt_add(&h->queue.store, &t);
        struct live_call *c = live_add(&h->queue, t.id);
        memset(c->phase, '"', sizeof(c->phase) - 1);
        memset(c->station_id, '"', sizeof(c->station_id) - 1);
    }
    house_ask(h, &h->web, MESSAGE(live, .look = 0));
    struct heard calls = house_take(h, &h->web, MSG_live_state);
    assert_in_range(calls.a, 40, 199);
}

static void every_receiver_of_a_large_box_gets_the_fax(void **state)
{
    struct house *h = *state;
    queue_enter(&h->queue);
    for (int i = 0; i < 250; i++) {
        char entry[64];
        (void)str_format(entry, sizeof(entry), "reader%d@example.com", i);
        (void)sql_run(h->queue.store.sql, "INSERT INTO faxbox_permission VALUES ('back', ?1, 0, 1)", "t",
                      entry);
    }
    struct id attempt = until_receiving(h);
    receive_page(h, attempt, 0);
    attempt_ends(h, attempt, VERDICT_DONE, false);
    assert_int_equal(number_in(h, "SELECT count(*) FROM mail_out WHERE kind = 'received'"), 251);
}

/* ---- odd bytes ---- */

static void station_id_that_is_no_text_does_not_cost_the_report_a_job(void **state)
{
    struct house *h = *state;
    struct id attempt = until_answered(h, 1);
    confirm_page(h, attempt, 0);
    house_tell(h, &h->call,
               MESSAGE(call_state, .attempt = attempt, .phase = "sending", .station_id = "\xff\xfe 39"));
    house_ask(h, &h->web, MESSAGE(live, .look = 0));
    assert_int_equal(house_take(h, &h->web, MSG_live_state).a, 1);
    house_ask(h, &h->call,
              MESSAGE(attempt_done, .attempt = attempt, .verdict = VERDICT_RETRY, .code = "t\xe4",
                      .reason = "Es endete fr\xfch.", .began = 1, .station_id = "M\xfcller", .mode = "t38"));
    struct heard report = house_take(h, &h->convert, MSG_compose_report);
    assert_non_null(strstr(report.text, "\"station_id\":\"M?ller\""));
    assert_non_null(strstr(report.text, "Es endete fr?h."));
}

/* ---- files ---- */

static void tell_spooled(struct house *h, struct id mail, uint64_t size)
{
    house_ask(h, &h->mailin,
              MESSAGE(mail_store, .mail = mail, .sender = "ann@example.com",
                      .recipients = "200@front.fax.example.com\n", .client_ip = "127.0.0.1",
                      .trust = MAIL_TRUST_LOOPBACK, .spooled = size));
}

static struct heard take_stored(struct house *h)
{
    while (!house_heard(h, &h->mailin, MSG_mail_stored))
        (void)loop_step(h->loop, 1000);
    return house_take(h, &h->mailin, MSG_mail_stored);
}

static void mails_in_files_are_stored_and_answered_each_once(void **state)
{
    enum { MAILS = 20 };
    struct house *h = *state;
    struct id mails[MAILS];
    for (int i = 0; i < MAILS; i++) {
        mails[i] = id_new();
        SCOPED_FD int fd = blob_spool(&h->queue.store, mails[i]);
        assert_int_equal(fd_write_all(fd, span_str("raw mail")), 0);
    }
    for (int i = 0; i < MAILS; i++)
        tell_spooled(h, mails[i], i == 7 ? 9 : 8);
    for (int i = 0; i < MAILS; i++) {
        struct heard stored = take_stored(h);
        assert_int_equal(stored.a, id_equal(stored.id, mails[7]) ? EPROTO : 0);
    }
    assert_int_equal(number_in(h, "SELECT count(*) FROM mail_in"), MAILS - 1);
}

/* A file that is a pipe without a writer stands for a disk that takes its time. */
static void calls_do_not_wait_for_the_files_of_mails(void **state)
{
    struct house *h = *state;
    struct id mail = id_new(), attempt = until_receiving(h);
    char name[64], path[160];
    hex_format(mail.bytes, sizeof(mail.bytes), name);
    (void)str_format(path, sizeof(path), "%s/blobs/tmp/%s", h->dir, name);
    assert_int_equal(mkfifo(path, 0600), 0);
    tell_spooled(h, mail, 8);
    tell_spooled(h, mail, 8);
    receive_page(h, attempt, 0);
    assert_false(house_heard(h, &h->mailin, MSG_mail_stored));
    SCOPED_FD int end = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(end >= 0);
    assert_int_equal(take_stored(h).a, EPROTO);
    assert_false(house_heard(h, &h->mailin, MSG_mail_stored));
}

/* ---- stopped in order ---- */

/* proves: D4 */
static void stopping_the_server_is_no_crash(void **state)
{
    struct house *h = *state;
    struct id attempt = until_answered(h, 3);
    confirm_page(h, attempt, 0);
    for (int stop = 1; stop <= 6; stop++) {
        queue_end_calls(&h->queue);
        house_run(h);
        assert_int_equal(only_job(h).state, JOB_WAITING);
        house_restart_queue(h);
        struct heard again = house_take(h, &h->call, MSG_send);
        assert_int_equal(again.a, 1);
        (void)answer_send(h, &again);
    }
    assert_int_equal(only_job(h).crashes, 0);
    assert_int_equal(only_job(h).dials, 0);
}

/* proves: D5 */
static void stopping_while_the_last_page_is_confirmed_is_unknown(void **state)
{
    struct house *h = *state;
    struct id attempt = until_answered(h, 1);
    house_ask(h, &h->call, MESSAGE(page_ending, .attempt = attempt, .page = 0));
    queue_end_calls(&h->queue);
    house_run(h);
    assert_int_equal(only_job(h).state, JOB_UNKNOWN);
}

/* ---- a clock that jumps ---- */

enum { ANY_TIME_S = 1700000000 };

static struct id until_busy(struct house *h)
{
    clock_begins(h, ANY_TIME_S * (int64_t)1000);
    struct heard send = until_send(h, 1);
    struct id attempt = answer_send(h, &send);
    house_ask(h, &h->line,
              MESSAGE(dial_failed, .attempt = attempt, .verdict = VERDICT_RETRY, .code = "sip-486",
                      .reason = "The line is busy.", .failure = DIAL_BUSY));
    return attempt;
}

/* proves: D4 */
static void clock_set_back_or_forward_changes_no_waiting(void **state)
{
    static const int64_t jumps[] = {-365LL * 86400000, 30LL * 86400000};
    struct house *h = *state;
    (void)until_busy(h);
    for (size_t i = 0; i < ARRAY_LEN(jumps); i++) {
        int64_t left_ms = only_job(h).next_ms - wall_ms;
        assert_in_range(left_ms, 80000, 271000);
        wall_ms += jumps[i];
        time_passes(1000);
        queue_enter(&h->queue);
        house_run(h);
        struct job j = only_job(h);
        assert_int_equal(j.next_ms - wall_ms, left_ms - 1000);
        assert_in_range(wall_ms - j.since_ms, 0, 10000); /* its three hours are not over */
    }
    time_passes(300000);
    queue_enter(&h->queue);
    queue_wants(&h->queue, WORK_DIAL);
    assert_true(house_heard(h, &h->call, MSG_send));
}

/* proves: S2.16 */
static void clock_set_in_a_call_does_not_change_how_long_it_took(void **state)
{
    struct house *h = *state;
    clock_begins(h, ANY_TIME_S * (int64_t)1000);
    struct id attempt = until_receiving(h);
    time_passes(10000);
    wall_ms -= 3600000;
    receive_page(h, attempt, 0);
    time_passes(24000);
    wall_ms += 86400000;
    receive_page(h, attempt, 1);
    attempt_ends(h, attempt, VERDICT_DONE, false);
    assert_int_equal(number_in(h, "SELECT last_page_ms - answered_ms FROM fax"), 34000);
    assert_int_equal(house_take(h, &h->convert, MSG_compose_received).c, 34);
}

/* ---- held and released ---- */

static void ask_hold(struct house *h, struct id job, bool hold, uint32_t status)
{
    house_ask(h, &h->web, MESSAGE(hold, .job = job, .hold = hold, .user = "ann"));
    assert_int_equal(house_take(h, &h->web, MSG_held).a, status);
}

static void held_job_goes_when_it_is_released(void **state)
{
    struct house *h = *state;
    (void)until_busy(h);
    struct id job = only_job(h).id;
    ask_hold(h, job, true, 200);
    ask_hold(h, job, true, 200);
    assert_int_equal(only_job(h).state, JOB_HELD);
    time_passes(86400000);
    assert_false(house_heard(h, &h->call, MSG_send));
    ask_hold(h, job, false, 200);
    struct heard send = house_take(h, &h->call, MSG_send);
    struct id attempt = answer_send(h, &send);
    ask_hold(h, job, true, 409);
    ask_hold(h, job, false, 200);
    /* Its tries and its three hours begin anew: after one more busy line it waits. */
    house_ask(h, &h->line,
              MESSAGE(dial_failed, .attempt = attempt, .verdict = VERDICT_RETRY, .code = "sip-486",
                      .reason = "The line is busy.", .failure = DIAL_BUSY));
    assert_int_equal(only_job(h).state, JOB_WAITING);
    assert_int_equal(only_job(h).dials, 1);
    house_ask(h, &h->web, MESSAGE(cancel, .job = job, .user = "ann"));
    ask_hold(h, job, false, 409);
    ask_hold(h, id_new(), true, 404);
}

/* ---- asked twice ---- */

static void submit(struct house *h, const char *numbers)
{
    SCOPED_FD int document = fd_sealed_memory("document", span_str("%PDF-"));
    house_ask(h, &h->web,
              MESSAGE(submit, .submission = id_new(), .box = "front", .numbers = numbers,
                      .user = "ann@example.com", .name = "letter.pdf", .document = document));
}

static void number_given_twice_is_one_fax_and_the_answer_says_so(void **state)
{
    struct house *h = *state;
    submit(h, "200\n(050) 123 456\n2-0-0\n050 123456");
    struct heard answer = house_take(h, &h->web, MSG_submitted);
    assert_int_equal(answer.a, 202);
    assert_non_null(strstr(answer.text, "2-0-0"));
    assert_non_null(strstr(answer.text, "once"));
    answer_render(h, 1);
    assert_int_equal(number_in(h, "SELECT count(*) FROM job"), 2);
    submit(h, "200");
    assert_string_equal(house_take(h, &h->web, MSG_submitted).text, "");
}

/* ---- a mail that cannot be made ---- */

/* proves: D7 */
static void received_fax_that_becomes_no_mail_is_told_in_words(void **state)
{
    struct house *h = *state;
    struct id attempt = until_receiving(h);
    receive_page(h, attempt, 0);
    attempt_ends(h, attempt, VERDICT_DONE, false);
    for (int time = 1; time <= 5; time++) {
        struct heard ask = house_take(h, &h->convert, MSG_compose_received);
        house_answer(h, &h->convert, &ask,
                     MESSAGE(composed, .mail = ask.id, .verdict = VERDICT_GIVE_UP, .code = "document-crash",
                             .reason = "It broke our reader."));
        queue_enter(&h->queue);
        (void)sql_run(h->queue.store.sql, "UPDATE mail_out SET next_ms = 0", "");
        queue_wants(&h->queue, WORK_COMPOSE);
    }
    struct heard words = house_take(h, &h->convert, MSG_compose_answer);
    assert_non_null(strstr(words.text, "0501234567"));
    assert_int_equal(words.a, MAIL_TEMPLATE_KEPT);
    assert_int_equal(number_in(h, "SELECT count(*) FROM mail_out WHERE kind = 'received' AND state = 4"), 1);
    /* If the words fail too there are no words about words. */
    assert_false(house_heard(h, &h->convert, MSG_compose_received));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, house_setup, house_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(late_page_is_in_the_journal_but_the_call_may_not_go_on),
        CASE(late_end_of_the_last_page_may_not_be_said),
        CASE(late_page_of_a_fax_that_is_mailed_is_not_confirmed),
        CASE(failed_dial_while_the_last_page_is_confirmed_is_unknown),
        CASE(rest_of_a_failed_fax_is_sent_from_its_first_missing_page),
        CASE(fax_cancelled_while_its_last_page_is_confirmed_may_have_arrived),
        CASE(call_after_sixty_four_others_can_be_cancelled),
        CASE(live_calls_are_told_as_far_as_they_fit),
        CASE(every_receiver_of_a_large_box_gets_the_fax),
        CASE(station_id_that_is_no_text_does_not_cost_the_report_a_job),
        CASE(mails_in_files_are_stored_and_answered_each_once),
        CASE(calls_do_not_wait_for_the_files_of_mails),
        CASE(stopping_the_server_is_no_crash),
        CASE(stopping_while_the_last_page_is_confirmed_is_unknown),
        CASE(clock_set_back_or_forward_changes_no_waiting),
        CASE(clock_set_in_a_call_does_not_change_how_long_it_took),
        CASE(held_job_goes_when_it_is_released),
        CASE(number_given_twice_is_one_fax_and_the_answer_says_so),
        CASE(received_fax_that_becomes_no_mail_is_told_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
