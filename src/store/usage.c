/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/usage.h"

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
