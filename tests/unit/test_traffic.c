/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Calls are counted in the hour in which they end, once, for their tenant and for all; charts read along an
 * index. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#include "scratch.h"

#include "store_place.h"

#include "base/buf.h"
#include "base/scope.h"
#include "base/str.h"
#include "store/attempts.h"
#include "store/faxes.h"
#include "store/traffic.h"
#include "store/usage.h"

#define HOUR         3600000LL
#define NOON         1700000000000LL /* 22:13:20 UTC */
#define HOUR_OF_NOON (NOON - NOON % HOUR)

static struct fixture {
    char dir[64];
    struct store store;
    struct arena arena;
    struct id tenants[2];
} f;

static int setup(void **state)
{
    char error[STORE_ERROR_LEN];
    scratch_state(f.dir, sizeof(f.dir));
    arena_init(&f.arena);
    assert_int_equal(store_open(&f.store, f.dir, store_place(f.dir), false, error), 0);
    store_begin(&f.store);
    for (unsigned t = 0; t < 2; t++)
        f.tenants[t] = id_new();
    return 0;
}

static int teardown(void **state)
{
    store_commit(&f.store);
    store_close(&f.store);
    arena_clear(&f.arena);
    scratch_remove(f.dir);
    return 0;
}

/* A fax came in, of so many pages. */
static struct id received(unsigned tenant, int64_t ended_ms, unsigned pages, const char *code)
{
    struct attempt t = {.id = id_new(), .fax = id_new(), .trunk = "pbx", .started_ms = ended_ms - 30000};
    fax_add(&f.store, &(struct fax){.id = t.fax,
                                    .tenant = f.tenants[tenant],
                                    .faxbox = "box",
                                    .attempt = t.id,
                                    .calling = "1",
                                    .called = "2",
                                    .answered_ms = ended_ms - 20000});
    attempt_add(&f.store, &t);
    attempt_answered(&f.store, t.id, ended_ms - 20000);
    for (unsigned i = 0; i < pages; i++)
        assert_true(attempt_page_add(&f.store, t.id, &(struct page_stats){.page = i, .coding = ""}));
    t = (struct attempt){.id = t.id,
                         .ended_ms = ended_ms,
                         .mode = "",
                         .station_id = "",
                         .code = code,
                         .reason = *code ? "It broke off." : "",
                         .trace = ""};
    assert_true(attempt_end(&f.store, &t));
    assert_false(attempt_end(&f.store, &t)); /* asked again */
    return t.id;
}

static size_t listed(const struct id *tenant, int64_t since_ms, int64_t step_ms, int64_t offset_ms,
                     struct traffic list[8])
{
    const struct scope w = {.tenant = tenant ? *tenant : ID_NONE};
    return traffic_list(&f.store, &w, since_ms, step_ms, offset_ms, &f.arena, list, 8);
}

static void calls_are_counted_once_in_their_hour_and_tenant(void **state)
{
    struct traffic list[8];
    received(0, NOON, 2, "");
    received(0, NOON + 1000, 3, "");
    received(0, NOON + 2000, 1, "t30-broken");
    received(1, NOON + HOUR, 5, "");
    assert_int_equal(listed(&f.tenants[0], HOUR_OF_NOON, HOUR, 0, list), 2);
    assert_int_equal(list[0].at_ms, HOUR_OF_NOON);
    assert_true(list[0].received);
    assert_string_equal(list[0].code, "");
    assert_int_equal(list[0].calls, 2);
    assert_int_equal(list[0].pages, 5);
    assert_int_equal(list[0].call_ms, 40000);
    assert_string_equal(list[1].code, "t30-broken");
    assert_string_equal(list[1].reason, "It broke off.");
    assert_int_equal(listed(&f.tenants[1], HOUR_OF_NOON, HOUR, 0, list), 1);
    assert_int_equal(list[0].at_ms, HOUR_OF_NOON + HOUR);
    assert_int_equal(listed(NULL, HOUR_OF_NOON, HOUR, 0, list), 3);
    assert_int_equal(listed(NULL, HOUR_OF_NOON + HOUR, HOUR, 0, list), 1);
}

static void days_begin_where_the_asker_lives(void **state)
{
    struct traffic list[8];
    /* 22:13 and 23:13 UTC: one day there, two days where the clock is one hour ahead. */
    assert_int_equal(listed(NULL, HOUR_OF_NOON, 24 * HOUR, 0, list), 2);
    assert_int_equal(list[0].calls, 3);
    assert_int_equal(listed(NULL, HOUR_OF_NOON, 24 * HOUR, HOUR, list), 3);
    assert_int_equal(list[2].calls, 1);
    assert_int_equal(list[2].at_ms, HOUR_OF_NOON + HOUR);
}

