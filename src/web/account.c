/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a person does with his own account. What gives others a way in takes a session: a key cannot make a
 * key. */
#include <microhttpd.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "proto/scram.h"
#include "provision/settings.h"
#include "store/api_keys.h"
#include "store/config.h"
#include "web/identity.h"
#include "web/login.h"
#include "web/resources.h"

enum { PATIENCE_MS = 30000, NAME_MAX_BYTES = 63, DAYS_USUAL = 90, DAYS_MOST = 366, PASSWORD_MAX = 200 };
#define DAY_MS (24LL * 3600 * 1000)

bool request_has_session(struct request *r)
{
    if (!id_is_none(r->actor.session))
        return true;
    reply_problem(r, MHD_HTTP_FORBIDDEN, "session-needed", "Log in with your password for that.");
    return false;
}

/* ---- API keys ---- */

static json_t *key_json(const struct api_key *k)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "id", id_text(k->id), "name", k->name, "scope",
                     k->scope, "created_ms", json_time(k->created_ms), "expires_ms", json_time(k->expires_ms),
                     "used_ms", json_time(k->used_ms));
}

void get_api_keys(struct request *r)
{
    struct api_key *keys;
    size_t n = api_keys_of(r->store, &r->arena, r->actor.user, &keys);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(items, key_json(&keys[i]));
    reply_json(r, MHD_HTTP_OK, json_pack("{s:o, s:s}", "items", items, "proof", shown_by(r)));
}

void reply_person(struct request *r, const struct message *m, unsigned status)
{
    if (!m)
        reply_queue_away(r, "Whether it was done is not known: look before you try again.");
    else if (m->person_done.status >= 400)
        reply_problem(r, m->person_done.status, m->person_done.code, "%s", m->person_done.reason);
    else
        reply_empty(r, status);
}

void reply_person_done(struct request *r, const struct message *m)
{
    reply_person(r, m, MHD_HTTP_NO_CONTENT);
}

struct new_key {
    struct api_key row;
    char text[sizeof(API_KEY_PREFIX) + TOKEN_TEXT_LEN];
    uint8_t hash[TOKEN_HASH_LEN];
};

static void on_key_made(struct request *r, const struct message *m)
{
    const struct entry *l = r->state;
    const struct new_key *k = l->api_key;
    if (!m || m->person_done.status >= 400) {
        reply_person_done(r, m);
        return;
    }
    json_t *key = key_json(&k->row);
    (void)json_object_set_new(key, "key", json_string(k->text)); /* this once */
    reply_json(r, MHD_HTTP_CREATED, key);
}

static bool take_key(const json_t *body, struct api_key *k, struct arena *a)
{
    const char *name = json_string_value(json_object_get(body, "name"));
    const char *scope = json_string_value(json_object_get(body, "scope"));
    const json_t *days = json_object_get(body, "days");
    json_int_t count = days ? json_integer_value(days) : DAYS_USUAL;
    if (!name || !*name || strlen(name) > NAME_MAX_BYTES || name[strcspn(name, "\r\n")] || !scope ||
        !(str_equal(scope, "read") || str_equal(scope, "send") || str_equal(scope, "admin")) || count < 1 ||
        count > DAYS_MOST)
        return false;
    *k = (struct api_key){.id = id_new(),
                          .name = arena_strdup(a, name),
                          .scope = arena_strdup(a, scope),
                          .created_ms = clock_wall_ms(),
                          .expires_ms = clock_wall_ms() + count * DAY_MS};
    return true;
}

/* After his password: a browser that was left open makes no key that outlives the session. */
static void make_key(struct request *r, struct entry *l, struct span proof)
{
    char token[TOKEN_TEXT_LEN];
    struct new_key *k = l->api_key;
    token_make(token, k->hash);
    (void)str_format(k->text, sizeof(k->text), "%s%s", API_KEY_PREFIX, token);
    const struct message m = {.type = MSG_api_key_make,
                              .api_key_make = {.key = k->row.id,
                                               .hash = span_of(k->hash, sizeof(k->hash)),
                                               .name = k->row.name,
                                               .scope = k->row.scope,
                                               .expires_ms = k->row.expires_ms,
                                               .session = r->actor.session,
                                               .signs = span_str(l->signs),
                                               .proof = proof,
                                               .actor = r->actor.user,
                                               .actor_tenant = r->actor.tenant,
                                               .who = request_asker(r),
                                               .client_ip = r->actor.client_ip}};
    request_ask(r, &m, PATIENCE_MS, on_key_made);
}

void post_api_key(struct request *r)
{
    json_t *body = request_has_session(r) ? request_object(r) : NULL;
    if (!body)
        return;
    struct entry *l = entry_new(r);
    l->api_key = arena_alloc(&r->arena, sizeof(*l->api_key));
    if (!take_key(body, &l->api_key->row, &r->arena))
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-arguments",
                      "A key has a name (1 to %d bytes), a scope (\"read\", \"send\" or \"admin\") and days "
                      "(1 to %d) until it expires; and give your password.",
                      NAME_MAX_BYTES, DAYS_MOST);
    else if (request_new_id(r, &l->api_key->row.id))
        entry_show_himself(r, l, body, make_key);
    json_decref(body);
}

