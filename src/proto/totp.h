/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One-time codes of an authenticator (RFC 6238, with SHA-1, 30 seconds and six digits: what all of them
 * know). Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

enum {
    TOTP_SECRET_LEN = 20,
    TOTP_STEP_MS = 30000,
    TOTP_DIGITS = 6,
    TOTP_BASE32_LEN = TOTP_SECRET_LEN * 8 / 5 + 1
};

unsigned totp_code(const uint8_t secret[TOTP_SECRET_LEN], uint64_t step);
/* Is it the code of this step, the one before or the one after, and of one later than last_step (a code is
 * good for once)? Then *step is the one it is of. code: digits, blanks may stand between them. */
bool totp_fits(const uint8_t secret[TOTP_SECRET_LEN], const char *code, uint64_t now_step, uint64_t last_step,
               uint64_t *step) MUST_USE;
/* RFC 4648 §6, as authenticators take it; the length needs no padding. */
void totp_base32(const uint8_t secret[TOTP_SECRET_LEN], char text[TOTP_BASE32_LEN]);
