/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Logging in and out. The password becomes a proof here, which queue judges: it goes no further and is kept
 * nowhere. */
#include <microhttpd.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/pace.h"
#include "base/str.h"
#include "proto/scram.h"
#include "provision/login_keys.h"
#include "store/config.h"
#include "store/identities.h"
#include "web/identity.h"
#include "web/login.h"
#include "web/resources.h"

enum { PATIENCE_MS = 30000, LOGIN_MAX = 320, TOTP_MAX = 40 };

/* ---- who is logged in ---- */

static json_t *addresses_json(struct request *r)
{
    const char **list;
    json_t *addresses = json_array();
    size_t n = config_user_addresses(r->store, &r->arena, r->actor.user, &list);
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(addresses, json_string(list[i]));
    return addresses;
}

static json_t *boxes_json(struct request *r)
{
    struct visitor_box *boxes;
    json_t *list = json_array();
    const char *domain = store_meta(r->store, &r->arena, "fax_domain");
    size_t n = visitor_boxes(r->store, &r->arena, r->actor.user, &boxes);
    const struct scope w = {.tenant = r->actor.role >= ACTOR_INSTALLATION ? ID_NONE : r->actor.tenant};
    for (size_t i = 0; i < n; i++) {
        struct faxbox b;
        if (!config_box(r->store, &r->arena, boxes[i].id, &b) ||
            !scope_has(r->store, &w, b.tenant, b.id, SCOPE_RECEIVE))
            continue;
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:o, s:b, s:b}", "id", boxes[i].id, "name", boxes[i].name, "address",
                            *domain ? json_sprintf("%s@%s", boxes[i].id, domain) : json_string(""), "send",
                            (int)boxes[i].send, "receive", (int)boxes[i].receive));
    }
    return list;
}

/* S4.8: those that are taken; none: any. */
static json_t *billing_codes_json(struct request *r)
{
    struct tenant t;
    json_t *codes = json_array();
    if (!config_tenant(r->store, &r->arena, r->actor.tenant, &t))
        return codes;
    for (char *rest = arena_strdup(&r->arena, t.billing_codes), *line; rest && (line = strsep(&rest, "\n"));)
        if (*line)
            (void)json_array_append_new(codes, json_string(line));
    return codes;
}

/* Its own cover pages, besides the standard one. */
static json_t *covers_json(struct request *r)
{
    const char **names;
    json_t *list = json_array();
    size_t count = config_covers(r->store, &r->arena, r->actor.tenant, &names);
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(list, json_string(names[i]));
    return list;
}

static json_t *session_json(struct request *r)
{
    const struct actor *a = &r->actor;
    if (id_is_none(a->user)) /* over the unix socket */
        return json_pack("{s:n, s:n, s:s, s:[], s:n, s:s}", "user", "tenant", "role",
                         actor_role_name(a->role), "boxes", "expires_ms", "provider", "");
    return json_pack("{s:{s:s, s:s, s:o, s:s}, s:{s:s, s:s, s:o, s:o}, s:s, s:o, s:o, s:s}", "user", "id",
                     id_text(a->user), "name", a->name, "addresses", addresses_json(r), "language",
                     a->language, "tenant", "id", id_text(a->tenant), "name", a->tenant_name, "billing_codes",
                     billing_codes_json(r), "covers", covers_json(r), "role", actor_role_name(a->role),
                     "boxes", boxes_json(r), "expires_ms", json_time(a->ends_ms), "provider",
                     a->provider ? a->provider : "");
}

void get_session(struct request *r)
{
    reply_json(r, MHD_HTTP_OK, session_json(r));
}

/* ---- logging in ---- */

static void set_cookie(struct request *r, const char *token, int64_t seconds)
{
    char text[200];
    const char *proto = request_header(r, "X-Forwarded-Proto", "http");
    (void)str_format(text, sizeof(text), "%s=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d%s",
                     SESSION_COOKIE, token, (int)seconds, str_equal_nocase(proto, "https") ? "; Secure" : "");
    (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_SET_COOKIE, text);
}

static void reply_wait(struct request *r, unsigned wait_s)
{
    char text[16];
    reply_problem(r, MHD_HTTP_TOO_MANY_REQUESTS, "too-many-tries",
                  "There were too many wrong logins. Try again in %u seconds.", wait_s);
    (void)str_format(text, sizeof(text), "%u", wait_s);
    (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_RETRY_AFTER, text);
}

