/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A moment as at(1) and sendfax(1) have it: "now", "now + 30 minutes", "14:30", "2:30 PM", "8:00 Dec 24",
 * "9:00 monday". */
#pragma once

#include <stdbool.h>
#include <time.h>

#include "base/attr.h"

/* Local time, as the process has it; the next such moment after now, or now. False: it is none of these. */
bool at_time_parse(const char *text, time_t now, time_t *at) MUST_USE;
