/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/destination.h"

static bool remembers(const struct destination *d, int64_t now_ms)
{
    return d->rung_ms != 0 && now_ms - d->rung_ms < DESTINATION_RUNG_MS;
}

void destination_learn(struct destination *d, const struct call_facts *f)
{
    d->calls++;
    d->last_ms = f->now_ms;
    if (f->began) {
        d->reached_ms = f->now_ms;
        d->voices = 0;
    } else if (f->answered && !f->t38) {
        d->voices++;
    }
    if (!f->delivered)
        return;
    d->delivered++;
    if (remembers(d, f->now_ms) && d->rung == f->rung)
        return; /* its time goes on, so that the quickest way is tried again some day */
    d->rung = f->rung;
    d->rung_ms = f->now_ms;
}

unsigned destination_rung(const struct destination *d, int64_t now_ms)
{
    return remembers(d, now_ms) ? d->rung : 0;
}

bool destination_is_voice(const struct destination *d)
{
    return d->reached_ms == 0 && d->voices >= DESTINATION_VOICES_MAX;
}
