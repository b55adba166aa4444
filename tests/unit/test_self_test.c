/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Self-tests of trunks: whose page it is, when a trunk got worse, and that a customer's fax goes first. */
#include <errno.h>
#include <string.h>

#include "house_clock.h"
#include "queue_steps.h"

#include "base/fd.h"
#include "base/scope.h"
#include "queue/self_test_page.h"
#include "store/self_tests.h"
#include "store/sql.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
#define NUMBER "0305559000"

/* ---- the page ---- */

static void its_page_is_known_by_every_pixel(void **state)
{
    const struct id test = id_new(), other = id_new();
    struct page page, strange;
    SCOPED_BUF struct buf b, c;
    buf_init(&b, PAGE_BYTES_MAX);
    buf_init(&c, PAGE_BYTES_MAX);
    self_test_page_make(test, &b, &page);
    self_test_page_make(other, &c, &strange);
    assert_true(page_form_valid(&page.form));
    assert_in_range(page.t6.len, 8000, 40000); /* some seconds at 14400 bit/s: a fax, not a blank page */
    assert_int_equal(self_test_page_differs(test, &page), 0);
    assert_in_range(self_test_page_differs(test, &strange), 1, SELF_TEST_ROWS);
    b.data[b.len / 2] ^= 0x10;
    assert_in_range(self_test_page_differs(test, &page), 1, SELF_TEST_ROWS);
    page.form.rows = SELF_TEST_ROWS - 1;
    assert_int_equal(self_test_page_differs(test, &page), SELF_TEST_ROWS);
    page.form.rows = 32000;
    assert_int_equal(self_test_page_differs(test, &page), SELF_TEST_ROWS);
}

/* ---- the trend ---- */

static void trunk_is_worse_when_it_is_worse_than_it_was(void **state)
{
    const struct self_test_figures good = {true, 40, 14400, 1, 0};
    struct self_test_figures list[] = {good, good, good, good, {true, 90, 4800, 30, 0}};
    assert_int_equal(self_test_judge(list, 0).trend, SELF_TEST_UNKNOWN);
    assert_int_equal(self_test_judge(list, 5).trend, SELF_TEST_WELL);
    assert_int_equal(self_test_judge(list, 5).usual.rate, 14400);
    list[0] = (struct self_test_figures){true, 45, 9600, 1, 0};
    struct self_test_judgement j = self_test_judge(list, 5);
    assert_int_equal(j.trend, SELF_TEST_WORSE);
    assert_string_equal(j.why, "9600 bit/s, usually 14400");
    list[0] = (struct self_test_figures){true, 45, 14400, 11, 0};
    assert_int_equal(self_test_judge(list, 5).trend, SELF_TEST_WORSE);
    list[0] = (struct self_test_figures){true, 45, 14400, 10, 0};
    assert_int_equal(self_test_judge(list, 5).trend, SELF_TEST_WELL);
    list[0] = (struct self_test_figures){true, 60, 14400, 1, 0};
    assert_int_equal(self_test_judge(list, 5).trend, SELF_TEST_WORSE);
    list[0] = (struct self_test_figures){true, 40, 14400, 1, 98};
    assert_int_equal(self_test_judge(list, 5).trend, SELF_TEST_WORSE);
    assert_int_equal(self_test_judge(list, 3).trend, SELF_TEST_WELL); /* two are too few to compare with */
    list[0].good = false;
    assert_int_equal(self_test_judge(list, 1).trend, SELF_TEST_BAD);
    list[0] = good;
    list[1].good = false; /* well again */
    assert_int_equal(self_test_judge(list, 5).trend, SELF_TEST_WELL);
}

/* ---- its calls ---- */

static void set_clocks(struct house *h)
{
    clock_goes_on(h);
    h->queue.tests_looked_ms = 0;
}

static void change(struct house *h, const char *script)
{
    store_begin(&h->queue.store);
    sql_script(h->queue.store.sql, script);
    store_commit(&h->queue.store);
}

static int setup(void **state)
{
    int failed = house_setup(state);
    struct house *h = *state;
    clock_begins(h, 1800000000000); /* 2027-01-15, a Friday, 08:00 UTC, 09:00 in Rome */
    h->queue.tests_looked_ms = 0;
    change(h, "UPDATE trunk SET self_test_number = '" NUMBER "', t38 = 0;");
    return failed;
}

