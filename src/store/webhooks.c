/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/webhooks.h"

#include "store/claims.h"

#define HOOK                                                                                                 \
    "SELECT w.id, w.tenant, w.name, t.name, w.url, w.events, w.pin, w.secret, w.enabled FROM webhook AS w"   \
    " JOIN tenant AS t ON t.id = w.tenant"
#define CALL                                                                                                 \
    "SELECT id, webhook, tenant, about, event, state, created_ms, next_ms, tries, http, code, reason FROM "  \
    "webhook_call"
#define HOOK_OFF "hook-off"

/* ---- the servers ---- */

static struct webhook read_hook(const struct sql_rows *r, struct arena *a)
{
    return (struct webhook){.id = sql_id(r, 0),
                            .tenant_id = sql_id(r, 1),
                            .name = sql_text(r, 2, a),
                            .tenant = sql_text(r, 3, a),
                            .url = sql_text(r, 4, a),
                            .events = sql_text(r, 5, a),
                            .pin = sql_text(r, 6, a),
                            .secret = sql_bytes(r, 7, a),
                            .enabled = sql_int(r, 8) != 0};
}

static size_t read_hooks(struct sql_rows *r, struct arena *a, struct webhook *list, size_t most)
{
    size_t n = 0;
    while (n < most && sql_next(r))
        list[n++] = read_hook(r, a);
    sql_end(r);
    return n;
}

size_t webhook_all(struct store *s, struct arena *a, struct webhook **list)
{
    struct sql_rows r;
    size_t count = (size_t)sql_get_int(s->sql, 0, "SELECT count(*) FROM webhook", "");
    *list = arena_alloc(a, (count + 1) * sizeof(**list));
    sql_query(s->sql, &r, HOOK " ORDER BY w.name", "");
    return read_hooks(&r, a, *list, count);
}

size_t webhook_of_tenant(struct store *s, struct id tenant, struct arena *a, struct webhook **list)
{
    struct sql_rows r;
    size_t count =
        (size_t)sql_get_int(s->sql, 0, "SELECT count(*) FROM webhook WHERE tenant = ?1", "d", tenant);
    *list = NULL;
    if (count == 0)
        return 0;
    *list = arena_alloc(a, count * sizeof(**list));
    sql_query(s->sql, &r, HOOK " WHERE w.tenant = ?1 ORDER BY w.name", "d", tenant);
    return read_hooks(&r, a, *list, count);
}

bool webhook_find(struct store *s, struct id id, struct arena *a, struct webhook *w)
{
    struct sql_rows r;
    sql_query(s->sql, &r, HOOK " WHERE w.id = ?1", "d", id);
    return read_hooks(&r, a, w, 1) == 1;
}

bool webhook_named(struct store *s, const char *name, struct arena *a, struct webhook *w)
{
    struct sql_rows r;
    sql_query(s->sql, &r, HOOK " WHERE w.name = ?1", "t", name);
    return read_hooks(&r, a, w, 1) == 1;
}

void webhook_put(struct store *s, const struct webhook *w)
{
    (void)sql_run(
        s->sql,
        "INSERT INTO webhook (id, name, tenant, url, events, pin, secret, enabled)"
        " VALUES (?1, ?2, (SELECT id FROM tenant WHERE name = ?3), ?4, ?5, ?6, ?7, ?8)"
        " ON CONFLICT (name) DO UPDATE SET tenant = (SELECT id FROM tenant WHERE name = ?3), url = ?4,"
        " events = ?5, pin = ?6, secret = ?7, enabled = ?8",
        "dtttttbn", id_new(), w->name, w->tenant, w->url, w->events, w->pin, w->secret, (int)w->enabled);
    if (!w->enabled)
        (void)sql_run(s->sql,
                      "UPDATE webhook_call SET state = ?2, code = '" HOOK_OFF "', reason = 'The webhook was "
                      "switched off before its server was told.'"
                      " WHERE webhook = (SELECT id FROM webhook WHERE name = ?1) AND state = ?3",
                      "tnn", w->name, HOOK_CALL_DEAD, HOOK_CALL_WAITING);
}

void webhook_drop(struct store *s, const char *name)
{
    (void)sql_run(s->sql, "DELETE FROM webhook WHERE name = ?1", "t", name);
}

/* ---- what they are told ---- */

static struct webhook_call read_call(const struct sql_rows *r, struct arena *a)
{
    return (struct webhook_call){.id = sql_id(r, 0),
                                 .webhook = sql_id(r, 1),
                                 .tenant = sql_id(r, 2),
                                 .about = sql_id(r, 3),
                                 .event = sql_text(r, 4, a),
                                 .state = (enum webhook_call_state)sql_int(r, 5),
                                 .created_ms = sql_int(r, 6),
                                 .next_ms = sql_int(r, 7),
                                 .tries = (unsigned)sql_int(r, 8),
                                 .http = (unsigned)sql_int(r, 9),
                                 .code = sql_text(r, 10, a),
                                 .reason = sql_text(r, 11, a)};
}

