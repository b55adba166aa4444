/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How many calls ended in each quarter of an hour, and how: counted as they end, so that no chart reads
 * through years of calls. Quarters, because in some countries days begin at half past or a quarter to; of
 * calls before 2026-11-22 they are halves. */
#pragma once

#include "store/scope.h"

enum { TRAFFIC_KEPT_DAYS = 400 };

/* In the transaction in which that call ended, once. */
void traffic_count(struct store *s, struct id attempt);

struct traffic {
    int64_t at_ms; /* where its step begins */
    bool received;
    const char *code, *reason; /* "": as it should be */
    int64_t calls, pages, call_ms;
};

/* Of the scope's tenant, by steps of step_ms that begin at multiples of it, offset_ms earlier; the oldest
 * first. */
size_t traffic_list(struct store *s, const struct scope *w, int64_t since_ms, int64_t step_ms,
                    int64_t offset_ms, struct arena *a, struct traffic *list, size_t most);
