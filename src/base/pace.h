/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How long a refusal takes, where some are judged here and others by a server elsewhere: all take as long as
 * the slow ones lately did, lest time tell which are which. Times by a clock that only runs. */
#pragma once

#include <stdint.h>

enum { PACE_LEAST_MS = 600, PACE_MOST_MS = 15000 };

struct pace {
    int64_t slowest_ms, until_ms;
};

/* A server elsewhere has refused somebody, from begun_ms on. */
void pace_note(struct pace *p, int64_t begun_ms, int64_t now_ms);
/* When that refusal is due. */
int64_t pace_due_ms(const struct pace *p, int64_t begun_ms, int64_t now_ms);
