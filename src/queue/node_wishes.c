/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What administrators want of the nodes: one is drained before its machine is worked on, one that is gone for
 * good is forgotten. */
#include "base/log.h"
#include "queue/audit_notes.h"
#include "queue/nodes.h"

static unsigned grant(struct queue *q, const struct node *n, unsigned wish, struct outcome *o)
{
    bool own = id_equal(n->id, q->store.node);
    bool alive = !n->taken && (own || n->lease_ms > sql_began_ms(q->store.sql));
    if (wish != NODE_REMOVE) {
        node_set_drains(&q->store, n->id, wish == NODE_DRAIN);
        q->nodes.drains = own ? wish == NODE_DRAIN : q->nodes.drains;
        queue_wants(q, WORK_DIAL);
        return 200;
    }
    if (alive) {
        outcome_set(
            o, VERDICT_GIVE_UP, "node-alive",
            "The node %.64s is alive. Stop Faxpost on its machine first; it is forgotten some seconds later.",
            n->name);
        return 409;
    }
    if (!n->taken) {
        outcome_set(o, VERDICT_GIVE_UP, "node-not-yet",
                    "The work of the node %.64s is being taken over; ask again in some seconds.", n->name);
        return 409;
    }
    node_remove(&q->store, n->id);
    q->look_now = true;
    queue_wants(q, WORK_ALARMS);
    return 200;
}

void on_node_wish(void *context, const struct sender *from, struct msg_node_wish *m)
{
    static const char *const verbs[] = {"nodes.drain", "nodes.resume", "nodes.remove"};
    struct queue *q = context;
    struct node n;
    struct outcome o;
    unsigned status = 404;
    queue_enter(q);
    outcome_done(&o);
    if (m->wish < NODE_WISH_COUNT && node_find(&q->store, &q->arena, queue_text(q, m->name), &n))
        status = grant(q, &n, m->wish, &o);
    else
        outcome_set(&o, VERDICT_GIVE_UP, "unknown-node",
                    "There is no such node. `faxpost nodes` shows them.");
    if (status == 200) {
        log_info(NULL, "%s %s by %s", verbs[m->wish], n.name, queue_text(q, m->user));
        note_deed(q, ID_NONE, &(struct doer){m->actor, m->user, m->client_ip}, verbs[m->wish], n.name, "");
        nodes_tell_others(q);
    }
    struct message answer = {.type = MSG_node_wished, .node_wished = {.status = status, MESSAGE_OUTCOME(&o)}};
    peers_answer(q->peers, from, &answer);
}
