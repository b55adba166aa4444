/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Passkeys and security keys (WebAuthn), as logins are judged by them (doc/adr/014). */
#pragma once

#include "model/outcome.h"
#include "queue/passkey_challenges.h"
#include "store/passkeys.h"

struct queue;
struct webauthn_response;
struct webauthn_data;

/* What a browser brings: JSON of PublicKeyCredential.toJSON(), and at which address it asks, as its Host
 * says.
 *
 * SECURITY: a wrong Host gains nothing. A key is of the name it was made for, and what it signs says the
 * origin that the browser was at and the hash of that name; both have to be the same as the Host. */
struct passkey_answer {
    const char *json, *host;
};

bool passkeys_has(struct queue *q, struct id user);

/* What navigator.credentials.get wants, as JSON in the arena: of that user's keys beside his password;
 * ID_NONE: of any key that verifies who holds it. NULL: at this address no key (of his) can be used. */
const char *passkey_request(struct queue *q, struct id user, const char *host);

/* Of which key that is, and whether it counts; it is used up then. user: as for passkey_request. False: o
 * says why. */
bool passkey_judge(struct queue *q, struct id user, const struct passkey_answer *a, struct passkey *k,
                   struct outcome *o) MUST_USE;

/* The same for both ceremonies: what the browser signs is of that type, of this address, and answers a
 * challenge of ours, which is used up; d: what the authenticator says, of r. False: o says why. */
struct passkey_ceremony {
    const char *type; /* "webauthn.create", "webauthn.get" */
    enum passkey_purpose purpose;
    struct id user;
    const char *host;
};
bool passkey_said(struct queue *q, const struct passkey_ceremony *c, const struct webauthn_response *r,
                  struct span data, struct webauthn_data *d, struct outcome *o) MUST_USE;
bool passkey_use_challenge(struct queue *q, const struct webauthn_response *r, struct outcome *o) MUST_USE;

/* base64url in the arena. */
const char *passkey_text(struct queue *q, struct span bytes);
