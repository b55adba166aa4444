/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Ten codes for who has lost his authenticator, each good for once, in the place of its six digits. Kept are
 * hashes: 80 random bits are guessed neither here nor by who has the store. */
#pragma once

#include "base/attr.h"
#include "model/id.h"
#include "proto/recovery_code.h"

struct queue;

enum { RECOVERY_CODES = 10, RECOVERY_CODES_TEXT_LEN = RECOVERY_CODES * RECOVERY_CODE_TEXT_LEN };

/* New ones in the place of those he has; text: the only time, divided by blanks. Of who has an authenticator.
 */
void recovery_codes_make(struct queue *q, struct id user, char text[RECOVERY_CODES_TEXT_LEN]);
/* True: it was one of his, is used up, and that stands in the audit log. */
bool recovery_code_fits(struct queue *q, struct id user, const char *code, const char *client_ip) MUST_USE;
