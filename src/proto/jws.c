/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/jws.h"

#include <string.h>

#include "base/base64.h"
#include "base/str.h"

enum { LEEWAY_S = 60, RSA_LEAST = 2048 / 8, EXPONENT_MOST = 8, P256 = 32 };

static bool decode_bytes(const char *text, uint8_t *to, size_t room, size_t *len)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, room);
    if (!text || !base64url_decode(span_str(text), &b) || b.len == 0)
        return false;
    memcpy(to, b.data, b.len);
    *len = b.len;
    return true;
}

static json_t *decode_object(struct span text)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, JWS_TEXT_MAX);
    if (!base64url_decode(text, &b) || b.len == 0)
        return NULL;
    json_t *o = json_loadb((const char *)b.data, b.len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(o))
        return o;
    json_decref(o);
    return NULL;
}

static const char *text_of(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : "";
}

static bool read_algorithm(const char *name, enum jws_algorithm *algorithm)
{
    *algorithm = str_equal(name, "ES256") ? JWS_ES256 : JWS_RS256;
    return str_equal(name, "RS256") || str_equal(name, "ES256");
}

/* What has to be understood and is not (`crit`) is refused. */
static bool read_header(struct span text, struct jws *j)
{
    json_t *header = decode_object(text);
    bool good = header && read_algorithm(text_of(header, "alg"), &j->algorithm) &&
                !json_object_get(header, "crit") &&
                str_copy(j->key_id, sizeof(j->key_id), text_of(header, "kid"));
    json_decref(header);
    return good;
}

bool jws_parse(const char *text, struct jws *j)
{
    SCOPED_BUF struct buf signature;
    *j = (struct jws){0};
    buf_init(&signature, JWS_SIGNATURE_MAX);
    size_t len = strlen(text);
    const char *first = strchr(text, '.'), *second = first ? strchr(first + 1, '.') : NULL;
    if (len > JWS_TEXT_MAX || !second || strchr(second + 1, '.'))
        return false;
    j->signed_part = span_of(text, (size_t)(second - text));
    if (!read_header(span_of(text, (size_t)(first - text)), j) ||
        !base64url_decode(span_str(second + 1), &signature) || signature.len == 0)
        return false;
    memcpy(j->signature, signature.data, signature.len);
    j->signature_len = signature.len;
    j->claims = decode_object(span_of(first + 1, (size_t)(second - first - 1)));
    return j->claims != NULL;
}

void jws_clear(struct jws *j)
{
    json_decref(j->claims);
    j->claims = NULL;
}

/* ---- keys ---- */

static bool is_meant(const json_t *key, const struct jws *j)
{
    enum jws_algorithm a;
    const char *use = text_of(key, "use"), *alg = text_of(key, "alg"), *id = text_of(key, "kid");
    return (!*use || str_equal(use, "sig")) && (!*alg || (read_algorithm(alg, &a) && a == j->algorithm)) &&
           (!*j->key_id || !*id || str_equal(id, j->key_id));
}

static bool read_key(const json_t *key, struct jwk *k)
{
    const char *type = text_of(key, "kty");
    if (k->algorithm == JWS_RS256)
        return str_equal(type, "RSA") && decode_bytes(text_of(key, "n"), k->a, sizeof(k->a), &k->a_len) &&
               decode_bytes(text_of(key, "e"), k->b, sizeof(k->b), &k->b_len) && k->a_len >= RSA_LEAST &&
               k->b_len <= EXPONENT_MOST;
    return str_equal(type, "EC") && str_equal(text_of(key, "crv"), "P-256") &&
           decode_bytes(text_of(key, "x"), k->a, sizeof(k->a), &k->a_len) &&
           decode_bytes(text_of(key, "y"), k->b, sizeof(k->b), &k->b_len) && k->a_len == P256 &&
           k->b_len == P256;
}

bool jwk_next(const json_t *set, const struct jws *j, size_t *at, struct jwk *k)
{
    const json_t *keys = json_object_get(set, "keys");
    while (*at < json_array_size(keys) && *at < JWK_TRIED_MAX) {
        const json_t *key = json_array_get(keys, (*at)++);
        *k = (struct jwk){.algorithm = j->algorithm};
        if (json_is_object(key) && is_meant(key, j) && read_key(key, k))
            return true;
    }
    return false;
}

/* ---- what an ID token says ---- */

bool claim_holds(const json_t *claim, const char *text)
{
    if (json_is_string(claim))
        return str_equal(json_string_value(claim), text);
    for (size_t i = 0; i < json_array_size(claim); i++) {
        const char *one = json_string_value(json_array_get(claim, i));
        if (one && str_equal(one, text))
            return true;
    }
    return false;
}

bool claim_grants(const json_t *claim)
{
    return json_is_true(claim) ||
           str_equal_nocase(json_is_string(claim) ? json_string_value(claim) : "", "true");
}

bool claim_denies(const json_t *claim)
{
    return claim && !claim_grants(claim);
}

/* Seconds since 1970, as a number with or without a fraction. */
static bool read_time(const json_t *claims, const char *name, double *at)
{
    const json_t *value = json_object_get(claims, name);
    *at = json_number_value(value);
    return json_is_number(value);
}

static const char *time_fault(const json_t *claims, int64_t now_s)
{
    double at, now = (double)now_s;
    if (!read_time(claims, "exp", &at))
        return "it does not say when it ends (exp)";
    if (at <= now - LEEWAY_S)
        return "it has expired (exp), or a clock is wrong";
    if (!read_time(claims, "iat", &at))
        return "it does not say when it was made (iat)";
    if (at > now + LEEWAY_S)
        return "it was made in the future (iat): a clock is wrong";
    if (read_time(claims, "nbf", &at) && at > now + LEEWAY_S)
        return "it does not count yet (nbf)";
    return NULL;
}

const char *id_token_fault(const json_t *claims, const struct id_token_wants *w)
{
    const json_t *audience = json_object_get(claims, "aud"), *party = json_object_get(claims, "azp");
    const char *subject = text_of(claims, "sub");
    if (!str_equal(text_of(claims, "iss"), w->issuer))
        return "another issuer made it (iss)";
    if (!claim_holds(audience, w->client))
        return "it was made for another client (aud)";
    if ((json_array_size(audience) > 1 && !party) || (party && !claim_holds(party, w->client)))
        return "it was made for another party (azp)";
    if (!*w->nonce || !str_equal(text_of(claims, "nonce"), w->nonce))
        return "it belongs to another login (nonce)";
    if (!*subject || strlen(subject) > SUBJECT_MAX)
        return "it does not say who that is (sub)";
    return time_fault(claims, w->now_s);
}
