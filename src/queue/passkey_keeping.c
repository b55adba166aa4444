/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Passkeys are added by their users, removed by them or by an administrator.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "proto/webauthn.h"
#include "queue/audit_notes.h"
#include "queue/himself.h"
#include "queue/passkeys.h"
#include "queue/queue.h"
#include "queue/sessions.h"
#include "store/sessions.h"

static unsigned refuse(struct outcome *o, unsigned status, const char *code, const char *text)
{
    outcome_set(o, VERDICT_GIVE_UP, code, "%s", text);
    return status;
}

static void answer(struct queue *q, const struct sender *from, unsigned status, const struct outcome *o)
{
    struct message m = {.type = MSG_person_done,
                        .person_done = {.status = status, .text = "", MESSAGE_OUTCOME(o)}};
    peers_answer(q->peers, from, &m);
}

/* ---- adding ---- */

static json_t *algorithm_json(enum webauthn_algorithm a)
{
    return json_pack("{s:s, s:i}", "type", "public-key", "alg", (int)a);
}

/* How he sees it in his browser's list. */
static const char *known_as(struct queue *q, const struct visitor *v)
{
    const char *address = config_user_address(&q->store, &q->arena, v->user);
    return *address ? address : v->name;
}

/* What navigator.credentials.create wants. */
static json_t *creation_json(struct queue *q, const struct visitor *v, const char *rp)
{
    struct passkey list[PASSKEYS_OF_A_USER];
    uint8_t challenge[PASSKEY_CHALLENGE_LEN];
    json_t *known = json_array();
    size_t n = passkeys_of(&q->store, &q->arena, v->user, list);
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(
            known, json_pack("{s:s, s:s}", "type", "public-key", "id", passkey_text(q, list[i].credential)));
    passkey_challenge_make(q->passkey_challenges, PASSKEY_ADD, v->user, q->steady_ms, challenge);
    return json_pack(
        "{s:{s:s, s:s}, s:{s:s, s:s, s:s}, s:s, s:[o, o, o], s:i, s:o, s:{s:s, s:s}, s:s}", "rp", "id", rp,
        "name", "Faxpost", "user", "id", passkey_text(q, span_of(v->user.bytes, sizeof(v->user.bytes))),
        "name", known_as(q, v), "displayName", v->name, "challenge",
        passkey_text(q, span_of(challenge, sizeof(challenge))), "pubKeyCredParams",
        algorithm_json(WEBAUTHN_ES256), algorithm_json(WEBAUTHN_EDDSA), algorithm_json(WEBAUTHN_RS256),
        "timeout", PASSKEY_PATIENCE_MS, "excludeCredentials", known, "authenticatorSelection", "residentKey",
        "preferred", "userVerification", "preferred", "attestation", "none");
}

static const char *creation(struct queue *q, struct id user, const char *host)
{
    struct visitor v;
    char rp[WEBAUTHN_RP_MAX + 1];
    if (!webauthn_rp_of_host(host, rp) || !visitor_find(&q->store, &q->arena, user, &v))
        return NULL;
    json_t *all = creation_json(q, &v, rp);
    SCOPED_FREE char *text = all ? json_dumps(all, JSON_COMPACT) : NULL;
    json_decref(all);
    if (!text)
        panic("a request to make a passkey that does not print");
    return arena_strdup(&q->arena, text);
}

void on_passkey_begin(void *context, const struct sender *from, struct msg_passkey_begin *m)
{
    struct queue *q = context;
    struct outcome o;
    queue_enter(q);
    outcome_done(&o);
    const char *options =
        id_is_none(m->actor) ? passkey_request(q, ID_NONE, m->host) : creation(q, m->actor, m->host);
    unsigned status =
        options
            ? 200
            : refuse(&o, 409, "passkey-address",
                     "Browsers use passkeys only where a server has a name. Open Faxpost by its name over "
                     "HTTPS, or on this machine as http://localhost.");
    struct message answer = {
        .type = MSG_passkey_begun,
        .passkey_begun = {.status = status, MESSAGE_OUTCOME(&o), .options = options ? options : ""}};
    peers_answer(q->peers, from, &answer);
}

