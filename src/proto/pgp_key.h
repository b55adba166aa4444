/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A public key as people hand it over (RFC 4880 §6.2, §11.1): is it one, whose, and how is it called? Its
 * signatures are not verified here, which is done where it is used. */
#pragma once

#include "base/attr.h"
#include "base/span.h"
#include "proto/complaint.h"

enum {
    PGP_KEY_BYTES_MAX = 32768, /* of the armored text */
    PGP_KEYS_MAX = 20,         /* of a key, its subkeys among them */
    PGP_FINGERPRINT_LEN = 41,
    PGP_NAME_LEN = 200,
    PGP_NAMES_MAX = 5
};

struct pgp_key {
    char fingerprints[PGP_KEYS_MAX][PGP_FINGERPRINT_LEN]; /* upper-case hexadecimal; the key's own first */
    size_t count;
    char names[PGP_NAMES_MAX][PGP_NAME_LEN]; /* of its user ids: "Ann <ann@example.com>" */
    size_t name_count;
};

/* False with a complaint where the text is not one public key of version 4, in armor. */
bool pgp_key_read(const char *text, struct pgp_key *k, struct complaint *why) MUST_USE;
/* Is the key called so, or one of its subkeys? A fingerprint, or the end of one (a key id). */
bool pgp_key_is(const struct pgp_key *k, const char *fingerprint);
