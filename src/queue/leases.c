/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An open attempt belongs to a live call process for as long as that process says so, never to a clock alone.
 */
#include "base/log.h"
#include "queue/nodes.h"
#include "queue/queue.h"

static void let_go(struct queue *q, struct id attempt, unsigned call_instance)
{
    struct message forget = {.type = MSG_forget, .forget = {.attempt = attempt}};
    struct message drop = {.type = MSG_drop, .drop = {.attempt = attempt}};
    peers_tell(q->peers, ROLE_CALL, call_instance, &forget);
    peers_tell(q->peers, ROLE_LINE, 0, &drop);
}

static void end_attempt(struct queue *q, struct id id, const struct outcome *o, bool stopped)
{
    struct attempt t;
    if (!attempt_find(&q->store, id, &q->arena, &t) || t.state == ATTEMPT_ENDED)
        return;
    log_warning(id_text(id), "the call is given up: %s", o->text);
    (void)attempt_close(q, id, o);
    if (id_equal(t.node, q->store.node)) /* else that node finds out (nodes.c), or is gone */
        let_go(q, id, t.call_instance);
    const struct attempt_end_facts facts = {.outcome = o,
                                            .uncertain = t.state == ATTEMPT_CONFIRMING,
                                            .crashed = true,
                                            .stopped = stopped,
                                            .dial_failure = -1,
                                            .station_id = t.station_id};
    after_attempt(q, &t, &facts);
}

void attempt_lost(struct queue *q, struct id id)
{
    struct outcome o;
    outcome_set(&o, VERDICT_RETRY, "own-restart", "A process of this fax server ended during the call.");
    end_attempt(q, id, &o, false);
}

void attempt_drop(struct queue *q, struct id id, const struct outcome *why)
{
    end_attempt(q, id, why, false);
}

void queue_end_calls(struct queue *q)
{
    struct id ids[OPEN_ATTEMPTS_MAX];
    struct outcome o;
    queue_enter(q);
    q->may_dial = false;
    outcome_set(&o, VERDICT_RETRY, "own-stop", "The fax server was stopped during the call.");
    size_t n = attempt_open_ones(&q->store, ids, OPEN_ATTEMPTS_MAX);
    for (size_t i = 0; i < n; i++)
        end_attempt(q, ids[i], &o, true);
    nodes_leave(q);
}

void attempts_of_others(struct queue *q)
{
    list_each_safe (it, &q->calls) {
        struct live_call *c = CONTAINER_OF(it, struct live_call, node);
        struct attempt t;
        if (!attempt_find(&q->store, c->attempt, &q->arena, &t) || t.state != ATTEMPT_ENDED)
            continue;
        log_warning(id_text(c->attempt), "the call was given up by another node");
        let_go(q, c->attempt, t.call_instance);
        live_remove(q, c);
    }
}

/* A call process still holds it, after our restart. What is ended here has been given to another call, or is
 * about to: let it go. (What it has to report of it is asked beside this and answered all the same.) */
void on_attempt_alive(void *context, const struct sender *from, struct msg_attempt_alive *m)
{
    struct queue *q = context;
    struct attempt t;
    queue_enter(q);
    if (!attempt_find(&q->store, m->attempt, &q->arena, &t) || t.state == ATTEMPT_ENDED) {
        let_go(q, m->attempt, from->instance);
        return;
    }
    struct live_call *c = live_add(q, m->attempt);
    c->alive = true;
}

void on_dialog_alive(void *context, const struct sender *from, struct msg_dialog_alive *m)
{
    struct queue *q = context;
    struct attempt t;
    queue_enter(q);
    bool known = attempt_find(&q->store, m->attempt, &q->arena, &t);
    if (known && t.state != ATTEMPT_ENDED)
        return;
    struct message drop = {.type = MSG_drop, .drop = {.attempt = m->attempt}};
    peers_tell(q->peers, ROLE_LINE, 0, &drop);
}

/* Was it prepared, but the DIAL never asked (we died between the two)? Line knows an attempt it has dialled.
 */
static bool needs_dial(const struct attempt *t, const struct live_call *c)
{
    /* "answered" may have been told while no queue was there, and line may be new and know no call: media
     * tells. */
    return t->out && t->answered_ms == 0 && !c->media && c->line_request == 0;
}

void settle_leases(struct queue *q)
{
    struct id ids[OPEN_ATTEMPTS_MAX];
    size_t n = attempt_open_ones(&q->store, ids, OPEN_ATTEMPTS_MAX);
    for (size_t i = 0; i < n; i++) {
        struct attempt t;
        const struct live_call *c = live_find(q, ids[i]);
        /* Asked for in this life; the answer, or the process's death, tells more. */
        if (c && c->call_request)
            continue;
        if (!attempt_find(&q->store, ids[i], &q->arena, &t))
            continue;
        if (!c || !c->alive || !id_is_none(t.test))
            attempt_lost(q, ids[i]);
        else if (needs_dial(&t, c))
            dial_attempt(q, &t);
    }
}
