/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The mail about a day's usage: once, after the day, in the master tenant's zone. */
#include <string.h>

#include "mail_steps.h"

#include "base/str.h"
#include "store/config.h"

enum { HOUR = 60 * MINUTE };

static void see(struct house *h, int64_t later_ms)
{
    h->queue.usage_look_ms = 0; /* of the clock before ours */
    pass(h, later_ms);
    queue_enter(&h->queue);
    queue_wants(&h->queue, WORK_LATE);
    house_run(h);
}

static void run_script(struct house *h, const char *statement)
{
    queue_enter(&h->queue);
    sql_script(h->queue.store.sql, statement);
    house_run(h);
}

static void add(struct house *h, int64_t at_ms, const char *tenant, int received, const char *code, int calls,
                int pages)
{
    char statement[500];
    (void)str_format(statement, sizeof(statement),
                     "INSERT INTO traffic (tenant, hour_ms, received, code, reason, calls, pages, call_ms)"
                     " SELECT %s, %lld, %d, '%s', 'The line was %s.', %d, %d, 90000",
                     tenant, (long long)(at_ms - at_ms % (60 * MINUTE)), received, code, code, calls, pages);
    run_script(h, statement);
}

static int64_t mails(struct house *h)
{
    return sql_get_int(h->queue.store.sql, -1, "SELECT count(*) FROM mail_out WHERE kind = 'notice'", "");
}

static void day_is_told_once_when_it_is_over(void **state)
{
    struct house *h = *state;
    struct heard ask;
    see(h, 2 * MINUTE);
    assert_int_equal(mails(h), 0);
    queue_enter(&h->queue);
    store_set_meta(&h->queue.store, "usage_address", "root@example.com");
    house_run(h);
    see(h, 2 * MINUTE); /* switched on today: nothing yet */
    assert_int_equal(mails(h), 0);
    int64_t noon_ms = h->queue.now_ms - h->queue.now_ms % (24LL * HOUR) + 12LL * HOUR;
    static const char *const all = "X''", *const ours = "(SELECT min(id) FROM tenant)";
    for (int i = 0; i < 2; i++) {
        const char *tenant = i ? ours : all;
        add(h, noon_ms, tenant, 0, "", 8, 20);
        add(h, noon_ms, tenant, 0, "busy", 1, 0);
        add(h, noon_ms + 3 * HOUR, tenant, 0, "busy", 1, 0);
        add(h, noon_ms, tenant, 1, "", 5, 7);
        add(h, noon_ms - 24 * HOUR, tenant, 1, "", 100, 700); /* the day before */
    }
    see(h, 24 * HOUR);
    assert_int_equal(mails(h), 1);
    add(h, noon_ms + 24 * HOUR, all, 1, "", 100, 700); /* the day after */
    do                                                 /* there may be an alarm's */
        ask = house_take(h, &h->convert, MSG_compose_answer);
    while (!strstr(ask.text, "Sent:"));
    assert_string_equal(ask.more, "root@example.com");
    assert_non_null(strstr(ask.text, "Sent: 10 calls, 8 without a fault (80 %), 20 pages"));
    assert_non_null(strstr(ask.text, "Received: 5 calls, 5 without a fault (100 %), 7 pages"));
    assert_non_null(strstr(ask.text, "2  Sent: busy: The line was busy."));
    assert_non_null(
        strstr(ask.text,
               "    Sent: 10 calls, 8 without a fault (80 %), 20 pages, 5 minutes\n    Received: 5 calls"));
    see(h, 2 * MINUTE);
    see(h, 5 * MINUTE);
    assert_int_equal(mails(h), 1);
    house_restart_queue(h);
    clock_goes_on(h);
    see(h, 2 * MINUTE); /* from the days of the machine's own clock, in which the queue began */
    int64_t before = mails(h);
    see(h, 2 * MINUTE);
    assert_int_equal(mails(h), before);
    see(h, 24 * HOUR);
    assert_int_equal(mails(h), before + 1);
}

/* The day, the numbers and the words as its reader writes them; a day that begins at half past. */
static void day_is_told_as_its_reader_writes(void **state)
{
    struct house *h = *state;
    struct heard ask;
    run_script(h, "UPDATE tenant SET language = 'de', zone = 'Asia/Kolkata'");
    queue_enter(&h->queue);
    store_set_meta(&h->queue.store, "usage_address", "root@example.com");
    store_set_meta(&h->queue.store, "master_tenant", "x");
    house_run(h);
    run_script(h, "UPDATE meta SET value = (SELECT name FROM tenant LIMIT 1) WHERE key = 'master_tenant'");
    see(h, 2 * MINUTE);
    static const char *const all = "X''";
    int64_t midnight_ms = h->queue.now_ms - h->queue.now_ms % (24LL * HOUR) + 24LL * HOUR - 330LL * MINUTE;
    if (midnight_ms > h->queue.now_ms)
        midnight_ms -= 24LL * HOUR;
    run_script(h, "DELETE FROM traffic");
    for (int i = -1; i <= 1; i++) { /* before, of and behind the day */
        char statement[300];
        (void)str_format(
            statement, sizeof(statement),
            "INSERT INTO traffic (tenant, hour_ms, received, code, reason, calls, pages, call_ms)"
            " VALUES (%s, %lld, 0, 'sip-486', 'Busy.', %d, 0, 0)",
            all,
            (long long)(midnight_ms + (i < 0    ? -30LL * MINUTE
                                       : i == 0 ? 0
                                                : 24LL * HOUR)),
            i == 0 ? 1234 : 7);
        run_script(h, statement);
    }
    see(h, midnight_ms + 25LL * HOUR - h->queue.now_ms);
    do
        ask = house_take(h, &h->convert, MSG_compose_answer);
    while (!strstr(ask.text, "Gesendet:"));
    assert_non_null(strstr(ask.text, "Gesendet: 1.234 Anrufe, 0 ohne Fehler (0 %), 0 Seiten, 0 Minuten"));
    assert_non_null(strstr(ask.text, "Gesendet: sip-486: Der Anschluss war besetzt."));
    assert_non_null(strstr(ask.text, "(Asia/Kolkata)"));
    assert_null(strstr(ask.text, "20-"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(day_is_told_once_when_it_is_over, post_setup, house_teardown),
        cmocka_unit_test_setup_teardown(day_is_told_as_its_reader_writes, post_setup, house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
