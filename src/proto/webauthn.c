/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/webauthn.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>

#include "base/base64.h"
#include "base/str.h"
#include "proto/cbor.h"

enum { HEAD_LEN = WEBAUTHN_HASH_LEN + 1 + 4, AAGUID_LEN = 16, P256_LEN = 32, ED25519_LEN = 32 };
enum { RSA_LEAST = 2048 / 8, RSA_MOST = 4096 / 8, EXPONENT_MOST = 8, LABEL_MAX = 63 };
/* COSE: key type, algorithm, curve (or RSA's modulus), x (or exponent), y */
enum { COSE_TYPE = 1, COSE_ALGORITHM = 3, COSE_FIRST = -1, COSE_SECOND = -2, COSE_THIRD = -3 };
enum { TYPE_OKP = 1, TYPE_EC2 = 2, TYPE_RSA = 3, CURVE_P256 = 1, CURVE_ED25519 = 6 };

static const char *text_of(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : "";
}

/* base64url; missing is empty. */
static bool read_bytes(const json_t *o, const char *name, uint8_t *to, size_t room, size_t *len)
{
    SCOPED_BUF struct buf bytes;
    buf_init(&bytes, room);
    if (!base64url_decode(span_str(text_of(o, name)), &bytes))
        return false;
    if (bytes.len > 0)
        memcpy(to, bytes.data, bytes.len);
    *len = bytes.len;
    return true;
}

/* ---- the browser's answer ---- */

static void read_transports(const json_t *response, struct webauthn_response *r)
{
    static const char *const known[] = {"ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"};
    const json_t *list = json_object_get(response, "transports");
    for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
        for (size_t i = 0; i < json_array_size(list); i++) {
            const char *one = json_string_value(json_array_get(list, i));
            size_t len = strlen(r->transports);
            if (one && str_equal(one, known[k])) {
                (void)str_format(r->transports + len, sizeof(r->transports) - len, "%s%s", len > 0 ? " " : "",
                                 known[k]);
                break;
            }
        }
}

static bool read_response(const json_t *o, bool registers, struct webauthn_response *r)
{
    const json_t *response = json_object_get(o, "response");
    bool good =
        str_equal(text_of(o, "type"), "public-key") &&
        read_bytes(o, "id", r->id, sizeof(r->id), &r->id_len) && r->id_len > 0 &&
        read_bytes(response, "clientDataJSON", r->client_data, sizeof(r->client_data), &r->client_data_len) &&
        read_bytes(response, registers ? "attestationObject" : "authenticatorData", r->object,
                   sizeof(r->object), &r->object_len) &&
        r->object_len > 0;
    if (good && registers)
        read_transports(response, r);
    else if (good)
        good = read_bytes(response, "signature", r->signature, sizeof(r->signature), &r->signature_len) &&
               r->signature_len > 0 &&
               read_bytes(response, "userHandle", r->user, sizeof(r->user), &r->user_len);
    return good;
}

bool webauthn_response_read(const char *json, bool registers, struct webauthn_response *r)
{
    *r = (struct webauthn_response){0};
    if (strlen(json) > WEBAUTHN_JSON_MAX)
        return false;
    json_t *o = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    bool good = json_is_object(o) && read_response(o, registers, r);
    json_decref(o);
    return good;
}

