/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A received fax that broke off, and its sender's second try: one mail, no page lost, no mail that never
 * leaves. */
#include <string.h>

#include "house_clock.h"
#include "queue_steps.h"

#include "base/fd.h"
#include "base/scope.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static int setup(void **state)
{
    int failed = house_setup(state);
    struct house *h = *state;
    clock_begins(h, 1800000000000);
    store_begin(&h->queue.store);
    sql_script(h->queue.store.sql, "UPDATE faxbox SET join_seconds = 300;");
    store_commit(&h->queue.store);
    return failed;
}

static void pass(struct house *h, int64_t ms)
{
    time_passes(ms);
    queue_enter(&h->queue);
    queue_wants(&h->queue, WORK_COMPOSE | WORK_LATE);
    house_run(h);
}

static struct id answered(struct house *h, const char *calling)
{
    struct id attempt = id_new();
    house_ask(h, &h->line,
              MESSAGE(invited, .attempt = attempt, .trunk = "loop", .called = "200", .calling = calling,
                      .peer_ip = "127.0.0.1"));
    struct heard receive = house_take(h, &h->call, MSG_receive);
    house_answer(h, &h->call, &receive, MESSAGE(prepared, .attempt = attempt));
    (void)house_take(h, &h->line, MSG_invite_verdict);
    time_passes(SECOND);
    return attempt;
}

static void ends(struct house *h, struct id attempt, enum verdict verdict, const char *station)
{
    house_ask(h, &h->call,
              MESSAGE(attempt_done, .attempt = attempt, .verdict = verdict, .code = "t30",
                      .reason = "It ended.", .began = 1, .station_id = station, .mode = "t38"));
    (void)house_take(h, &h->call, MSG_attempt_done_stored);
}

/* A call that brings so many pages. */
static void call(struct house *h, const char *calling, const char *station, unsigned pages,
                 enum verdict verdict)
{
    struct id attempt = answered(h, calling);
    for (unsigned i = 0; i < pages; i++)
        receive_page(h, attempt, i);
    ends(h, attempt, verdict, station);
}

static int64_t mails(struct house *h)
{
    return sql_get_int(h->queue.store.sql, 0, "SELECT count(*) FROM mail_out", "");
}

/* The one mail that is to be made has so many pages, the first of them of earlier calls. */
static void assert_one_mail(struct house *h, unsigned pages, const char *earlier, bool partial)
{
    struct heard asked = house_take(h, &h->convert, MSG_compose_received);
    SCOPED_FD int bytes = fd_sealed_memory("mail", span_str("Subject: x\r\n\r\n"));
    house_answer(h, &h->convert, &asked, MESSAGE(composed, .mail = asked.id, .mail_bytes = bytes));
    assert_int_equal(asked.a, pages);
    assert_int_equal(asked.b, partial);
    assert_string_equal(asked.envelope, earlier);
    assert_false(house_heard(h, &h->convert, MSG_compose_received));
}

/* proves: S2.14 */
static void a_second_try_and_the_first_are_one_mail(void **state)
{
    struct house *h = *state;
    call(h, "0501", "TSI", 2, VERDICT_RETRY);
    assert_false(house_heard(h, &h->convert, MSG_compose_received));
    pass(h, 2 * MINUTE);
    call(h, "0501", "TSI", 3, VERDICT_DONE);
    assert_one_mail(h, 5, "2 earlier", false);
    assert_int_equal(mails(h), 1);
    pass(h, 10 * MINUTE);
    assert_false(house_heard(h, &h->convert, MSG_compose_received));
}

/* proves: S2.16 */
static void without_a_second_try_it_goes_alone(void **state)
{
    struct house *h = *state;
    call(h, "0501", "TSI", 2, VERDICT_RETRY);
    pass(h, 5 * MINUTE - SECOND);
    assert_false(house_heard(h, &h->convert, MSG_compose_received));
    pass(h, 2 * SECOND);
    assert_one_mail(h, 2, "0 earlier", true);
    call(h, "0501", "TSI", 3, VERDICT_DONE); /* too late */
    assert_one_mail(h, 3, "0 earlier", false);
    assert_int_equal(mails(h), 2);
}

