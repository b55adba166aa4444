/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Answers to digest challenges (RFC 3261 §22, RFC 8760: MD5 and SHA-256). Ours and not sofia's, because
 * sofia's way of trying again with credentials also follows redirects, and because it cannot send a colon in
 * a password. Basic is never answered: it would hand the password to whoever asks. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"

struct sip_s; /* sofia's sip_t */

enum auth_result {
    AUTH_READY,      /* the credentials are in the buffer */
    AUTH_NO_SECRET,  /* challenged, but the trunk has no user */
    AUTH_REFUSED,    /* challenged again after our answer: user or password are wrong */
    AUTH_IMPOSSIBLE, /* no Digest challenge with MD5 or SHA-256 that can be answered */
};

enum { AUTH_HEADER_MAX = 2048, AUTH_CNONCE_LEN = 25 };

/* Once for a process: sofia leaves challenges to us. One that it can read it keeps until it is given a
 * password, and no other request of that dialog leaves meanwhile. */
void auth_keep_from_sofia(void);

void auth_cnonce(char text[AUTH_CNONCE_LEN]); /* a new one */

struct auth_try {
    const char *user, *secret;
    const char *method, *uri; /* of the request that is sent again */
    const char *cnonce;       /* ours, random; used where the challenge has a qop */
    bool answered;            /* a challenge of this request was answered before */
};

/* Answers the first challenge that we can: their order is the server's preference (RFC 8760 §2.4).
 * Appends the value of the header: Proxy-Authorization after 407, Authorization after 401. No secret can be
 * had from it. */
enum auth_result auth_answer(const struct sip_s *answer, const struct auth_try *t,
                             struct buf *value) MUST_USE;
