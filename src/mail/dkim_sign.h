/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Signs a mail that goes out (DKIM: RFC 6376, Ed25519: RFC 8463), with the forms that mail/signature.h
 * verifies: relaxed/relaxed, what a reader sees and what the body is made of, From one time more than it is
 * there. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"

struct dkim_signer {
    const char *domain, *selector;
    const char *pem; /* private key: RSA of at least 1024 bits, or Ed25519 */
};

enum { DKIM_FIELD_MAX = 8192 };

/* The mail's bytes are `size` of fd, read by position, with CRLF. The field to put in front of it, with its
 * CR LF, goes to `field`; nothing where the mail's From is not of that domain. A static text that says what
 * is wrong with the key or the mail, else NULL. now_s: wall clock. */
const char *dkim_sign(const struct dkim_signer *k, int fd, uint64_t size, int64_t now_s,
                      struct buf *field) MUST_USE;
