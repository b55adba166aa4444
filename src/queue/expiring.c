/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/expiring.h"

#include "base/log.h"
#include "queue/retry.h"

enum { EXPIRED_AT_ONCE = 64 };

/* Why it has waited stays the reason, where there is one. */
void job_expire(struct queue *q, const struct job *j, const char *why_not)
{
    struct outcome o;
    outcome_set(&o, VERDICT_RETRY, *j->code ? j->code : "deadline", "%.300s", j->reason);
    retry_give_up(&o, why_not);
    job_close(&q->store, j->id, JOB_EXPIRED, q->now_ms, &o);
    log_info(id_text(j->id), "job to %s expired, %u of %u pages confirmed: %s", j->number, j->confirmed,
             j->pages, o.text);
    job_ended(q, j);
    queue_wants(q, WORK_COMPOSE);
}

void pump_expire(struct queue *q)
{
    struct id ids[EXPIRED_AT_ONCE];
    size_t n = job_overdue(&q->store, q->now_ms, ids, EXPIRED_AT_ONCE);
    for (size_t i = 0; i < n; i++) {
        struct job j;
        if (job_find(&q->store, ids[i], &q->arena, &j))
            job_expire(q, &j, "its deadline has passed");
    }
    if (n == EXPIRED_AT_ONCE)
        queue_wants(q, WORK_DIAL);
}
