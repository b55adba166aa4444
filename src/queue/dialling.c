/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A call process is prepared first, then line dials. */
#include "queue/dialling.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/answers.h"
#include "queue/batches.h"
#include "queue/destination.h"
#include "queue/retry.h"
#include "queue/self_tests.h"
#include "store/config.h"

/* From INVITE to the last ring: five rings and a fax machine's own delay. */
enum { RING_TIMEOUT_MS = 60000 };
enum { NO_ROOM_WAIT_MS = 1000 };

/* ---- starting an attempt ---- */

/* What goes on the header line of each page besides date and page number. */
static void ask_send(struct queue *q, const struct job *j, const struct attempt *t, const struct trunk *trunk,
                     const char *password)
{
    const struct retry_rung rung = retry_rung(t->ladder);
    struct faxbox box = {.station_id = "", .header_name = ""};
    struct tenant tenant = {.zone = "UTC"};
    (void)config_box(&q->store, &q->arena, j->faxbox, &box);
    (void)config_tenant(&q->store, &q->arena, j->tenant, &tenant);
    const struct batch b = batch_begin(q, j, t);
    uint32_t lower;
    SCOPED_FD int set = pages_to_call(q, b.pages, b.count, &lower);
    struct message m = {.type = MSG_send,
                        .send = {.attempt = t->id,
                                 .station_id = box.station_id,
                                 .header_name = box.header_name,
                                 .header_to = j->display_number,
                                 .zone = tenant.zone,
                                 .language = answer_language(q, j->tenant, j->faxbox),
                                 .subaddress = j->subaddress,
                                 .password = password,
                                 .ecm = rung.ecm && !box.ecm_off,
                                 .v17 = rung.v17,
                                 .unpaced = !trunk->pace,
                                 .first = j->confirmed,
                                 .pages = (uint32_t)b.count,
                                 .documents = b.documents,
                                 .lower = lower,
                                 .page_set = set}};
    struct live_call *c = live_add(q, t->id);
    c->pages = (unsigned)b.count;
    c->call_request = peers_ask(q->peers, ROLE_CALL, t->call_instance, &m);
}

/* What comes is a received fax of its box, from its first page on (calls.c). */
static void ask_poll(struct queue *q, const struct job *j, const struct attempt *t, const struct trunk *trunk,
                     const char *password)
{
    const struct retry_rung rung = retry_rung(t->ladder);
    struct faxbox box = {.station_id = ""};
    (void)config_box(&q->store, &q->arena, j->faxbox, &box);
    struct message m = {.type = MSG_receive,
                        .receive = {.attempt = t->id,
                                    .station_id = box.station_id,
                                    .ecm = rung.ecm && !box.ecm_off,
                                    .v17 = rung.v17,
                                    .unpaced = !trunk->pace,
                                    .polls = 1,
                                    .selective = j->subaddress,
                                    .poll_password = password,
                                    .page_set = -1}};
    struct live_call *c = live_add(q, t->id);
    c->call_request = peers_ask(q->peers, ROLE_CALL, t->call_instance, &m);
}

bool trunk_may_t38(const struct trunk *t)
{
    return t->t38 && !str_equal(t->srtp, "required");
}

bool box_may_t38(const struct faxbox *box, const struct trunk *t)
{
    return !box->t38_off && trunk_may_t38(t);
}

/* Where this attempt is made on the ladder. */
static unsigned choose_rung(struct queue *q, const struct job *j, const struct trunk *trunk)
{
    struct faxbox box = {.t38_off = false};
    const struct destination d = destination_find(&q->store, &q->arena, j->tenant, j->number);
    (void)config_box(&q->store, &q->arena, j->faxbox, &box);
    return retry_ladder(destination_rung(&d, q->now_ms), j->tries + j->silent, box_may_t38(&box, trunk));
}

bool begin_attempt(struct queue *q, const struct job *j, const struct trunk *trunk, const char *password)
{
    int process = live_choose_process(q);
    if (process < 0)
        return false;
    struct attempt t = {.id = id_new(),
                        .job = j->id,
                        .call_instance = (unsigned)process,
                        .trunk = trunk->name,
                        .ladder = choose_rung(q, j, trunk),
                        .first_page = j->confirmed,
                        .started_ms = q->now_ms};
    job_start_call(&q->store, j->id);
    attempt_add(&q->store, &t);
    if (j->purpose == PURPOSE_POLL)
        ask_poll(q, j, &t, trunk, password);
    else
        ask_send(q, j, &t, trunk, password);
    return true;
}

/* ---- the call process is ready ---- */

/* Nobody has been called yet, so it counts as nothing. */
static void end_cancelled(struct queue *q, const struct attempt *t)
{
    struct outcome o;
    outcome_set(&o, VERDICT_GIVE_UP, "cancelled", "Cancelled before the number was dialled.");
    (void)attempt_close(q, t->id, &o);
    struct message forget = {.type = MSG_forget, .forget = {.attempt = t->id}};
    peers_tell(q->peers, ROLE_CALL, t->call_instance, &forget);
    const struct attempt_end_facts facts = {
        .outcome = &o, .crashed = true, .dial_failure = -1, .station_id = ""};
    after_attempt(q, t, &facts);
}

static void ask_dial(struct queue *q, const struct attempt *t, const struct trunk *trunk,
                     struct msg_dial dial)
{
    dial.attempt = t->id;
    dial.trunk = trunk->name;
    dial.secret = trunk->secret;
    dial.call_instance = t->call_instance;
    dial.ring_timeout_ms = RING_TIMEOUT_MS;
    const struct message m = {.type = MSG_dial, .dial = dial};
    struct live_call *c = live_add(q, t->id);
    c->line_request = peers_ask(q->peers, ROLE_LINE, 0, &m);
    (void)str_copy(c->phase, sizeof(c->phase), "dialling");
}

