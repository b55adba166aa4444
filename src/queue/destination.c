/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/destination.h"

#include "queue/retry.h"

static bool remembers(const struct destination *d, int64_t now_ms)
{
    return d->rung_ms != 0 && now_ms - d->rung_ms < DESTINATION_RUNG_MS;
}

/* What a call for which T.38 was not allowed knows of it is what was known before. */
static unsigned learnt_rung(const struct destination *d, const struct call_facts *f)
{
    return f->may_t38 ? f->rung : retry_rung_like(destination_rung(d, f->now_ms), f->rung);
}

void destination_learn(struct destination *d, const struct call_facts *f)
{
    unsigned rung = learnt_rung(d, f);
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
    if (remembers(d, f->now_ms) && d->rung == rung)
        return; /* its time goes on, so that the quickest way is tried again some day */
    if (!f->may_t38 && !remembers(d, f->now_ms) && rung == 0)
        return; /* T.38 did not work there: nobody tried */
    d->rung = rung;
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