/* What the browser brought becomes a row. */
static unsigned add(struct queue *q, const struct msg_passkey_add *m, struct outcome *o)
{
    struct webauthn_response *r = arena_alloc(&q->arena, sizeof(*r));
    const struct passkey_ceremony c = {"webauthn.create", PASSKEY_ADD, m->actor, m->host};
    struct webauthn_data d;
    struct webauthn_key key;
    struct span data;
    struct passkey known, list[PASSKEYS_OF_A_USER];
    char rp[WEBAUTHN_RP_MAX + 1];
    if (!webauthn_response_read(m->credential, true, r) ||
        !webauthn_attestation_read(span_of(r->object, r->object_len), &data))
        return refuse(o, 422, "wrong-passkey", "What the browser said of the key cannot be read. Try again.");
    if (!passkey_said(q, &c, r, data, &d, o))
        return 422;
    if (!(d.flags & WEBAUTHN_HAS_KEY) || !span_equal(d.id, span_of(r->id, r->id_len)) ||
        !webauthn_key_read(d.key, &key) || !webauthn_rp_of_host(m->host, rp))
        return refuse(o, 422, "wrong-passkey",
                      "This key cannot be used: its kind is none of ES256, EdDSA and RS256.");
    if (passkey_by_credential(&q->store, &q->arena, d.id, &known))
        return refuse(o, 409, "known-passkey", "This key was added already.");
    if (passkeys_of(&q->store, &q->arena, m->actor, list) == PASSKEYS_OF_A_USER)
        return refuse(o, 409, "too-many-passkeys",
                      "You have ten keys. Remove one that is not used any more.");
    if (!passkey_use_challenge(q, r, o))
        return 429;
    const struct passkey k = {.id = m->passkey,
                              .user = m->actor,
                              .name = queue_text(q, m->name),
                              .rp = rp,
                              .credential = d.id,
                              .public_key = d.key,
                              .transports = r->transports,
                              .counter = d.counter,
                              .created_ms = q->now_ms};
    passkey_add(&q->store, &k);
    return 201;
}

void on_passkey_add(void *context, const struct sender *from, struct msg_passkey_add *m)
{
    struct queue *q = context;
    struct outcome o;
    struct passkey k;
    queue_enter(q);
    outcome_done(&o);
    const struct doer d = {m->actor, m->who, m->client_ip};
    const struct himself p = {m->actor, m->session, m->client_ip, m->signs, m->proof};
    unsigned status = 201; /* asked again: it is there */
    if (!passkey_find(&q->store, &q->arena, m->passkey, &k)) {
        status = himself_judge(q, &p, true, &o);
        if (status == 204)
            status = add(q, m, &o);
        if (status == 201)
            note_deed(q, m->actor_tenant, &d, "passkeys.create", m->name, m->host);
    }
    answer(q, from, status, &o);
}

/* ---- removing ---- */

void on_passkey_drop(void *context, const struct sender *from, struct msg_passkey_drop *m)
{
    struct queue *q = context;
    struct outcome o;
    struct passkey k;
    queue_enter(q);
    outcome_done(&o);
    const struct doer d = {m->actor, m->who, m->client_ip};
    const struct himself p = {m->actor, m->session, m->client_ip, m->signs, m->proof};
    bool there = passkey_find(&q->store, &q->arena, m->passkey, &k) && id_equal(k.user, m->user);
    unsigned status = !there   ? refuse(&o, 404, "unknown-passkey", "There is no such key.")
                      : m->own ? himself_judge(q, &p, false, &o)
                               : 204;
    if (status == 204) {
        passkey_drop(&q->store, k.id);
        if (!m->own) /* who has the key may be logged in by it */
            session_end_of_user(&q->store, k.user, m->session);
        note_deed(q, m->actor_tenant, &d, "passkeys.delete", k.name, id_text(k.user));
    }
    answer(q, from, status, &o);
}
