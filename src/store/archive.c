/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/archive.h"

#include "base/attr.h"
#include "base/str.h"
#include "store/changes.h"

static const char *const state_names[ARCHIVE_STATE_COUNT] = {
#define NAME(name, text) text,
    ARCHIVE_STATES(NAME)
#undef NAME
};

const char *archive_state_name(enum archive_state state)
{
    return state_names[state];
}

bool archive_state_parse(const char *text, enum archive_state *state)
{
    for (int i = 0; i < ARCHIVE_STATE_COUNT; i++)
        if (str_equal(text, state_names[i])) {
            *state = (enum archive_state)i;
            return true;
        }
    return false;
}

/* ---- copies ---- */

#define COPY                                                                                                 \
    "SELECT id, about, tenant, place, faxbox, number, sent, pages, state, at_ms, created_ms, next_ms,"       \
    " stored_ms, checked_ms, tries, object, bytes, sha256, code, reason FROM archive_copy"

void archive_copy_add(struct store *s, const struct archive_copy *c)
{
    (void)sql_run(s->sql,
                  "INSERT INTO archive_copy (id, about, tenant, place, faxbox, number, sent, pages, state, "
                  "at_ms, created_ms, next_ms, object)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12)"
                  " ON CONFLICT (about, place) DO NOTHING",
                  "dddtttnnniit", c->id, c->about, c->tenant, c->place, c->faxbox, c->number, (int)c->sent,
                  (int)c->pages, (int)ARCHIVE_WAITING, c->at_ms, c->created_ms, c->object);
}

bool archive_copy_find(struct store *s, struct id id, struct arena *a, struct archive_copy *c)
{
    struct sql_rows r;
    sql_query(s->sql, &r, COPY " WHERE id = ?1", "d", id);
    bool there = sql_next(&r);
    if (there)
        *c = (struct archive_copy){.id = sql_id(&r, 0),
                                   .about = sql_id(&r, 1),
                                   .tenant = sql_id(&r, 2),
                                   .place = sql_text(&r, 3, a),
                                   .faxbox = sql_text(&r, 4, a),
                                   .number = sql_text(&r, 5, a),
                                   .sent = sql_int(&r, 6) != 0,
                                   .pages = (unsigned)sql_int(&r, 7),
                                   .state = (enum archive_state)sql_int(&r, 8),
                                   .at_ms = sql_int(&r, 9),
                                   .created_ms = sql_int(&r, 10),
                                   .next_ms = sql_int(&r, 11),
                                   .stored_ms = sql_int(&r, 12),
                                   .checked_ms = sql_int(&r, 13),
                                   .tries = (unsigned)sql_int(&r, 14),
                                   .object = sql_text(&r, 15, a),
                                   .bytes = sql_int(&r, 16),
                                   .sha256 = sql_text(&r, 17, a),
                                   .code = sql_text(&r, 18, a),
                                   .reason = sql_text(&r, 19, a)};
    sql_end(&r);
    return there;
}

void archive_copy_set(struct store *s, const struct archive_copy *c)
{
    (void)sql_run(s->sql,
                  "UPDATE archive_copy SET state = ?2, next_ms = ?3, stored_ms = ?4, checked_ms = ?5,"
                  " tries = ?6, bytes = ?7, sha256 = ?8, code = ?9, reason = ?10, object = ?11 WHERE id = ?1",
                  "dniiinitttt", c->id, (int)c->state, c->next_ms, c->stored_ms, c->checked_ms, (int)c->tries,
                  c->bytes, c->sha256, c->code, c->reason, c->object);
}

void archive_copy_drop(struct store *s, struct id id)
{
    (void)sql_run(s->sql, "DELETE FROM archive_copy WHERE id = ?1", "d", id);
}

size_t archive_due(struct store *s, const char *place, int64_t now_ms, struct id *ids, size_t most)
{
    static const enum archive_state order[] = {ARCHIVE_WAITING, ARCHIVE_DELETING, ARCHIVE_STORED,
                                               ARCHIVE_DAMAGED};
    struct sql_rows r;
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(order) && n < most; i++) {
        sql_query(s->sql, &r,
                  "SELECT id FROM archive_copy WHERE place = ?1 AND state = ?2 AND next_ms <= ?3"
                  " ORDER BY next_ms, id LIMIT ?4",
                  "tnii", place, (int)order[i], now_ms, (int64_t)(most - n));
        n += sql_take_ids(&r, ids + n, most - n);
    }
    return n;
}

