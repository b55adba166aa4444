/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Signed tokens in their compact form (RFC 7515), the keys they are signed with (RFC 7517, RFC 7518 §6), and
 * what an ID token has to say (OpenID Connect Core §3.1.3.7). Pure: net/bare_key.h verifies the signature. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

enum { JWS_TEXT_MAX = 32768, JWS_SIGNATURE_MAX = 1024, JWS_KEY_ID_LEN = 256, JWK_PART_MAX = 1024 };
enum { JWK_TRIED_MAX = 20, SUBJECT_MAX = 255 };

enum jws_algorithm { JWS_RS256, JWS_ES256 };

struct jws {
    enum jws_algorithm algorithm;
    char key_id[JWS_KEY_ID_LEN]; /* "": it names none */
    struct span signed_part;     /* of the text */
    uint8_t signature[JWS_SIGNATURE_MAX];
    size_t signature_len;
    json_t *claims;
};

/* False: it is none, or of an algorithm that is not ours ("none" and all with a shared secret among them);
 * nothing is to be cleared then. Nothing of it counts before the signature is verified. */
bool jws_parse(const char *text, struct jws *j) MUST_USE;
void jws_clear(struct jws *j);

struct jwk {
    enum jws_algorithm algorithm;
    uint8_t a[JWK_PART_MAX], b[JWK_PART_MAX]; /* RSA: modulus, exponent; P-256: x, y; big-endian */
    size_t a_len, b_len;
};
/* The next key of a set, from *at on, that may have made this signature. *at: 0 at first. */
bool jwk_next(const json_t *set, const struct jws *j, size_t *at, struct jwk *k) MUST_USE;

struct id_token_wants {
    const char *issuer, *client, *nonce;
    int64_t now_s;
};
/* NULL: all is as it has to be; else what is not, for a person. */
const char *id_token_fault(const json_t *claims, const struct id_token_wants *w);

/* A claim that is a text or a list of texts holds this one. */
bool claim_holds(const json_t *claim, const char *text);
/* It is there and does not say yes: some providers write "true" as a text, and "false" as one. */
bool claim_denies(const json_t *claim);
/* Does it say so: true, or the text "true"? */
bool claim_grants(const json_t *claim);
