/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Passkeys and security keys: their user adds and removes them and logs in by one, an administrator removes a
 * lost one. What browsers say of keys goes to queue as it is: it judges. */
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "proto/webauthn.h"
#include "store/identities.h"
#include "store/passkeys.h"
#include "store/sessions.h"
#include "web/login.h"
#include "web/resources.h"

enum { PATIENCE_MS = 30000, HOST_MOST = 299, NAME_MOST = 100 };

const char *request_host(const struct request *r)
{
    const char *host = request_header(r, MHD_HTTP_HEADER_HOST, "");
    return strlen(host) <= HOST_MOST ? host : "";
}

const char *passkey_member(struct request *r, const json_t *body, const char *name)
{
    char *text = json_dumps(json_object_get(body, name), JSON_COMPACT);
    const char *kept =
        text && text[0] == '{' && strlen(text) < WEBAUTHN_JSON_MAX ? arena_strdup(&r->arena, text) : "";
    free(text);
    return kept;
}

/* ---- which there are ---- */

static json_t *passkey_json(const struct passkey *k)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "id", id_text(k->id), "name", k->name, "host", k->rp,
                     "created_ms", json_time(k->created_ms), "used_ms", json_time(k->used_ms));
}

static json_t *passkeys_json(struct request *r, struct id user)
{
    struct passkey list[PASSKEYS_OF_A_USER];
    json_t *items = json_array();
    size_t n = passkeys_of(r->store, &r->arena, user, list);
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(items, passkey_json(&list[i]));
    return items;
}

const char *shown_by(struct request *r)
{
    static const char *const words[] = {
        [PROOF_NONE] = "", [PROOF_PASSWORD] = "password", [PROOF_SESSION] = "session"};
    return words[identity_proof(r->store, &r->arena, r->actor.user)];
}

void get_passkeys(struct request *r)
{
    reply_json(r, MHD_HTTP_OK,
               json_pack("{s:o, s:s}", "items", passkeys_json(r, r->actor.user), "proof", shown_by(r)));
}

/* Whom may he help who has lost a key? False: nobody of that id, and that is answered. */
static bool may_help(struct request *r, struct id user)
{
    struct visitor v;
    const struct scope w = actor_scope(&r->actor);
    if (!visitor_find(r->store, &r->arena, user, &v) || !scope_has(r->store, &w, v.tenant, "", SCOPE_SEND))
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-user", "There is no such user.");
    else if (actor_role_of(v.role) > r->actor.role)
        reply_problem(r, MHD_HTTP_FORBIDDEN, "not-allowed",
                      "This user administrates the installation; only one like him may do that.");
    else
        return true;
    return false;
}

void get_user_passkeys(struct request *r)
{
    struct id user;
    if (!id_parse(request_argument(r, "user", ""), &user))
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-arguments", "user is the id of a user.");
    else if (may_help(r, user))
        reply_json(r, MHD_HTTP_OK, json_pack("{s:o}", "items", passkeys_json(r, user)));
}

/* ---- the browser asks what to ask ---- */

static void on_begun(struct request *r, const struct message *m)
{
    if (!m)
        reply_queue_away(r, "Nothing was changed; try again.");
    else if (m->passkey_begun.status >= 400)
        reply_problem(r, m->passkey_begun.status, m->passkey_begun.code, "%s", m->passkey_begun.reason);
    else
        reply_text(r, MHD_HTTP_OK, m->passkey_begun.options);
}

static void begin(struct request *r, struct id actor)
{
    const struct message m = {.type = MSG_passkey_begin,
                              .passkey_begin = {.actor = actor, .host = request_host(r)}};
    request_ask(r, &m, PATIENCE_MS, on_begun);
}

void begin_passkey_login(struct request *r)
{
    begin(r, ID_NONE);
}

void begin_passkey(struct request *r)
{
    if (request_has_session(r))
        begin(r, r->actor.user);
}

/* ---- changes, after his password ---- */

static void on_added(struct request *r, const struct message *m)
{
    struct passkey k;
    if (!m || m->person_done.status >= 400)
        reply_person_done(r, m);
    else if (!passkey_find(r->store, &r->arena, r->subject, &k))
        reply_empty(r, MHD_HTTP_NO_CONTENT);
    else
        reply_json(r, MHD_HTTP_CREATED, passkey_json(&k));
}

static void add(struct request *r, struct entry *l, struct span proof)
{
    const struct message m = {.type = MSG_passkey_add,
                              .passkey_add = {.passkey = r->subject,
                                              .name = l->key_name,
                                              .credential = l->passkey,
                                              .host = l->host,
                                              .session = r->actor.session,
                                              .signs = span_str(l->signs),
                                              .proof = proof,
                                              .actor = r->actor.user,
                                              .actor_tenant = r->actor.tenant,
                                              .who = r->actor.name,
                                              .client_ip = r->actor.client_ip}};
    request_ask(r, &m, PATIENCE_MS, on_added);
}

static void drop(struct request *r, struct id user, const struct entry *l, struct span proof)
{
    const struct message m = {.type = MSG_passkey_drop,
                              .passkey_drop = {.passkey = r->id,
                                               .user = user,
                                               .own = l != NULL,
                                               .session = r->actor.session,
                                               .signs = span_str(l ? l->signs : ""),
                                               .proof = proof,
                                               .actor = r->actor.user,
                                               .actor_tenant = r->actor.tenant,
                                               .who = *r->actor.name ? r->actor.name : "the command line",
                                               .client_ip = r->actor.client_ip}};
    request_ask(r, &m, PATIENCE_MS, reply_person_done);
}

static void drop_own(struct request *r, struct entry *l, struct span proof)
{
    drop(r, r->actor.user, l, proof);
}

void post_passkey(struct request *r)
{
    json_t *body = request_has_session(r) ? request_object(r) : NULL;
    if (!body)
        return;
    const char *name = json_string_value(json_object_get(body, "name"));
    struct entry *l = entry_new(r);
    l->passkey = passkey_member(r, body, "credential");
    l->host = request_host(r);
    if (!name || !*name || strlen(name) > NAME_MOST || name[strcspn(name, "\r\n")] || !*l->passkey) {
        reply_problem(
            r, MHD_HTTP_BAD_REQUEST, "wrong-arguments",
            "A key has a name (1 to %d bytes) and `credential`: what navigator.credentials.create gave, "
            "as its toJSON() says it; and give your password.",
            NAME_MOST);
    } else if (request_new_id(r, &r->subject)) {
        l->key_name = arena_strdup(&r->arena, name);
        entry_show_himself(r, l, body, add);
    }
    json_decref(body);
}

void remove_passkey(struct request *r)
{
    json_t *body = request_has_session(r) ? request_object(r) : NULL;
    if (!body)
        return;
    entry_show_himself(r, entry_new(r), body, drop_own);
    json_decref(body);
}

void reset_passkey(struct request *r)
{
    struct passkey k;
    if (!passkey_find(r->store, &r->arena, r->id, &k))
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-passkey", "There is no such key.");
    else if (may_help(r, k.user))
        drop(r, k.user, NULL, span_str(""));
}
