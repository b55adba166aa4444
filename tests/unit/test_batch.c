/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Several faxes to one number in one call: each ends by what T.30 said of its own pages, whoever dies when.
 */
#include <string.h>

#include "queue_steps.h"

#include "base/clock.h"
#include "store/sql.h"

static int setup(void **state)
{
    int failed = house_setup(state);
    struct house *h = *state;
    store_begin(&h->queue.store);
    sql_script(h->queue.store.sql, "UPDATE faxbox SET batch = 3;");
    store_commit(&h->queue.store);
    return failed;
}

static void waits(struct house *h, size_t pages, const char *message_id)
{
    /* Ids of one millisecond have no order. */
    for (int64_t now_ms = clock_wall_ms(); clock_wall_ms() <= now_ms;)
        continue;
    struct id mail = store_mail(h);
    assert_int_equal(house_take(h, &h->mailin, MSG_mail_stored).a, 0);
    answer_unpack(h, mail, "ann@example.com", message_id);
    answer_render(h, pages);
}

/* Faxes of 2, 1 and 2 pages wait for the number, and go: the first failed before they came. */
static struct heard until_batch(struct house *h)
{
    h->queue.may_dial = false;
    waits(h, 2, "<1@example.com>");
    waits(h, 1, "<2@example.com>");
    waits(h, 2, "<3@example.com>");
    queue_enter(&h->queue);
    h->queue.may_dial = true;
    queue_wants(&h->queue, WORK_DIAL);
    house_run(h);
    struct heard send = house_take(h, &h->call, MSG_send);
    assert_int_equal(send.a, 0);
    assert_int_equal(send.b, 5);
    assert_string_equal(send.envelope, "0 0 2 200\n2 0 1 200\n3 0 2 200\n");
    return send;
}

static struct id until_on_the_line(struct house *h)
{
    struct heard send = until_batch(h);
    struct id attempt = answer_send(h, &send);
    house_tell(h, &h->line, MESSAGE(dial_state, .attempt = attempt, .phase = "answered"));
    return attempt;
}

static void asks(struct house *h, struct id attempt, uint32_t page)
{
    house_ask(h, &h->call, MESSAGE(page_ending, .attempt = attempt, .page = page));
    assert_int_equal(house_take(h, &h->call, MSG_page_ending_stored).b, 0);
}

/* Their states by name, in the order of their coming. */
static void are(struct house *h, const char *states)
{
    char found[200] = "";
    struct sql_rows r;
    sql_query(h->queue.store.sql, &r, "SELECT state FROM job ORDER BY id", "");
    while (sql_next(&r)) {
        (void)strcat(found, *found ? " " : "");
        (void)strcat(found, job_state_name((enum job_state)sql_int(&r, 0)));
    }
    assert_string_equal(found, states);
}

/* Of the job at that place. */
#define NUMBER(h, column, job) number(h, "SELECT " column " FROM job ORDER BY id", job)
static int64_t number(struct house *h, const char *statement, int job)
{
    struct sql_rows r;
    int64_t n = -1;
    sql_query(h->queue.store.sql, &r, statement, "");
    for (int i = 0; i <= job && sql_next(&r); i++)
        n = sql_int(&r, 0);
    sql_end(&r);
    return n;
}

/* proves: D5 */
static void each_of_them_is_done_by_its_own_pages(void **state)
{
    struct house *h = *state;
    struct id call = until_on_the_line(h);
    are(h, "calling calling calling");
    confirm_page(h, call, 0);
    asks(h, call, 1);
    confirm_page(h, call, 1);
    asks(h, call, 2);
    confirm_page(h, call, 2);
    confirm_page(h, call, 3);
    asks(h, call, 4);
    confirm_page(h, call, 4);
    attempt_ends(h, call, VERDICT_DONE, false);
    are(h, "done done done");
    assert_int_equal(NUMBER(h, "confirmed", 0), 2);
    assert_int_equal(NUMBER(h, "confirmed", 1), 1);
    assert_int_equal(NUMBER(h, "confirmed", 2), 2);
    assert_int_equal(sql_get_int(h->queue.store.sql, -1, "SELECT count(*) FROM attempt WHERE state <> 2", ""),
                     0);
    assert_int_equal(
        sql_get_int(h->queue.store.sql, -1, "SELECT sum(calls) FROM traffic WHERE tenant = X''", ""), 1);
    assert_int_equal(
        sql_get_int(h->queue.store.sql, -1, "SELECT sum(pages) FROM traffic WHERE tenant = X''", ""), 5);
    assert_int_equal(
        sql_get_int(h->queue.store.sql, -1, "SELECT count(*) FROM mail_out WHERE kind = 'report'", ""), 3);
    assert_false(house_heard(h, &h->call, MSG_send));
}

