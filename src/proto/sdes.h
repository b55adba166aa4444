/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keys of SRTP in a session description (RFC 4568): the value of a=crypto. Of all suites those that every
 * telephone has. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"

/* RFC 4568 §6.2 */
#define SDES_SUITES(X)                                                                                       \
    X(SHA1_80, "AES_CM_128_HMAC_SHA1_80")                                                                    \
    X(SHA1_32, "AES_CM_128_HMAC_SHA1_32")

enum sdes_suite {
#define SDES_SUITE_ENUM(name, text) SDES_##name,
    SDES_SUITES(SDES_SUITE_ENUM)
#undef SDES_SUITE_ENUM
        SDES_SUITE_COUNT
};

enum { SDES_KEY_LEN = 30 /* master key and salt */ };

struct sdes {
    uint32_t tag;
    enum sdes_suite suite;
    uint8_t key[SDES_KEY_LEN];
};

/* "1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^31". False where it is none, or one that we cannot follow: another
 * suite, several keys, an MKI, a session parameter that changes the packets. */
bool sdes_parse(struct span value, struct sdes *s) MUST_USE;
/* Appends it without a line end. */
void sdes_format(const struct sdes *s, struct buf *b);
