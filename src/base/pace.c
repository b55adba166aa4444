/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/pace.h"

#define LATELY_MS (10LL * 60 * 1000)

void pace_note(struct pace *p, int64_t begun_ms, int64_t now_ms)
{
    int64_t took_ms = now_ms - begun_ms;
    if (took_ms < p->slowest_ms && now_ms < p->until_ms)
        return;
    p->slowest_ms = took_ms < PACE_MOST_MS ? took_ms : PACE_MOST_MS;
    p->until_ms = now_ms + LATELY_MS;
}

int64_t pace_due_ms(const struct pace *p, int64_t begun_ms, int64_t now_ms)
{
    int64_t slowest_ms = now_ms < p->until_ms ? p->slowest_ms : 0;
    return begun_ms + (slowest_ms > PACE_LEAST_MS ? slowest_ms : PACE_LEAST_MS);
}