static void pass(struct house *h, int64_t ms)
{
    time_passes(ms);
    queue_enter(&h->queue);
    queue_wants(&h->queue, WORK_DIAL);
    house_run(h);
}

static struct self_test only_test(struct house *h)
{
    struct self_test t;
    struct id ids[2];
    assert_int_equal(self_test_list(&h->queue.store, "", ID_NONE, ids, 2), 1);
    assert_true(self_test_find(&h->queue.store, ids[0], &h->queue.arena, &t));
    return t;
}

static unsigned ask(struct house *h, const char *trunk)
{
    house_ask(h, &h->web,
              MESSAGE(self_test, .first = id_new(), .second = id_new(), .trunk = trunk, .who = "ann",
                      .client_ip = ""));
    return house_take(h, &h->web, MSG_self_test_taken).a;
}

/* As far as its INVITE is out. */
static struct id until_dialled(struct house *h)
{
    struct heard send = house_take(h, &h->call, MSG_send);
    house_answer(h, &h->call, &send, MESSAGE(prepared, .attempt = send.id));
    struct heard dial = house_take(h, &h->line, MSG_dial);
    assert_string_equal(dial.text, NUMBER);
    house_answer(h, &h->line, &dial, MESSAGE(dialled, .attempt = dial.id));
    return send.id;
}

static struct id comes_in(struct house *h, const char *called)
{
    struct id call = id_new();
    house_ask(h, &h->line,
              MESSAGE(invited, .attempt = call, .trunk = "loop", .called = called, .calling = "",
                      .calling_name = "", .peer_ip = "127.0.0.1"));
    return call;
}

static struct id until_page(struct house *h, struct id out)
{
    struct id in = comes_in(h, "+49305559000"); /* as the trunk writes it */
    struct heard receive = house_take(h, &h->call, MSG_receive);
    assert_true(id_equal(receive.id, in));
    house_answer(h, &h->call, &receive, MESSAGE(prepared, .attempt = in));
    assert_int_equal(house_take(h, &h->line, MSG_invite_verdict).a, 200);
    house_tell(h, &h->line, MESSAGE(dial_state, .attempt = out, .phase = "answered"));
    return in;
}

/* The errno that the page is answered with. */
static unsigned brings_page(struct house *h, struct id in, struct id test)
{
    struct page page;
    SCOPED_BUF struct buf b;
    buf_init(&b, PAGE_BYTES_MAX);
    self_test_page_make(test, &b, &page);
    SCOPED_FD int fd = fd_sealed_memory("page", buf_span(&b));
    house_ask(h, &h->call,
              MESSAGE(page_received, .attempt = in, .width = page.form.width, .rows = page.form.rows,
                      .resolution = page.form.resolution, .rate = 14400, .coding = "T.6", .ecm = 1,
                      .t6 = fd));
    return house_take(h, &h->call, MSG_page_received_stored).b;
}

static void ends(struct house *h, struct id call, enum verdict verdict)
{
    house_ask(h, &h->call,
              MESSAGE(attempt_done, .attempt = call, .verdict = verdict, .code = "t30-hangup",
                      .reason = "It ended.", .began = 1, .station_id = "", .mode = "audio"));
    (void)house_take(h, &h->call, MSG_attempt_done_stored);
}

static size_t faxes(struct house *h)
{
    return (size_t)sql_get_int(h->queue.store.sql, -1, "SELECT count(*) FROM fax", "");
}

static void test_goes_out_and_comes_back_and_is_nobodys_fax(void **state)
{
    struct house *h = *state;
    assert_int_equal(ask(h, "nobody"), 404);
    assert_int_equal(ask(h, "loop"), 202);
    assert_int_equal(ask(h, "loop"), 409);
    struct id out = until_dialled(h), in = until_page(h, out);
    assert_int_equal(brings_page(h, in, only_test(h).id), 0);
    confirm_page(h, out, 0);
    time_passes(40 * SECOND);
    ends(h, out, VERDICT_DONE);
    ends(h, in, VERDICT_DONE);
    const struct self_test t = only_test(h);
    assert_int_equal(t.state, SELF_TEST_GOOD);
    assert_true(t.arrived);
    assert_int_equal(t.figures.seconds, 40);
    assert_int_equal(faxes(h), 0);
    assert_int_equal(
        sql_get_int(h->queue.store.sql, -1, "SELECT count(*) FROM counter WHERE counter = 4", ""), 0);
}