static void who_is_somebody_else_is_no_second_try(void **state)
{
    struct house *h = *state;
    call(h, "0501", "TSI", 1, VERDICT_RETRY);
    call(h, "0502", "TSI", 1, VERDICT_DONE);
    assert_one_mail(h, 1, "0 earlier", false);
    call(h, "0501", "another", 1, VERDICT_DONE);
    assert_one_mail(h, 1, "0 earlier", false);
    pass(h, 5 * MINUTE);
    assert_one_mail(h, 1, "0 earlier", true);
    call(h, "", "TSI", 1, VERDICT_RETRY); /* nobody knows who that is: it waits for nobody */
    assert_one_mail(h, 1, "0 earlier", true);
    call(h, "", "TSI", 1, VERDICT_DONE);
    assert_one_mail(h, 1, "0 earlier", false);
}

/* Two lines of one sender: which of them is the second try? */
static void where_it_may_be_another_fax_nothing_is_joined(void **state)
{
    struct house *h = *state;
    struct id other = answered(h, "0501");
    receive_page(h, other, 0);
    call(h, "0501", "TSI", 1, VERDICT_RETRY);
    call(h, "0501", "TSI", 2, VERDICT_DONE);
    assert_one_mail(h, 2, "0 earlier", false);
    ends(h, other, VERDICT_DONE, "TSI");
    assert_one_mail(h, 1, "0 earlier", false);
    pass(h, 5 * MINUTE);
    assert_one_mail(h, 1, "0 earlier", true);
    assert_int_equal(mails(h), 3);
}

static void a_second_try_that_is_under_way_is_waited_for(void **state)
{
    struct house *h = *state;
    call(h, "0501", "TSI", 1, VERDICT_RETRY);
    pass(h, 4 * MINUTE);
    struct id second = answered(h, "0501");
    receive_page(h, second, 0);
    pass(h, 4 * MINUTE);
    assert_false(house_heard(h, &h->convert, MSG_compose_received));
    ends(h, second, VERDICT_DONE, "TSI");
    assert_one_mail(h, 2, "1 earlier", false);
}

/* proves: D7 */
static void no_mail_waits_for_a_call_that_does_not_end(void **state)
{
    struct house *h = *state;
    call(h, "0501", "TSI", 1, VERDICT_RETRY);
    struct id second = answered(h, "0501");
    receive_page(h, second, 0);
    pass(h, 13 * MINUTE);
    assert_one_mail(h, 1, "0 earlier", true);
    ends(h, second, VERDICT_DONE, "TSI");
    assert_one_mail(h, 1, "0 earlier", false);
}

static void a_call_without_a_page_changes_nothing(void **state)
{
    struct house *h = *state;
    call(h, "0501", "TSI", 1, VERDICT_RETRY);
    call(h, "0501", "TSI", 0, VERDICT_RETRY);
    call(h, "0501", "TSI", 1, VERDICT_DONE);
    assert_one_mail(h, 2, "1 earlier", false);
}

static void three_tries_at_most_are_joined(void **state)
{
    struct house *h = *state;
    for (int i = 0; i < 3; i++)
        call(h, "0501", "TSI", 1, VERDICT_RETRY);
    call(h, "0501", "TSI", 1, VERDICT_DONE);
    assert_one_mail(h, 1, "0 earlier", false);
    pass(h, 5 * MINUTE);
    assert_one_mail(h, 3, "2 earlier", true);
}

/* A queue that dies while the first try waits: its mail is made all the same. */
static void a_fax_that_waits_outlives_the_queue(void **state)
{
    struct house *h = *state;
    call(h, "0501", "TSI", 1, VERDICT_RETRY);
    house_restart_queue(h); /* with the real clock, which is past its time or before */
    assert_int_equal(mails(h), 1);
    assert_int_equal(sql_get_int(h->queue.store.sql, 0, "SELECT next_ms - created_ms FROM mail_out", ""),
                     5 * MINUTE);
}

