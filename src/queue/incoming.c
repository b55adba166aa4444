/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A call comes in: which box is it for, and is there room? The verdict leaves when a call process is
 * prepared. */
#include "base/log.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/blocked.h"
#include "queue/fax_secrets.h"
#include "queue/joining.h"
#include "queue/limits.h"
#include "queue/offers.h"
#include "queue/queue.h"
#include "queue/quiet.h"
#include "queue/room.h"
#include "queue/self_tests.h"
#include "queue/trunk_choice.h"
#include "queue/voice.h"
#include "store/config.h"

/* Where its caller goes who turns out to be a person, and whether the call may be T.38. */
static void say_as_box(struct queue *q, const struct attempt *t, struct msg_invite_verdict *verdict)
{
    struct fax f;
    struct faxbox box;
    struct voice_plan voice = {.number = ""};
    if (!fax_find(&q->store, t->fax, &q->arena, &f) || !config_box(&q->store, &q->arena, f.faxbox, &box))
        return;
    voice_plan(q, &box, f.calling, &voice);
    verdict->forward = voice.number;
    verdict->t38 = !box.t38_off;
}

void answer_invite(struct queue *q, struct live_call *c, unsigned sip_status, const char *reason)
{
    struct message m = {.type = MSG_invite_verdict};
    struct attempt t;
    if (!c->invite_waits || !attempt_find(&q->store, c->attempt, &q->arena, &t))
        return;
    m.invite_verdict = (struct msg_invite_verdict){.attempt = c->attempt,
                                                   .sip_status = sip_status,
                                                   .reason = reason,
                                                   .t38 = id_is_none(t.test) || self_test_uses_t38(q, &t),
                                                   .call_instance = t.call_instance,
                                                   .forward = ""};
    if (sip_status == 200 && id_is_none(t.test))
        say_as_box(q, &t, &m.invite_verdict);
    peers_answer(q->peers, &c->invite, &m);
    c->invite_waits = false;
    if (sip_status == 200)
        attempt_answered(&q->store, c->attempt, q->now_ms);
    else
        attempt_lost(q, c->attempt);
}

static void refuse(struct queue *q, const struct sender *from, const struct msg_invited *m, unsigned status,
                   const char *reason)
{
    log_info(id_text(m->attempt), "call from %s to %s over %s refused: %u %s",
             *m->calling ? m->calling : "anonymous", m->called, m->trunk, status, reason);
    struct message answer = {
        .type = MSG_invite_verdict,
        .invite_verdict = {.attempt = m->attempt, .sip_status = status, .reason = reason}};
    peers_answer(q->peers, from, &answer);
}

/* Its caller is a person: true, and somebody else has the call. */
static bool send_on(struct queue *q, const struct sender *from, const struct msg_invited *m,
                    const struct faxbox *box)
{
    struct voice_plan voice;
    voice_plan(q, box, m->calling, &voice);
    if (!voice.known)
        return false;
    log_info(id_text(m->attempt), "call from %s to %s over %s is sent on to %s (voice_callers of box %s)",
             m->calling, m->called, m->trunk, voice.number, box->id);
    struct message answer = {
        .type = MSG_invite_verdict,
        .invite_verdict = {.attempt = m->attempt, .sip_status = 302, .reason = "", .forward = voice.number}};
    peers_answer(q->peers, from, &answer);
    return true;
}

/* The number as boxes have it: digits only, or with its leading plus. A number that no box has is for the
 * trunk's fallback box. */
static bool find_box(struct queue *q, const struct msg_invited *m, struct faxbox *box)
{
    struct trunk trunk;
    const char *called = m->called;
    if (config_box_by_number(&q->store, &q->arena, called, box) ||
        (called[0] == '+' && config_box_by_number(&q->store, &q->arena, called + 1, box)))
        return true;
    return find_trunk(q, m->trunk, &trunk) && *trunk.fallback_box &&
           config_box(&q->store, &q->arena, trunk.fallback_box, box);
}

static bool beyond_a_limit(struct queue *q, const struct msg_invited *m, const struct faxbox *box,
                           const struct tenant *tenant)
{
    struct call_load load;
    struct trunk trunk;
    load_take(q, &load);
    return load_is_full(q, &load, false) || load_tenant_is_full(&load, tenant, false) ||
           load_box_is_full(&load, box, false) ||
           (find_trunk(q, m->trunk, &trunk) && load_trunk_is_full(&load, &trunk));
}

