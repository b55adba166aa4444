/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/self_tests.h"

#include "base/panic.h"
#include "store/sql.h"

static void delete_test(struct store *s, struct id id)
{
    (void)sql_run(s->sql,
                  "DELETE FROM attempt_page WHERE attempt IN (SELECT id FROM attempt WHERE test = ?1)", "d",
                  id);
    (void)sql_run(s->sql, "DELETE FROM attempt WHERE test = ?1", "d", id);
    (void)sql_run(s->sql, "DELETE FROM self_test WHERE id = ?1", "d", id);
}

static void take_room(struct store *s, const struct self_test *t)
{
    enum { AT_ONCE = 8 };
    struct sql_rows r;
    struct id old[AT_ONCE];
    sql_query(s->sql, &r,
              "SELECT id FROM self_test WHERE trunk = ?1 AND t38 = ?2 ORDER BY id DESC LIMIT ?3 OFFSET ?4",
              "tnnn", t->trunk, (int)t->t38, (int)AT_ONCE, (int)SELF_TESTS_KEPT);
    size_t n = sql_take_ids(&r, old, AT_ONCE);
    for (size_t i = 0; i < n; i++)
        delete_test(s, old[i]);
}

void self_test_forget(struct store *s, const char *trunk)
{
    enum { AT_ONCE = 64 };
    struct id ids[AT_ONCE];
    size_t n;
    do {
        struct sql_rows r;
        /* A call of it that goes on ends by itself. */
        sql_query(s->sql, &r, "SELECT id FROM self_test WHERE trunk = ?1 ORDER BY id LIMIT ?2", "ti", trunk,
                  (int64_t)AT_ONCE);
        n = sql_take_ids(&r, ids, AT_ONCE);
        for (size_t i = 0; i < n; i++)
            delete_test(s, ids[i]);
    } while (n == AT_ONCE);
}

void self_test_add(struct store *s, const struct self_test *t)
{
    (void)sql_run(s->sql,
                  "INSERT INTO self_test (id, trunk, t38, state, asked, created_ms, until_ms)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                  "dtnnnii", t->id, t->trunk, (int)t->t38, (int)SELF_TEST_WAITING, (int)t->asked,
                  t->created_ms, t->until_ms);
    take_room(s, t);
    change_note(&s->changes, CHANGE_STATUS, ID_NONE);
}

#define COLUMNS                                                                                              \
    "id, trunk, t38, state, asked, created_ms, until_ms, started_ms, ended_ms, starts, arrived, seconds, "   \
    "rate,"                                                                                                  \
    " resent, bad_rows, code, reason, steps"

static void read_row(const struct sql_rows *r, struct arena *a, struct self_test *t)
{
    *t = (struct self_test){.id = sql_id(r, 0),
                            .trunk = sql_text(r, 1, a),
                            .t38 = sql_int(r, 2) != 0,
                            .state = (enum self_test_state)sql_int(r, 3),
                            .asked = sql_int(r, 4) != 0,
                            .created_ms = sql_int(r, 5),
                            .until_ms = sql_int(r, 6),
                            .started_ms = sql_int(r, 7),
                            .ended_ms = sql_int(r, 8),
                            .starts = (unsigned)sql_int(r, 9),
                            .arrived = sql_int(r, 10) != 0,
                            .figures = {.good = sql_int(r, 3) == SELF_TEST_GOOD,
                                        .seconds = (unsigned)sql_int(r, 11),
                                        .rate = (unsigned)sql_int(r, 12),
                                        .resent = (unsigned)sql_int(r, 13),
                                        .bad_rows = (unsigned)sql_int(r, 14)},
                            .code = sql_text(r, 15, a),
                            .reason = sql_text(r, 16, a),
                            .steps = sql_text(r, 17, a)};
}

bool self_test_find(struct store *s, struct id id, struct arena *a, struct self_test *t)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT " COLUMNS " FROM self_test WHERE id = ?1", "d", id);
    if (!sql_next(&r))
        return false;
    read_row(&r, a, t);
    sql_end(&r);
    return true;
}

static size_t open_ones(struct store *s, enum self_test_state state, struct id *ids, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT id FROM self_test WHERE state < 2 AND state = ?1 ORDER BY id LIMIT ?2",
              "ni", (int)state, (int64_t)most);
    return sql_take_ids(&r, ids, most);
}

