/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Challenges of passkeys: each is good once, for five minutes, for what and whom it was made. Strangers may
 * ask for as many as they like, for none is kept: it carries its time and a MAC of a secret of this life of
 * the queue. Only those that a right signature has used up are remembered, until they have expired anyway. */
#pragma once

#include "base/attr.h"
#include "base/span.h"
#include "model/id.h"

enum { PASSKEY_CHALLENGE_LEN = 8 + 16 + 32, PASSKEY_PATIENCE_MS = 5 * 60 * 1000 };

enum passkey_purpose { PASSKEY_ADD = 1, PASSKEY_SECOND /* beside a password */, PASSKEY_ALONE };

struct passkey_challenges;

struct passkey_challenges *passkey_challenges_new(void);
void passkey_challenges_free(struct passkey_challenges *c);

/* user: ID_NONE where nobody has said who he is. now_ms: the clock that only runs. */
void passkey_challenge_make(struct passkey_challenges *c, enum passkey_purpose purpose, struct id user,
                            int64_t now_ms, uint8_t challenge[PASSKEY_CHALLENGE_LEN]);
/* Was it made for that, and is it neither too old nor used? */
bool passkey_challenge_fits(const struct passkey_challenges *c, enum passkey_purpose purpose, struct id user,
                            int64_t now_ms, struct span challenge) MUST_USE;
/* One that fits is used up. False: too many were in this short time. */
bool passkey_challenge_use(struct passkey_challenges *c, int64_t now_ms, struct span challenge) MUST_USE;