bool webauthn_client_read(struct span json, struct webauthn_client *c)
{
    *c = (struct webauthn_client){0};
    json_t *o = json_loadb((const char *)json.data, json.len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *cross = json_object_get(o, "crossOrigin");
    bool good = json_is_object(o) && str_copy(c->type, sizeof(c->type), text_of(o, "type")) &&
                str_copy(c->origin, sizeof(c->origin), text_of(o, "origin")) &&
                read_bytes(o, "challenge", c->challenge, sizeof(c->challenge), &c->challenge_len) &&
                (!cross || json_is_boolean(cross));
    c->cross_origin = json_is_true(cross);
    json_decref(o);
    return good;
}

/* ---- what the authenticator signs ---- */

static struct span cut(struct span from, size_t len)
{
    return span_of(from.data + len, from.len - len);
}

/* §6.5.1: AAGUID, length of the id, id, key. */
static bool read_credential(struct span *left, struct webauthn_data *d)
{
    if (left->len < AAGUID_LEN + 2)
        return false;
    size_t id_len = (size_t)left->data[AAGUID_LEN] << 8 | left->data[AAGUID_LEN + 1];
    *left = cut(*left, AAGUID_LEN + 2);
    if (id_len == 0 || id_len > WEBAUTHN_ID_MAX || id_len > left->len)
        return false;
    d->id = span_of(left->data, id_len);
    *left = cut(*left, id_len);
    struct span key = *left;
    if (!cbor_skip(left))
        return false;
    d->key = span_of(key.data, key.len - left->len);
    return d->key.len <= WEBAUTHN_KEY_MAX;
}

bool webauthn_data_read(struct span bytes, struct webauthn_data *d)
{
    struct cbor_item item;
    *d = (struct webauthn_data){0};
    if (bytes.len < HEAD_LEN)
        return false;
    d->rp_hash = span_of(bytes.data, WEBAUTHN_HASH_LEN);
    d->flags = bytes.data[WEBAUTHN_HASH_LEN];
    for (size_t i = 0; i < 4; i++)
        d->counter = d->counter << 8 | bytes.data[WEBAUTHN_HASH_LEN + 1 + i];
    struct span left = cut(bytes, HEAD_LEN);
    if ((d->flags & WEBAUTHN_HAS_KEY) && !read_credential(&left, d))
        return false;
    struct span extensions = left;
    if ((d->flags & WEBAUTHN_HAS_EXTENSIONS) &&
        (!cbor_skip(&left) || !cbor_take(&extensions, &item) || item.kind != CBOR_MAP))
        return false;
    /* §6.1.3: a key that is copied says that it may be. */
    return left.len == 0 && (!(d->flags & WEBAUTHN_IS_COPIED) || (d->flags & WEBAUTHN_MAY_BE_COPIED));
}

bool webauthn_attestation_read(struct span object, struct span *data)
{
    struct cbor_item format, statement, bytes;
    struct span rest, all = object;
    if (!cbor_skip(&all) || all.len > 0 || !cbor_find_text(object, "fmt", &format, &rest) ||
        format.kind != CBOR_TEXT || !cbor_find_text(object, "attStmt", &statement, &rest) ||
        statement.kind != CBOR_MAP || !cbor_find_text(object, "authData", &bytes, &rest) ||
        bytes.kind != CBOR_BYTES)
        return false;
    *data = bytes.bytes;
    return true;
}

static bool has_number(struct span map, int64_t key, enum cbor_kind kind, uint64_t value)
{
    struct cbor_item item;
    struct span rest;
    return cbor_find_number(map, key, &item, &rest) && item.kind == kind && item.value == value;
}

static bool has_bytes(struct span map, int64_t key, size_t least, size_t most, struct span *bytes)
{
    struct cbor_item item;
    struct span rest;
    if (!cbor_find_number(map, key, &item, &rest) || item.kind != CBOR_BYTES || item.bytes.len < least ||
        item.bytes.len > most)
        return false;
    *bytes = item.bytes;
    return true;
}

static bool is_of(struct span cose, unsigned type, enum webauthn_algorithm algorithm)
{
    return has_number(cose, COSE_TYPE, CBOR_NUMBER, type) &&
           has_number(cose, COSE_ALGORITHM, CBOR_NEGATIVE, (uint64_t)(-1 - (int)algorithm));
}

bool webauthn_key_read(struct span cose, struct webauthn_key *k)
{
    struct span all = cose;
    *k = (struct webauthn_key){0};
    if (!cbor_skip(&all) || all.len > 0)
        return false;
    if (is_of(cose, TYPE_EC2, WEBAUTHN_ES256)) {
        k->algorithm = WEBAUTHN_ES256;
        return has_number(cose, COSE_FIRST, CBOR_NUMBER, CURVE_P256) &&
               has_bytes(cose, COSE_SECOND, P256_LEN, P256_LEN, &k->a) &&
               has_bytes(cose, COSE_THIRD, P256_LEN, P256_LEN, &k->b);
    }
    if (is_of(cose, TYPE_OKP, WEBAUTHN_EDDSA)) {
        k->algorithm = WEBAUTHN_EDDSA;
        return has_number(cose, COSE_FIRST, CBOR_NUMBER, CURVE_ED25519) &&
               has_bytes(cose, COSE_SECOND, ED25519_LEN, ED25519_LEN, &k->a);
    }
    if (is_of(cose, TYPE_RSA, WEBAUTHN_RS256)) {
        k->algorithm = WEBAUTHN_RS256;
        return has_bytes(cose, COSE_FIRST, RSA_LEAST, RSA_MOST, &k->a) &&
               has_bytes(cose, COSE_SECOND, 1, EXPONENT_MOST, &k->b);
    }
    return false;
}

/* ---- where ---- */

static bool is_name(const char *name)
{
    size_t label = 0;
    bool letters = false;
    for (const char *c = name; *c; c++) {
        if (*c == '.' ? label == 0 || c[1] == 0 : !isalnum((unsigned char)*c) && *c != '-' && *c != '_')
            return false;
        label = *c == '.' ? 0 : label + 1;
        /* The last label of an IPv4 address is a number. */
        letters = *c == '.' ? false : letters || !char_is_digit(*c);
        if (label > LABEL_MAX)
            return false;
    }
    return letters;
}

bool webauthn_rp_of_host(const char *host, char rp[WEBAUTHN_RP_MAX + 1])
{
    uint64_t port;
    const char *colon = strchr(host, ':');
    size_t len = colon ? (size_t)(colon - host) : strlen(host);
    if ((colon && !str_to_u64(colon + 1, 65535, &port)) ||
        !str_copy_span(rp, WEBAUTHN_RP_MAX + 1, span_of(host, len)))
        return false;
    str_lower(rp);
    return is_name(rp);
}

static bool is_local(const char *rp)
{
    return str_equal(rp, "localhost") || str_ends_nocase(rp, ".localhost");
}

/* Browsers leave out the port that a scheme has anyway; some proxies do not. */
static bool same_place(const char *place, const char *host, const char *usual_port)
{
    size_t len = strlen(host);
    if (str_ends_nocase(host, usual_port))
        len -= strlen(usual_port);
    return span_equal_nocase(span_of(host, len), place);
}

bool webauthn_origin_is(const char *origin, const char *host)
{
    char rp[WEBAUTHN_RP_MAX + 1];
    if (!webauthn_rp_of_host(host, rp))
        return false;
    if (str_starts(origin, "https://"))
        return same_place(origin + strlen("https://"), host, ":443");
    return str_starts(origin, "http://") && is_local(rp) &&
           same_place(origin + strlen("http://"), host, ":80");
}