/* proves: D5 */
static void page_of_a_stranger_is_never_confirmed(void **state)
{
    struct house *h = *state;
    assert_int_equal(ask(h, "loop"), 202);
    struct id out = until_dialled(h), in = until_page(h, out);
    assert_int_equal(brings_page(h, in, id_new()), EILSEQ);
    ends(h, in, VERDICT_RETRY);
    ends(h, out, VERDICT_RETRY);
    const struct self_test t = only_test(h);
    assert_int_equal(t.state, SELF_TEST_FAILED);
    assert_string_equal(t.code, "self-test-page");
}

static void trunk_that_line_has_not_looked_up_yet_has_not_failed(void **state)
{
    struct house *h = *state;
    assert_int_equal(ask(h, "loop"), 202);
    struct id out = until_dialled(h);
    house_ask(h, &h->line,
              MESSAGE(dial_failed, .attempt = out, .verdict = VERDICT_RETRY, .code = "trunk-not-ready",
                      .reason = "It is being looked up.", .failure = DIAL_NOT_YET));
    (void)house_take(h, &h->line, MSG_dial_failed_stored);
    assert_int_equal(only_test(h).state, SELF_TEST_WAITING);
}

static void somebody_else_who_answers_is_not_faxed(void **state)
{
    struct house *h = *state;
    assert_int_equal(ask(h, "loop"), 202);
    struct id out = until_dialled(h);
    house_tell(h, &h->line, MESSAGE(dial_state, .attempt = out, .phase = "answered"));
    assert_true(id_equal(house_take(h, &h->line, MSG_drop).id, out));
    assert_string_equal(only_test(h).code, "self-test-elsewhere");
}

static void box_of_its_number_gets_no_test(void **state)
{
    struct house *h = *state;
    change(h, "INSERT INTO faxbox_number VALUES ('49305559000', 'back', 0);");
    assert_int_equal(ask(h, "loop"), 202);
    (void)until_dialled(h);
    (void)comes_in(h, "+49305559000");
    assert_int_equal(house_take(h, &h->line, MSG_invite_verdict).a, 486);
    assert_string_equal(only_test(h).code, "self-test-box");
    assert_int_equal(faxes(h), 0);
    change(h, "UPDATE trunk SET self_test_number = '200';");
    assert_int_equal(ask(h, "loop"), 409);
}

/* A box's own number that the test's ends with: the call is the box's, unless it is the test that calls. */
static void caller_of_a_number_like_its_own_is_not_refused(void **state)
{
    struct house *h = *state;
    change(h, "INSERT INTO faxbox_number VALUES ('5559000', 'back', 0);");
    assert_int_equal(ask(h, "loop"), 202);
    struct id out = until_dialled(h);
    struct id fax = comes_in(h, "5559000");
    struct heard receive = house_take(h, &h->call, MSG_receive);
    assert_true(id_equal(receive.id, fax));
    assert_int_equal(strspn(receive.text, "0123456789"), 20);
    assert_int_equal(only_test(h).state, SELF_TEST_RUNNING);
    house_tell(h, &h->line, MESSAGE(dial_state, .attempt = out, .phase = "answered"));
    assert_string_equal(only_test(h).code, "self-test-elsewhere");
}

static void call_to_its_number_is_taken_while_it_runs_only(void **state)
{
    struct house *h = *state;
    (void)comes_in(h, NUMBER);
    assert_int_equal(house_take(h, &h->line, MSG_invite_verdict).a, 404);
    assert_int_equal(ask(h, "loop"), 202);
    (void)until_page(h, until_dialled(h));
    (void)comes_in(h, NUMBER); /* a second one */
    assert_int_equal(house_take(h, &h->line, MSG_invite_verdict).a, 486);
    assert_int_equal(only_test(h).state, SELF_TEST_RUNNING);
}

