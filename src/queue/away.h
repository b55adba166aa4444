/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* PostgreSQL that cannot be reached: who cannot write to the store raises no alarm in it, so a file in the
 * state directory remembers since when, and the alarm is raised when it is there again. */
#pragma once

#include <stdint.h>

/* The store could not be opened. */
void away_note(const char *state_dir);
/* It could: for how long not, in milliseconds; forgets it. 0: it was there all the time. */
int64_t away_over(const char *state_dir);