struct id self_test_running(struct store *s)
{
    struct id id;
    return open_ones(s, SELF_TEST_RUNNING, &id, 1) == 1 ? id : ID_NONE;
}

size_t self_test_waiting(struct store *s, struct id *ids, size_t most)
{
    return open_ones(s, SELF_TEST_WAITING, ids, most);
}

bool self_test_under_way(struct store *s, const char *trunk)
{
    return sql_get_int(s->sql, 0, "SELECT count(*) FROM self_test WHERE state < 2 AND trunk = ?1", "t",
                       trunk) > 0;
}

bool self_test_waits(struct store *s)
{
    struct id id;
    return self_test_waiting(s, &id, 1) > 0;
}

int64_t self_test_last_timed(struct store *s, const char *trunk)
{
    return sql_get_int(
        s->sql, 0, "SELECT created_ms FROM self_test WHERE trunk = ?1 AND asked = 0 ORDER BY id DESC LIMIT 1",
        "t", trunk);
}

size_t self_test_list(struct store *s, const char *trunk, struct id before, struct id *ids, size_t most)
{
    struct sql_rows r;
    static const struct id last = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    if (id_is_none(before))
        before = last;
    if (*trunk)
        sql_query(s->sql, &r,
                  "SELECT id FROM self_test WHERE trunk = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3", "tdi",
                  trunk, before, (int64_t)most);
    else
        sql_query(s->sql, &r, "SELECT id FROM self_test WHERE id < ?1 ORDER BY id DESC LIMIT ?2", "di",
                  before, (int64_t)most);
    return sql_take_ids(&r, ids, most);
}

size_t self_test_results(struct store *s, const char *trunk, bool t38, struct arena *a,
                         struct self_test *list, size_t most)
{
    struct sql_rows r;
    size_t n = 0;
    sql_query(s->sql, &r,
              "SELECT " COLUMNS " FROM self_test WHERE trunk = ?1 AND t38 = ?2 AND state IN (?3, ?4)"
              " ORDER BY id DESC LIMIT ?5",
              "tnnni", trunk, (int)t38, (int)SELF_TEST_GOOD, (int)SELF_TEST_FAILED, (int64_t)most);
    while (n < most && sql_next(&r))
        read_row(&r, a, &list[n++]);
    sql_end(&r);
    return n;
}

void self_test_set(struct store *s, const struct self_test *t)
{
    int from = (int)sql_get_int(s->sql, -1, "SELECT state FROM self_test WHERE id = ?1", "d", t->id);
    if (from != (int)t->state && (from < 0 || !self_test_may_move((enum self_test_state)from, t->state)))
        panic("self-test %s: from state %d to %s", id_text(t->id), from, self_test_state_name(t->state));
    (void)sql_run(
        s->sql,
        "UPDATE self_test SET state = ?2, started_ms = ?3, ended_ms = ?4, starts = ?5, arrived = ?6,"
        " seconds = ?7, rate = ?8, resent = ?9, bad_rows = ?10, code = ?11, reason = ?12 WHERE id = ?1",
        "dniinnnnnntt", t->id, (int)t->state, t->started_ms, t->ended_ms, (int)t->starts, (int)t->arrived,
        (int)t->figures.seconds, (int)t->figures.rate, (int)t->figures.resent, (int)t->figures.bad_rows,
        t->code, t->reason);
    change_note(&s->changes, CHANGE_STATUS, ID_NONE);
}

void self_test_step(struct store *s, struct id id, int64_t now_ms, const char *words)
{
    enum { STEPS_BYTES_MAX = 8000 };
    (void)sql_run(s->sql,
                  "UPDATE self_test SET steps = steps || ?2 || ' ' || ?3 || '\n'"
                  " WHERE id = ?1 AND length(steps) < ?4",
                  "ditn", id, now_ms, words, (int)STEPS_BYTES_MAX);
    change_note(&s->changes, CHANGE_STATUS, ID_NONE);
}

struct id self_test_open_call(struct store *s, struct id test, bool out)
{
    struct sql_rows r;
    struct id id;
    sql_query(s->sql, &r,
              "SELECT id FROM attempt WHERE test = ?1 AND state <> 2 AND iif(fax IS NULL, 1, 0) = ?2", "dn",
              test, (int)out);
    return sql_take_ids(&r, &id, 1) == 1 ? id : ID_NONE;
}
