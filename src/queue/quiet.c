/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/quiet.h"

#include "queue/nodes.h"

void on_await_quiet(void *context, const struct msg_await_quiet *m)
{
    struct queue *q = context;
    queue_enter(q);
    if (q->quiet.awaited)
        return;
    q->quiet.awaited = true;
    q->quiet.refuse_from_ms = q->steady_ms + (int64_t)m->open_s * 1000;
    q->quiet.told = UINT32_MAX;
}

/* A call is in the way while its attempt is open: all that T.30 has said of it is stored when it ends. */
void quiet_look(struct queue *q)
{
    struct id ids[OPEN_ATTEMPTS_MAX];
    if (!q->quiet.awaited || q->quiet.reached)
        return;
    uint32_t calls = (uint32_t)attempt_open_ones(&q->store, ids, OPEN_ATTEMPTS_MAX);
    q->quiet.reached = calls == 0;
    if (calls == q->quiet.told)
        return;
    q->quiet.told = calls;
    const struct message m = {.type = MSG_calls_left, .calls_left = {.calls = calls}};
    peers_tell_parent(q->peers, &m);
}

bool quiet_may_dial(const struct queue *q)
{
    return !q->quiet.awaited && nodes_may_call(q);
}

bool quiet_refuses(const struct queue *q)
{
    return !nodes_may_call(q) ||
           (q->quiet.awaited && (q->quiet.reached || q->steady_ms >= q->quiet.refuse_from_ms));
}
