/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a person does with a number that we call: nobody shall call it any more, or again; what was learned of
 * it is forgotten. */
#include "base/log.h"
#include "base/str.h"
#include "queue/asking.h"
#include "queue/dialling.h"
#include "store/destinations.h"

enum { TENANTS_MAX = 2, RELEASED_AT_ONCE = 1000 };

static unsigned refuse(struct outcome *o, unsigned status, const char *code, const char *text)
{
    outcome_set(o, VERDICT_GIVE_UP, code, "%s", text);
    return status;
}

/* Whose number? The tenant of that name; without one the only tenant, or the only one that has called it. */
static unsigned find_tenant(struct queue *q, const struct msg_destination_wish *m, struct tenant *t,
                            struct outcome *o)
{
    struct id ids[TENANTS_MAX];
    struct id id = *m->tenant ? config_tenant_id(&q->store, m->tenant) : ID_NONE;
    if (!*m->tenant && (config_tenant_ids(&q->store, ids, TENANTS_MAX) == 1 ||
                        destination_tenants(&q->store, m->number, ids, TENANTS_MAX) == 1))
        id = ids[0];
    if (!id_is_none(id) && config_tenant(&q->store, &q->arena, id, t))
        return 0;
    return *m->tenant ? refuse(o, 404, "unknown-tenant", "There is no tenant of that name.")
                      : refuse(o, 409, "which-tenant",
                               "There are several tenants; name the one whose number it is.");
}

/* As we have it; else as a person writes it. */
static unsigned find_number(struct queue *q, const struct tenant *t, const char *text, struct destination *d,
                            struct outcome *o)
{
    struct number n;
    struct complaint why;
    *d = destination_find(&q->store, &q->arena, t->id, text);
    if (d->calls > 0 || d->locked_ms > 0)
        return 0;
    if (!ask_number(&q->store, t, text, &n, &why))
        return refuse(o, 422, "number", why.text);
    *d = destination_find(&q->store, &q->arena, t->id, arena_strdup(&q->arena, n.dial));
    return 0;
}

static unsigned unlock(struct queue *q, struct destination *d)
{
    struct id *ids = arena_alloc(&q->arena, RELEASED_AT_ONCE * sizeof(*ids));
    unsigned count = 0;
    size_t n;
    do {
        n = job_held_for(&q->store, d->tenant, d->number, DESTINATION_LOCKED, ids, RELEASED_AT_ONCE);
        for (size_t i = 0; i < n; i++)
            job_release(&q->store, ids[i], q->now_ms);
        count += (unsigned)n;
    } while (n == RELEASED_AT_ONCE);
    d->locked_ms = 0;
    d->locked_by = d->lock_reason = "";
    if (d->calls > 0)
        destination_set(&q->store, d);
    else
        destination_delete(&q->store, d->tenant, d->number);
    return count;
}

static void forget(struct queue *q, const struct destination *d)
{
    struct destination locked = {.tenant = d->tenant,
                                 .number = d->number,
                                 .station_id = "",
                                 .last_code = "",
                                 .last_reason = "",
                                 .locked_ms = d->locked_ms,
                                 .locked_by = d->locked_by,
                                 .lock_reason = d->lock_reason};
    if (d->locked_ms > 0)
        destination_set(&q->store, &locked);
    else
        destination_delete(&q->store, d->tenant, d->number);
}

/* Who asks twice gets what he wanted. */
static unsigned grant(struct queue *q, const struct msg_destination_wish *m, struct destination *d,
                      const char *user)
{
    switch (m->wish) {
    case DESTINATION_LOCK:
        d->locked_ms = q->now_ms;
        d->locked_by = user;
        d->lock_reason = queue_text(q, m->reason);
        destination_set(&q->store, d);
        return 0;
    case DESTINATION_UNLOCK: return unlock(q, d);
    default: forget(q, d); return 0;
    }
}

void on_destination_wish(void *context, const struct sender *from, struct msg_destination_wish *m)
{
    static const char *const done[] = {"locked", "unlocked", "forgotten"};
    struct queue *q = context;
    struct tenant t;
    struct destination d = {.number = ""};
    struct outcome o;
    unsigned jobs = 0;
    queue_enter(q);
    outcome_done(&o);
    const char *user = queue_text(q, m->user);
    m->wish = m->wish < DESTINATION_WISH_COUNT ? m->wish : DESTINATION_FORGET;
    unsigned status = find_tenant(q, m, &t, &o);
    if (!status)
        status = find_number(q, &t, queue_text(q, m->number), &d, &o);
    if (!status) {
        jobs = grant(q, m, &d, user);
        status = 200;
        log_info(NULL, "the number %s of tenant %s is %s by %s; %u faxes are let go", d.number, t.name,
                 done[m->wish], user, jobs);
    }
    struct message answer = {
        .type = MSG_destination_wished,
        .destination_wished = {
            .status = status, MESSAGE_OUTCOME(&o), .number = status == 200 ? d.number : "", .jobs = jobs}};
    peers_answer(q->peers, from, &answer);
    queue_wants(q, WORK_DIAL);
}
