/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One number with its flags, as it stands in an address, a subject or a display name: "503-555-0123^FINE". */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "proto/flags.h"
#include "proto/number.h"

struct target {
    char number[NUMBER_TEXT_LEN]; /* as written; number_normalise makes a telephone number of it */
    struct flags flags;
};

/* The whole text is number and flags. RFC 3192's "FAX=+15035550123" is taken too. */
bool target_parse(const char *text, struct target *t, struct complaint *why) MUST_USE;
/* Words with exactly one number among them, flags behind it or at the end: "Reception Desk 5035550123"
 * (S4.3), "Fax to 5035550123 please". None or several: false; a complaint about several names two of them. */
bool target_find(const char *text, struct target *t, struct complaint *why) MUST_USE;