void webhook_call_add(struct store *s, const struct webhook_call *c)
{
    (void)sql_run(s->sql,
                  "INSERT INTO webhook_call (id, webhook, tenant, about, event, state, created_ms, next_ms)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (webhook, event, about) DO NOTHING",
                  "ddddtnii", c->id, c->webhook, c->tenant, c->about, c->event, (int)c->state, c->created_ms,
                  c->next_ms);
}

bool webhook_call_find(struct store *s, struct id id, struct arena *a, struct webhook_call *c)
{
    struct sql_rows r;
    sql_query(s->sql, &r, CALL " WHERE id = ?1", "d", id);
    bool there = sql_next(&r);
    if (there)
        *c = read_call(&r, a);
    sql_end(&r);
    return there;
}

size_t webhook_calls_due(struct store *s, int64_t now_ms, unsigned of_each, struct id *ids, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT c.id FROM webhook AS w JOIN webhook_call AS c ON c.id IN"
              " (SELECT d.id FROM webhook_call AS d WHERE d.webhook = w.id AND d.state = ?1 AND d.next_ms <= "
              "?2 AND" UNCLAIMED(CLAIM_HOOKS, "d.id", "?5") "ORDER BY d.next_ms LIMIT ?4)"
                                                            " ORDER BY c.next_ms LIMIT ?3",
              "niiid", HOOK_CALL_WAITING, now_ms, (int64_t)most, (int64_t)of_each, s->node);
    return sql_take_ids(&r, ids, most);
}

bool webhook_fails(struct store *s, struct id webhook)
{
    /* What failed waits for a later time, unless that has come by now. */
    return sql_get_int(
               s->sql, 0,
               "SELECT tries FROM webhook_call WHERE webhook = ?1 AND state = ?2 ORDER BY next_ms DESC"
               " LIMIT 1",
               "dn", webhook, HOOK_CALL_WAITING) > 0 ||
           sql_get_int(
               s->sql, 0,
               "SELECT tries FROM webhook_call WHERE webhook = ?1 AND state = ?2 ORDER BY next_ms LIMIT 1",
               "dn", webhook, HOOK_CALL_WAITING) > 0;
}

int64_t webhook_next_due(struct store *s)
{
    return sql_get_int(s->sql, INT64_MAX,
                       "SELECT next_ms FROM webhook_call WHERE state = ?1 ORDER BY next_ms LIMIT 1", "n",
                       HOOK_CALL_WAITING);
}

void webhook_call_set(struct store *s, const struct webhook_call *c)
{
    (void)sql_run(
        s->sql,
        "UPDATE webhook_call SET state = ?2, next_ms = ?3, tries = ?4, http = ?5, code = ?6, reason = ?7"
        " WHERE id = ?1",
        "dniiitt", c->id, (int)c->state, c->next_ms, (int64_t)c->tries, (int64_t)c->http, c->code, c->reason);
}

size_t webhook_call_list(struct store *s, const struct scope *w, const char *webhook,
                         const struct report_cursor *c, struct id *ids)
{
    struct sql_rows r;
    sql_query(
        s->sql, &r,
        "SELECT id FROM webhook_call WHERE (?1 IS NULL OR id < ?1) AND (?3 IS NULL OR tenant = ?3)"
        " AND (?4 = '' OR webhook = (SELECT id FROM webhook WHERE name = ?4)) ORDER BY id DESC LIMIT ?2",
        "didt", c->before, (int64_t)c->most, w->tenant, webhook);
    return sql_take_ids(&r, ids, c->most);
}

void webhook_calls_forget(struct store *s, int64_t before_ms)
{
    (void)sql_run(s->sql, "DELETE FROM webhook_call WHERE state <> ?1 AND next_ms < ?2", "ni",
                  HOOK_CALL_WAITING, before_ms);
}

size_t webhook_given_up(struct store *s, struct arena *a, int64_t since_ms, struct webhook_given_up **list)
{
    enum { MOST = 64 };
    struct sql_rows r;
    size_t n = 0;
    *list = arena_alloc(a, MOST * sizeof(**list));
    sql_query(s->sql, &r,
              "SELECT w.name, c.tenant, count(*), max(c.reason) FROM webhook_call c JOIN webhook w ON w.id = "
              "c.webhook"
              " WHERE c.state = ?1 AND c.next_ms > ?2 AND c.code <> '" HOOK_OFF
              "' GROUP BY w.id, w.name, c.tenant LIMIT ?3",
              "nin", HOOK_CALL_DEAD, since_ms, MOST);
    while (n < MOST && sql_next(&r))
        (*list)[n++] = (struct webhook_given_up){.webhook = sql_text(&r, 0, a),
                                                 .tenant = sql_id(&r, 1),
                                                 .calls = sql_int(&r, 2),
                                                 .reason = sql_text(&r, 3, a)};
    sql_end(&r);
    return n;
}

void webhook_shift_times(struct store *s, int64_t by_ms)
{
    (void)sql_run(s->sql, "UPDATE webhook_call SET next_ms = next_ms + ?1 WHERE state = ?2", "in", by_ms,
                  HOOK_CALL_WAITING);
}
