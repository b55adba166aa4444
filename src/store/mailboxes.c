/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/mailboxes.h"

#include "model/states.h"

/* Between two looks at a mail whose sender cannot be judged. */
#define LONGEST_WAIT_MS (3600LL * 1000)
enum { WAIT_DOUBLINGS = 10 };

#define COLUMNS                                                                                              \
    "m.id, m.name, t.name, m.address, m.protocol, m.host, m.port, m.security, m.username, m.password, "      \
    "m.ca_file,"                                                                                             \
    " m.pin, m.folder, m.interval, m.enabled, m.plaintext_password, m.authserv_id, m.too_large,"             \
    " m.authentication, m.oauth_grant, m.oauth_token_url, m.oauth_device_url, m.oauth_client_id, "           \
    "m.oauth_scope,"                                                                                         \
    " m.oauth_client_secret, m.oauth_refresh_token, m.oauth_pin, m.gateway, "                                \
    "m.oauth_authorize_url, m.oauth_redirect_url FROM mailbox m JOIN tenant t ON t.id = m.tenant"

static void take(const struct sql_rows *r, struct arena *a, struct mailbox *m)
{
    *m = (struct mailbox){.id = sql_id(r, 0),
                          .name = sql_text(r, 1, a),
                          .tenant = sql_text(r, 2, a),
                          .address = sql_text(r, 3, a),
                          .protocol = sql_text(r, 4, a),
                          .host = sql_text(r, 5, a),
                          .port = (unsigned)sql_int(r, 6),
                          .security = sql_text(r, 7, a),
                          .username = sql_text(r, 8, a),
                          .password = sql_bytes(r, 9, a),
                          .ca_file = sql_text(r, 10, a),
                          .pin = sql_text(r, 11, a),
                          .folder = sql_text(r, 12, a),
                          .interval_s = (unsigned)sql_int(r, 13),
                          .enabled = sql_int(r, 14) != 0,
                          .plaintext_password = sql_int(r, 15) != 0,
                          .authserv_id = sql_text(r, 16, a),
                          .too_large = sql_text(r, 17, a),
                          .authentication = sql_text(r, 18, a),
                          .oauth_grant = sql_text(r, 19, a),
                          .oauth_token_url = sql_text(r, 20, a),
                          .oauth_device_url = sql_text(r, 21, a),
                          .oauth_client_id = sql_text(r, 22, a),
                          .oauth_scope = sql_text(r, 23, a),
                          .oauth_client_secret = sql_bytes(r, 24, a),
                          .oauth_refresh_token = sql_bytes(r, 25, a),
                          .oauth_pin = sql_text(r, 26, a),
                          .gateway = sql_int(r, 27) != 0,
                          .oauth_authorize_url = sql_text(r, 28, a),
                          .oauth_redirect_url = sql_text(r, 29, a)};
}

size_t mailbox_all(struct store *s, struct arena *a, struct mailbox **list)
{
    size_t n = 0, count = (size_t)sql_get_int(s->sql, 0, "SELECT count(*) FROM mailbox", "");
    struct sql_rows r;
    *list = arena_alloc(a, (count + 1) * sizeof(**list));
    sql_query(s->sql, &r, "SELECT " COLUMNS " ORDER BY m.name", "");
    while (n < count && sql_next(&r))
        take(&r, a, &(*list)[n++]);
    sql_end(&r);
    return n;
}

bool mailbox_find(struct store *s, struct arena *a, struct id id, struct mailbox *m)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT " COLUMNS " WHERE m.id = ?1", "d", id);
    if (!sql_next(&r))
        return false;
    take(&r, a, m);
    sql_end(&r);
    return true;
}

/* UIDs and UIDLs are names within one account. */
static void drop_another_account(struct store *s, const struct mailbox *m)
{
    (void)sql_run(s->sql,
                  "DELETE FROM mailbox WHERE name = ?1 AND NOT (protocol = ?2 AND host = ?3 AND username = ?4"
                  " AND folder = ?5)",
                  "ttttt", m->name, m->protocol, m->host, m->username, m->folder);
}

