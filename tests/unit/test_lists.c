/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lists of faxes and jobs against a plain search through all rows; that each statement runs along an index;
 * that nobody finds what is another's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#include "scratch.h"

#include "store_place.h"

#include "base/mem.h"
#include "base/str.h"
#include "store/blob.h"
#include "store/faxes.h"
#include "store/jobs.h"
#include "store/lists.h"
#include "store/lists_sql.h"
#include "store/submissions.h"

/* More in the first box than are searched one by one. */
enum { FAXES = 800, BOXES = 6, USERS = 3, MOST = 300 };

struct row {
    struct id id;
    unsigned box, state;
    bool archived, read[USERS];
    char calling[32];
    int64_t at_ms;
};

static struct fixture {
    char dir[64];
    struct store store;
    struct arena arena;
    struct id tenants[2], users[USERS];
    char boxes[BOXES][16];
    struct row rows[FAXES]; /* oldest first */
} f;

/* Boxes 0 to 3 are of the first tenant; user 0 has 0 and 1, user 1 has 1 to 3, user 2 is of the second. */
static bool receives(unsigned user, unsigned box)
{
    return user == 0 ? box < 2 : user == 1 ? box >= 1 && box < 4 : box >= 4;
}

static void add_people(void)
{
    for (unsigned t = 0; t < 2; t++) {
        f.tenants[t] = id_new();
        (void)sql_run(f.store.sql, "INSERT INTO tenant (id, name) VALUES (?1, ?2)", "dt", f.tenants[t],
                      t ? "second" : "first");
    }
    for (unsigned u = 0; u < USERS; u++)
        f.users[u] = id_new();
    for (unsigned u = 0; u < USERS; u++)
        (void)sql_run(f.store.sql, "INSERT INTO user (id, tenant, name) VALUES (?1, ?2, ?3)", "ddt",
                      f.users[u], f.tenants[u == 2],
                      u == 0   ? "a"
                      : u == 1 ? "b"
                               : "c");
    for (unsigned b = 0; b < BOXES; b++) {
        (void)str_format(f.boxes[b], sizeof(f.boxes[b]), "%s%u", b % 2 ? "b" : "box", b);
        (void)sql_run(f.store.sql, "INSERT INTO faxbox (id, tenant, name) VALUES (?1, ?2, ?1)", "td",
                      f.boxes[b], f.tenants[b >= 4]);
        for (unsigned u = 0; u < USERS; u++)
            if (receives(u, b))
                (void)sql_run(
                    f.store.sql,
                    "INSERT INTO faxbox_user (faxbox, user, may_send, may_receive) VALUES (?1, ?2, 1, 1)",
                    "td", f.boxes[b], f.users[u]);
    }
}

static void add_fax(unsigned i)
{
    struct row *r = &f.rows[i];
    *r = (struct row){.box = rand() % 4 ? 0 : (unsigned)rand() % BOXES,
                      .at_ms = 1700000000000 + (int64_t)i / 2 * 1000};
    r->id = id_new();
    struct id first = id_first_of(r->at_ms);
    memcpy(r->id.bytes, first.bytes, 6); /* two share each moment */
    if (i > 0 && f.rows[i - 1].at_ms == r->at_ms && memcmp(r->id.bytes, f.rows[i - 1].id.bytes, 16) < 0) {
        struct id other = r->id;
        r->id = f.rows[i - 1].id;
        f.rows[i - 1].id = other;
    }
}

static void store_fax(unsigned i)
{
    struct row *r = &f.rows[i];
    static const enum fax_state ends[] = {FAX_COMPLETE, FAX_COMPLETE, FAX_PARTIAL, FAX_EMPTY, FAX_RECEIVING};
    enum fax_state to = ends[(unsigned)rand() % ARRAY_LEN(ends)];
    (void)str_format(r->calling, sizeof(r->calling), "+3905%u", (unsigned)rand() % 1000 + 1000);
    fax_add(&f.store, &(struct fax){.id = r->id,
                                    .tenant = f.tenants[r->box >= 4],
                                    .faxbox = f.boxes[r->box],
                                    .attempt = id_new(),
                                    .calling = r->calling,
                                    .called = "100",
                                    .answered_ms = r->at_ms});
    if (to != FAX_RECEIVING)
        fax_close(&f.store, r->id, to,
                  &(struct fax){.station_id = "", .ended_ms = r->at_ms + 1, .code = "", .reason = ""});
    r->state = to;
    for (unsigned u = 0; u < USERS; u++) {
        bool unread = to != FAX_RECEIVING && to != FAX_EMPTY && receives(u, r->box);
        assert_int_equal(fax_unread(&f.store, r->id, f.users[u]), unread);
        r->read[u] = !unread || rand() % 2;
        if (unread && r->read[u])
            fax_set_unread(&f.store, r->id, f.users[u], false);
    }
    r->archived = rand() % 3 == 0;
    if (r->archived)
        fax_set_place(&f.store, r->id, FAX_IN_ARCHIVE);
}

