/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/voice.h"

#include "model/blocked.h"
#include "queue/routing.h"
#include "store/faxes.h"

/* A forwarded call costs what a fax to that number costs, so the dial plan has its say (D3). */
static void plan_forwarding(struct queue *q, const struct faxbox *box, struct voice_plan *p)
{
    struct route r;
    struct outcome o;
    const struct routing w = {.store = &q->store, .arena = &q->arena, .now_ms = q->now_ms};
    route_number(&w, box, box->voice_forward, &r, &o);
    if (o.verdict == VERDICT_DONE)
        p->number = r.row.number;
    else
        p->why = arena_strdup(&q->arena, o.text);
}

void voice_plan(struct queue *q, const struct faxbox *box, const char *calling, struct voice_plan *p)
{
    *p = (struct voice_plan){
        .voice = voice_parse(box->voice), .after_ms = box->voice_seconds * 1000U, .number = "", .why = ""};
    if (p->voice == VOICE_FAX)
        return;
    if (caller_is_blocked(box->fax_callers, calling) || fax_came_from(&q->store, box->id, calling)) {
        p->voice = VOICE_FAX;
        return;
    }
    if (p->voice != VOICE_FORWARD)
        return;
    plan_forwarding(q, box, p);
    if (!*p->number)
        p->voice = VOICE_FAX;
    p->known = *p->number && caller_is_blocked(box->voice_callers, calling);
}
