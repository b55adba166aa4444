/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a browser is sent back with after an OAuth 2.0 authorisation (RFC 6749 §4.1.2), as a person pastes it:
 * the whole URL, or the code that stands in it. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

enum { OAUTH_CODE_LEN = 4097, OAUTH_STATE_LEN = 129, OAUTH_ERROR_LEN = 300 };

struct oauth_redirect {
    char code[OAUTH_CODE_LEN];   /* "" where error says why there is none */
    char state[OAUTH_STATE_LEN]; /* "" of a code alone */
    char error[OAUTH_ERROR_LEN]; /* the provider's words, printable ASCII */
};

/* Blanks around it count for nothing. False where it is neither, or says something twice. */
bool oauth_redirect_parse(const char *text, struct oauth_redirect *r) MUST_USE;