const char *archive_lying(struct store *s, const char *place, struct arena *a)
{
    enum { ENOUGH = 3 };
    static const enum archive_state there[] = {ARCHIVE_STORED, ARCHIVE_DELETING};
    const char *names = "";
    for (size_t i = 0; i < ARRAY_LEN(there); i++) {
        struct sql_rows r;
        sql_query(
            s->sql, &r,
            "SELECT object FROM archive_copy WHERE place = ?1 AND state = ?2 ORDER BY next_ms DESC LIMIT ?3",
            "tnn", place, (int)there[i], (int)ENOUGH);
        while (sql_next(&r))
            names = arena_format(a, "%s%s%s", names, *names ? "\n" : "", sql_text(&r, 0, a));
        sql_end(&r);
    }
    return names;
}

int64_t archive_next_due(struct store *s)
{
    return sql_get_int(
        s->sql, INT64_MAX,
        "SELECT max(p.rest_until_ms, (SELECT c.next_ms FROM archive_copy AS c WHERE c.place = p.name"
        " AND c.state = q.state ORDER BY c.next_ms LIMIT 1)) AS due"
        " FROM archive_place AS p, (SELECT 0 AS state UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT "
        "3) AS q WHERE p.enabled = 1 AND EXISTS (SELECT 1 FROM archive_copy AS c WHERE c.place = p.name"
        " AND c.state = q.state) ORDER BY due LIMIT 1",
        "");
}

size_t archive_of_fax(struct store *s, struct id about, struct id *ids, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT c.id FROM archive_copy AS c LEFT JOIN archive_place AS p ON p.name = c.place"
              " WHERE c.about = ?1 ORDER BY p.rank, c.place LIMIT ?2",
              "di", about, (int64_t)most);
    return sql_take_ids(&r, ids, most);
}

size_t archive_list(struct store *s, const struct archive_filter *f, struct id *ids)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT id FROM archive_copy WHERE (?1 IS NULL OR id < ?1) AND (?2 IS NULL OR tenant = ?2)"
              " AND (?3 = '' OR place = ?3) AND (?4 = '' OR faxbox = ?4) AND (?5 < 0 OR state = ?5)"
              " ORDER BY id DESC LIMIT ?6",
              "ddttni", f->before, f->tenant, f->place, f->faxbox, f->state, (int64_t)f->most);
    return sql_take_ids(&r, ids, f->most);
}

int64_t archive_check_all(struct store *s, const char *place, struct id tenant, int64_t now_ms)
{
    return sql_run(s->sql,
                   "UPDATE archive_copy SET next_ms = ?3 WHERE state IN (1, 3) AND (?1 = '' OR place = ?1)"
                   " AND (?2 IS NULL OR tenant = ?2)",
                   "tdi", place, tenant, now_ms);
    _Static_assert(ARCHIVE_STORED == 1 && ARCHIVE_DAMAGED == 3, "archive_check_all");
}

bool archive_waits(struct store *s, struct id about)
{
    return sql_get_int(s->sql, 0,
                       "SELECT count(*) FROM archive_copy AS c JOIN archive_place AS p ON p.name = c.place"
                       " WHERE c.about = ?1 AND c.state = ?2 AND p.enabled = 1",
                       "dn", about, (int)ARCHIVE_WAITING) > 0;
}

/* One that waits may lie there all the same: of a try whose answer we did not live to hear. */
void archive_delete(struct store *s, struct id about, int64_t now_ms)
{
    (void)sql_run(s->sql,
                  "UPDATE archive_copy SET state = ?2, next_ms = ?3, tries = 0, code = '', reason = ''"
                  " WHERE about = ?1 AND NOT EXISTS (SELECT 1 FROM legal_hold AS h WHERE h.about = ?1)",
                  "dni", about, (int)ARCHIVE_DELETING, now_ms);
}

void archive_delete_submission(struct store *s, struct id submission, int64_t now_ms)
{
    (void)sql_run(s->sql,
                  "UPDATE archive_copy SET state = ?2, next_ms = ?3, tries = 0, code = '', reason = ''"
                  " WHERE about IN (SELECT id FROM job WHERE submission = ?1)"
                  " AND NOT EXISTS (SELECT 1 FROM legal_hold AS h WHERE h.about = archive_copy.about)",
                  "dni", submission, (int)ARCHIVE_DELETING, now_ms);
}

bool archive_keep(struct store *s, struct id about, int64_t now_ms)
{
    return sql_run(
               s->sql,
               "UPDATE archive_copy SET state = iif(sha256 = '', 0, 1), next_ms = ?2, tries = 0, code = '',"
               " reason = '' WHERE about = ?1 AND state = 2",
               "di", about, now_ms) > 0;
    _Static_assert(ARCHIVE_WAITING == 0 && ARCHIVE_STORED == 1 && ARCHIVE_DELETING == 2, "archive_keep");
}

