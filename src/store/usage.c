/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/usage.h"

#include "model/states.h"

#include "store/config.h"

/* ?1 tenant, ?2 since, ?3 user, ?4 the address as it is compared */
#define SENT_BY                                                                                              \
    " WHERE j.tenant = ?1 AND j.created_ms >= ?2"                                                            \
    " AND (lower(s.sender) = ?4 OR lower(s.sender) IN (SELECT key FROM user_address WHERE user = ?3))"

struct usage usage_of_sender(struct store *s, struct id tenant, const char *sender, int64_t since_ms)
{
    struct arena a;
    struct id user;
    struct usage u;
    arena_init(&a);
    const char *key = config_address_key(&a, sender);
    (void)config_user_of(s, sender, &user);
    u.pages =
        sql_get_int(s->sql, 0,
                    "SELECT coalesce(sum(CASE WHEN j.ended_ms IS NULL THEN j.pages ELSE j.confirmed END), 0)"
                    " FROM submission AS s JOIN job AS j ON j.submission = s.id" SENT_BY,
                    "didt", tenant, since_ms, user, key);
    u.telephone_ms =
        sql_get_int(s->sql, 0,
                    "SELECT coalesce(sum(t.ended_ms - t.answered_ms), 0) FROM submission AS s"
                    " JOIN job AS j ON j.submission = s.id JOIN attempt AS t ON t.job = j.id" SENT_BY
                    " AND t.answered_ms IS NOT NULL AND t.ended_ms IS NOT NULL",
                    "didt", tenant, since_ms, user, key);
    arena_clear(&a);
    return u;
}

/* ---- PINs ---- */

struct pin_failures pin_failures_find(struct store *s, const char *box, const char *sender)
{
    struct sql_rows r;
    struct pin_failures f = {.count = 0};
    sql_query(s->sql, &r,
              "SELECT count, since_ms, until_ms FROM pin_failure WHERE faxbox = ?1 AND sender = ?2", "tt",
              box, sender);
    if (sql_next(&r))
        f = (struct pin_failures){(unsigned)sql_int(&r, 0), sql_int(&r, 1), sql_int(&r, 2)};
    sql_end(&r);
    return f;
}

void pin_failures_set(struct store *s, const char *box, const char *sender, const struct pin_failures *f)
{
    (void)sql_run(s->sql,
                  "INSERT INTO pin_failure (faxbox, sender, count, since_ms, until_ms)"
                  " VALUES (?1, ?2, ?3, ?4, ?5)"
                  " ON CONFLICT (faxbox, sender) DO UPDATE SET count = ?3, since_ms = ?4, until_ms = ?5",
                  "ttnii", box, sender, (int)f->count, f->since_ms, f->until_ms);
}

void pin_failures_forget(struct store *s, const char *box, const char *sender)
{
    (void)sql_run(s->sql, "DELETE FROM pin_failure WHERE faxbox = ?1 AND sender = ?2", "tt", box, sender);
}

void pin_failures_sweep(struct store *s, int64_t before_ms)
{
    (void)sql_run(s->sql, "DELETE FROM pin_failure WHERE since_ms < ?1 AND until_ms < ?1", "i", before_ms);
}

/* ---- to be billed ---- */

static size_t take_rows(struct sql_rows *r, struct arena *a, bool received, struct usage_row *list,
                        size_t most)
{
    size_t n = 0;
    while (n < most && sql_next(r))
        list[n++] = (struct usage_row){.box = sql_text(r, 0, a),
                                       .billing = sql_text(r, 1, a),
                                       .received = received,
                                       .faxes = sql_int(r, 2),
                                       .delivered = sql_int(r, 3),
                                       .pages = sql_int(r, 4),
                                       .telephone_ms = sql_int(r, 5)};
    sql_end(r);
    return n;
}

size_t usage_of_tenant(struct store *s, struct arena *a, struct id tenant, int64_t since_ms, int64_t until_ms,
                       struct usage_row **list)
{
    struct sql_rows r;
    *list = arena_alloc(a, USAGE_ROWS_MOST * sizeof(**list));
    sql_query(s->sql, &r,
              "SELECT j.faxbox, j.billing, count(*), sum(iif(j.state = ?4, 1, 0)), sum(j.confirmed),"
              " sum((SELECT coalesce(sum(t.ended_ms - t.answered_ms), 0) FROM attempt AS t WHERE t.job = j.id"
              " AND t.answered_ms > 0 AND t.ended_ms > t.answered_ms))"
              " FROM job AS j WHERE j.tenant = ?1 AND j.created_ms >= ?2 AND j.created_ms < ?3"
              " GROUP BY j.faxbox, j.billing ORDER BY j.faxbox, j.billing",
              "diin", tenant, since_ms, until_ms, (int)JOB_DONE);
    size_t n = take_rows(&r, a, false, *list, USAGE_ROWS_MOST);
    sql_query(
        s->sql, &r,
        "SELECT f.faxbox, '', count(*), count(*), sum(f.pages), sum(max(coalesce(f.ended_ms, 0) - "
        "f.answered_ms, 0))"
        " FROM fax AS f WHERE f.tenant = ?1 AND f.answered_ms >= ?2 AND f.answered_ms < ?3 AND f.pages > 0"
        " GROUP BY f.faxbox ORDER BY f.faxbox",
        "dii", tenant, since_ms, until_ms);
    return n + take_rows(&r, a, true, *list + n, USAGE_ROWS_MOST - n);
}