static void what_was_said_in_sip_is_kept_with_each_of_them(void **state)
{
    struct house *h = *state;
    struct id call = until_on_the_line(h);
    for (uint32_t page = 0; page < 2; page++) {
        asks(h, call, page);
        confirm_page(h, call, page);
    }
    attempt_ends(h, call, VERDICT_RETRY, true);
    house_ask(h, &h->line, MESSAGE(call_traced, .attempt = call, .trace = "-9 > sip:INVITE audio\n"));
    (void)house_take(h, &h->line, MSG_call_traced_stored);
    assert_int_equal(sql_get_int(h->queue.store.sql, -1,
                                 "SELECT count(*) FROM attempt WHERE trace = '-9 > sip:INVITE audio\n'"
                                 " AND (id = ?1 OR carrier = ?1)",
                                 "d", call),
                     3);
}

/* proves: D5 */
static void broken_call_leaves_each_what_was_said_of_it(void **state)
{
    struct house *h = *state;
    struct id call = until_on_the_line(h);
    confirm_page(h, call, 0);
    asks(h, call, 1);
    confirm_page(h, call, 1);
    asks(h, call, 2);
    attempt_ends(h, call, VERDICT_RETRY, true); /* its answer was not heard */
    are(h, "done unknown calling");             /* the third goes at once, for it was not come to */
    assert_int_equal(NUMBER(h, "dials", 2), 0);
    struct heard send = house_take(h, &h->call, MSG_send);
    assert_int_equal(send.b, 2);
    assert_string_equal(send.envelope, "");
}

static void pages_that_were_confirmed_are_not_sent_again(void **state)
{
    struct house *h = *state;
    struct id call = until_on_the_line(h);
    for (uint32_t page = 0; page < 4; page++)
        confirm_page(h, call, page);
    attempt_ends(h, call, VERDICT_RETRY, false);
    are(h, "done done waiting");
    assert_int_equal(NUMBER(h, "confirmed", 2), 1);
    assert_int_equal(NUMBER(h, "tries", 2), 1);
}

static void number_that_is_busy_costs_one_of_them_a_dial(void **state)
{
    struct house *h = *state;
    struct heard send = until_batch(h);
    struct id call = answer_send(h, &send);
    house_ask(h, &h->line,
              MESSAGE(dial_failed, .attempt = call, .verdict = VERDICT_RETRY, .code = "sip-486",
                      .reason = "Busy.", .failure = DIAL_BUSY, .sip_status = 486));
    (void)house_take(h, &h->line, MSG_dial_failed_stored);
    are(h, "waiting waiting waiting"); /* and nobody rings there again at once */
    assert_int_equal(NUMBER(h, "dials", 0), 1);
    assert_int_equal(NUMBER(h, "dials", 1), 0);
    assert_true(NUMBER(h, "next_ms", 0) > h->queue.now_ms);
    assert_true(NUMBER(h, "next_ms", 1) == NUMBER(h, "next_ms", 0));
    assert_true(NUMBER(h, "next_ms", 2) == NUMBER(h, "next_ms", 0));
    queue_enter(&h->queue);
    (void)sql_run(h->queue.store.sql, "UPDATE job SET next_ms = ?1", "i", h->queue.now_ms);
    queue_wants(&h->queue, WORK_DIAL);
    house_run(h);
    assert_string_equal(house_take(h, &h->call, MSG_send).envelope, "0 0 2 200\n2 0 1 200\n3 0 2 200\n");
}

static void dial_fails(struct house *h, struct id call, enum dial_failure failure, const char *code)
{
    house_ask(h, &h->line,
              MESSAGE(dial_failed, .attempt = call, .verdict = VERDICT_RETRY, .code = code,
                      .reason = "It says no.", .failure = failure));
    (void)house_take(h, &h->line, MSG_dial_failed_stored);
}

static void attempt_is_voice(struct house *h, struct id call)
{
    house_ask(h, &h->call,
              MESSAGE(attempt_done, .attempt = call, .verdict = VERDICT_RETRY, .code = "t30-t1",
                      .reason = "No fax machine.", .station_id = "", .mode = "audio"));
    (void)house_take(h, &h->call, MSG_attempt_done_stored);
}

