/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/totp.h"

bool totp_find(struct store *s, struct arena *a, struct id user, struct totp *t)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT secret, confirmed, last_step FROM totp WHERE user = ?1", "d", user);
    bool there = sql_next(&r);
    if (there)
        *t = (struct totp){sql_text(&r, 0, a), sql_int(&r, 1) != 0, sql_int(&r, 2)};
    sql_end(&r);
    return there;
}

void totp_begin(struct store *s, struct id user, const char *secret)
{
    (void)sql_run(s->sql,
                  "INSERT INTO totp (user, secret, confirmed, last_step) VALUES (?1, ?2, 0, 0)"
                  " ON CONFLICT (user) DO UPDATE SET secret = ?2, last_step = 0 WHERE totp.confirmed = 0",
                  "dt", user, secret);
}

void totp_used(struct store *s, struct id user, int64_t step)
{
    (void)sql_run(s->sql, "UPDATE totp SET confirmed = 1, last_step = ?2 WHERE user = ?1", "di", user, step);
}

void totp_drop(struct store *s, struct id user)
{
    (void)sql_run(s->sql, "DELETE FROM totp WHERE user = ?1", "d", user);
}

/* ---- recovery codes ---- */

void recovery_codes_set(struct store *s, struct id user, uint8_t (*hashes)[RECOVERY_HASH_LEN], size_t count)
{
    (void)sql_run(s->sql, "DELETE FROM recovery_code WHERE user = ?1", "d", user);
    for (size_t i = 0; i < count; i++)
        (void)sql_run(s->sql, "INSERT INTO recovery_code (user, hash) VALUES (?1, ?2)", "db", user,
                      span_of(hashes[i], RECOVERY_HASH_LEN));
}

unsigned recovery_codes_left(struct store *s, struct id user)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT count(*) FROM recovery_code WHERE user = ?1", "d", user);
    unsigned left = sql_next(&r) ? (unsigned)sql_int(&r, 0) : 0;
    sql_end(&r);
    return left;
}

bool recovery_code_use(struct store *s, struct id user, const uint8_t hash[RECOVERY_HASH_LEN])
{
    return sql_run(s->sql, "DELETE FROM recovery_code WHERE user = ?1 AND hash = ?2", "db", user,
                   span_of(hash, RECOVERY_HASH_LEN)) > 0;
}
