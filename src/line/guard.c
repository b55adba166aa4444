/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/guard.h"

enum { LOG_EVERY_MS = 60 * 1000, TOKEN_MS = 1000 / GUARD_PER_SECOND };

void guard_init(struct guard *g, int64_t now_ms)
{
    *g = (struct guard){
        .last_ms = now_ms, .level_ms = GUARD_BURST * TOKEN_MS, .logged_ms = now_ms - LOG_EVERY_MS};
}

bool guard_allow(struct guard *g, int64_t now_ms)
{
    if (now_ms > g->last_ms) {
        g->level_ms += (uint64_t)(now_ms - g->last_ms);
        g->last_ms = now_ms;
    }
    if (g->level_ms > GUARD_BURST * TOKEN_MS)
        g->level_ms = GUARD_BURST * TOKEN_MS;
    g->turned_away++;
    if (g->level_ms < TOKEN_MS)
        return false;
    g->level_ms -= TOKEN_MS;
    return true;
}

bool guard_log_due(struct guard *g, int64_t now_ms, uint64_t *count)
{
    if (now_ms - g->logged_ms < LOG_EVERY_MS)
        return false;
    g->logged_ms = now_ms;
    *count = g->turned_away;
    g->turned_away = 0;
    return true;
}
