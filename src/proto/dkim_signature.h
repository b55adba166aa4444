/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A signature of a mail as its header states it: DKIM-Signature (RFC 6376 §3.5, RFC 8463),
 * ARC-Message-Signature and ARC-Seal (RFC 8617 §4.1), and the public key as the DNS states it (RFC 6376
 * §3.6.1). Nothing is verified here, but what must not count whatever it says is refused: rsa-sha1, a From
 * that is not signed, an identity beside the domain. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"
#include "proto/dns_table.h"

enum signature_kind { SIGNATURE_DKIM, SIGNATURE_ARC_MESSAGE, SIGNATURE_ARC_SEAL };
enum signature_algorithm { SIGNATURE_RSA_SHA256, SIGNATURE_ED25519_SHA256 };

enum {
    SIGNATURE_BYTES_MAX = 512 /* RSA of 4096 bits */,
    SIGNATURE_SHA256_BYTES = 32,
    SIGNATURE_NAMES_MAX = 100
};

struct dkim_signature {
    enum signature_algorithm algorithm;
    char domain[DNS_NAME_LEN], selector[DNS_NAME_LEN]; /* d, s; lower case */
    uint8_t value[SIGNATURE_BYTES_MAX];                /* b */
    size_t value_len;
    uint8_t body_hash[SIGNATURE_SHA256_BYTES]; /* bh; not of a seal */
    bool relaxed_header, relaxed_body;
    struct span names[SIGNATURE_NAMES_MAX]; /* h, in its order */
    size_t name_count;
    bool has_length; /* l: the octets of the canonical body that were signed */
    uint64_t length;
    bool has_expiry;
    int64_t expires_s;
    bool identity_below; /* i= names a domain below d= */
    unsigned instance;   /* i of ARC */
    char chain;          /* cv of a seal: 'n'one, 'p'ass, 'f'ail */
};

/* body: of the header field. *why: a static text where it is refused. */
bool dkim_signature_parse(struct span body, enum signature_kind kind, struct dkim_signature *s,
                          const char **why) MUST_USE;

/* Where in body the value of b= stands: what a signer leaves out of its own hash. */
bool dkim_find_value(struct span body, struct span *value) MUST_USE;

enum { DKIM_KEY_BYTES_MAX = 1024 };

struct dkim_key {
    bool ed25519;
    bool exact; /* t=s: i= must be d= itself */
    uint8_t bytes[DKIM_KEY_BYTES_MAX];
    size_t len;
};

/* A key that was taken back, that is for something else than mail, in trial (t=y) or for other hashes is
 * refused. */
bool dkim_key_parse(struct span text, struct dkim_key *k, const char **why) MUST_USE;

/* Base64 with blanks and folding anywhere; false where it is none or longer than room. */
bool dkim_decode64(struct span text, uint8_t *to, size_t room, size_t *len) MUST_USE;