/* 0, or the status that a call to the box is refused with. */
static unsigned why_not(struct queue *q, const struct msg_invited *m, const struct faxbox *box,
                        const char **reason)
{
    struct tenant tenant = {.id = box->tenant};
    *reason = "this fax box is switched off";
    if (!box->enabled)
        return 480;
    *reason = "the tenant blocks this caller";
    if (config_tenant(&q->store, &q->arena, box->tenant, &tenant) &&
        caller_is_blocked(tenant.blocked_callers, m->calling))
        return 603;
    *reason = "the fax password of this box is not sealed for this installation: set it again";
    if (!fax_secret_open(q, box->fax_password))
        return 480;
    *reason = "the limit of calls is reached";
    return beyond_a_limit(q, m, box, &tenant) ? 486 : 0;
}

static void ask_receive(struct queue *q, const struct attempt *t, const struct faxbox *box,
                        const char *calling)
{
    struct voice_plan voice;
    struct trunk trunk = {.pace = true};
    struct tenant tenant = {.blocked_callers = "", .zone = "UTC"};
    (void)find_trunk(q, t->trunk, &trunk);
    (void)config_tenant(&q->store, &q->arena, box->tenant, &tenant);
    voice_plan(q, box, calling, &voice);
    if (*voice.why)
        log_warning(id_text(t->id),
                    "box %s cannot forward calls to \"%s\", so this one is answered as a fax: %s", box->id,
                    box->voice_forward, voice.why);
    struct message m = {.type = MSG_receive,
                        .receive = {.attempt = t->id,
                                    .station_id = box->station_id,
                                    .ecm = !box->ecm_off,
                                    .v17 = 1,
                                    .unpaced = !trunk.pace,
                                    .blocked = self_test_sent_away(q, tenant.blocked_callers),
                                    .password = fax_secret_open(q, box->fax_password),
                                    .voice = voice.voice,
                                    .voice_ms = voice.after_ms,
                                    .header_to = calling,
                                    .zone = tenant.zone}};
    SCOPED_FD int pages = offer_prepare(q, box, &m.receive);
    m.receive.page_set = pages;
    struct live_call *c = live_add(q, t->id);
    c->call_request = peers_ask(q->peers, ROLE_CALL, t->call_instance, &m);
}

static void add_fax(struct queue *q, const struct msg_invited *m, const struct faxbox *box, unsigned process)
{
    struct attempt t = {.id = m->attempt,
                        .fax = id_new(),
                        .call_instance = process,
                        .trunk = m->trunk,
                        .started_ms = q->now_ms};
    const struct fax f = {.id = t.fax,
                          .tenant = box->tenant,
                          .faxbox = box->id,
                          .attempt = t.id,
                          .calling = m->calling,
                          .called = m->called,
                          .answered_ms = q->now_ms};
    join_call_begins(q, box, m->calling);
    attempt_add(&q->store, &t);
    fax_add(&q->store, &f);
    ask_receive(q, &t, box, m->calling);
}

void on_invited(void *context, const struct sender *from, struct msg_invited *m)
{
    struct queue *q = context;
    struct faxbox box;
    struct attempt t;
    queue_enter(q);
    if (self_test_takes_call(q, from, m))
        return;
    if (!find_box(q, m, &box)) {
        refuse(q, from, m, 404, "no fax box has this number");
        return;
    }
    if (attempt_find(&q->store, m->attempt, &q->arena, &t)) {
        /* Asked again after our restart. */
        if (t.state == ATTEMPT_ENDED) {
            refuse(q, from, m, 503, "the call was given up");
            return;
        }
        ask_receive(q, &t, &box, m->calling);
    } else {
        const char *reason;
        unsigned status = why_not(q, m, &box, &reason);
        int process = live_choose_process(q);
        if ((status == 486 || process < 0) && self_test_yield(q)) {
            status = why_not(q, m, &box, &reason);
            process = live_choose_process(q);
        }
        if (status) {
            refuse(q, from, m, status, reason);
            return;
        }
        if (quiet_refuses(q)) {
            refuse(q, from, m, 503, "Faxpost begins anew; call again in a moment");
            return;
        }
        if (send_on(q, from, m, &box))
            return;
        if (room_lacks(q)) {
            refuse(q, from, m, 503, "there is no room to store a fax");
            return;
        }
        if (process < 0) {
            refuse(q, from, m, 486, "all lines are in use");
            return;
        }
        add_fax(q, m, &box, (unsigned)process);
    }
    struct live_call *c = live_find(q, m->attempt);
    c->invite = *from;
    c->invite_waits = true;
    (void)str_copy(c->phase, sizeof(c->phase), "incoming");
}