int64_t archive_keep_held(struct store *s, int64_t now_ms)
{
    return sql_run(
        s->sql,
        "UPDATE archive_copy SET state = iif(sha256 = '', 0, 1), next_ms = ?1, tries = 0, code = '',"
        " reason = '' WHERE state = 2 AND EXISTS (SELECT 1 FROM tenant AS t LEFT JOIN faxbox AS b"
        " ON b.id = archive_copy.faxbox AND b.tenant = t.id WHERE t.id = archive_copy.tenant"
        " AND (t.legal_hold = 1 OR coalesce(b.legal_hold, 0) = 1))",
        "i", now_ms);
}

size_t archive_expired(struct store *s, const struct kept_box *b, bool sent, int64_t before_ms,
                       struct id *abouts, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT about FROM archive_copy AS c WHERE c.faxbox = ?1 AND c.sent = ?2 AND c.at_ms < ?3"
              " AND c.tenant = ?4 AND c.state NOT IN (0, 2)"
              " AND NOT EXISTS (SELECT 1 FROM legal_hold AS h WHERE h.about = c.about)"
              " GROUP BY c.about, c.at_ms ORDER BY c.at_ms LIMIT ?5",
              "tnidi", b->name, (int)sent, before_ms, b->tenant, (int64_t)most);
    _Static_assert(ARCHIVE_WAITING == 0 && ARCHIVE_DELETING == 2, "archive_expired");
    return sql_take_ids(&r, abouts, most);
}

void archive_figures(struct store *s, const char *place, bool all, struct archive_figures *f)
{
    *f = (struct archive_figures){0};
    int64_t *const slots[ARCHIVE_STATE_COUNT] = {&f->waiting, &f->stored, &f->deleting, &f->damaged,
                                                 &f->failed};
    for (int state = 0; state < ARCHIVE_STATE_COUNT; state++)
        if (all || state != ARCHIVE_STORED)
            *slots[state] =
                sql_get_int(s->sql, 0, "SELECT count(*) FROM archive_copy WHERE place = ?1 AND state = ?2",
                            "tn", place, state);
    f->oldest_ms = sql_get_int(
        s->sql, 0,
        "SELECT created_ms FROM archive_copy WHERE place = ?1 AND state = 0 ORDER BY created_ms LIMIT 1", "t",
        place);
}

void archive_shift_times(struct store *s, int64_t by_ms)
{
    (void)sql_run(s->sql,
                  "UPDATE archive_copy SET next_ms = next_ms + ?1, created_ms = created_ms + ?1 WHERE state "
                  "IN (0, 2)",
                  "i", by_ms);
    (void)sql_run(s->sql, "UPDATE archive_place SET rest_until_ms = 0", "");
}

/* ---- legal hold ---- */

bool legal_hold_set(struct store *s, const struct legal_hold *h)
{
    return sql_run(s->sql,
                   "INSERT INTO legal_hold (about, tenant, who, reason, at_ms) VALUES (?1, ?2, ?3, ?4, ?5)"
                   " ON CONFLICT (about) DO NOTHING",
                   "ddtti", h->about, h->tenant, h->who, h->reason, h->at_ms) == 1;
}

bool legal_hold_in_submission(struct store *s, struct id submission)
{
    return sql_get_int(
               s->sql, 0,
               "SELECT 1 FROM job AS j JOIN legal_hold AS h ON h.about = j.id WHERE j.submission = ?1 "
               "LIMIT 1",
               "d", submission) != 0;
}

bool legal_hold_release(struct store *s, struct id about)
{
    return sql_run(s->sql, "DELETE FROM legal_hold WHERE about = ?1", "d", about) == 1;
}

static struct legal_hold take_hold(const struct sql_rows *r, struct arena *a)
{
    return (struct legal_hold){.about = sql_id(r, 0),
                               .tenant = sql_id(r, 1),
                               .who = sql_text(r, 2, a),
                               .reason = sql_text(r, 3, a),
                               .at_ms = sql_int(r, 4)};
}

size_t legal_hold_list(struct store *s, struct arena *a, struct id tenant, struct id before, size_t most,
                       struct legal_hold **list)
{
    struct sql_rows r;
    size_t n = 0;
    *list = arena_alloc(a, (most + 1) * sizeof(**list));
    sql_query(s->sql, &r,
              "SELECT about, tenant, who, reason, at_ms FROM legal_hold WHERE (?1 IS NULL OR tenant = ?1)"
              " AND (?2 IS NULL OR about < ?2) ORDER BY about DESC LIMIT ?3",
              "ddi", tenant, before, (int64_t)most);
    while (n < most && sql_next(&r))
        (*list)[n++] = take_hold(&r, a);
    sql_end(&r);
    return n;
}

bool legal_hold_find(struct store *s, struct id about, struct arena *a, struct legal_hold *h)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT about, tenant, who, reason, at_ms FROM legal_hold WHERE about = ?1", "d",
              about);
    bool there = sql_next(&r);
    if (there)
        *h = take_hold(&r, a);
    sql_end(&r);
    return there;
}
