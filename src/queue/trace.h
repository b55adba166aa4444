/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What each rule said on the way to a decision, for a person who asks why (`faxpost explain`). */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/attr.h"

struct trace {
    json_t *notes; /* list of {"rule", "good", "text"}; owned by who made it */
};

/* Nothing where trace is NULL. Returns good. */
bool trace_note(struct trace *trace, const char *rule, bool good, const char *format, ...) PRINTF_LIKE(4, 5);
