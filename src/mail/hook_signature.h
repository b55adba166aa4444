/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Headers by which the receiver of a webhook knows who sent it and that it is no replay, as "Standard
 * Webhooks" has them (github.com/standard-webhooks): there are libraries for them in most languages. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

enum { HOOK_HEADERS_LEN = 512 };

/* secret: "whsec_" and base64 of the key, or any other text, whose bytes are the key; "": not signed. */
bool hook_headers(const char *id, int64_t at_s, const char *secret, const char *body,
                  char headers[HOOK_HEADERS_LEN]) MUST_USE;
