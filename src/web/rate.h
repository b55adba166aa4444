/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How often somebody may ask: a bucket each, that fills with time. Pure: the clock is the caller's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct rates;

struct rate {
    unsigned burst;      /* requests at once */
    unsigned per_second; /* after that */
};

struct rates *rates_new(void) MUST_USE;
void rates_free(struct rates *r);
/* 0: he may; else after how many seconds. who: up to 63 characters of it count. The one who asked longest ago
 * is forgotten where there are too many. */
unsigned rate_wait_s(struct rates *r, const char *who, const struct rate *limit, int64_t now_ms);