static void for_subaddress(struct house *h, const char *subaddress)
{
    store_begin(&h->queue.store);
    (void)sql_run(h->queue.store.sql, "UPDATE fax SET subaddress = ?1 WHERE state = 0", "t", subaddress);
    store_commit(&h->queue.store);
}

/* Its first try went to the box of its subaddress; the second is known to go there at its end alone. */
static void a_second_try_is_waited_for_where_its_subaddress_leads(void **state)
{
    struct house *h = *state;
    store_begin(&h->queue.store);
    sql_script(h->queue.store.sql, "UPDATE faxbox SET subaddress = '42' WHERE id = 'front';");
    store_commit(&h->queue.store);
    for (int led = 1; led >= 0; led--) {
        struct id first = answered(h, "0501");
        receive_page(h, first, 0);
        for_subaddress(h, "42");
        ends(h, first, VERDICT_RETRY, "TSI");
        pass(h, 4 * MINUTE);
        struct id second = answered(h, "0501");
        receive_page(h, second, 0);
        pass(h, 2 * MINUTE);
        assert_false(house_heard(h, &h->convert, MSG_compose_received));
        for_subaddress(h, led ? "42" : "");
        ends(h, second, VERDICT_DONE, "TSI");
        if (led) {
            assert_one_mail(h, 2, "1 earlier", false);
        } else { /* one for the box itself is another fax */
            pass(h, SECOND);
            struct heard one = house_take(h, &h->convert, MSG_compose_received),
                         other = house_take(h, &h->convert, MSG_compose_received);
            assert_int_equal(one.a + other.a, 2);
            assert_int_equal(one.b + other.b, 1);
        }
        pass(h, 60 * MINUTE);
    }
    assert_int_equal(
        sql_get_int(h->queue.store.sql, 0, "SELECT count(*) FROM fax WHERE faxbox = 'front'", ""), 3);
}

/* Who is called may join nothing: the box that the subaddress leads to does, and says how long. */
static void other_box_waits_for_a_call_to_one_that_joins_nothing(void **state)
{
    struct house *h = *state;
    store_begin(&h->queue.store);
    sql_script(h->queue.store.sql, "UPDATE faxbox SET subaddress = '42' WHERE id = 'front';"
                                   "UPDATE faxbox SET join_seconds = 0 WHERE id = 'back';");
    store_commit(&h->queue.store);
    struct id first = answered(h, "0501");
    receive_page(h, first, 0);
    for_subaddress(h, "42");
    ends(h, first, VERDICT_RETRY, "TSI");
    pass(h, 4 * MINUTE);
    struct id second = answered(h, "0501");
    receive_page(h, second, 0);
    for_subaddress(h, "42");
    pass(h, 2 * MINUTE);
    assert_false(house_heard(h, &h->convert, MSG_compose_received));
    ends(h, second, VERDICT_DONE, "TSI");
    assert_one_mail(h, 2, "1 earlier", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_second_try_is_waited_for_where_its_subaddress_leads, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(other_box_waits_for_a_call_to_one_that_joins_nothing, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(a_second_try_and_the_first_are_one_mail, setup, house_teardown),
        cmocka_unit_test_setup_teardown(without_a_second_try_it_goes_alone, setup, house_teardown),
        cmocka_unit_test_setup_teardown(who_is_somebody_else_is_no_second_try, setup, house_teardown),
        cmocka_unit_test_setup_teardown(where_it_may_be_another_fax_nothing_is_joined, setup, house_teardown),
        cmocka_unit_test_setup_teardown(a_second_try_that_is_under_way_is_waited_for, setup, house_teardown),
        cmocka_unit_test_setup_teardown(no_mail_waits_for_a_call_that_does_not_end, setup, house_teardown),
        cmocka_unit_test_setup_teardown(a_call_without_a_page_changes_nothing, setup, house_teardown),
        cmocka_unit_test_setup_teardown(three_tries_at_most_are_joined, setup, house_teardown),
        cmocka_unit_test_setup_teardown(a_fax_that_waits_outlives_the_queue, setup, house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
