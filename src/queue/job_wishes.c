/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/job_wishes.h"

#include "base/log.h"
#include "base/str.h"
#include "queue/admission.h"
#include "queue/routing.h"
#include "queue/send_times.h"
#include "store/config.h"

static unsigned no(struct outcome *o, unsigned status, const char *code, const char *text)
{
    outcome_set(o, VERDICT_GIVE_UP, code, "%s", text);
    return status;
}

/* 0 where there is such a job, and something can be done with it. */
static unsigned find_open(struct queue *q, struct id id, struct job *j, struct outcome *o)
{
    outcome_done(o);
    if (!job_find(&q->store, id, &q->arena, j))
        return no(o, 404, "unknown-job", "There is no such job.");
    if (!job_is_final(j->state))
        return 0;
    outcome_set(o, VERDICT_GIVE_UP, "job-ended", "The job has ended already: %s.", job_state_name(j->state));
    return 409;
}

unsigned job_wish_cancel(struct queue *q, struct id job, const char *user, struct outcome *o)
{
    struct job j;
    unsigned status = find_open(q, job, &j, o);
    if (status == 409 && j.state == JOB_CANCELLED) {
        outcome_done(o); /* who asks twice gets what he wanted */
        return 200;
    }
    if (status)
        return status;
    if (j.state != JOB_CALLING) {
        outcome_set(o, VERDICT_GIVE_UP, "cancelled", "Cancelled by %.200s.", user);
        job_close(&q->store, j.id, JOB_CANCELLED, q->now_ms, o);
        job_ended(q, &j);
        outcome_done(o);
        return 200;
    }
    job_cancel_wanted(&q->store, j.id, user);
    struct message drop = {.type = MSG_drop, .drop = {.attempt = attempt_open_of_job(&q->store, j.id)}};
    peers_tell(q->peers, ROLE_LINE, 0, &drop);
    return 202;
}

static unsigned find_idle(struct queue *q, struct id id, struct job *j, struct outcome *o)
{
    unsigned status = find_open(q, id, j, o);
    if (!status && j->state == JOB_CALLING)
        return no(o, 409, "job-calling", "The fax is being sent now; it can only be cancelled.");
    return status;
}

unsigned job_wish_hold(struct queue *q, struct id job, const char *user, struct outcome *o)
{
    struct job j;
    unsigned status = find_idle(q, job, &j, o);
    if (status)
        return status;
    if (j.state == JOB_WAITING) {
        outcome_set(o, VERDICT_RETRY, "held", "Held by %.200s until somebody releases it.", user);
        job_hold(&q->store, j.id, o);
    }
    outcome_done(o);
    return 200;
}

unsigned job_wish_hold_until(struct queue *q, struct id job, int64_t until_ms, const char *user,
                             struct outcome *o)
{
    struct job j;
    unsigned status = find_idle(q, job, &j, o);
    if (status)
        return status;
    outcome_set(o, VERDICT_RETRY, "put-off", "Put off by %.200s.", user);
    job_put_off(&q->store, j.id, until_ms, o);
    outcome_done(o);
    return 200;
}

unsigned job_wish_release(struct queue *q, struct id job, struct outcome *o)
{
    struct job j;
    unsigned status = find_open(q, job, &j, o);
    if (status)
        return status;
    if (j.state == JOB_HELD)
        job_release(&q->store, j.id, q->now_ms);
    else if (j.state == JOB_WAITING && j.not_before_ms > q->now_ms)
        job_put_off(&q->store, j.id, q->now_ms, o);
    return 200; /* who asks twice gets what he wanted */
}

/* ---- once more ---- */

/* May he have that number dialled from that box today, as if he asked for the first time? */
static bool may_go(struct queue *q, const struct job *j, const char *user, struct faxbox *box,
                   struct outcome *o)
{
    struct route r = {.numbered = false};
    const struct routing w = {.store = &q->store, .arena = &q->arena, .now_ms = q->now_ms};
    if (!config_box(&q->store, &q->arena, j->faxbox, box) || !box->enabled ||
        config_may_send(&q->store, box->id, user) == PERMISSION_NONE) {
        (void)no(o, 403, "box-closed", "Its fax box is switched off, or you may not send from it any more.");
        return false;
    }
    route_number(&w, box, j->display_number, &r, o);
    if (o->verdict != VERDICT_DONE || !str_equal(r.row.number, j->number))
        route_number(&w, box, j->number, &r, o);
    if (o->verdict == VERDICT_DONE && !str_equal(r.row.number, j->number))
        (void)no(o, 409, "number-changed",
                 "The rules for numbers have changed. Send the document in a new mail.");
    return o->verdict == VERDICT_DONE;
}

unsigned job_wish_again(struct queue *q, struct id job, const char *user, struct outcome *o)
{
    struct job j;
    struct submission s;
    struct faxbox box;
    struct stored_page *pages;
    outcome_done(o);
    if (!job_find(&q->store, job, &q->arena, &j) || !submission_find(&q->store, j.submission, &q->arena, &s))
        return no(o, 404, "unknown-job", "There is no such job.");
    if (!job_is_final(j.state))
        return no(o, 409, "job-open", "It has not ended: it is tried again by itself.");
    if (j.state == JOB_DONE)
        return no(o, 409, "job-delivered",
                  "It was delivered. To send the document once more, write a new mail.");
    if (job_has_retry(&q->store, j.id))
        return no(o, 409, "job-again", "It was sent again already; that has a report of its own.");
    if (submission_pages(&q->store, s.id, j.target, &q->arena, &pages) != j.pages)
        return no(o, 409, "pages-gone", "Its pages are not kept any more. Send it in a new mail.");
    if (!may_go(q, &j, user, &box, o) || !admission_within_limits(q, &s, j.pages, o))
        return 403;
    const struct job again = {.id = id_new(),
                              .submission = s.id,
                              .tenant = j.tenant,
                              .faxbox = j.faxbox,
                              .number = j.number,
                              .display_number = j.display_number,
                              .created_ms = q->now_ms,
                              .next_ms = q->now_ms,
                              .pages = j.pages,
                              .max_tries = j.max_tries,
                              .target = j.target,
                              .trunk = j.trunk,
                              .billing = j.billing,
                              .priority = j.priority,
                              .kind = j.kind,
                              .deadline_ms = send_deadline(&box, q->now_ms),
                              .retry_of = j.id};
    job_add(&q->store, &again);
    log_info(id_text(again.id), "job to %s: once more for job %s, as %s wants", j.number, id_text(j.id),
             user);
    queue_wants(q, WORK_DIAL);
    return 200;
}
