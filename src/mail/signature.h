/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Is a signature of a mail good: DKIM (RFC 6376, RFC 8463) and the two of ARC (RFC 8617)? Our own, and not a
 * library, because ARC needs the same forms and libraries wait for the DNS; opendkim and others check it in
 * tests. */
#pragma once

#include "proto/dkim_signature.h"
#include "proto/signed_header.h"

enum signature_result {
    SIGNATURE_OPEN, /* its key was not asked for yet, or the body is not read */
    SIGNATURE_GOOD,
    SIGNATURE_BAD,   /* or it does not count */
    SIGNATURE_LATER, /* the DNS does not say */
};

struct body_hash {
    uint64_t len; /* of the canonical body */
    uint8_t sha256[SIGNATURE_SHA256_BYTES];
};

struct signature {
    struct dkim_signature stated;
    const struct signed_field *field;
    enum signature_result result;
    const char *why; /* where it is bad */
};

/* Reads the field; a signature that does not count is bad at once. */
void signature_read(struct signature *s, const struct signed_field *field, enum signature_kind kind);

/* Of a message: its body and the header fields it names. Nothing happens where the result is known. */
void signature_check_mail(struct signature *s, const struct signed_header *h, const struct body_hash *body,
                          struct dns_table *dns, int64_t now_s);
/* Of those very octets. */
void signature_check_bytes(struct signature *s, struct span bytes, struct dns_table *dns);
