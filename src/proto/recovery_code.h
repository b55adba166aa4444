/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One-time codes for who has lost his authenticator: 80 random bits as base32 (RFC 4648 §6), in groups of
 * four "ABCD-EFGH-JKLM-N234". Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

enum { RECOVERY_CODE_BYTES = 10, RECOVERY_CODE_TEXT_LEN = 20 };

void recovery_code_format(const uint8_t code[RECOVERY_CODE_BYTES], char text[RECOVERY_CODE_TEXT_LEN]);
/* As a person types it: in either case, blanks and hyphens where he likes, 0 for O and 1 for I. False: it is
 * no such code. */
bool recovery_code_parse(const char *text, uint8_t code[RECOVERY_CODE_BYTES]) MUST_USE;
