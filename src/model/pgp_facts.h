/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What OpenPGP says of a mail (S2.5): was it encrypted, and is what it holds signed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* From what lets a mail through to what says the least; of several documents the worst counts. */
#define PGP_SIGNATURES(X)                                                                                    \
    X(GOOD, "good")                                                                                          \
    X(NONE, "none")                                                                                          \
    X(PARTIAL, "partial")         /* something that would be faxed is not covered */                         \
    X(UNKNOWN_KEY, "unknown-key") /* of none of the keys that were given */                                  \
    X(KEY_EXPIRED, "key-expired")                                                                            \
    X(KEY_REVOKED, "key-revoked")                                                                            \
    X(KEY_UNUSABLE, "key-unusable") /* not allowed to sign, or without a valid signature of itself */        \
    X(EXPIRED, "signature-expired")                                                                          \
    X(WEAK, "weak")     /* by a hash that can be forged */                                                   \
    X(BROKEN, "broken") /* not of these bytes */

enum pgp_signature {
#define PGP_SIGNATURE_ENUM(name, text) PGP_SIGNATURE_##name,
    PGP_SIGNATURES(PGP_SIGNATURE_ENUM)
#undef PGP_SIGNATURE_ENUM
        PGP_SIGNATURE_COUNT
};

enum { PGP_KEY_TEXT_LEN = 65, PGP_DIGEST_LEN = 32 };

struct pgp_facts {
    bool encrypted; /* all that would be faxed */
    bool bound;     /* what is signed names its addressees */
    enum pgp_signature signature;
    char key[PGP_KEY_TEXT_LEN];     /* fingerprint, or only the id, of the key of that signature; "" */
    int64_t signed_ms;              /* when the signer says he signed; the oldest of several */
    uint8_t digest[PGP_DIGEST_LEN]; /* SHA-256 of what was signed, by whom and when */
};

const char *pgp_signature_name(enum pgp_signature s);