static void on_refusal_due(struct request *r, const struct message *m)
{
    const struct entry *l = r->state;
    (void)m;
    if (l->wait_s > 0)
        reply_wait(r, l->wait_s);
    else
        reply_problem(r, MHD_HTTP_UNAUTHORIZED, "wrong-login", "%s", r->kept);
}

/* wait_s 0: wrong. Where a directory is asked for some passwords, how long that takes must not tell whose
 * they are. */
static void refuse(struct request *r, unsigned wait_s, const char *reason)
{
    struct entry *l = r->state;
    l->wait_s = wait_s;
    r->kept = arena_strdup(&r->arena, reason);
    if (identity_directory_judges(r->store))
        request_pause(r, pace_due_ms(request_pace(r), l->begun_ms, clock_mono_ms()), on_refusal_due);
    else
        on_refusal_due(r, NULL);
}

void reply_session(struct request *r, const char *token)
{
    reply_json(r, MHD_HTTP_OK, session_json(r));
    set_cookie(r, token, SESSION_LIFE_MS / 1000);
}

struct entry *entry_new(struct request *r)
{
    char hash[2 * TOKEN_HASH_LEN + 1];
    struct entry *l = r->state = arena_alloc(&r->arena, sizeof(*l));
    l->name = "";
    token_make(l->token, l->hash);
    l->session = id_new();
    l->begun_ms = clock_mono_ms();
    l->totp = l->passkey = "";
    l->host = request_host(r);
    hex_format(l->hash, sizeof(l->hash), hash);
    (void)str_format(l->signs, sizeof(l->signs), "web,%s", hash);
    return l;
}

static void on_salted(struct request *r, const struct message *m)
{
    struct entry *l = r->state;
    uint8_t proof[SCRAM_HASH_MAX], signature[SCRAM_HASH_MAX];
    const struct scram_hash *hash = &login_hash;
    if (!m) {
        reply_queue_away(r, "Nothing was changed; try again.");
        return;
    }
    if (m->session_salted.wait_s > 0) {
        refuse(r, m->session_salted.wait_s, "");
        return;
    }
    if (l->by_directory && *m->session_salted.directory_id) {
        directory_login(r, l, m->session_salted.directory_id);
        return;
    }
    scram_prove(hash, l->password, m->session_salted.salt, m->session_salted.rounds, span_str(l->signs),
                proof, signature);
    explicit_bzero(l->password, sizeof(l->password));
    l->on_proved(r, l, span_of(proof, hash->len));
}

void entry_prove(struct request *r, struct entry *l)
{
    const struct message m = {
        .type = MSG_session_salt,
        .session_salt = {.name = l->name, .user = l->user, .client_ip = r->actor.client_ip}};
    request_ask(r, &m, PATIENCE_MS, on_salted);
}

void entry_show_himself(struct request *r, struct entry *l, const json_t *body,
                        void (*next)(struct request *r, struct entry *l, struct span proof))
{
    const char *password = json_string_value(json_object_get(body, "password"));
    bool given = password && *password && str_copy(l->password, sizeof(l->password), password);
    l->user = r->actor.user;
    l->on_proved = next;
    if (given && identity_proof(r->store, &r->arena, r->actor.user) == PROOF_PASSWORD)
        entry_prove(r, l);
    else
        next(r, l, span_str(""));
}

void reply_login_refused(struct request *r, unsigned status, unsigned wait_s, const char *code,
                         const char *reason)
{
    if (wait_s > 0)
        reply_wait(r, wait_s);
    else
        reply_problem(r, status, code, "%s", reason);
}

void reply_unopened(struct request *r, unsigned status, unsigned wait_s, const char *code, const char *reason,
                    const char *options)
{
    json_t *wanted = *options ? json_loads(options, 0, NULL) : NULL;
    if (wanted)
        reply_problem_with(r, status, code, json_pack("{s:o}", "passkey", wanted), "%s", reason);
    else if (wait_s > 0 || str_equal(code, "wrong-login"))
        refuse(r, wait_s, reason);
    else
        reply_problem(r, status, code, "%s", reason);
}

