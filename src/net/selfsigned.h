/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A key and a certificate for it that nobody but ourselves vouches for: what a listener shows until it is
 * given a real one. RFC 7672 and RFC 3207: a mail client that does not verify is still safe from those who
 * only listen. */
#pragma once

#include "base/attr.h"
#include "base/buf.h"

/* EC P-256, valid from a day ago (clocks differ) for `days`. host_name: at most 253 letters, digits, dots,
 * dashes; also "localhost" or an address. Appends PEM to both buffers; key_pem holds a secret: the caller
 * clears it. 0 or EINVAL. */
enum selfsigned_use { SELFSIGNED_SERVER, SELFSIGNED_SIGNER /* of documents */ };
int selfsigned_make(const char *host_name, enum selfsigned_use use, int days, struct buf *certificate_pem,
                    struct buf *key_pem) MUST_USE;
