/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Logins of others at our door (SASL, RFC 4422): SCRAM-SHA-256 (RFC 7677), PLAIN (RFC 4616) and LOGIN,
 * without base64 and without the protocol around them.
 *
 * Nothing that a password could be checked by is here. Whoever keeps the users' keys is asked twice: for the
 * salt of a name, and whether a proof is right (scram_keys_fit). A password that was sent becomes such a
 * proof, too, so that for all three mechanisms the same keys, the same questions and the same lockout serve.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"

struct sasl_server;

/* What has to happen next. */
enum sasl_turn {
    SASL_CHALLENGE, /* send sasl_server_challenge; what comes back -> sasl_server_hear */
    SASL_ASK_SALT,  /* of sasl_server_name -> sasl_server_salted */
    SASL_ASK_JUDGE, /* of sasl_server_name, _signs and _proof -> sasl_server_judged */
    SASL_GOOD,
    SASL_NONSENSE, /* against the grammar: it has failed */
    SASL_DENIED,
};

enum { SASL_PROOF_LEN = 32, SASL_PASSWORD_MAX = 256 /* octets of one that can be right */ };

/* As they are offered: "SCRAM-SHA-256", by which a password never leaves the client; and "PLAIN LOGIN". */
extern const char sasl_server_proving[], sasl_server_telling[];

/* NULL: there is no such mechanism. nonce: fresh for each login, printable ASCII without comma. */
struct sasl_server *sasl_server_new(struct span mechanism, const char *nonce) MUST_USE;
void sasl_server_free(struct sasl_server *s); /* wipes; NULL is fine */

/* initial: what came with the name of the mechanism; NULL: nothing did. */
enum sasl_turn sasl_server_begin(struct sasl_server *s, const struct span *initial) MUST_USE;
enum sasl_turn sasl_server_hear(struct sasl_server *s, struct span text) MUST_USE;
/* For PLAIN and LOGIN this computes for some milliseconds (`rounds`). */
enum sasl_turn sasl_server_salted(struct sasl_server *s, struct span salt, unsigned rounds) MUST_USE;
/* In place of salted: somebody else judges this name's password. True: the client has sent it, and here it is
 * -> sasl_server_judged, without a signature. False: it only proves it knows one, as sasl_server_salted wants
 * it. */
bool sasl_server_hand_on(struct sasl_server *s, const char **password) MUST_USE;
/* signature: of SASL_PROOF_LEN octets where the proof was right. */
enum sasl_turn sasl_server_judged(struct sasl_server *s, bool right, struct span signature) MUST_USE;

struct span sasl_server_challenge(const struct sasl_server *s);
const char *sasl_server_name(const struct sasl_server *s);
struct span sasl_server_signs(const struct sasl_server *s);
struct span sasl_server_proof(const struct sasl_server *s);