void reply_opened(struct request *r, const struct entry *l)
{
    if (identity_by_token(r, l->token))
        reply_session(r, l->token);
    else
        reply_problem(r, MHD_HTTP_SERVICE_UNAVAILABLE, "session-ended",
                      "The session ended as soon as it had begun; log in again.");
}

static void on_opened(struct request *r, const struct message *m)
{
    const struct msg_session_opened *o = m ? &m->session_opened : NULL;
    if (!o)
        reply_queue_away(r, "You are not logged in; try again.");
    else if (o->status >= 400)
        reply_unopened(r, o->status, o->wait_s, o->code, o->reason, o->options);
    else
        reply_opened(r, r->state);
}

static void open_session(struct request *r, struct entry *l, struct span proof)
{
    const struct message open = {.type = MSG_session_open,
                                 .session_open = {.session = l->session,
                                                  .hash = span_of(l->hash, sizeof(l->hash)),
                                                  .name = l->name,
                                                  .client_ip = r->actor.client_ip,
                                                  .agent = request_agent(r),
                                                  .signs = span_str(l->signs),
                                                  .proof = proof,
                                                  .totp = l->totp,
                                                  .passkey = l->passkey,
                                                  .host = l->host,
                                                  .replaces = r->actor.session}};
    request_ask(r, &open, PATIENCE_MS, on_opened);
}

/* What the body says; false where that is no login. */
static bool take_login(struct request *r, const json_t *body, struct entry *l)
{
    l->passkey = passkey_member(r, body, "passkey");
    const char *name = json_string_value(json_object_get(body, "login"));
    const char *password = json_string_value(json_object_get(body, "password"));
    const json_t *totp = json_object_get(body, "totp");
    const char *code = totp && !json_is_null(totp) ? json_string_value(totp) : "";
    if (!name || !*name || strlen(name) > LOGIN_MAX || !password || !*password || !code ||
        strlen(code) > TOTP_MAX || !str_copy(l->password, sizeof(l->password), password))
        return false;
    l->name = arena_strdup(&r->arena, name);
    l->totp = arena_strdup(&r->arena, code);
    l->on_proved = open_session;
    l->by_directory = true;
    return true;
}

void post_session(struct request *r)
{
    json_t *body = request_object(r);
    if (!body)
        return;
    struct entry *l = entry_new(r);
    bool taken = take_login(r, body, l), alone = !json_object_get(body, "login");
    json_decref(body);
    if (alone && *l->passkey) {
        l->name = "";
        open_session(r, l, span_str(""));
    } else if (taken)
        entry_prove(r, l);
    else
        reply_problem(
            r, MHD_HTTP_BAD_REQUEST, "wrong-arguments",
            "A login is {\"login\": an address of yours, \"password\": ...}, with \"totp\": six digits, or "
            "\"passkey\": what your key says, where you have set that up; or \"passkey\" alone.");
}

/* ---- logging out ---- */

static void on_others_ended(struct request *r, const struct message *m)
{
    if (m)
        reply_empty(r, MHD_HTTP_NO_CONTENT);
    else
        reply_queue_away(r, "Other sessions may go on; try again.");
}

static void on_ended(struct request *r, const struct message *m)
{
    if (!m) {
        reply_queue_away(r, "You may still be logged in; try again.");
        return;
    }
    reply_empty(r, MHD_HTTP_NO_CONTENT);
    set_cookie(r, "", 0);
}

void delete_other_sessions(struct request *r)
{
    const struct message m = {.type = MSG_sessions_end,
                              .sessions_end = {.session = r->actor.session,
                                               .actor = r->actor.user,
                                               .actor_tenant = r->actor.tenant,
                                               .who = r->actor.name,
                                               .client_ip = r->actor.client_ip}};
    if (request_has_session(r))
        request_ask(r, &m, PATIENCE_MS, on_others_ended);
}

void delete_session(struct request *r)
{
    const struct message m = {.type = MSG_session_end, .session_end = {.session = r->actor.session}};
    if (id_is_none(r->actor.session))
        reply_problem(r, MHD_HTTP_NOT_FOUND, "no-session",
                      "There is no session to end: none was begun by logging in.");
    else
        request_ask(r, &m, PATIENCE_MS, on_ended);
}
