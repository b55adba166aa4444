/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The ways to log in that we know (SASL, RFC 4422), by name. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/span.h"

/* In the order we choose them in. A secret goes over TLS only, so SCRAM's gain is that the server proves
 * itself. CRAM-MD5 stands last: it is offered more often than it works. */
#define SASL_MECHANISMS(X)                                                                                   \
    X(SCRAM_SHA_256, "SCRAM-SHA-256") /* RFC 7677 */                                                         \
    X(SCRAM_SHA_1, "SCRAM-SHA-1")     /* RFC 5802 */                                                         \
    X(PLAIN, "PLAIN")                 /* RFC 4616 */                                                         \
    X(LOGIN, "LOGIN")                 /* never a standard, offered everywhere */                             \
    X(CRAM_MD5, "CRAM-MD5")           /* RFC 2195 */                                                         \
    X(XOAUTH2, "XOAUTH2")             /* of the big providers */                                             \
    X(OAUTHBEARER, "OAUTHBEARER")     /* RFC 7628 */

enum sasl_mechanism {
    SASL_AUTO, /* the first of them that the server offers and that takes a password */
#define SASL_ENUM(name, text) SASL_##name,
    SASL_MECHANISMS(SASL_ENUM)
#undef SASL_ENUM
        SASL_COUNT
};

const char *sasl_name(enum sasl_mechanism m);
/* Is its secret an OAuth 2.0 access token? */
bool sasl_wants_token(enum sasl_mechanism m);
/* "auto", or a name in any case; "" is auto. */
bool sasl_parse(const char *text, enum sasl_mechanism *m) MUST_USE;
/* offered: bits 1 << mechanism. False where nothing of it will do. */
bool sasl_choose(enum sasl_mechanism wanted, unsigned offered, enum sasl_mechanism *chosen) MUST_USE;
/* A bit, or 0 for one that we do not know. */
unsigned sasl_bit(struct span name) MUST_USE;
