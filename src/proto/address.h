/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mail addresses as SMTP carries them: "local@domain" (RFC 5321 §4.1.2 Mailbox, RFC 6531 for UTF-8).
 *
 * Stricter than RFC 5322's headers (no comments, no folding), looser than RFC 5321 where it does no harm:
 * local parts up to 254 octets (S4.9: a number with many flags), underscores in domains. Source routes are no
 * part of an address. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/span.h"

enum {
    ADDRESS_LOCAL_MAX = 254,
    ADDRESS_DOMAIN_MAX = 253,
    ADDRESS_LEN = ADDRESS_LOCAL_MAX + 1 + ADDRESS_DOMAIN_MAX + 1
};

struct address {
    char text[ADDRESS_LEN];            /* as it came: quotes kept, domain in lower case */
    char local[ADDRESS_LOCAL_MAX + 1]; /* quotes and backslashes undone */
    char domain[ADDRESS_DOMAIN_MAX +
                1]; /* ASCII in lower case; "[192.0.2.1]", "[IPv6:2001:db8::1]" for literals */
    bool utf8;      /* holds something beyond ASCII: travels with SMTPUTF8 only */
};

enum address_error {
    ADDRESS_OK,
    ADDRESS_BAD_LOCAL,
    ADDRESS_NO_AT,
    ADDRESS_BAD_DOMAIN,
    ADDRESS_TOO_LONG,
    ADDRESS_BAD_UTF8,
    ADDRESS_TRAILING, /* a good address, then something else */
};

/* The whole text is one address. */
enum address_error address_parse(struct span text, struct address *a) MUST_USE;
/* Text begins with an address, which is `*len` octets long; what follows is not looked at. */
enum address_error address_scan(struct span text, struct address *a, size_t *len) MUST_USE;
const char *address_error_text(enum address_error e);

enum address_case { ADDRESS_EXACT, ADDRESS_IGNORE_CASE };

/* Is it the same mailbox? The case of the domain never matters, that of the local part (ASCII letters) as
 * told (S2.6). Compared without quotes: "a"@x is a@x. */
bool address_equal(const struct address *a, const struct address *b, enum address_case local);
