/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The clocks of a house's queue, which stand still until a test moves them. */
#pragma once

#include "queue_house.h"

extern int64_t wall_ms; /* what time the queue thinks it is; set alone, somebody has set the clock */

/* From now on, at that time. */
void clock_begins(struct house *h, int64_t at_ms);
/* The same clock for a queue that was restarted. */
void clock_goes_on(struct house *h);
/* Nobody is told. */
void time_passes(int64_t ms);