static void wrong_number_is_dialled_once_for_all_of_them(void **state)
{
    struct house *h = *state;
    struct heard send = until_batch(h);
    dial_fails(h, answer_send(h, &send), DIAL_FINAL, "sip-404");
    are(h, "failed failed failed");
    assert_int_equal(number(h, "SELECT count(*) FROM attempt", 0), 3);
    assert_int_equal(number(h, "SELECT sum(calls) FROM traffic WHERE tenant = X''", 0), 1);
    assert_false(house_heard(h, &h->call, MSG_send));
}

/* The time of one is over, and so is that of the second; the third came later. */
static void number_that_stays_busy_is_not_rung_by_each_of_them(void **state)
{
    struct house *h = *state;
    struct heard send = until_batch(h);
    store_begin(&h->queue.store);
    sql_script(h->queue.store.sql, "UPDATE job SET since_ms = 0, not_before_ms = 0 WHERE id <> (SELECT id "
                                   "FROM job ORDER BY id DESC LIMIT 1);");
    store_commit(&h->queue.store);
    dial_fails(h, answer_send(h, &send), DIAL_BUSY, "sip-486");
    are(h, "expired expired waiting");
    assert_true(NUMBER(h, "next_ms", 2) > h->queue.now_ms);
    assert_false(house_heard(h, &h->call, MSG_send));
}

/* D4: two answered calls without a fax machine are enough for all of them. */
static void person_is_not_called_for_each_of_them(void **state)
{
    struct house *h = *state;
    struct id call = until_on_the_line(h);
    attempt_is_voice(h, call);
    are(h, "waiting waiting waiting");
    store_begin(&h->queue.store);
    sql_script(h->queue.store.sql, "UPDATE job SET next_ms = 0;");
    store_commit(&h->queue.store);
    queue_enter(&h->queue);
    queue_wants(&h->queue, WORK_DIAL);
    house_run(h);
    struct heard send = house_take(h, &h->call, MSG_send);
    assert_int_equal(send.b, 5);
    call = answer_send(h, &send);
    house_tell(h, &h->line, MESSAGE(dial_state, .attempt = call, .phase = "answered"));
    attempt_is_voice(h, call);
    are(h, "failed failed failed");
    assert_int_equal(number(h, "SELECT voices FROM destination", 0), 2);
    assert_false(house_heard(h, &h->call, MSG_send));
}

/* Each pays for its own part of the call. */
static void minutes_of_the_call_are_shared_out(void **state)
{
    struct house *h = *state;
    struct id call = until_on_the_line(h);
    for (uint32_t page = 0; page < 5; page++)
        confirm_page(h, call, page);
    store_begin(&h->queue.store);
    sql_script(h->queue.store.sql,
               "UPDATE attempt SET answered_ms = 1000 WHERE carrier IS NULL;"
               "UPDATE attempt_page SET confirmed_ms = 21000 WHERE page = 1 AND attempt IN (SELECT id FROM "
               "attempt WHERE carrier IS NULL);"
               "UPDATE attempt_page SET confirmed_ms = 11000 WHERE page = 0 AND attempt IN (SELECT id FROM "
               "attempt WHERE carrier IS NULL);"
               "UPDATE attempt_page SET confirmed_ms = 36000 WHERE attempt IN (SELECT id FROM attempt WHERE "
               "place = 2);");
    store_commit(&h->queue.store);
    attempt_ends(h, call, VERDICT_DONE, false);
    static const char parts[] = "SELECT ended_ms - answered_ms FROM attempt ORDER BY place";
    assert_int_equal(number(h, parts, 0), 20000);
    assert_int_equal(number(h, parts, 1), 15000);
    assert_int_equal(number(h, "SELECT answered_ms FROM attempt ORDER BY place", 2), 36000);
    assert_true(number(h, "SELECT sum(ended_ms - answered_ms) FROM attempt", 0) ==
                number(h, "SELECT max(ended_ms) - 1000 FROM attempt", 0));
}