static void dial_test(struct queue *q, const struct attempt *t)
{
    struct trunk trunk;
    struct msg_dial dial = {.caller_id = "", .caller_name = ""};
    bool t38;
    if (!self_test_number(q, t, &dial.number, &t38) || !find_trunk(q, t->trunk, &trunk)) {
        attempt_lost(q, t->id);
        return;
    }
    dial.t38 = t38;
    ask_dial(q, t, &trunk, dial);
}

void dial_attempt(struct queue *q, const struct attempt *t)
{
    struct job j;
    struct trunk trunk;
    struct faxbox box = {.caller_id = "", .header_name = ""};
    if (!id_is_none(t->test)) {
        dial_test(q, t);
        return;
    }
    if (!job_find(&q->store, t->job, &q->arena, &j))
        return;
    if (*j.cancelled_by) {
        end_cancelled(q, t);
        return;
    }
    if (!find_trunk(q, t->trunk, &trunk)) {
        attempt_lost(q, t->id);
        return;
    }
    (void)config_box(&q->store, &q->arena, j.faxbox, &box);
    ask_dial(q, t, &trunk,
             (struct msg_dial){.number = j.number,
                               .caller_id = box.caller_id,
                               .caller_name = box.header_name,
                               .t38 = box_may_t38(&box, &trunk) && retry_rung(t->ladder).t38});
}

/* The process had its calls already: our count of them was wrong for a moment. */
static void give_back(struct queue *q, const struct attempt *t)
{
    struct job j;
    struct outcome o;
    outcome_set(&o, VERDICT_RETRY, "no-room",
                "All lines of this fax server are in use. The fax goes out as soon as one is free.");
    (void)attempt_close(q, t->id, &o);
    if (job_find(&q->store, t->job, &q->arena, &j) && j.state == JOB_CALLING)
        job_wait_again(&q->store, &j, q->now_ms + NO_ROOM_WAIT_MS, &o);
    const struct attempt_end_facts facts = {
        .outcome = &o, .crashed = true, .stopped = true, .dial_failure = -1, .station_id = ""};
    batch_ended(q, t, &facts);
}

void on_prepared(void *context, const struct sender *from, struct msg_prepared *m)
{
    struct queue *q = context;
    struct attempt t;
    queue_enter(q);
    struct live_call *c = live_find(q, m->attempt);
    if (c)
        c->call_request = 0;
    bool open = attempt_find(&q->store, m->attempt, &q->arena, &t) && t.state != ATTEMPT_ENDED;
    if (!c || !open) {
        struct message forget = {.type = MSG_forget, .forget = {.attempt = m->attempt}};
        peers_tell(q->peers, ROLE_CALL, from->instance, &forget);
        return;
    }
    c->alive = m->error == 0;
    if (!t.out)
        answer_invite(q, c, m->error == 0 ? 200 : 503, "no room");
    else if (m->error == 0)
        dial_attempt(q, &t);
    else if (m->error == EBUSY && !id_is_none(t.job))
        give_back(q, &t);
    else
        attempt_lost(q, t.id); /* the same pages would fail for ever: five times, then they are held (D4) */
}

/* ---- line reports ---- */

void on_dialled(void *context, const struct sender *from, struct msg_dialled *m)
{
    struct queue *q = context;
    struct message drop = {.type = MSG_drop, .drop = {.attempt = m->attempt}};
    queue_enter(q);
    struct live_call *c = live_find(q, m->attempt);
    if (c)
        c->line_request = 0;
    if (m->error)
        attempt_lost(q, m->attempt);
    else if (batch_is_cancelled(q,
                                m->attempt)) /* our drop may have been for a line that died, or too early */
        peers_tell(q->peers, ROLE_LINE, 0, &drop);
}

void on_dial_state(void *context, const struct sender *from, struct msg_dial_state *m)
{
    struct queue *q = context;
    struct attempt t;
    queue_enter(q);
    struct live_call *c = live_find(q, m->attempt);
    if (c) {
        (void)str_copy(c->phase, sizeof(c->phase), m->phase);
        tell_progress(q, c);
    }
    if (str_equal(m->phase, "ringing"))
        attempt_rung(&q->store, m->attempt);
    if (str_equal(m->phase, "answered"))
        attempt_answered(&q->store, m->attempt, q->now_ms);
    if (attempt_find(&q->store, m->attempt, &q->arena, &t) && !id_is_none(t.test))
        self_test_dial_state(q, &t, m->phase);
}

void on_dial_failed(void *context, const struct sender *from, struct msg_dial_failed *m)
{
    struct queue *q = context;
    struct attempt t;
    struct outcome o;
    queue_enter(q);
    message_get_outcome(m, &o);
    struct message answer = {.type = MSG_dial_failed_stored, .dial_failed_stored = {.attempt = m->attempt}};
    peers_answer(q->peers, from, &answer);
    if (!attempt_find(&q->store, m->attempt, &q->arena, &t) || t.state == ATTEMPT_ENDED)
        return;
    (void)attempt_close(q, m->attempt, &o);
    struct message forget = {.type = MSG_forget, .forget = {.attempt = m->attempt}};
    peers_tell(q->peers, ROLE_CALL, t.call_instance, &forget);
    if (m->failure == DIAL_FINAL)
        o.verdict = VERDICT_GIVE_UP;
    const struct attempt_end_facts facts = {.outcome = &o,
                                            .uncertain = t.state == ATTEMPT_CONFIRMING,
                                            .dial_failure = (int)m->failure,
                                            .station_id = ""};
    after_attempt(q, &t, &facts);
}
