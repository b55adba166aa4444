/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The queue against scripted siblings: what was once lost, stuck or doubled. */
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "queue_steps.h"

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/part_set.h"
#include "queue/report.h"

static int64_t open_attempts(struct house *h)
{
    return sql_get_int(h->queue.store.sql, -1, "SELECT count(*) FROM attempt WHERE state <> 2", "");
}

static int two_parts(void)
{
    const struct part parts[] = {{"letter.pdf", "application/pdf", span_str("%PDF-")},
                                 {"letter.pdf", "application/pdf", span_str("%PDF-")}};
    SCOPED_BUF struct buf b;
    buf_init(&b, 4096);
    assert_true(part_set_format(&b, parts, 2));
    return fd_sealed_memory("parts", buf_span(&b));
}

static void more_pages_than_a_call_takes_are_refused_and_answered(void **state)
{
    struct house *h = *state;
    struct id mail = store_mail(h);
    struct heard asked = house_take(h, &h->convert, MSG_unpack);
    SCOPED_FD int parts = two_parts();
    house_answer(h, &h->convert, &asked,
                 MESSAGE(unpacked, .mail = mail, .from = "ann@example.com", .message_id = "<9@example.com>",
                         .parts = parts));
    answer_render(h, 1200);
    answer_render(h, 1200);
    assert_non_null(strstr(house_take(h, &h->convert, MSG_compose_answer).text, "pages"));
    assert_false(house_heard(h, &h->call, MSG_send));
}

static void answered_call_without_media_ends_with_line(void **state)
{
    struct house *h = *state;
    (void)until_receiving(h);
    house_restart(h, &h->line);
    assert_int_equal(open_attempts(h), 0);
    (void)invite(h, "200"); /* its verdict finds a line that does not know the call */
    (void)house_take(h, &h->call, MSG_receive);
    house_restart(h, &h->line);
    assert_int_equal(open_attempts(h), 0);
    (void)until_answered(h, 1);
    house_restart(h, &h->line);
    assert_true(house_heard(h, &h->call, MSG_send));
}

static void call_with_media_outlives_line(void **state)
{
    struct house *h = *state;
    struct id attempt = until_answered(h, 1);
    house_tell(h, &h->call, MESSAGE(call_state, .attempt = attempt, .phase = "sending"));
    house_restart(h, &h->line);
    assert_int_equal(only_job(h).state, JOB_CALLING);
    assert_false(house_heard(h, &h->call, MSG_forget));
}

static void running_call_is_not_dialled_again_by_a_new_queue(void **state)
{
    struct house *h = *state;
    struct heard send = until_send(h, 1);
    struct id attempt = answer_send(h, &send); /* "answered" falls into the time without a queue */
    house_restart_queue(h);
    house_tell(h, &h->call, MESSAGE(attempt_alive, .attempt = attempt));
    house_tell(h, &h->call, MESSAGE(call_state, .attempt = attempt, .phase = "sending"));
    queue_enter(&h->queue);
    settle_leases(&h->queue);
    house_run(h);
    assert_false(house_heard(h, &h->line, MSG_dial));
    assert_int_equal(only_job(h).state, JOB_CALLING);
}

static void call_that_is_being_prepared_is_nobodys_lost_lease(void **state)
{
    struct house *h = *state;
    struct id attempt = invite(h, "200");
    struct heard receive = house_take(h, &h->call, MSG_receive);
    queue_enter(&h->queue);
    settle_leases(&h->queue);
    house_run(h);
    house_answer(h, &h->call, &receive, MESSAGE(prepared, .attempt = attempt));
    assert_int_equal(house_take(h, &h->line, MSG_invite_verdict).a, 200);
}

/* proves: D4 */
static void pages_that_cannot_be_prepared_hold_the_job(void **state)
{
    struct house *h = *state;
    struct heard send = until_send(h, 1);
    for (int time = 1; time <= 5; time++) {
        house_answer(h, &h->call, &send, MESSAGE(prepared, .attempt = send.id, .error = EPROTO));
        if (time < 5)
            send = house_take(h, &h->call, MSG_send);
    }
    assert_int_equal(only_job(h).state, JOB_HELD);
}

static void job_cancelled_before_it_is_dialled_is_not_dialled(void **state)
{
    struct house *h = *state;
    struct heard send = until_send(h, 1);
    house_ask(h, &h->web, MESSAGE(cancel, .job = only_job(h).id, .user = "ann"));
    house_answer(h, &h->call, &send, MESSAGE(prepared, .attempt = send.id));
    assert_false(house_heard(h, &h->line, MSG_dial));
    assert_int_equal(only_job(h).state, JOB_CANCELLED);
    assert_int_equal(open_attempts(h), 0);
}

static size_t place_of(const struct sibling *s, enum message_type type)
{
    for (size_t i = 0; i < s->heard_count; i++)
        if (s->heard[i].type == type)
            return i;
    fail_msg("has not heard %s", message_name(type));
    return 0;
}

