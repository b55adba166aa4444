/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/api_keys.h"

void api_key_add(struct store *s, struct span hash, struct id user, const struct api_key *k)
{
    (void)sql_run(s->sql,
                  "INSERT INTO api_key (hash, id, user, name, scope, created_ms, expires_ms)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
                  "bddttii", hash, k->id, user, k->name, k->scope, k->created_ms, k->expires_ms);
}

bool api_key_is_other(struct store *s, struct id id, struct span hash)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM api_key WHERE id = ?1 AND hash <> ?2", "db", id, hash) != 0;
}

#define KEY_COLUMNS "id, name, scope, created_ms, expires_ms, used_ms"

static struct api_key read_key(const struct sql_rows *r, struct arena *a)
{
    return (struct api_key){.id = sql_id(r, 0),
                            .name = sql_text(r, 1, a),
                            .scope = sql_text(r, 2, a),
                            .created_ms = sql_int(r, 3),
                            .expires_ms = sql_int(r, 4),
                            .used_ms = sql_int(r, 5)};
}

bool api_key_find(struct store *s, struct arena *a, struct span hash, int64_t now_ms, struct api_key *k,
                  struct visitor *v)
{
    struct sql_rows r;
    struct id user = ID_NONE;
    sql_query(s->sql, &r, "SELECT " KEY_COLUMNS ", user FROM api_key WHERE hash = ?1 AND expires_ms > ?2",
              "bi", hash, now_ms);
    if (sql_next(&r)) {
        *k = read_key(&r, a);
        user = sql_id(&r, 6);
    }
    sql_end(&r);
    return !id_is_none(user) && visitor_find(s, a, user, v);
}

bool api_key_lasts(struct store *s, struct id id, int64_t now_ms)
{
    return sql_get_int(s->sql, 0, "SELECT count(*) FROM api_key WHERE id = ?1 AND expires_ms > ?2", "di", id,
                       now_ms) > 0;
}

size_t api_keys_of(struct store *s, struct arena *a, struct id user, struct api_key **list)
{
    struct sql_rows r;
    size_t n = 0;
    *list = arena_alloc(a, API_KEYS_OF_A_USER * sizeof(**list));
    sql_query(s->sql, &r, "SELECT " KEY_COLUMNS " FROM api_key WHERE user = ?1 ORDER BY id DESC", "d", user);
    while (n < API_KEYS_OF_A_USER && sql_next(&r))
        (*list)[n++] = read_key(&r, a);
    sql_end(&r);
    return n;
}

unsigned api_key_count(struct store *s, struct id user)
{
    return (unsigned)sql_get_int(s->sql, 0, "SELECT count(*) FROM api_key WHERE user = ?1", "d", user);
}

void api_key_used(struct store *s, struct id id, int64_t now_ms)
{
    (void)sql_run(s->sql, "UPDATE api_key SET used_ms = ?2 WHERE id = ?1", "di", id, now_ms);
}

bool api_key_drop(struct store *s, struct id user, struct id id)
{
    return sql_run(s->sql, "DELETE FROM api_key WHERE user = ?1 AND id = ?2", "dd", user, id) > 0;
}

unsigned api_keys_drop_of(struct store *s, struct id user)
{
    return (unsigned)sql_run(s->sql, "DELETE FROM api_key WHERE user = ?1", "d", user);
}
