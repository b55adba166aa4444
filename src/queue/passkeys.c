/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/passkeys.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "net/bare_key.h"
#include "proto/webauthn.h"
#include "queue/queue.h"

enum { TEXT_MOST = 2 * WEBAUTHN_ID_MAX };

bool passkeys_has(struct queue *q, struct id user)
{
    struct passkey list[PASSKEYS_OF_A_USER];
    return passkeys_of(&q->store, &q->arena, user, list) > 0;
}

const char *passkey_text(struct queue *q, struct span bytes)
{
    SCOPED_BUF struct buf text;
    buf_init(&text, TEXT_MOST);
    if (!base64url_encode(bytes, &text))
        panic("%zu bytes of a passkey", bytes.len);
    return arena_strdup(&q->arena, buf_text(&text));
}

/* ---- what is asked for ---- */

static json_t *transports_json(const char *transports)
{
    json_t *list = json_array();
    for (const char *at = transports; *at;) {
        size_t len = strcspn(at, " ");
        (void)json_array_append_new(list, json_stringn(at, len));
        at += len + strspn(at + len, " ");
    }
    return list;
}

/* Those that can be used at this name. */
static json_t *usable(struct queue *q, struct id user, const char *rp)
{
    struct passkey list[PASSKEYS_OF_A_USER];
    json_t *keys = json_array();
    size_t n = id_is_none(user) ? 0 : passkeys_of(&q->store, &q->arena, user, list);
    for (size_t i = 0; i < n; i++)
        if (str_equal(list[i].rp, rp))
            (void)json_array_append_new(keys, json_pack("{s:s, s:s, s:o}", "type", "public-key", "id",
                                                        passkey_text(q, list[i].credential), "transports",
                                                        transports_json(list[i].transports)));
    return keys;
}

const char *passkey_request(struct queue *q, struct id user, const char *host)
{
    char rp[WEBAUTHN_RP_MAX + 1];
    uint8_t challenge[PASSKEY_CHALLENGE_LEN];
    bool alone = id_is_none(user);
    if (!webauthn_rp_of_host(host, rp))
        return NULL;
    json_t *keys = usable(q, user, rp);
    if (!alone && json_array_size(keys) == 0) {
        json_decref(keys);
        return NULL;
    }
    passkey_challenge_make(q->passkey_challenges, alone ? PASSKEY_ALONE : PASSKEY_SECOND, user, q->steady_ms,
                           challenge);
    json_t *all =
        json_pack("{s:s, s:i, s:s, s:s, s:o}", "challenge",
                  passkey_text(q, span_of(challenge, sizeof(challenge))), "timeout", PASSKEY_PATIENCE_MS,
                  "rpId", rp, "userVerification", alone ? "required" : "preferred", "allowCredentials", keys);
    SCOPED_FREE char *text = all ? json_dumps(all, JSON_COMPACT) : NULL;
    json_decref(all);
    if (!text)
        panic("a request for a passkey that does not print");
    return arena_strdup(&q->arena, text);
}

/* ---- what comes back ---- */

static bool refuse(struct outcome *o, const char *code, const char *text)
{
    outcome_set(o, VERDICT_GIVE_UP, code, "%s", text);
    return false;
}

static bool refuse_nonsense(struct outcome *o)
{
    return refuse(o, "wrong-passkey", "What the browser said of the key cannot be read. Try again.");
}

