/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/sessions.h"

void session_add(struct store *s, struct span hash, struct id id, struct id user, int64_t now_ms,
                 const char *client_ip, const char *agent)
{
    (void)sql_run(s->sql,
                  "INSERT INTO session (hash, id, user, created_ms, seen_ms, client_ip, agent)"
                  " VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
                  "bddittt", hash, id, user, now_ms, client_ip, agent);
}

#define VISITOR_COLUMNS                                                                                      \
    "u.id, u.tenant, u.name, t.name, u.role, CASE u.language WHEN '' THEN t.language ELSE u.language END"
enum { VISITOR_COLUMN_COUNT = 6 };

static struct visitor read_visitor(const struct sql_rows *r, struct arena *a)
{
    return (struct visitor){.user = sql_id(r, 0),
                            .tenant = sql_id(r, 1),
                            .name = sql_text(r, 2, a),
                            .tenant_name = sql_text(r, 3, a),
                            .role = sql_text(r, 4, a),
                            .language = sql_text(r, 5, a)};
}

bool session_find(struct store *s, struct arena *a, struct span hash, int64_t now_ms, struct session *found)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT " VISITOR_COLUMNS ", s.id, s.created_ms, s.seen_ms, s.provider"
              " FROM session s JOIN user u ON u.id = s.user JOIN tenant t ON t.id = u.tenant"
              " WHERE u.enabled = 1 AND s.hash = ?1 AND s.seen_ms > ?2 AND s.created_ms > ?3",
              "bii", hash, now_ms - SESSION_IDLE_MS, now_ms - SESSION_LIFE_MS);
    bool there = sql_next(&r);
    if (there)
        *found = (struct session){.id = sql_id(&r, VISITOR_COLUMN_COUNT),
                                  .visitor = read_visitor(&r, a),
                                  .created_ms = sql_int(&r, VISITOR_COLUMN_COUNT + 1),
                                  .seen_ms = sql_int(&r, VISITOR_COLUMN_COUNT + 2),
                                  .provider = sql_text(&r, VISITOR_COLUMN_COUNT + 3, a)};
    sql_end(&r);
    return there;
}

int64_t session_ends_ms(const struct session *s)
{
    int64_t idle = s->seen_ms + SESSION_IDLE_MS, life = s->created_ms + SESSION_LIFE_MS;
    return idle < life ? idle : life;
}

bool session_user(struct store *s, struct id id, struct id *user)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT user FROM session WHERE id = ?1", "d", id);
    bool there = sql_next(&r);
    if (there)
        *user = sql_id(&r, 0);
    sql_end(&r);
    return there;
}

int64_t session_began_ms(struct store *s, struct id id)
{
    return sql_get_int(s->sql, 0, "SELECT created_ms FROM session WHERE id = ?1", "d", id);
}

void session_seen(struct store *s, struct id id, int64_t now_ms)
{
    (void)sql_run(s->sql, "UPDATE session SET seen_ms = ?2 WHERE id = ?1", "di", id, now_ms);
}

void session_end(struct store *s, struct id id)
{
    (void)sql_run(s->sql, "DELETE FROM session WHERE id = ?1", "d", id);
}

void session_end_of_user(struct store *s, struct id user, struct id keep)
{
    (void)sql_run(s->sql, "DELETE FROM session WHERE user = ?1 AND (?2 IS NULL OR id <> ?2)", "dd", user,
                  keep);
}

void session_prune(struct store *s, struct id user, unsigned most, int64_t now_ms)
{
    (void)sql_run(s->sql, "DELETE FROM session WHERE seen_ms <= ?1 OR created_ms <= ?2", "ii",
                  now_ms - SESSION_IDLE_MS, now_ms - SESSION_LIFE_MS);
    (void)sql_run(s->sql,
                  "DELETE FROM session WHERE user = ?1 AND id NOT IN"
                  " (SELECT id FROM session WHERE user = ?1 ORDER BY created_ms DESC, id DESC LIMIT ?2)",
                  "dn", user, (int)most);
}

bool visitor_find(struct store *s, struct arena *a, struct id user, struct visitor *v)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT " VISITOR_COLUMNS
              " FROM user u JOIN tenant t ON t.id = u.tenant WHERE u.id = ?1 AND u.enabled = 1",
              "d", user);
    bool there = sql_next(&r);
    if (there)
        *v = read_visitor(&r, a);
    sql_end(&r);
    return there;
}

size_t visitor_boxes(struct store *s, struct arena *a, struct id user, struct visitor_box **list)
{
    struct sql_rows r;
    size_t n = 0;
    size_t count =
        (size_t)sql_get_int(s->sql, 0, "SELECT count(*) FROM faxbox_user WHERE user = ?1", "d", user);
    *list = arena_alloc(a, (count + 1) * sizeof(**list));
    sql_query(s->sql, &r,
              "SELECT b.id, b.name, u.may_send, u.may_receive FROM faxbox_user u JOIN faxbox b ON b.id = "
              "u.faxbox WHERE u.user = ?1 ORDER BY b.id",
              "d", user);
    while (n < count && sql_next(&r))
        (*list)[n++] = (struct visitor_box){.id = sql_text(&r, 0, a),
                                            .name = sql_text(&r, 1, a),
                                            .send = sql_int(&r, 2) != 0,
                                            .receive = sql_int(&r, 3) != 0};
    sql_end(&r);
    return n;
}

void session_set_provider(struct store *s, struct id id, const char *provider)
{
    (void)sql_run(s->sql, "UPDATE session SET provider = ?2 WHERE id = ?1", "dt", id, provider);
}
