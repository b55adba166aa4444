/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/password_resets.h"

void password_reset_add(struct store *s, struct span hash, const struct password_reset *p)
{
    (void)sql_run(
        s->sql,
        "INSERT INTO password_reset (id, hash, user, created_ms, expires_ms) VALUES (?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT DO NOTHING",
        "dbdii", p->id, hash, p->user, p->created_ms, p->expires_ms);
}

bool password_reset_exists(struct store *s, struct id id)
{
    return sql_get_int(s->sql, 0, "SELECT count(*) FROM password_reset WHERE id = ?1", "d", id) > 0;
}

bool password_reset_find(struct store *s, struct span hash, int64_t now_ms, struct id *user)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT user FROM password_reset WHERE hash = ?1 AND expires_ms > ?2", "bi", hash,
              now_ms);
    return sql_take_ids(&r, user, 1) == 1;
}

int64_t password_resets_since(struct store *s, struct id user, int64_t since_ms)
{
    return sql_get_int(s->sql, 0, "SELECT count(*) FROM password_reset WHERE user = ?1 AND created_ms > ?2",
                       "di", user, since_ms);
}

void password_resets_end(struct store *s, struct id user)
{
    (void)sql_run(s->sql, "DELETE FROM password_reset WHERE user = ?1", "d", user);
}

void password_resets_forget(struct store *s, int64_t now_ms)
{
    (void)sql_run(s->sql, "DELETE FROM password_reset WHERE expires_ms < ?1", "i", now_ms);
}