static bool is_hash_of(struct span hash, const char *rp)
{
    uint8_t right[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256(right, (const unsigned char *)rp, strlen(rp));
    return span_equal(hash, span_of(right, sizeof(right)));
}

bool passkey_said(struct queue *q, const struct passkey_ceremony *c, const struct webauthn_response *r,
                  struct span data, struct webauthn_data *d, struct outcome *o)
{
    struct webauthn_client client;
    char rp[WEBAUTHN_RP_MAX + 1];
    if (!webauthn_client_read(span_of(r->client_data, r->client_data_len), &client) ||
        !webauthn_data_read(data, d) || !str_equal(client.type, c->type))
        return refuse_nonsense(o);
    if (client.cross_origin || !webauthn_origin_is(client.origin, c->host) ||
        !webauthn_rp_of_host(c->host, rp) || !is_hash_of(d->rp_hash, rp))
        return refuse(
            o, "passkey-origin",
            "The key was asked by another place than this one. Open Faxpost at its own address, over "
            "HTTPS (or as localhost), and try again; if you followed a link, do not trust it.");
    if (!passkey_challenge_fits(q->passkey_challenges, c->purpose, c->user, q->steady_ms,
                                span_of(client.challenge, client.challenge_len)))
        return refuse(o, "passkey-too-late", "That took too long, or was used already. Try again.");
    if (!(d->flags & WEBAUTHN_PRESENT))
        return refuse(o, "wrong-passkey", "The key was not touched. Try again.");
    return true;
}

bool passkey_use_challenge(struct queue *q, const struct webauthn_response *r, struct outcome *o)
{
    struct webauthn_client client;
    if (!webauthn_client_read(span_of(r->client_data, r->client_data_len), &client))
        return refuse_nonsense(o);
    if (passkey_challenge_use(q->passkey_challenges, q->steady_ms,
                              span_of(client.challenge, client.challenge_len)))
        return true;
    return refuse(o, "too-many-tries", "Too many log in at this moment. Try again in five minutes.");
}

/* §7.2 step 20: over the authenticator data and the hash of the client data. */
static bool is_signed(const struct passkey *k, const struct webauthn_response *r)
{
    struct webauthn_key key;
    uint8_t text[WEBAUTHN_OBJECT_MAX + crypto_hash_sha256_BYTES];
    if (!webauthn_key_read(k->public_key, &key))
        return false;
    memcpy(text, r->object, r->object_len);
    (void)crypto_hash_sha256(text + r->object_len, r->client_data, r->client_data_len);
    const struct span data = span_of(text, r->object_len + crypto_hash_sha256_BYTES),
                      signature = span_of(r->signature, r->signature_len);
    switch (key.algorithm) {
    case WEBAUTHN_ES256: return bare_p256_der_verifies(key.a, key.b, data, signature);
    case WEBAUTHN_EDDSA: return bare_ed25519_verifies(key.a, data, signature);
    case WEBAUTHN_RS256: return bare_rsa_verifies(key.a, key.b, data, signature);
    }
    return false;
}

/* §7.2 step 6: of whom is that key, of those who may be meant? */
static bool find_key(struct queue *q, struct id user, const struct webauthn_response *r, struct passkey *k)
{
    if (!passkey_by_credential(&q->store, &q->arena, span_of(r->id, r->id_len), k))
        return false;
    bool meant = id_is_none(user) || id_equal(user, k->user);
    return meant && (r->user_len == 0 || span_equal(span_of(r->user, r->user_len),
                                                    span_of(k->user.bytes, sizeof(k->user.bytes))));
}

/* An authenticator that counts never says a number twice; one that does not says 0. */
static bool counts_on(const struct passkey *k, const struct webauthn_data *d)
{
    return (d->counter == 0 && k->counter == 0) || d->counter > k->counter;
}

bool passkey_judge(struct queue *q, struct id user, const struct passkey_answer *a, struct passkey *k,
                   struct outcome *o)
{
    struct webauthn_response *r = arena_alloc(&q->arena, sizeof(*r));
    struct webauthn_data d;
    bool alone = id_is_none(user);
    const struct passkey_ceremony c = {"webauthn.get", alone ? PASSKEY_ALONE : PASSKEY_SECOND, user, a->host};
    *k = (struct passkey){0};
    if (!webauthn_response_read(a->json, false, r))
        return refuse_nonsense(o);
    if (!passkey_said(q, &c, r, span_of(r->object, r->object_len), &d, o))
        return false;
    if (!find_key(q, user, r, k) || !is_hash_of(d.rp_hash, k->rp) || !is_signed(k, r))
        return refuse(
            o, "wrong-passkey",
            alone ? "Nobody here has that key. Log in with your password, and add the key in your account."
                  : "That is none of your keys. Take one of those that you added in your account.");
    if (alone && !(d.flags & WEBAUTHN_VERIFIED))
        return refuse(
            o, "passkey-not-verified",
            "The key did not verify that it is you (by PIN, finger or face). Log in with your password "
            "and the key.");
    if (!passkey_use_challenge(q, r, o))
        return false;
    if (!counts_on(k, &d)) {
        log_error(NULL,
                  "the passkey \"%s\" of user %s counts backwards: %u after %lld; it may have been copied",
                  k->name, id_text(k->user), d.counter, (long long)k->counter);
        return refuse(
            o, "passkey-copied",
            "This key has been used somewhere else since: its count went back. It may have been copied. "
            "Log in with another one, and remove this one.");
    }
    passkey_used(&q->store, k->id, d.counter, q->now_ms);
    return true;
}