void delete_api_key(struct request *r)
{
    const struct message m = {.type = MSG_api_key_drop,
                              .api_key_drop = {.key = r->id,
                                               .actor = r->actor.user,
                                               .actor_tenant = r->actor.tenant,
                                               .who = r->actor.name,
                                               .client_ip = r->actor.client_ip}};
    request_ask(r, &m, PATIENCE_MS, reply_person_done);
}

/* ---- what he may change of himself ---- */

static const char *own_key(struct request *r)
{
    char *text = arena_alloc(&r->arena, ID_TEXT_LEN);
    id_format(r->actor.user, text);
    return text;
}

static void reply_me(struct request *r)
{
    char etag[SETTINGS_ETAG_LEN];
    json_t *me = settings_one(r->store, "users", NULL, own_key(r), etag);
    if (!me) {
        reply_problem(r, MHD_HTTP_NOT_FOUND, "nobody", "Nobody is logged in here.");
        return;
    }
    reply_json(r, MHD_HTTP_OK, me);
    (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_ETAG, etag);
}

void get_me(struct request *r)
{
    reply_me(r);
}

static void on_me_changed(struct request *r, const struct message *m)
{
    if (m && m->settings_changed.status == MHD_HTTP_OK)
        reply_me(r);
    else
        reply_settings_refusal(r, m);
}

void change_me(struct request *r)
{
    static const char *const own[] = {"language", "pgp_keys",        "pgp_encrypt", "smime_certificates",
                                      "smime",    "notify_received", "notify_sent", "notify_delays"};
    const char *name;
    json_t *value, *body = request_has_session(r) ? request_object(r) : NULL;
    if (!body)
        return;
    const char *foreign = NULL;
    json_object_foreach(body, name, value)
    {
        bool his = false;
        for (size_t i = 0; i < ARRAY_LEN(own); i++)
            his = his || str_equal(name, own[i]);
        foreign = his ? foreign : arena_strdup(&r->arena, name);
    }
    json_decref(body);
    if (foreign) {
        reply_problem(r, MHD_HTTP_FORBIDDEN, "not-allowed",
                      "%.60s is set by an administrator. Your own are language, pgp_keys, pgp_encrypt, "
                      "smime_certificates, smime and notify_received, notify_sent, notify_delays; the "
                      "password has an address of its own.",
                      foreign);
        return;
    }
    const struct message m = {.type = MSG_settings_change,
                              .settings_change = {.resource = "users",
                                                  .key = own_key(r),
                                                  .action = 1,
                                                  .tenant = "",
                                                  .all = 1,
                                                  .if_match = request_if_match(r, "*"),
                                                  .actor = r->actor.user,
                                                  .actor_tenant = r->actor.tenant,
                                                  .who = request_asker(r),
                                                  .client_ip = r->actor.client_ip,
                                                  .body = request_sealed_body(r)}};
    request_ask(r, &m, PATIENCE_MS, on_me_changed);
}

/* ---- his password ---- */

static void on_password_changed(struct request *r, const struct message *m)
{
    struct entry *l = r->state;
    if (!m || m->person_done.status >= 400) {
        reply_person_done(r, m);
        return;
    }
    if (identity_by_token(r, l->token))
        reply_session(r, l->token);
    else
        reply_empty(r, MHD_HTTP_NO_CONTENT);
}

static void on_proved(struct request *r, struct entry *l, struct span proof)
{
    const struct message m = {.type = MSG_password_change,
                              .password_change = {.session = l->session,
                                                  .hash = span_of(l->hash, sizeof(l->hash)),
                                                  .agent = request_agent(r),
                                                  .signs = span_str(l->signs),
                                                  .proof = proof,
                                                  .password = l->new_password,
                                                  .actor = r->actor.user,
                                                  .actor_tenant = r->actor.tenant,
                                                  .who = r->actor.name,
                                                  .client_ip = r->actor.client_ip}};
    request_ask(r, &m, PATIENCE_MS, on_password_changed);
    explicit_bzero(l->new_password, sizeof(l->new_password));
}

/* {"old", "new"}: all other sessions end, this one goes on under a new token. */
void post_password(struct request *r)
{
    json_t *body = request_has_session(r) ? request_object(r) : NULL;
    if (!body)
        return;
    struct entry *l = entry_new(r);
    const char *old = json_string_value(json_object_get(body, "old"));
    const char *new = json_string_value(json_object_get(body, "new"));
    bool taken = old && new &&*new &&str_copy(l->password, sizeof(l->password), old) &&
                 str_copy(l->new_password, sizeof(l->new_password), new);
    json_decref(body);
    l->user = r->actor.user;
    l->on_proved = on_proved;
    if (!taken)
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-arguments",
                      "Give \"old\" and \"new\"; a password has 8 to %d printable ASCII characters.",
                      PASSWORD_MAX);
    else
        entry_prove(r, l);
}
