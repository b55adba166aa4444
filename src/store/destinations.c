/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/destinations.h"

#define COLUMNS                                                                                              \
    "SELECT tenant, number, calls, delivered, voices, last_ms, reached_ms, rung, rung_ms, station_id,"       \
    " last_code, last_reason, locked_ms, locked_by, lock_reason, dis FROM destination "

static struct destination take(const struct sql_rows *r, struct arena *a)
{
    return (struct destination){.tenant = sql_id(r, 0),
                                .number = sql_text(r, 1, a),
                                .calls = (unsigned)sql_int(r, 2),
                                .delivered = (unsigned)sql_int(r, 3),
                                .voices = (unsigned)sql_int(r, 4),
                                .last_ms = sql_int(r, 5),
                                .reached_ms = sql_int(r, 6),
                                .rung = (unsigned)sql_int(r, 7),
                                .rung_ms = sql_int(r, 8),
                                .station_id = sql_text(r, 9, a),
                                .last_code = sql_text(r, 10, a),
                                .last_reason = sql_text(r, 11, a),
                                .locked_ms = sql_int(r, 12),
                                .locked_by = sql_text(r, 13, a),
                                .lock_reason = sql_text(r, 14, a),
                                .dis = sql_bytes(r, 15, a)};
}

struct destination destination_find(struct store *s, struct arena *a, struct id tenant, const char *number)
{
    struct sql_rows r;
    struct destination d = {.tenant = tenant,
                            .station_id = "",
                            .last_code = "",
                            .last_reason = "",
                            .locked_by = "",
                            .lock_reason = ""};
    sql_query(s->sql, &r, COLUMNS "WHERE tenant = ?1 AND number = ?2", "dt", tenant, number);
    if (sql_next(&r)) {
        d = take(&r, a);
        sql_end(&r);
    }
    d.number = number;
    return d;
}

void destination_set(struct store *s, const struct destination *d)
{
    (void)sql_run(
        s->sql,
        "INSERT INTO destination (tenant, number, calls, delivered, voices, last_ms, reached_ms, rung, "
        "rung_ms,"
        " station_id, last_code, last_reason, locked_ms, locked_by, lock_reason, dis)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
        " ON CONFLICT (tenant, number) DO UPDATE SET calls = ?3, delivered = ?4, voices = ?5, last_ms = ?6,"
        " reached_ms = ?7, rung = ?8, rung_ms = ?9, station_id = ?10, last_code = ?11, last_reason = ?12,"
        " locked_ms = ?13, locked_by = ?14, lock_reason = ?15, dis = ?16",
        "dtnnniinitttittb", d->tenant, d->number, (int)d->calls, (int)d->delivered, (int)d->voices,
        d->last_ms, d->reached_ms, (int)d->rung, d->rung_ms, d->station_id, d->last_code, d->last_reason,
        d->locked_ms, d->locked_by, d->lock_reason, d->dis);
}

void destination_delete(struct store *s, struct id tenant, const char *number)
{
    (void)sql_run(s->sql, "DELETE FROM destination WHERE tenant = ?1 AND number = ?2", "dt", tenant, number);
}

size_t destination_tenants(struct store *s, const char *number, struct id *tenants, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT tenant FROM destination WHERE number = ?1 LIMIT ?2", "ti", number,
              (int64_t)most);
    return sql_take_ids(&r, tenants, most);
}

void destinations_forget(struct store *s, int64_t before_ms)
{
    (void)sql_run(s->sql, "DELETE FROM destination WHERE last_ms < ?1 AND locked_ms = 0", "i", before_ms);
}

/* ---- a list for people ---- */

size_t destination_list(struct store *s, struct arena *a, const struct destination_cursor *c,
                        struct destination **list)
{
    struct sql_rows r;
    size_t n = 0;
    *list = arena_alloc(a, (c->most + 1) * sizeof(**list));
    if (*c->number)
        sql_query(s->sql, &r, COLUMNS "WHERE number = ?1 AND (?3 IS NULL OR tenant = ?3) LIMIT ?2", "tid",
                  c->number, (int64_t)c->most, c->tenant);
    else if (c->locked)
        sql_query(s->sql, &r,
                  COLUMNS "WHERE locked_ms > 0 AND locked_ms < ?1 AND (?3 IS NULL OR tenant = ?3)"
                          " ORDER BY locked_ms DESC LIMIT ?2",
                  "iid", c->before_ms, (int64_t)c->most, c->tenant);
    else if (id_is_none(c->tenant))
        sql_query(s->sql, &r, COLUMNS "WHERE last_ms < ?1 ORDER BY last_ms DESC LIMIT ?2", "ii", c->before_ms,
                  (int64_t)c->most);
    else
        sql_query(s->sql, &r, COLUMNS "WHERE tenant = ?3 AND last_ms < ?1 ORDER BY last_ms DESC LIMIT ?2",
                  "iid", c->before_ms, (int64_t)c->most, c->tenant);
    while (n < c->most && sql_next(&r))
        (*list)[n++] = take(&r, a);
    sql_end(&r);
    return n;
}