static void new_line_knows_the_trunks_before_it_dials(void **state)
{
    struct house *h = *state;
    struct heard send = until_send(h, 1);
    house_answer(h, &h->call, &send, MESSAGE(prepared, .attempt = send.id));
    (void)house_take(h, &h->line, MSG_dial); /* it dies before it answers */
    while (house_heard(h, &h->line, MSG_trunks))
        (void)house_take(h, &h->line, MSG_trunks);
    house_restart(h, &h->line);
    assert_true(place_of(&h->line, MSG_trunks) < place_of(&h->line, MSG_dial));
}

/* His name stands in a report, which is JSON. */
static void who_cancels_under_a_name_that_is_no_text_stops_nothing(void **state)
{
    struct house *h = *state;
    h->queue.may_dial = false;
    answer_unpack(h, store_mail(h), "ann@example.com", "<1@example.com>");
    answer_render(h, 1);
    struct id job = only_job(h).id;
    house_ask(h, &h->web, MESSAGE(cancel, .job = job, .user = "a\xff"));
    assert_int_equal(house_take(h, &h->web, MSG_cancelled).a, 200);
    assert_non_null(strstr(house_take(h, &h->convert, MSG_compose_report).text, "Cancelled by a?."));
}

static void job_cancelled_while_line_is_away_is_dropped_by_the_new_one(void **state)
{
    struct house *h = *state;
    struct heard send = until_send(h, 1);
    house_answer(h, &h->call, &send, MESSAGE(prepared, .attempt = send.id));
    (void)house_take(h, &h->line, MSG_dial); /* it dies before it answers, and with it our drop */
    house_ask(h, &h->web, MESSAGE(cancel, .job = only_job(h).id, .user = "ann"));
    (void)house_take(h, &h->line, MSG_drop);
    house_restart(h, &h->line);
    struct heard dial = house_take(h, &h->line, MSG_dial);
    house_answer(h, &h->line, &dial, MESSAGE(dialled, .attempt = send.id));
    assert_true(house_heard(h, &h->line, MSG_drop));
}

static void every_call_of_a_dead_process_is_lost_however_many_there_are(void **state)
{
    struct house *h = *state;
    queue_enter(&h->queue);
    for (int i = 0; i <= 400; i++) {
        const struct attempt t = {.id = id_new(),
                                  .fax = id_new(),
                                  .call_instance = i < 400 ? 1 : 0,
                                  .trunk = "loop",
                                  .started_ms = i + 1};
        attempt_add(&h->queue.store, &t);
    }
    house_run(h);
    house_restart(h, &h->call);
    assert_int_equal(open_attempts(h), 400);
}

static void report_of_many_jobs_fits_its_message(void **state)
{
    struct house *h = *state;
    (void)until_send(h, 1);
    struct job j = only_job(h);
    queue_enter(&h->queue);
    for (int i = 1; i < 200; i++) {
        struct outcome o;
        j.id = id_new();
        outcome_set(&o, VERDICT_GIVE_UP, "sip-404", "%0200d", i);
        job_add(&h->queue.store, &j);
        job_close(&h->queue.store, j.id, JOB_CANCELLED, 1, &o);
        struct attempt t = {.id = id_new(), .job = j.id, .trunk = "loop", .started_ms = 1, .ended_ms = 2};
        attempt_add(&h->queue.store, &t);
        t.mode = t.station_id = t.code = t.trace = "";
        t.reason = "It was refused by the far side with a long explanation of what happened there.";
        (void)attempt_end(&h->queue.store, &t);
    }
    SCOPED_BUF struct buf jobs;
    buf_init(&jobs, 65536);
    report_of_jobs(&h->queue.store, &h->queue.arena, j.submission, ID_NONE, &jobs);
    assert_false(jobs.overflow);
    json_t *list = json_loads(buf_text(&jobs), 0, NULL);
    assert_int_equal(json_array_size(list), 200);
    json_decref(list);
    house_run(h);
}

static void more_numbers_than_a_report_lists_are_refused(void **state)
{
    struct house *h = *state;
    SCOPED_BUF struct buf numbers;
    buf_init(&numbers, 16384);
    for (int i = 0; i < 201; i++)
        (void)buf_printf(&numbers, "050%04d\n", i);
    SCOPED_FD int document = fd_sealed_memory("document", span_str("%PDF-"));
    house_ask(h, &h->web,
              MESSAGE(submit, .submission = id_new(), .box = "front", .numbers = buf_text(&numbers),
                      .user = "ann@example.com", .name = "letter.pdf", .document = document));
    assert_false(house_heard(h, &h->convert, MSG_render));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(more_pages_than_a_call_takes_are_refused_and_answered, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(answered_call_without_media_ends_with_line, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(call_with_media_outlives_line, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(running_call_is_not_dialled_again_by_a_new_queue, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(call_that_is_being_prepared_is_nobodys_lost_lease, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(pages_that_cannot_be_prepared_hold_the_job, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(job_cancelled_before_it_is_dialled_is_not_dialled, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(new_line_knows_the_trunks_before_it_dials, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(who_cancels_under_a_name_that_is_no_text_stops_nothing, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(job_cancelled_while_line_is_away_is_dropped_by_the_new_one,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(every_call_of_a_dead_process_is_lost_however_many_there_are,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(report_of_many_jobs_fits_its_message, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(more_numbers_than_a_report_lists_are_refused, house_setup,
                                        house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
