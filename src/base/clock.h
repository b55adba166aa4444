/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The two clocks. Waiting and time-outs use the monotonic one; what a person reads or the store keeps uses
 * the wall. */
#pragma once

#include <stddef.h>
#include <stdint.h>

int64_t clock_mono_ms(void); /* since some fixed point; never jumps */
int64_t clock_boot_ms(void); /* the same, and goes on while the machine sleeps */
int64_t clock_wall_ms(void); /* since 1970-01-01 UTC */

enum { CLOCK_TEXT_LEN = 25 }; /* with NUL */

/* "2026-11-21T08:00:00.123Z". */
void clock_format_utc(int64_t wall_ms, char text[CLOCK_TEXT_LEN]);
