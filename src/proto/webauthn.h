/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What browsers and authenticators say in the ceremonies of WebAuthn (W3C, Level 3). Pure: net/bare_key.h
 * verifies the signatures, queue/passkeys.h says what all of it means. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

enum {
    WEBAUTHN_ID_MAX = 1023,
    WEBAUTHN_CLIENT_DATA_MAX = 2048,
    WEBAUTHN_OBJECT_MAX = 8192,
    WEBAUTHN_SIGNATURE_MAX = 1024,
    WEBAUTHN_USER_MAX = 64,
    WEBAUTHN_KEY_MAX = 1100, /* as COSE */
    WEBAUTHN_HASH_LEN = 32,
    WEBAUTHN_CHALLENGE_MAX = 64,
    WEBAUTHN_ORIGIN_MAX = 300,
    WEBAUTHN_RP_MAX = 253,
    WEBAUTHN_JSON_MAX = 20000,
};

/* What PublicKeyCredential.toJSON() says (§5.1); what was not there is empty. */
struct webauthn_response {
    uint8_t id[WEBAUTHN_ID_MAX], client_data[WEBAUTHN_CLIENT_DATA_MAX], object[WEBAUTHN_OBJECT_MAX],
        signature[WEBAUTHN_SIGNATURE_MAX], user[WEBAUTHN_USER_MAX];
    size_t id_len, client_data_len, signature_len, user_len;
    size_t object_len;   /* attestationObject, or authenticatorData */
    char transports[64]; /* of a new key, with blanks between; those we know of */
};
/* registers: with an attestationObject; else with authenticatorData and a signature. */
bool webauthn_response_read(const char *json, bool registers, struct webauthn_response *r) MUST_USE;

/* §5.8.1 */
struct webauthn_client {
    char type[32], origin[WEBAUTHN_ORIGIN_MAX];
    uint8_t challenge[WEBAUTHN_CHALLENGE_MAX];
    size_t challenge_len;
    bool cross_origin;
};
bool webauthn_client_read(struct span json, struct webauthn_client *c) MUST_USE;

/* §6.1. The spans are of what was read. */
enum {
    WEBAUTHN_PRESENT = 0x01,
    WEBAUTHN_VERIFIED = 0x04,
    WEBAUTHN_MAY_BE_COPIED = 0x08,
    WEBAUTHN_IS_COPIED = 0x10,
    WEBAUTHN_HAS_KEY = 0x40,
    WEBAUTHN_HAS_EXTENSIONS = 0x80
};
struct webauthn_data {
    struct span rp_hash; /* SHA-256 of the RP id */
    uint8_t flags;
    uint32_t counter;
    struct span id, key; /* WEBAUTHN_HAS_KEY */
};
bool webauthn_data_read(struct span bytes, struct webauthn_data *d) MUST_USE;
/* §6.5.4: the authenticator data in it. Its statement is not looked at: we ask for none and trust no maker.
 */
bool webauthn_attestation_read(struct span object, struct span *data) MUST_USE;

/* A COSE key (RFC 9053) of an algorithm that is ours, and no longer than it has to be. */
enum webauthn_algorithm { WEBAUTHN_ES256 = -7, WEBAUTHN_EDDSA = -8, WEBAUTHN_RS256 = -257 };
struct webauthn_key {
    enum webauthn_algorithm algorithm;
    struct span a, b; /* P-256: x, y; Ed25519: x; RSA: modulus, exponent */
};
bool webauthn_key_read(struct span cose, struct webauthn_key *k) MUST_USE;

/* The RP id of an address that a request names by its Host: the name, in lower case, without the port. False
 * where browsers allow no passkeys: an IP address, or no name. */
bool webauthn_rp_of_host(const char *host, char rp[WEBAUTHN_RP_MAX + 1]) MUST_USE;
/* Is it the origin of that host: over HTTPS, or on this machine (localhost)? */
bool webauthn_origin_is(const char *origin, const char *host) MUST_USE;
