/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/passkeys.h"

void passkey_add(struct store *s, const struct passkey *k)
{
    (void)sql_run(s->sql,
                  "INSERT INTO passkey (id, user, name, rp, credential, public_key, transports, counter,"
                  " created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING",
                  "ddttbbtii", k->id, k->user, k->name, k->rp, k->credential, k->public_key, k->transports,
                  k->counter, k->created_ms);
}

#define COLUMNS                                                                                              \
    "id, user, name, rp, credential, public_key, transports, counter, created_ms, used_ms FROM passkey"

static struct passkey read_passkey(const struct sql_rows *r, struct arena *a)
{
    return (struct passkey){.id = sql_id(r, 0),
                            .user = sql_id(r, 1),
                            .name = sql_text(r, 2, a),
                            .rp = sql_text(r, 3, a),
                            .credential = sql_bytes(r, 4, a),
                            .public_key = sql_bytes(r, 5, a),
                            .transports = sql_text(r, 6, a),
                            .counter = sql_int(r, 7),
                            .created_ms = sql_int(r, 8),
                            .used_ms = sql_int(r, 9)};
}

static size_t read_passkeys(struct sql_rows *r, struct arena *a, struct passkey *list, size_t most)
{
    size_t n = 0;
    while (n < most && sql_next(r))
        list[n++] = read_passkey(r, a);
    sql_end(r);
    return n;
}

size_t passkeys_of(struct store *s, struct arena *a, struct id user, struct passkey list[PASSKEYS_OF_A_USER])
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT " COLUMNS " WHERE user = ?1 ORDER BY id", "d", user);
    return read_passkeys(&r, a, list, PASSKEYS_OF_A_USER);
}

bool passkey_find(struct store *s, struct arena *a, struct id id, struct passkey *k)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT " COLUMNS " WHERE id = ?1", "d", id);
    return read_passkeys(&r, a, k, 1) == 1;
}

bool passkey_by_credential(struct store *s, struct arena *a, struct span credential, struct passkey *k)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT " COLUMNS " WHERE credential = ?1", "b", credential);
    return read_passkeys(&r, a, k, 1) == 1;
}

void passkey_used(struct store *s, struct id id, int64_t counter, int64_t now_ms)
{
    (void)sql_run(s->sql, "UPDATE passkey SET counter = ?2, used_ms = ?3 WHERE id = ?1", "dii", id, counter,
                  now_ms);
}

void passkey_drop(struct store *s, struct id id)
{
    (void)sql_run(s->sql, "DELETE FROM passkey WHERE id = ?1", "d", id);
}
