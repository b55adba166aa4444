/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Days and hours at which faxes may go: "mon-fri 08:00-18:00; sat 09:00-12:00". Spans stand between
 * semicolons, each a day or several ("mon", "mon-fri", "sat,sun"; none: every day) and hours. The second hour
 * is not in it any more; 24:00 ends a day, and one that is not after the first is of the next day
 * ("20:00-06:00"). Lower case. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

enum { WINDOW_SPANS_MAX = 16, MINUTES_A_DAY = 24 * 60, MINUTES_A_WEEK = 7 * MINUTES_A_DAY };

struct window_span {
    unsigned days; /* bit 0: Sunday, as in struct tm; those on which it begins */
    unsigned from,
        to; /* minutes of the day; to: above from, and beyond MINUTES_A_DAY where it ends a day later */
};

struct send_window {
    struct window_span spans[WINDOW_SPANS_MAX];
    size_t count; /* 0: always */
};

bool send_window_parse(const char *text, struct send_window *w) MUST_USE;
/* How many minutes from that day (0: Sunday) and minute on until it is open; 0: it is. As a clock on the wall
 * goes that nobody sets. */
unsigned send_window_opens_in(const struct send_window *w, unsigned day, unsigned minute);
