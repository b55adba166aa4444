/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is asked for beside a password: a code of the user's authenticator (proto/totp.h) or, where he has
 * lost it, one of recovery_codes.h, or one of his passkeys (passkeys.h); any will do. */
#pragma once

#include "base/attr.h"
#include "model/id.h"
#include "model/outcome.h"

struct queue;

enum factor { FACTOR_NONE /* he has neither */, FACTOR_RIGHT, FACTOR_MISSING, FACTOR_WRONG };

struct factor_try {
    const char *totp, *passkey; /* "": not given */
    const char *host;           /* of passkey_answer */
    const char *client_ip;
};
/* What is right is used up by that. Where it is missing or wrong o says so; options: what a key of his has to
 * be asked, as JSON in the arena, where it is missing and he has one that can be used here. */
enum factor factor_judge(struct queue *q, struct id user, const struct factor_try *t, struct outcome *o,
                         const char **options) MUST_USE;
