/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Our logins at other people's servers (SASL, RFC 4422): what to say, without base64 and without the protocol
 * around it. Holds the secret until freed, and wipes it then. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"
#include "proto/sasl_mechanism.h"

struct sasl;

struct sasl *sasl_new(enum sasl_mechanism m, const char *user, const char *secret) MUST_USE;
void sasl_free(struct sasl *s); /* NULL is fine */

/* Does it begin with a word of ours? It is appended then. */
bool sasl_begin(struct sasl *s, struct buf *out);
/* False where the challenge makes no sense or its sender could not prove itself: break off. */
bool sasl_answer(struct sasl *s, struct span challenge, struct buf *out) MUST_USE;
/* SCRAM: the server needs a key of its own for it. */
bool sasl_proves_server(const struct sasl *s);
/* May the server's yes be believed? */
bool sasl_complete(const struct sasl *s);