void mailbox_put(struct store *s, const struct mailbox *m)
{
    drop_another_account(s, m);
    (void)sql_run(
        s->sql,
        "INSERT INTO mailbox (id, name, tenant, address, protocol, host, port, security, username, password, "
        "ca_file,"
        " pin, folder, interval, enabled, plaintext_password, authserv_id, too_large, authentication, "
        "oauth_grant,"
        " oauth_token_url, oauth_device_url, oauth_client_id, oauth_scope, oauth_client_secret, "
        "oauth_refresh_token, oauth_pin, gateway, oauth_authorize_url, oauth_redirect_url)"
        " SELECT ?1, ?2, id, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, "
        "?21,"
        " ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30 FROM tenant WHERE name = ?3"
        " ON CONFLICT (name) DO UPDATE SET tenant = excluded.tenant, address = ?4, port = ?7, security = ?8,"
        " password = ?10, ca_file = ?11, pin = ?12, interval = ?14, enabled = ?15, plaintext_password = ?16,"
        " authserv_id = ?17, too_large = ?18, authentication = ?19, oauth_grant = ?20, oauth_token_url = "
        "?21,"
        " oauth_device_url = ?22, oauth_client_id = ?23, oauth_scope = ?24, oauth_client_secret = ?25,"
        " oauth_refresh_token = ?26, oauth_pin = ?27, gateway = ?28,"
        " oauth_authorize_url = ?29, oauth_redirect_url = ?30",
        "dtttttnttbtttnnntttttttt"
        "bbtntt",
        id_new(), m->name, m->tenant, m->address, m->protocol, m->host, (int)m->port, m->security,
        m->username, m->password, m->ca_file, m->pin, m->folder, (int)m->interval_s, (int)m->enabled,
        (int)m->plaintext_password, m->authserv_id, m->too_large, m->authentication, m->oauth_grant,
        m->oauth_token_url, m->oauth_device_url, m->oauth_client_id, m->oauth_scope, m->oauth_client_secret,
        m->oauth_refresh_token, m->oauth_pin, (int)m->gateway, m->oauth_authorize_url, m->oauth_redirect_url);
}

void mailbox_drop(struct store *s, const char *name)
{
    (void)sql_run(s->sql, "DELETE FROM mailbox WHERE name = ?1", "t", name);
}

void mailbox_set_refresh_token(struct store *s, struct id id, struct span sealed)
{
    (void)sql_run(s->sql, "UPDATE mailbox SET oauth_refresh_token = ?2 WHERE id = ?1", "db", id, sealed);
}

/* ---- keys ---- */

char mailbox_key_state(struct store *s, struct id mailbox, const char *key, int64_t now_ms)
{
    struct sql_rows r;
    struct arena a;
    char state = 'n';
    arena_init(&a);
    sql_query(s->sql, &r,
              "SELECT state FROM mailbox_key WHERE mailbox = ?1 AND key = ?2"
              " AND (state <> 'w' OR not_before_ms > ?3)",
              "dti", mailbox, key, now_ms);
    if (sql_next(&r))
        state = *sql_text(&r, 0, &a);
    sql_end(&r);
    arena_clear(&a);
    return state;
}

int64_t mailbox_key_wait(struct store *s, struct id mailbox, const char *key, int64_t now_ms,
                         int64_t first_ms)
{
    int64_t tries = sql_get_int(s->sql, 0, "SELECT tries FROM mailbox_key WHERE mailbox = ?1 AND key = ?2",
                                "dt", mailbox, key);
    int64_t wait_ms = first_ms << (tries < WAIT_DOUBLINGS ? tries : WAIT_DOUBLINGS);
    wait_ms = wait_ms < LONGEST_WAIT_MS ? wait_ms : LONGEST_WAIT_MS;
    (void)sql_run(s->sql,
                  "INSERT INTO mailbox_key (mailbox, key, state, mail, seen_ms, tries, not_before_ms)"
                  " VALUES (?1, ?2, 'w', x'', ?3, 1, ?3 + ?4) ON CONFLICT (mailbox, key)"
                  " DO UPDATE SET seen_ms = ?3, tries = mailbox_key.tries + 1, not_before_ms = ?3 + ?4",
                  "dtii", mailbox, key, now_ms, wait_ms);
    return wait_ms;
}

