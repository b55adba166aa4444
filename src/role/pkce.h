/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A code of OAuth 2.0 counts only for who asked for it (RFC 7636, S256). */
#pragma once

#include "base/buf.h"

enum { PKCE_WORD_LEN = 44 }; /* 256 bits in base64url, and the NUL */

/* Nobody guesses it: a verifier, a state, a nonce. */
void pkce_random_word(char to[PKCE_WORD_LEN]);
/* Adds code_challenge and its method to a query. */
void pkce_put_challenge(const char *verifier, struct buf *query);
