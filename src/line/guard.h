/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How many strangers' INVITEs are answered (D8): a few a second with 403, the rest costs us and the network
 * as little as can be. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { GUARD_BURST = 20, GUARD_PER_SECOND = 5 };

struct guard {
    int64_t last_ms;
    uint64_t level_ms;    /* tokens, in ms of refill */
    uint64_t turned_away; /* since the last log line */
    int64_t logged_ms;
};

void guard_init(struct guard *g, int64_t now_ms);
/* One more stranger: may he be answered? */
bool guard_allow(struct guard *g, int64_t now_ms);
/* True once a minute at most: a line about *count strangers is due. */
bool guard_log_due(struct guard *g, int64_t now_ms, uint64_t *count);
