/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Faxes of another fax server stand among ours by their dates, and are found. */
#include <stdio.h>
#include <string.h>

#include "test.h"

#include "scratch.h"
#include "store/config.h"
#include "store/faxes.h"
#include "store/jobs.h"
#include "store/lists.h"
#include "store/old_faxes.h"
#include "store/reports.h"
#include "store_place.h"

enum { MINUTE_MS = 60000 };

static char dir[64];
static struct store store;
static struct arena arena;

static int plant(void **state)
{
    char error[STORE_ERROR_LEN];
    arena_init(&arena);
    scratch_state(dir, sizeof(dir));
    assert_int_equal(store_open(&store, dir, store_place(dir), false, error), 0);
    return 0;
}

static int clear(void **state)
{
    store_close(&store);
    scratch_remove(dir);
    arena_clear(&arena);
    return 0;
}

static struct old_fax old_fax(int64_t at_ms, const char *source)
{
    static const struct id tenant = {.bytes = {7}};
    return (struct old_fax){.id = old_fax_id(at_ms, source),
                            .tenant = tenant,
                            .faxbox = "front",
                            .number = "030123",
                            .station_id = "Dr. Verdi",
                            .subject = "Invoice",
                            .source = source,
                            .at_ms = at_ms,
                            .ended_ms = at_ms + MINUTE_MS,
                            .delivered = true,
                            .pages = 1,
                            .reason = ""};
}

static void same_source_and_moment_are_the_same_fax(void **state)
{
    assert_true(id_equal(old_fax_id(5, "a"), old_fax_id(5, "a")));
    assert_false(id_equal(old_fax_id(5, "a"), old_fax_id(6, "a")));
    assert_false(id_equal(old_fax_id(5, "a"), old_fax_id(5, "b")));
    struct id early = old_fax_id(5000, "a"), late = id_first_of(5001);
    assert_true(memcmp(early.bytes, late.bytes, sizeof(early.bytes)) < 0);
}

static void they_are_kept_whole_and_sort_by_their_dates(void **state)
{
    struct fax f;
    struct job j;
    struct id ids[4];
    struct stored_page *pages;
    const struct page page = {{1728, 8, PAGE_FINE}, span_str("bytes")};
    const struct old_fax newer = old_fax(2000000, "two"), older = old_fax(1000000, "one"),
                         sent = old_fax(3000000, "three");
    store_begin(&store);
    old_fax_add_received(&store, &newer, &page, 1);
    old_fax_add_received(&store, &older, &page, 1);
    old_fax_add_sent(&store, &sent, 0);
    store_commit(&store);
    assert_true(old_fax_exists(&store, newer.id) && old_fax_exists(&store, sent.id));
    assert_false(old_fax_exists(&store, old_fax_id(1, "one")));
    assert_true(fax_find(&store, older.id, &arena, &f));
    assert_int_equal(f.state, FAX_COMPLETE);
    assert_int_equal(f.answered_ms, 1000000);
    assert_int_equal(f.faxid, 0);
    assert_string_equal(f.calling, "030123");
    assert_int_equal(fax_pages(&store, older.id, &arena, &pages), 1);
    /* The search goes from the last number down, and they went in from the newest down. */
    assert_true(sql_get_int(store.sql, 0, "SELECT n FROM fax WHERE id = ?1", "d", older.id) <
                sql_get_int(store.sql, 0, "SELECT n FROM fax WHERE id = ?1", "d", newer.id));
    assert_int_equal(job_of_submission(&store, sent.id, ids, 4), 1);
    assert_true(job_find(&store, ids[0], &arena, &j));
    assert_int_equal(j.state, JOB_DONE);
    assert_int_equal(j.ended_ms, 3000000 + MINUTE_MS);
    assert_string_equal(j.number, "030123");
    assert_int_equal(job_unfinished(&store, sent.id), 0);
    assert_int_equal(report_count_jobs(&store, &SCOPE_ALL, JOB_DONE), 1);
    assert_int_equal(report_count_jobs(&store, &SCOPE_ALL, JOB_FAILED), 0);
    assert_int_equal(report_count_mails(&store, &SCOPE_ALL, MAIL_OUT_SENT), 0);
    assert_int_equal(sql_get_int(store.sql, 0, "SELECT count(*) FROM attempt", ""), 0);
}

static size_t find(const char *words, int64_t since_ms, struct id ids[4])
{
    const struct list_filter f = {
        .box = "", .words = words, .archived = LIST_ANY, .since_ms = since_ms, .most = 4};
    return list_faxes(&store, &f, ids);
}

static void they_are_found_between_our_own(void **state)
{
    struct id ids[4];
    const struct page page = {{1728, 8, PAGE_FINE}, span_str("bytes")};
    struct old_fax f = old_fax(4000000, "four");
    f.station_id = "Studio Rossi";
    const struct id own = old_fax_id(500000, "our own, the oldest");
    store_begin(&store);
    fax_add(&store, &(struct fax){.id = own,
                                  .tenant = f.tenant,
                                  .faxbox = "front",
                                  .attempt = own,
                                  .calling = "040987",
                                  .called = ""});
    old_fax_add_received(&store, &f, &page, 1);
    store_commit(&store);
    assert_int_equal(find("rossi", 0, ids), 1);
    assert_true(id_equal(ids[0], f.id));
    assert_int_equal(find("040987", 0, ids), 1);
    assert_int_equal(find("rossi", 5000000, ids), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_source_and_moment_are_the_same_fax),
        cmocka_unit_test(they_are_kept_whole_and_sort_by_their_dates),
        cmocka_unit_test(they_are_found_between_our_own),
    };
    return cmocka_run_group_tests(tests, plant, clear);
}
