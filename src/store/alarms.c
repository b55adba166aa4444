/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/alarms.h"

/* More than a person reads. */
enum { OPEN_MOST = 500 };

#define COLUMNS "id, code, subject, tenant, text, raised_ms, cleared_ms, mailed_ms, node FROM alarm"

void alarm_raise(struct store *s, const struct alarm *a)
{
    (void)sql_run(s->sql,
                  "INSERT INTO alarm (id, code, subject, tenant, text, raised_ms, node)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                  "dttdtit", a->id, a->code, a->subject, a->tenant, a->text, a->raised_ms, a->node);
    change_note(&s->changes, CHANGE_STATUS, ID_NONE);
}

void alarm_set_text(struct store *s, struct id id, const char *text)
{
    (void)sql_run(s->sql, "UPDATE alarm SET text = ?2 WHERE id = ?1", "dt", id, text);
}

void alarm_clear(struct store *s, struct id id, int64_t now_ms)
{
    (void)sql_run(s->sql, "UPDATE alarm SET cleared_ms = ?2 WHERE id = ?1 AND cleared_ms IS NULL", "di", id,
                  now_ms);
    change_note(&s->changes, CHANGE_STATUS, ID_NONE);
}

void alarm_set_mailed(struct store *s, struct id id, int64_t now_ms)
{
    (void)sql_run(s->sql, "UPDATE alarm SET mailed_ms = ?2 WHERE id = ?1", "di", id, now_ms);
}

static size_t take(struct sql_rows *r, struct arena *arena, struct alarm *list, size_t most)
{
    size_t n = 0;
    while (n < most && sql_next(r))
        list[n++] = (struct alarm){.id = sql_id(r, 0),
                                   .code = sql_text(r, 1, arena),
                                   .subject = sql_text(r, 2, arena),
                                   .tenant = sql_id(r, 3),
                                   .text = sql_text(r, 4, arena),
                                   .raised_ms = sql_int(r, 5),
                                   .cleared_ms = sql_int(r, 6),
                                   .mailed_ms = sql_int(r, 7),
                                   .node = sql_text(r, 8, arena)};
    sql_end(r);
    return n;
}

size_t alarms_open(struct store *s, const struct scope *w, struct arena *arena, struct alarm **list)
{
    struct sql_rows r;
    *list = arena_alloc(arena, OPEN_MOST * sizeof(**list));
    sql_query(s->sql, &r,
              "SELECT " COLUMNS
              " WHERE cleared_ms IS NULL AND (?1 IS NULL OR tenant = ?1) ORDER BY code, subject",
              "d", w->tenant);
    return take(&r, arena, *list, OPEN_MOST);
}

size_t alarms_list(struct store *s, const struct scope *w, const struct report_cursor *c, struct arena *arena,
                   struct alarm **list)
{
    struct sql_rows r;
    *list = arena_alloc(arena, (c->most + 1) * sizeof(**list));
    sql_query(s->sql, &r,
              "SELECT " COLUMNS
              " WHERE (?1 IS NULL OR id < ?1) AND (?3 IS NULL OR tenant = ?3) ORDER BY id DESC LIMIT ?2",
              "did", c->before, (int64_t)c->most, w->tenant);
    return take(&r, arena, *list, c->most);
}

bool alarm_is_open(struct store *s, struct id id)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM alarm WHERE id = ?1 AND cleared_ms IS NULL", "d", id) != 0;
}

int64_t alarm_last_mailed(struct store *s, const char *code, const char *subject)
{
    return sql_get_int(s->sql, 0,
                       "SELECT coalesce(max(mailed_ms), 0) FROM alarm WHERE code = ?1 AND subject = ?2", "tt",
                       code, subject);
}

void alarms_forget(struct store *s, int64_t before_ms)
{
    (void)sql_run(s->sql, "DELETE FROM alarm WHERE cleared_ms < ?1", "i", before_ms);
}
