/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From what a request brings to who asks: a session's cookie or an API key.
 *
 * SECURITY: tokens are 256 random bits; only their hashes are stored or compared. */
#pragma once

#include "store/sessions.h"
#include "web/request.h"

#define SESSION_COOKIE "faxpost_session"
#define API_KEY_PREFIX "fpk_"
enum { TOKEN_LEN = 32, TOKEN_TEXT_LEN = 2 * TOKEN_LEN + 1 };

void token_make(char text[TOKEN_TEXT_LEN], uint8_t hash[TOKEN_HASH_LEN]);
/* False where the text is no token. */
bool token_hash(const char *text, uint8_t hash[TOKEN_HASH_LEN]) MUST_USE;

/* Fills r->actor; a stranger stays one. */
void identity_find(struct request *r);
/* The same by a token that was just made. */
bool identity_by_token(struct request *r, const char *token);
/* Is he still who he was when he came? The command line and the wizard are. */
bool identity_lasts(const struct actor *a, struct store *s);
/* Is that more than his API key is for? */
bool identity_exceeds_key(const struct request *r);
/* Could another site's page have made the browser send this change? Its cookie does not say who wants it. */
bool identity_is_forged(const struct request *r);
