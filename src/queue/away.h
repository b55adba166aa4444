/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* PostgreSQL that cannot be reached: who cannot write to the store raises no alarm in it, so a file in the
 * state directory, "store.away", remembers since when, and until when once it was there again; also for
 * another life of queue, for the first ones after such a time may be short. */
#pragma once

#include <stdint.h>

/* By the wall's clock; both 0: it was there all the time. */
struct away {
    int64_t since_ms, until_ms;
};

/* The store could not be opened. */
void away_note(const char *state_dir);
/* It could. What was last, until an hour has passed. */
struct away away_over(const char *state_dir);
