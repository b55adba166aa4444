/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is remembered of strangers and of numbers has an end: wrong PINs of any sender, every number that was
 * ever called. (Keys of mails, tokens and mailbox keys end where they are made.) */
#include "queue/queue.h"
#include "store/alarms.h"
#include "store/destinations.h"
#include "store/password_resets.h"
#include "store/usage.h"
#include "store/webhooks.h"

#define HOUR_MS (3600LL * 1000)
#define DAY_MS  (24 * HOUR_MS)

enum { PINS_DAYS = 2, DESTINATIONS_DAYS = 2 * 366, HOOK_CALLS_DAYS = 30, ALARMS_DAYS = 90 };

void pump_forget(struct queue *q)
{
    if (q->swept_ms != 0 && q->steady_ms - q->swept_ms < HOUR_MS)
        return;
    q->swept_ms = q->steady_ms;
    pin_failures_sweep(&q->store, q->now_ms - PINS_DAYS * DAY_MS);
    password_resets_forget(&q->store, q->now_ms);
    webhook_calls_forget(&q->store, q->now_ms - HOOK_CALLS_DAYS * DAY_MS);
    alarms_forget(&q->store, q->now_ms - ALARMS_DAYS * DAY_MS);
    destinations_forget(&q->store, q->now_ms - DESTINATIONS_DAYS * DAY_MS);
}
