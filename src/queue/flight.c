/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/queue.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/claims.h"
#include "store/nodes.h"

_Static_assert(CLAIM_UNPACK == WORK_UNPACK && CLAIM_RENDER == WORK_RENDER && CLAIM_COMPOSE == WORK_COMPOSE &&
                   CLAIM_DELIVER == WORK_DELIVER && CLAIM_HOOKS == WORK_HOOKS && CLAIM_READ == WORK_READ &&
                   CLAIM_LOOK == WORK_LOOK && CLAIM_PRINT == WORK_PRINT,
               "kinds of work are known to the store by number");

/* The archive's work is its leader's alone (nodes_lead_with): nobody has to be kept from it. */
static bool is_claimed(struct queue *q, enum work kind)
{
    return store_is_shared(&q->store) && kind != WORK_ARCHIVE;
}

struct flight *flight_find(struct queue *q, enum work kind, struct id id)
{
    list_each (it, &q->flights) {
        struct flight *f = CONTAINER_OF(it, struct flight, node);
        if (f->kind == kind && id_equal(f->id, id))
            return f;
    }
    return NULL;
}

void flight_begin(struct queue *q, enum work kind, struct id id, uint64_t request)
{
    struct flight *f = mem_zalloc(sizeof(*f));
    f->kind = kind;
    f->id = id;
    f->request = request;
    list_append(&q->flights, &f->node);
    if (is_claimed(q, kind))
        claim_take(&q->store, (int)kind, id);
}

bool flight_anywhere(struct queue *q, enum work kind, struct id id)
{
    return flight_find(q, kind, id) ||
           (store_is_shared(&q->store) && claim_is_taken(&q->store, (int)kind, id));
}

bool flight_end(struct queue *q, enum work kind, struct id id)
{
    struct flight *f = flight_find(q, kind, id);
    if (!f)
        return false;
    flight_forget(f);
    if (is_claimed(q, kind))
        claim_drop(&q->store, (int)kind, id);
    queue_wants(q, (unsigned)kind);
    return true;
}

void flight_forget(struct flight *f)
{
    list_remove(&f->node);
    free(f);
}

unsigned flight_count(const struct queue *q, enum work kind)
{
    unsigned n = 0;
    list_each (it, &q->flights) {
        n += CONTAINER_OF(it, struct flight, node)->kind == kind;
    }
    return n;
}

struct live_call *live_find(struct queue *q, struct id attempt)
{
    list_each (it, &q->calls) {
        struct live_call *c = CONTAINER_OF(it, struct live_call, node);
        if (id_equal(c->attempt, attempt))
            return c;
    }
    return NULL;
}

struct live_call *live_add(struct queue *q, struct id attempt)
{
    struct live_call *c = live_find(q, attempt);
    if (c)
        return c;
    c = mem_zalloc(sizeof(*c));
    c->attempt = attempt;
    list_append(&q->calls, &c->node);
    return c;
}

void live_remove(struct queue *q, struct live_call *c)
{
    if (!c)
        return;
    if (c->call_request)
        peers_withdraw(q->peers, c->call_request);
    if (c->line_request)
        peers_withdraw(q->peers, c->line_request);
    list_remove(&c->node);
    free(c);
    queue_wants(q, WORK_DIAL);
}

int live_choose_process(struct queue *q)
{
    unsigned processes = peers_count(q->peers, ROLE_CALL), total = 0;
    unsigned best_load = (unsigned)q->conf->calls_per_process;
    unsigned load[CONF_CALL_PROCESSES_MAX];
    int best = -1;
    attempt_open_of_processes(&q->store, load, CONF_CALL_PROCESSES_MAX);
    for (unsigned n = 0; n < processes && n < CONF_CALL_PROCESSES_MAX; n++) {
        total += load[n];
        if (load[n] < best_load && peers_connected(q->peers, ROLE_CALL, n)) {
            best = (int)n;
            best_load = load[n];
        }
    }
    return total < q->conf->max_calls ? best : -1;
}