/* Nepal: 22:13 UTC is 3:58 there, 22:20 is 4:05. */
static void hours_begin_at_a_quarter_to_where_they_do(void **state)
{
    const int64_t offset = 5 * HOUR + HOUR * 3 / 4, minute = 60000;
    struct traffic list[8];
    struct id tenant = f.tenants[1] = id_new();
    received(1, HOUR_OF_NOON + 13 * minute, 1, "");
    received(1, HOUR_OF_NOON + 20 * minute, 1, "");
    assert_int_equal(listed(&tenant, HOUR_OF_NOON - HOUR * 3 / 4, HOUR, offset, list), 2);
    assert_int_equal(list[0].at_ms, HOUR_OF_NOON - HOUR * 3 / 4);
    assert_int_equal(list[1].at_ms, HOUR_OF_NOON + HOUR / 4);
}

static void old_hours_go(void **state)
{
    struct traffic list[8];
    received(0, NOON + (TRAFFIC_KEPT_DAYS + 1) * 24 * HOUR, 1, "");
    assert_int_equal(listed(&f.tenants[0], 0, HOUR, 0, list), 1);
    assert_int_equal(listed(&f.tenants[1], 0, HOUR, 0, list), 1); /* it had no call since */
    assert_int_equal(listed(NULL, 0, HOUR, 0, list), 1);
}

static void charts_read_along_the_key(void **state)
{
    store_needs_sqlite("the plans are SQLite's");
    SCOPED_BUF struct buf along, whole;
    buf_init(&along, 65536);
    buf_init(&whole, 65536);
    sql_plan_steps(f.store.sql, "SEARCH traffic USING PRIMARY KEY (tenant=? AND hour_ms>?)", &along);
    sql_plan_steps(f.store.sql, "SCAN", &whole);
    assert_true(*buf_text(&along));
    assert_string_equal(buf_text(&whole), "");
}

/* ---- bills ---- */

static void bill_of_many_slices_is_that_of_all_at_once(void **state)
{
    struct usage_sum u;
    unsigned slices = 0;
    int64_t faxes = 0, pages = 0, delivered = 0;
    /* Three at each moment, and 5000 at one of them, which is more than a slice. */
    sql_script(
        f.store.sql,
        "INSERT INTO submission (id, tenant, faxbox, state, created_ms, sender, subject, message_id,"
        " numbers) VALUES (X'01', X'02', '', 3, 0, '', '', '', '');"
        "WITH RECURSIVE c (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < 19999)"
        " INSERT INTO job (id, submission, tenant, faxbox, number, display_number, state, created_ms,"
        " next_ms, pages, confirmed, billing) SELECT CAST(CAST(1000000000000000 + i AS TEXT) AS BLOB), X'01',"
        " CAST('0123456789abcdef' AS BLOB), 'box' || (i % 7), '1', '1', iif(i % 2 = 1, 3, 4),"
        " iif(i < 5000, 1000, 1000 + i / 3), 0, 2, i % 3, iif(i % 5 > 0, '', 'case') FROM c;");
    const struct id tenant = {.bytes = "0123456789abcdef"};
    usage_begin(&u, tenant, 1000, 100000);
    while (usage_add(&f.store, &u))
        slices++;
    assert_true(slices > 3);
    assert_int_equal(u.count, 14);
    for (size_t i = 0; i < u.count; i++) {
        faxes += u.rows[i].faxes;
        delivered += u.rows[i].delivered;
        pages += u.rows[i].pages;
        assert_true(i == 0 || strcmp(u.rows[i - 1].box, u.rows[i].box) < 0 ||
                    strcmp(u.rows[i - 1].billing, u.rows[i].billing) < 0);
    }
    assert_int_equal(faxes, 20000);
    assert_int_equal(delivered, 10000);
    assert_int_equal(pages, 19999);
    assert_string_equal(u.rows[0].box, "box0");
    assert_int_equal(u.rows[0].faxes, 2858 - 572);
    usage_end(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(calls_are_counted_once_in_their_hour_and_tenant),
                                       cmocka_unit_test(days_begin_where_the_asker_lives),
                                       cmocka_unit_test(old_hours_go),
                                       cmocka_unit_test(hours_begin_at_a_quarter_to_where_they_do),
                                       cmocka_unit_test(charts_read_along_the_key),
                                       cmocka_unit_test(bill_of_many_slices_is_that_of_all_at_once)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