/* Its beginning went with the clock, the times of its pages did not. */
static void clock_that_is_set_in_the_call_makes_no_minutes_below_nothing(void **state)
{
    struct house *h = *state;
    struct id call = until_on_the_line(h);
    for (uint32_t page = 0; page < 5; page++)
        confirm_page(h, call, page);
    store_begin(&h->queue.store);
    sql_script(h->queue.store.sql, "UPDATE attempt SET answered_ms = 5000 WHERE carrier IS NULL;"
                                   "UPDATE attempt_page SET confirmed_ms = 1000;");
    store_commit(&h->queue.store);
    attempt_ends(h, call, VERDICT_DONE, false);
    are(h, "done done done");
    assert_int_equal(number(h, "SELECT count(*) FROM attempt WHERE ended_ms < answered_ms", 0), 0);
}

/* proves: D5 */
static void call_process_that_dies_makes_none_of_them_done(void **state)
{
    struct house *h = *state;
    struct id call = until_on_the_line(h);
    confirm_page(h, call, 0);
    house_restart(h, &h->call);
    assert_int_equal(NUMBER(h, "crashes", 0), 1);
    assert_int_equal(NUMBER(h, "crashes", 1), 0);
    assert_int_equal(NUMBER(h, "confirmed", 0), 1);
    are(h, "calling waiting waiting"); /* the first alone, from its second page */
    struct heard send = house_take(h, &h->call, MSG_send);
    assert_int_equal(send.a, 1);
    assert_int_equal(send.b, 2);
}

/* proves: D5 */
static void death_behind_the_last_question_leaves_that_one_unknown(void **state)
{
    struct house *h = *state;
    struct id call = until_on_the_line(h);
    confirm_page(h, call, 0);
    asks(h, call, 1);
    confirm_page(h, call, 1);
    asks(h, call, 2);
    house_restart(h, &h->call);
    are(h, "done unknown calling");
}

/* proves: D5 */
static void new_queue_knows_whose_page_it_is(void **state)
{
    struct house *h = *state;
    struct id call = until_on_the_line(h);
    confirm_page(h, call, 0);
    asks(h, call, 1);
    house_restart_queue(h);
    house_tell(h, &h->call, MESSAGE(attempt_alive, .attempt = call));
    house_tell(h, &h->call, MESSAGE(call_state, .attempt = call, .phase = "sending"));
    confirm_page(h, call, 1);
    asks(h, call, 2);
    confirm_page(h, call, 2);
    queue_enter(&h->queue);
    settle_leases(&h->queue);
    house_run(h);
    are(h, "calling calling calling");
    attempt_ends(h, call, VERDICT_RETRY, false);
    are(h, "done done waiting");
}

static void queue_that_finds_no_call_gives_them_all_back(void **state)
{
    struct house *h = *state;
    struct id call = until_on_the_line(h);
    confirm_page(h, call, 0);
    confirm_page(h, call, 1);
    house_restart_queue(h);
    queue_enter(&h->queue);
    settle_leases(&h->queue);
    h->queue.may_dial = false;
    house_run(h);
    are(h, "done waiting waiting");
    assert_int_equal(NUMBER(h, "crashes", 1), 1);
    assert_int_equal(NUMBER(h, "crashes", 2), 0);
}

static void cancel(struct house *h, int place)
{
    struct id ids[3];
    struct sql_rows r;
    sql_query(h->queue.store.sql, &r, "SELECT id FROM job ORDER BY id", "");
    assert_int_equal(sql_take_ids(&r, ids, 3), 3);
    house_ask(h, &h->web, MESSAGE(cancel, .job = ids[place], .user = "ann"));
    assert_int_equal(house_take(h, &h->web, MSG_cancelled).a, 202);
}

/* The pages of others are not cut off: the call ends where those of the cancelled one would begin. */
static void one_that_is_cancelled_is_not_come_to(void **state)
{
    struct house *h = *state;
    struct id call = until_on_the_line(h);
    confirm_page(h, call, 0);
    cancel(h, 1);
    assert_false(house_heard(h, &h->line, MSG_drop));
    confirm_page(h, call, 1);
    assert_true(id_equal(house_take(h, &h->line, MSG_drop).id, call));
    h->queue.may_dial = false;
    attempt_ends(h, call, VERDICT_RETRY, false);
    are(h, "done cancelled waiting");
    assert_int_equal(NUMBER(h, "dials", 2), 0);
}

/* proves: D5 */
static void cancelling_one_waits_for_the_answer_about_another(void **state)
{
    struct house *h = *state;
    struct id call = until_on_the_line(h);
    confirm_page(h, call, 0);
    asks(h, call, 1);
    cancel(h, 1);
    cancel(h, 2);
    assert_false(house_heard(h, &h->line, MSG_drop));
    confirm_page(h, call, 1);
    assert_true(id_equal(house_take(h, &h->line, MSG_drop).id, call));
    attempt_ends(h, call, VERDICT_RETRY, false);
    are(h, "done cancelled cancelled");
}