static int setup(void **state)
{
    char error[STORE_ERROR_LEN];
    srand(4);
    scratch_state(f.dir, sizeof(f.dir));
    arena_init(&f.arena);
    assert_int_equal(store_open(&f.store, f.dir, store_place(f.dir), false, error), 0);
    store_begin(&f.store);
    add_people();
    for (unsigned i = 0; i < FAXES; i++)
        add_fax(i);
    for (unsigned i = 0; i < FAXES; i++)
        store_fax(i);
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

static int user_number(struct id user)
{
    for (int u = 0; u < USERS; u++)
        if (id_equal(user, f.users[u]))
            return u;
    return -1;
}

static bool fits(const struct row *r, const struct list_filter *l)
{
    int user = user_number(l->scope.user), reader = user_number(l->unread_by);
    return (id_is_none(l->scope.tenant) || id_equal(l->scope.tenant, f.tenants[r->box >= 4])) &&
           (user < 0 || receives((unsigned)user, r->box)) &&
           (!*l->box || str_equal(l->box, f.boxes[r->box])) && (!l->states || l->states >> r->state & 1) &&
           (l->archived == LIST_ANY || l->archived == (int)r->archived) && (reader < 0 || !r->read[reader]) &&
           r->at_ms >= l->since_ms && (!l->until_ms || r->at_ms < l->until_ms) &&
           (!*l->words || strstr(r->calling, l->words));
}

/* Page by page, as a browser scrolls. */
static void assert_listed(struct list_filter *l)
{
    struct id ids[MOST];
    int at = FAXES - 1;
    for (;;) {
        size_t n = list_faxes(&f.store, l, ids);
        assert_true(n <= l->most);
        for (size_t i = 0; i < n; i++) {
            while (at >= 0 && !fits(&f.rows[at], l))
                at--;
            if (at < 0 || !id_equal(ids[i], f.rows[at].id))
                fail_msg("box \"%s\" words \"%s\" states %u archived %d: another fax", l->box, l->words,
                         l->states, l->archived);
            at--;
        }
        if (n < l->most)
            break;
        l->before = ids[n - 1];
    }
    while (at >= 0 && !fits(&f.rows[at], l))
        at--;
    assert_int_equal(at, -1);
}

static void lists_are_what_a_look_at_all_rows_finds(void **state)
{
    for (int round = 0; round < 250; round++) {
        struct list_filter l = {
            .box = "", .words = "", .archived = rand() % 3 - 1, .most = 1 + (size_t)(rand() % 40)};
        int who = rand() % 6;
        if (who > 0)
            l.scope.tenant = f.tenants[who == 2 || who == 5];
        if (who > 2)
            l.scope.user = f.users[who - 3];
        if (rand() % 3 == 0)
            l.box = f.boxes[rand() % BOXES];
        if (rand() % 3 == 0)
            l.states = 1u << rand() % FAX_STATE_COUNT | 1u << FAX_PARTIAL;
        if (rand() % 3 == 0)
            l.since_ms = f.rows[rand() % FAXES].at_ms;
        if (rand() % 3 == 0)
            l.until_ms = f.rows[rand() % FAXES].at_ms;
        if (who > 2 && rand() % 2)
            l.unread_by = l.scope.user;
        if (rand() % 3 == 0)
            l.words = rand() % 2 ? "+3905" : f.rows[rand() % FAXES].calling + 3;
        assert_listed(&l);
    }
}

static size_t found_of(struct id tenant, const char *words)
{
    struct id ids[MOST];
    const struct list_filter l = {
        .scope = {.tenant = tenant}, .box = "", .words = words, .archived = LIST_ANY, .most = MOST};
    return list_jobs(&f.store, &l, ids);
}

static size_t found(const char *words)
{
    return found_of(ID_NONE, words);
}

static void add_job(const char *number, const char *shown, const char *subject, const char *file)
{
    const struct submission m = {.id = id_new(),
                                 .tenant = f.tenants[0],
                                 .faxbox = f.boxes[0],
                                 .sender = "anna.rossi@example.com",
                                 .subject = subject,
                                 .message_id = ""};
    const struct document d = {
        .target = TARGET_ALL, .name = file, .type = "", .blob = blob_put(&f.store, span_str("x"))};
    struct outcome o;
    struct job j = {.id = id_new(),
                    .submission = m.id,
                    .tenant = m.tenant,
                    .faxbox = m.faxbox,
                    .number = number,
                    .display_number = shown,
                    .station_id = "+49 30 777888",
                    .pages = 1};
    submission_add(&f.store, &m);
    document_add(&f.store, m.id, &d);
    job_add(&f.store, &j);
    job_start_call(&f.store, j.id);
    job_count(&f.store, &j);
    outcome_done(&o);
    job_close(&f.store, j.id, JOB_DONE, 5, &o);
}

static void jobs_are_found_by_what_people_know_of_them(void **state)
{
    add_job("+4930123456", "030 123456", "Befund M\xc3\xbcller \"dringend\"", "Anlage-7.pdf");
    static const char *const words[] = {
        "+4930123456",           "030 123-456", "0049 30 123456", "123456",        "777888",
        "m\xc3\xbcller",         "anlage-7",    "rossi",          "befund anlage", "\"dring",
        "anna.rossi@example.com"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (found(words[i]) != 1)
            fail_msg("%s finds %zu", words[i], found(words[i]));
    assert_int_equal(found("befund nothing"), 0);
    assert_int_equal(found_of(f.tenants[0], "befund"), 1);
    assert_int_equal(found_of(f.tenants[1], "befund"), 0);
}

/* What stands in a query is text, never a word of the index's language. */
static void no_word_is_a_command(void **state)
{
    static const char *const words[] = {
        "*",         "abc*",           "NEAR(abc def)", "abc OR def", "place : \"<box0>\"",     "words:\"",
        "\"\"\"",    "') OR 1 = 1 --", "{abc} : def",   "^abc",       "abc\" OR place : \"box", "( ( (",
        "NOT words", "-words : abc"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        assert_int_equal(found(words[i]), 0);
}

/* ---- how the database goes about it ---- */

static void assert_plan(struct sql_rows *r, const char *name)
{
    unsigned steps = 0;
    while (sql_next(r)) {
        const char *step = sql_text(r, 3, &f.arena);
        bool whole = str_starts(step, "SCAN ") && !strstr(step, "VIRTUAL TABLE INDEX");
        if (whole || strstr(step, "TEMP B-TREE"))
            fail_msg("%s: %s", name, step);
        steps++;
    }
    assert_true(steps > 0);
}

#define ASSERT_PLAN(statement)                                                                               \
    do {                                                                                                     \
        struct sql_rows r;                                                                                   \
        sql_query(f.store.sql, &r, "EXPLAIN QUERY PLAN " statement, "");                                     \
        assert_plan(&r, #statement);                                                                         \
    } while (0)

static void every_list_runs_along_an_index(void **state)
{
    store_needs_sqlite("the plans are SQLite's");
    ASSERT_PLAN(LIST_NEXT_FAX(LIST_OF_BOX));
    ASSERT_PLAN(LIST_NEXT_FAX(LIST_OF_TENANT));
    ASSERT_PLAN(LIST_NEXT_FAX(LIST_OF_ALL));
    ASSERT_PLAN(LIST_NEXT_JOB(LIST_OF_BOX));
    ASSERT_PLAN(LIST_NEXT_JOB(LIST_OF_TENANT));
    ASSERT_PLAN(LIST_NEXT_JOB(LIST_OF_ALL));
    ASSERT_PLAN(LIST_UNREAD);
    ASSERT_PLAN(LIST_FIND_FAX);
    ASSERT_PLAN(LIST_FIND_JOB);
    ASSERT_PLAN(LIST_NEWEST_FAX);
    ASSERT_PLAN(LIST_NEWEST_JOB);
    ASSERT_PLAN(LIST_TAGGED_FAX(LIST_TAG_OF_TENANT));
    ASSERT_PLAN(LIST_TAGGED_FAX(LIST_TAG_OF_ALL));
    ASSERT_PLAN(LIST_TAGGED_JOB(LIST_TAG_OF_TENANT));
    ASSERT_PLAN(LIST_TAGGED_JOB(LIST_TAG_OF_ALL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lists_are_what_a_look_at_all_rows_finds),
                                       cmocka_unit_test(jobs_are_found_by_what_people_know_of_them),
                                       cmocka_unit_test(no_word_is_a_command),
                                       cmocka_unit_test(every_list_runs_along_an_index)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