void mailbox_key_add(struct store *s, struct id mailbox, const char *key, char state, struct id mail,
                     int64_t now_ms)
{
    const char text[] = {state, 0};
    (void)sql_run(s->sql,
                  "INSERT INTO mailbox_key (mailbox, key, state, mail, seen_ms) VALUES (?1, ?2, ?3, ?4, ?5)"
                  " ON CONFLICT (mailbox, key) DO UPDATE SET state = ?3, mail = ?4, seen_ms = ?5, tries = 0,"
                  " not_before_ms = 0",
                  "dttdi", mailbox, key, text, mail, now_ms);
}

void mailbox_key_seen(struct store *s, struct id mailbox, const char *key, int64_t now_ms)
{
    const int64_t day_ms = 24 * 3600 * 1000;
    (void)sql_run(s->sql,
                  "UPDATE mailbox_key SET seen_ms = ?3 WHERE mailbox = ?1 AND key = ?2 AND seen_ms < ?3 - ?4",
                  "dtii", mailbox, key, now_ms, day_ms);
}

void mailbox_keys_forget(struct store *s, int64_t before_ms)
{
    (void)sql_run(s->sql, "DELETE FROM mailbox_key WHERE seen_ms < ?1", "i", before_ms);
}

/* ---- states ---- */

void mailbox_set_state(struct store *s, struct id id, bool ok, const char *code, const char *text,
                       int64_t now_ms)
{
    (void)sql_run(
        s->sql,
        "UPDATE mailbox SET state_ok = ?2, state_code = ?3, state_text = ?4, state_ms = ?5 WHERE id = ?1",
        "dntti", id, (int)ok, code, text, now_ms);
}

size_t mailbox_states(struct store *s, const struct scope *w, struct arena *a, struct mailbox_state **list)
{
    size_t n = 0, count = (size_t)sql_get_int(s->sql, 0, "SELECT count(*) FROM mailbox", "");
    struct sql_rows r;
    *list = arena_alloc(a, (count + 1) * sizeof(**list));
    sql_query(s->sql, &r,
              "SELECT name, state_ok, state_code, state_text, state_ms,"
              " EXISTS (SELECT 1 FROM faxbox WHERE faxbox.mailbox = mailbox.name), tenant FROM mailbox WHERE "
              "enabled = 1"
              " AND (?1 IS NULL OR tenant = ?1) ORDER BY name",
              "d", w->tenant);
    while (n < count && sql_next(&r))
        (*list)[n++] = (struct mailbox_state){.name = sql_text(&r, 0, a),
                                              .ok = sql_int(&r, 1) != 0,
                                              .code = sql_text(&r, 2, a),
                                              .text = sql_text(&r, 3, a),
                                              .since_ms = sql_int(&r, 4),
                                              .used = sql_int(&r, 5) != 0,
                                              .tenant = sql_id(&r, 6)};
    sql_end(&r);
    return n;
}

int64_t mailbox_too_large(struct store *s, const struct scope *w)
{
    return sql_get_int(s->sql, 0,
                       "SELECT count(*) FROM mail_in AS i JOIN mailbox AS m ON m.id = i.mailbox"
                       " WHERE i.state = ?1 AND i.code = 'too-large' AND (?2 IS NULL OR m.tenant = ?2)",
                       "nd", (int)MAIL_IN_REFUSED, w->tenant);
}