static void one_that_is_cancelled_while_it_is_sent_ends_the_call(void **state)
{
    struct house *h = *state;
    struct id call = until_on_the_line(h);
    confirm_page(h, call, 0);
    confirm_page(h, call, 1);
    cancel(h, 1);
    assert_true(id_equal(house_take(h, &h->line, MSG_drop).id, call));
    h->queue.may_dial = false;
    attempt_ends(h, call, VERDICT_RETRY, false);
    are(h, "done cancelled waiting");
}

static void one_that_has_arrived_is_not_cancelled(void **state)
{
    struct house *h = *state;
    struct id call = until_on_the_line(h);
    confirm_page(h, call, 0);
    confirm_page(h, call, 1);
    cancel(h, 0);
    assert_false(house_heard(h, &h->line, MSG_drop));
    for (uint32_t page = 2; page < 5; page++)
        confirm_page(h, call, page);
    attempt_ends(h, call, VERDICT_DONE, false);
    are(h, "done done done");
}

static void fax_that_is_bound_to_another_trunk_or_later_stays(void **state)
{
    struct house *h = *state;
    h->queue.may_dial = false;
    for (int i = 1; i <= 5; i++) {
        char id[40];
        (void)snprintf(id, sizeof(id), "<%d@example.com>", i);
        waits(h, 1, id);
    }
    store_begin(&h->queue.store);
    sql_script(
        h->queue.store.sql,
        "UPDATE job SET trunk = 'other' WHERE id = (SELECT id FROM job ORDER BY id LIMIT 1 OFFSET 1);"
        "UPDATE job SET next_ms = next_ms + 3600000 WHERE id = (SELECT id FROM job ORDER BY id LIMIT "
        "1 OFFSET 2);"
        "UPDATE job SET subaddress = '42' WHERE id = (SELECT id FROM job ORDER BY id LIMIT 1 OFFSET 4);");
    store_commit(&h->queue.store);
    queue_enter(&h->queue);
    h->queue.may_dial = true;
    queue_wants(&h->queue, WORK_DIAL);
    house_run(h);
    assert_string_equal(house_take(h, &h->call, MSG_send).envelope, "0 0 1 200\n1 0 1 200\n");
    are(h, "calling waiting waiting calling waiting");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_of_them_is_done_by_its_own_pages, setup, house_teardown),
        cmocka_unit_test_setup_teardown(what_was_said_in_sip_is_kept_with_each_of_them, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(broken_call_leaves_each_what_was_said_of_it, setup, house_teardown),
        cmocka_unit_test_setup_teardown(pages_that_were_confirmed_are_not_sent_again, setup, house_teardown),
        cmocka_unit_test_setup_teardown(number_that_is_busy_costs_one_of_them_a_dial, setup, house_teardown),
        cmocka_unit_test_setup_teardown(wrong_number_is_dialled_once_for_all_of_them, setup, house_teardown),
        cmocka_unit_test_setup_teardown(number_that_stays_busy_is_not_rung_by_each_of_them, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(person_is_not_called_for_each_of_them, setup, house_teardown),
        cmocka_unit_test_setup_teardown(call_process_that_dies_makes_none_of_them_done, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(death_behind_the_last_question_leaves_that_one_unknown, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(new_queue_knows_whose_page_it_is, setup, house_teardown),
        cmocka_unit_test_setup_teardown(queue_that_finds_no_call_gives_them_all_back, setup, house_teardown),
        cmocka_unit_test_setup_teardown(one_that_is_cancelled_is_not_come_to, setup, house_teardown),
        cmocka_unit_test_setup_teardown(cancelling_one_waits_for_the_answer_about_another, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(one_that_is_cancelled_while_it_is_sent_ends_the_call, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(one_that_has_arrived_is_not_cancelled, setup, house_teardown),
        cmocka_unit_test_setup_teardown(minutes_of_the_call_are_shared_out, setup, house_teardown),
        cmocka_unit_test_setup_teardown(clock_that_is_set_in_the_call_makes_no_minutes_below_nothing, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(fax_that_is_bound_to_another_trunk_or_later_stays, setup,
                                        house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
