/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/destinations.h"

struct destination destination_find(struct store *s, struct id tenant, const char *number)
{
    struct sql_rows r;
    struct destination d = {.tenant = tenant, .number = number};
    sql_query(s->sql, &r,
              "SELECT calls, delivered, voices, last_ms, reached_ms, rung, rung_ms FROM destination"
              " WHERE tenant = ?1 AND number = ?2",
              "dt", tenant, number);
    if (!sql_next(&r))
        return d;
    d.calls = (unsigned)sql_int(&r, 0);
    d.delivered = (unsigned)sql_int(&r, 1);
    d.voices = (unsigned)sql_int(&r, 2);
    d.last_ms = sql_int(&r, 3);
    d.reached_ms = sql_int(&r, 4);
    d.rung = (unsigned)sql_int(&r, 5);
    d.rung_ms = sql_int(&r, 6);
    sql_end(&r);
    return d;
}

void destination_set(struct store *s, const struct destination *d)
{
    (void)sql_run(
        s->sql,
        "INSERT INTO destination (tenant, number, calls, delivered, voices, last_ms, reached_ms, rung, "
        "rung_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (tenant, number) DO UPDATE"
        " SET calls = ?3, delivered = ?4, voices = ?5, last_ms = ?6, reached_ms = ?7, rung = ?8,"
        " rung_ms = ?9",
        "dtnnniini", d->tenant, d->number, (int)d->calls, (int)d->delivered, (int)d->voices, d->last_ms,
        d->reached_ms, (int)d->rung, d->rung_ms);
}
