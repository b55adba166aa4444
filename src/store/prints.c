/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/prints.h"

#include "base/attr.h"
#include "store/claims.h"
#include "store/sql.h"

#define PRINT                                                                                                \
    "SELECT id, fax, faxbox, asked_by, state, created_ms, next_ms, ended_ms, tries, begun, format, dpi, "    \
    "job, code, reason FROM print"

const char *print_state_name(enum print_state state)
{
    static const char *const names[PRINT_STATE_COUNT] = {
#define NAME(name, text) text,
        PRINT_STATES(NAME)
#undef NAME
    };
    return names[state];
}

void print_add(struct store *s, const struct print *p)
{
    (void)sql_run(s->sql,
                  "INSERT INTO print (id, fax, faxbox, asked_by, state, created_ms, next_ms, format, dpi)"
                  " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7,"
                  " coalesce((SELECT format FROM print WHERE faxbox = ?3 ORDER BY id DESC LIMIT 1), 0),"
                  " coalesce((SELECT dpi FROM print WHERE faxbox = ?3 ORDER BY id DESC LIMIT 1), 0)"
                  " WHERE ?4 <> '' OR NOT EXISTS (SELECT 1 FROM print WHERE fax = ?2 AND asked_by = '')"
                  " ON CONFLICT (id) DO NOTHING",
                  "ddttnii", p->id, p->fax, p->faxbox, p->asked_by, (int)PRINT_WAITING, p->created_ms,
                  p->next_ms);
    change_note(&s->changes, CHANGE_FAX, p->fax);
}

bool print_find(struct store *s, struct id id, struct arena *a, struct print *p)
{
    struct sql_rows r;
    sql_query(s->sql, &r, PRINT " WHERE id = ?1", "d", id);
    bool there = sql_next(&r);
    if (there)
        *p = (struct print){.id = sql_id(&r, 0),
                            .fax = sql_id(&r, 1),
                            .faxbox = sql_text(&r, 2, a),
                            .asked_by = sql_text(&r, 3, a),
                            .state = (enum print_state)sql_int(&r, 4),
                            .created_ms = sql_int(&r, 5),
                            .next_ms = sql_int(&r, 6),
                            .ended_ms = sql_int(&r, 7),
                            .tries = (unsigned)sql_int(&r, 8),
                            .begun = sql_int(&r, 9) != 0,
                            .format = (unsigned)sql_int(&r, 10),
                            .dpi = (unsigned)sql_int(&r, 11),
                            .job = (unsigned)sql_int(&r, 12),
                            .code = sql_text(&r, 13, a),
                            .reason = sql_text(&r, 14, a)};
    sql_end(&r);
    return there;
}

void print_set(struct store *s, const struct print *p)
{
    (void)sql_run(s->sql,
                  "UPDATE print SET state = ?2, next_ms = ?3, ended_ms = ?4, tries = ?5, begun = ?6, format "
                  "= ?7, dpi = ?8,"
                  " job = ?9, code = ?10, reason = ?11 WHERE id = ?1",
                  "dniiiniiitt", p->id, (int)p->state, p->next_ms, p->ended_ms, (int64_t)p->tries,
                  (int)p->begun, (int64_t)p->format, (int64_t)p->dpi, (int64_t)p->job, p->code, p->reason);
    change_note(&s->changes, CHANGE_FAX, p->fax);
}

size_t print_due(struct store *s, int64_t now_ms, struct id *ids, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT id FROM print WHERE state < 2 AND next_ms <= ?1 AND" UNCLAIMED(
                  CLAIM_PRINT, "print.id", "?3") "ORDER BY next_ms, id LIMIT ?2",
              "iid", now_ms, (int64_t)most, s->node);
    _Static_assert(PRINT_WAITING == 0 && PRINT_TAKEN == 1, "the queries of what is due");
    return sql_take_ids(&r, ids, most);
}

int64_t print_next_due(struct store *s)
{
    return sql_get_int(s->sql, INT64_MAX,
                       "SELECT next_ms FROM print WHERE state < 2 ORDER BY next_ms LIMIT 1", "");
}

size_t print_of_fax(struct store *s, struct id fax, struct id *ids, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT id FROM print WHERE fax = ?1 ORDER BY id DESC LIMIT ?2", "di", fax,
              (int64_t)most);
    return sql_take_ids(&r, ids, most);
}

#define OWN     " WHERE fax = ?1 AND asked_by = ''"
#define UNBEGUN OWN " AND state = 0 AND begun = 0 AND tries = 0"

unsigned print_unbegun(struct store *s, struct id fax)
{
    return (unsigned)sql_get_int(s->sql, 0, "SELECT count(*) FROM print" UNBEGUN, "d", fax);
}

unsigned print_own(struct store *s, struct id fax)
{
    return (unsigned)sql_get_int(s->sql, 0, "SELECT count(*) FROM print" OWN, "d", fax);
}

void print_delay(struct store *s, struct id fax, int64_t until_ms)
{
    (void)sql_run(s->sql, "UPDATE print SET next_ms = ?2" UNBEGUN, "di", fax, until_ms);
}

void print_withdraw(struct store *s, struct id fax)
{
    (void)sql_run(s->sql, "DELETE FROM print" UNBEGUN, "d", fax);
}

void print_shift_times(struct store *s, int64_t by_ms)
{
    (void)sql_run(s->sql,
                  "UPDATE print SET next_ms = next_ms + ?1, created_ms = created_ms + ?1 WHERE state < 2",
                  "i", by_ms);
}

size_t print_troubles(struct store *s, struct arena *a, int64_t since_ms, int64_t waiting_ms,
                      struct print_trouble **list)
{
    enum { MOST = 64 };
    struct sql_rows r;
    size_t n = 0;
    *list = arena_alloc(a, MOST * sizeof(**list));
    sql_query(s->sql, &r,
              "SELECT p.faxbox, b.tenant, sum(CASE WHEN p.state = 3 THEN 1 ELSE 0 END),"
              " sum(CASE WHEN p.state < 2 THEN 1 ELSE 0 END), max(p.reason) FROM print p JOIN "
              "faxbox b ON"
              " b.id = p.faxbox WHERE ((p.state = 3 AND p.ended_ms > ?1 AND p.code <> 'print-off') OR"
              " (p.state < 2 AND p.next_ms > 0 AND p.created_ms < ?2 AND p.reason <> '')) GROUP BY p.faxbox, "
              "b.tenant "
              "LIMIT ?3",
              "iin", since_ms, waiting_ms, (int)MOST);
    while (n < MOST && sql_next(&r))
        (*list)[n++] = (struct print_trouble){.faxbox = sql_text(&r, 0, a),
                                              .tenant = sql_id(&r, 1),
                                              .failed = sql_int(&r, 2),
                                              .waiting = sql_int(&r, 3),
                                              .reason = sql_text(&r, 4, a)};
    sql_end(&r);
    return n;
}