/* proves: S2.1 */
static void caller_gets_the_lines_of_a_test(void **state)
{
    struct house *h = *state;
    change(h, "UPDATE trunk SET calls = 2;");
    assert_int_equal(ask(h, "loop"), 202);
    (void)until_page(h, until_dialled(h));
    struct id fax = comes_in(h, "200");
    assert_true(id_equal(house_take(h, &h->call, MSG_receive).id, fax));
    (void)house_take(h, &h->call, MSG_forget);
    (void)house_take(h, &h->call, MSG_forget);
    assert_int_equal(only_test(h).state, SELF_TEST_WAITING);
    /* One line is free, the test may try; the caller hears nothing of it. */
    pass(h, 11 * SECOND);
    (void)until_dialled(h);
    (void)comes_in(h, NUMBER);
    assert_int_equal(house_take(h, &h->line, MSG_invite_verdict).a, 486);
    assert_int_equal(only_test(h).state, SELF_TEST_WAITING);
}

static void fax_to_send_gets_the_lines_of_a_test(void **state)
{
    struct house *h = *state;
    change(h, "UPDATE trunk SET calls = 1;");
    assert_int_equal(ask(h, "loop"), 202);
    struct id test = until_dialled(h);
    struct heard send = until_send(h, 1);
    assert_true(id_equal(house_take(h, &h->call, MSG_forget).id, test));
    assert_false(id_equal(send.id, test));
    assert_int_equal(only_test(h).state, SELF_TEST_WAITING);
    pass(h, 3 * MINUTE); /* longer than it waits */
    assert_int_equal(only_test(h).state, SELF_TEST_SKIPPED);
}

static void test_that_we_interrupt_waits_again_and_not_for_ever(void **state)
{
    struct house *h = *state;
    assert_int_equal(ask(h, "loop"), 202);
    (void)until_dialled(h);
    house_restart_queue(h);
    set_clocks(h);
    queue_enter(&h->queue);
    settle_leases(&h->queue);
    h->queue.may_dial = true;
    house_run(h);
    pass(h, 11 * SECOND);
    assert_int_equal(only_test(h).starts, 2);
    for (int i = 0; i < 4; i++) {
        house_restart(h, &h->call);
        pass(h, 11 * SECOND);
    }
    assert_int_equal(only_test(h).state, SELF_TEST_SKIPPED);
    assert_int_equal(only_test(h).starts, 3);
}

static void test_is_made_once_in_its_hours(void **state)
{
    struct house *h = *state;
    change(h, "UPDATE trunk SET self_test_hours = 'mon-fri 10:00-11:00';");
    store_begin(&h->queue.store);
    store_set_meta(&h->queue.store, "master_tenant", "main");
    store_commit(&h->queue.store);
    pass(h, MINUTE); /* 09:01 */
    assert_false(house_heard(h, &h->call, MSG_send));
    pass(h, HOUR); /* 10:01 */
    struct id out = until_dialled(h), in = until_page(h, out);
    assert_int_equal(brings_page(h, in, only_test(h).id), 0);
    ends(h, out, VERDICT_DONE);
    ends(h, in, VERDICT_DONE);
    pass(h, 30 * MINUTE);
    pass(h, 3 * HOUR);
    assert_int_equal(only_test(h).state, SELF_TEST_GOOD); /* there is one */
    for (int day = 0; day < 2; day++)
        pass(h, 24 * HOUR); /* Saturday, Sunday, 13:31 */
    (void)only_test(h);
    pass(h, 21 * HOUR); /* Monday, 10:31 */
    assert_true(house_heard(h, &h->call, MSG_send));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_page_is_known_by_every_pixel),
        cmocka_unit_test(trunk_is_worse_when_it_is_worse_than_it_was),
        cmocka_unit_test_setup_teardown(test_goes_out_and_comes_back_and_is_nobodys_fax, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(page_of_a_stranger_is_never_confirmed, setup, house_teardown),
        cmocka_unit_test_setup_teardown(trunk_that_line_has_not_looked_up_yet_has_not_failed, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(somebody_else_who_answers_is_not_faxed, setup, house_teardown),
        cmocka_unit_test_setup_teardown(box_of_its_number_gets_no_test, setup, house_teardown),
        cmocka_unit_test_setup_teardown(caller_of_a_number_like_its_own_is_not_refused, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(call_to_its_number_is_taken_while_it_runs_only, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(caller_gets_the_lines_of_a_test, setup, house_teardown),
        cmocka_unit_test_setup_teardown(fax_to_send_gets_the_lines_of_a_test, setup, house_teardown),
        cmocka_unit_test_setup_teardown(test_that_we_interrupt_waits_again_and_not_for_ever, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(test_is_made_once_in_its_hours, setup, house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
