/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Answers to digest challenges (RFC 3261 §22, RFC 7616 with MD5 - all that sofia has). Basic is never
 * answered: it would hand the password to whoever asks. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"

struct sip_s; /* sofia's sip_t */

enum auth_result {
    AUTH_READY,      /* the credentials are in the buffer */
    AUTH_NO_SECRET,  /* challenged, but the trunk has no user */
    AUTH_REFUSED,    /* challenged again after our answer: user or password are wrong */
    AUTH_IMPOSSIBLE, /* no Digest challenge with MD5 */
};

struct auth_try {
    const char *user, *secret;
    bool answered; /* a challenge of this request was answered before */
};

/* Writes sofia's form of credentials (`Digest:"realm":user:secret`) for the answer's challenges. The buffer
 * holds a secret: wipe it. */
enum auth_result auth_answer(const struct sip_s *answer, const struct auth_try *t,
                             struct buf *credentials) MUST_USE;
