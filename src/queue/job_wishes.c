/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/job_wishes.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "queue/admission.h"
#include "queue/batches.h"
#include "queue/dialling.h"
#include "queue/nodes.h"
#include "queue/routing.h"
#include "queue/send_times.h"
#include "queue/unusual.h"
#include "store/destinations.h"
#include "store/config.h"

#define ADMINISTRATOR_ONLY                                                                                   \
    "The fax server holds this fax until an administrator releases it. It can be cancelled."

static const char put_off_code[] = "put-off"; /* a hold that ends by itself */

static unsigned no(struct outcome *o, unsigned status, const char *code, const char *text)
{
    outcome_set(o, VERDICT_GIVE_UP, code, "%s", text);
    return status;
}

static void note(struct queue *q, struct id job, const char *user, const char *what)
{
    job_event_add(&q->store, job, q->now_ms, user, what);
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

/* The attempt whose call it goes in, its own or another's (batches.h). */
static struct id call_of(struct queue *q, const struct job *j)
{
    struct attempt t;
    struct id own = attempt_open_of_job(&q->store, j->id);
    return attempt_find(&q->store, own, &q->arena, &t) && !id_is_none(t.carrier) ? t.carrier : own;
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
        note(q, job, user, "cancelled");
        job_close(&q->store, j.id, JOB_CANCELLED, q->now_ms, o);
        job_ended(q, &j);
        outcome_done(o);
        return 200;
    }
    if (!*j.cancelled_by) {
        note(q, job, user, "cancelled during its call");
        job_cancel_wanted(&q->store, j.id, user);
    }
    batch_end_if_cancelled(q, call_of(q, &j));
    nodes_tell_others(q); /* its line may be another node's */
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
        if (str_equal(j.code, put_off_code)) /* the end that that hold had is none of this one */
            job_put_off(&q->store, j.id, q->now_ms, o);
        outcome_set(o, VERDICT_RETRY, "held", "Held by %.200s until somebody releases it.", user);
        job_hold(&q->store, j.id, o);
        note(q, job, user, "held");
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
    if (is_held_as_unusual(&j) || str_equal(j.code, DESTINATION_LOCKED))
        return no(o, 403, "administrator", ADMINISTRATOR_ONLY);
    outcome_set(o, VERDICT_RETRY, put_off_code, "Put off by %.200s.", user);
    job_put_off(&q->store, j.id, until_ms, o);
    note(q, job, user, "put off");
    outcome_done(o);
    return 200;
}

/* 0, or why that user cannot let the held job go now. */
static unsigned may_release(struct queue *q, const struct job *j, const char *user, bool administrator,
                            struct outcome *o)
{
    struct tenant t;
    bool unusual = is_held_as_unusual(j), locked = str_equal(j->code, DESTINATION_LOCKED);
    if ((unusual || locked) && !administrator)
        return no(o, 403, "administrator", ADMINISTRATOR_ONLY);
    if (locked && destination_find(&q->store, &q->arena, j->tenant, j->number).locked_ms > 0)
        return no(o, 409, DESTINATION_LOCKED,
                  "Its number is locked. `faxpost destinations unlock` lets its faxes go.");
    if (!unusual || !config_tenant(&q->store, &q->arena, j->tenant, &t) || !t.four_eyes)
        return 0;
    if (str_equal(j->released_by, user))
        return no(o, 409, "four-eyes", "You have released it already; it takes a second administrator.");
    if (*j->released_by)
        return 0;
    job_half_released(&q->store, j->id, user);
    note(q, j->id, user, "released, as the first of two");
    return 202;
}

unsigned job_wish_release(struct queue *q, struct id job, const char *user, bool administrator,
                          struct outcome *o)
{
    struct job j;
    unsigned status = find_open(q, job, &j, o);
    if (!status && j.state == JOB_HELD)
        status = may_release(q, &j, user, administrator, o);
    if (status)
        return status;
    if (j.state == JOB_HELD)
        job_release(&q->store, j.id, q->now_ms);
    else if (j.state == JOB_WAITING && j.not_before_ms > q->now_ms)
        job_put_off(&q->store, j.id, q->now_ms, o);
    else if (j.state == JOB_WAITING && j.next_ms > q->now_ms)
        job_hurry(&q->store, j.id, q->now_ms);
    else
        return 200; /* who asks twice gets what he wanted */
    note(q, job, user, "released");
    return 200;
}

/* ---- alter ---- */

/* The rules for numbers may have changed since it was made: then it is asked by the number that is dialled.
 */
static void route_again(struct queue *q, const struct job *j, const struct faxbox *box, const char *flags,
                        struct route *r, struct outcome *o)
{
    const struct routing w = {.store = &q->store, .arena = &q->arena, .now_ms = q->now_ms};
    route_number(&w, box, arena_format(&q->arena, "%s%s", j->display_number, flags), r, o);
    if (o->verdict != VERDICT_DONE || !str_equal(r->row.number, j->number))
        route_number(&w, box, arena_format(&q->arena, "%s%s", j->number, flags), r, o);
}

/* 0, or why the job cannot go to the number of that route. */
static unsigned may_go_elsewhere(struct queue *q, const struct job *j, const struct route *r,
                                 struct outcome *o)
{
    if (str_equal(r->row.number, j->number))
        return 0;
    if (j->confirmed > 0)
        return no(o, 409, "partly-sent",
                  "Pages of it have arrived at the old number. Send it in a new mail.");
    if (document_is_for_target(&q->store, j->submission, j->target))
        return no(o, 409, "cover-page", "Its cover page names the old number. Send it in a new mail.");
    if (*j->subaddress || *j->fax_password)
        return no(o, 409, "subaddress",
                  "Its subaddress or password is for the machine at the old number. Send it in a new mail.");
    return 0;
}

static void take_number(struct job *j, const struct route *r, int64_t now_ms)
{
    j->number = r->row.number;
    j->display_number = r->row.display;
    j->kind = r->row.kind;
    j->tries = j->silent = j->dials = 0;
    j->since_ms = j->next_ms = j->not_before_ms > now_ms ? j->not_before_ms : now_ms;
}

static void take_time(struct job *j, const struct faxbox *box, int64_t at_ms, int64_t now_ms)
{
    j->not_before_ms = at_ms;
    j->next_ms = at_ms > now_ms ? at_ms : now_ms;
    j->deadline_ms = send_deadline(box, j->next_ms);
}

static const char *describe(struct queue *q, const struct job *old, const struct msg_alter *m)
{
    return arena_format(&q->arena, "altered:%s%.64s%s%.200s%s (before: %.64s, priority %u)",
                        *m->number ? " number " : "", queue_text(q, m->number), *m->flags ? " " : "",
                        queue_text(q, m->flags), m->at_once ? " at once" : "", old->display_number,
                        old->priority);
}

unsigned job_wish_alter(struct queue *q, const struct msg_alter *m, const char *user, struct outcome *o)
{
    static const uint32_t may_change =
        1u << FLAG_AT | 1u << FLAG_PRIORITY | 1u << FLAG_RETRIES | 1u << FLAG_PORT;
    struct job j;
    struct faxbox box;
    struct route r = {.numbered = false};
    struct flags f;
    struct complaint why;
    const struct routing w = {.store = &q->store, .arena = &q->arena, .now_ms = q->now_ms};
    unsigned status = find_idle(q, m->job, &j, o);
    if (status)
        return status;
    if (!config_box(&q->store, &q->arena, j.faxbox, &box))
        return no(o, 409, "unknown-box", "Its fax box is gone.");
    if (!flags_parse(m->flags, &f, &why))
        return no(o, 422, "flags", why.text);
    if ((f.given & ~may_change) || strchr(m->number, '^'))
        return no(o, 422, "flags", "Number, time, priority, tries and trunk can be altered.");
    if (*m->number)
        route_number(&w, &box, arena_format(&q->arena, "%s%s", m->number, m->flags), &r, o);
    else
        route_again(q, &j, &box, m->flags, &r, o);
    if (o->verdict != VERDICT_DONE)
        return 422;
    status = may_go_elsewhere(q, &j, &r, o);
    if (status)
        return status;
    const struct job old = j;
    bool other_number = !str_equal(r.row.number, j.number);
    if (other_number)
        take_number(&j, &r, q->now_ms);
    if (flags_has(&f, FLAG_AT) || m->at_once)
        take_time(&j, &box, m->at_once ? 0 : r.row.not_before_ms, q->now_ms);
    j.priority = flags_has(&f, FLAG_PRIORITY) ? r.row.priority : j.priority;
    j.max_tries = flags_has(&f, FLAG_RETRIES) ? r.row.tries : j.max_tries;
    j.trunk = flags_has(&f, FLAG_PORT) ? r.row.trunk : j.trunk;
    job_alter(&q->store, &j);
    note(q, j.id, user, describe(q, &old, m));
    if (other_number)
        hold_if_unusual(q, j.id);
    log_info(id_text(j.id), "job to %s altered by %s: now to %s, priority %u", old.number, user, j.number,
             j.priority);
    queue_wants(q, WORK_DIAL);
    return 200;
}

/* ---- once more ---- */

/* May he have that number dialled from that box today, as if he asked for the first time? */
static bool may_go(struct queue *q, const struct job *j, const char *sender, struct faxbox *box,
                   struct outcome *o)
{
    struct route r = {.numbered = false};
    if (!config_box(&q->store, &q->arena, j->faxbox, box) || !box->enabled ||
        config_may_send(&q->store, box->id, sender) == PERMISSION_NONE) {
        (void)no(o, 403, "box-closed", "Its fax box is switched off, or you may not send from it any more.");
        return false;
    }
    route_again(q, j, box, "", &r, o);
    if (o->verdict == VERDICT_DONE && !str_equal(r.row.number, j->number))
        (void)no(o, 409, "number-changed",
                 "The rules for numbers have changed. Send the document in a new mail.");
    return o->verdict == VERDICT_DONE;
}

unsigned job_wish_again(struct queue *q, const struct msg_again *m, struct outcome *o)
{
    struct job j;
    struct submission s;
    struct faxbox box;
    struct stored_page *pages;
    struct id known;
    const char *sender = queue_text(q, m->sender), *user = queue_text(q, m->user);
    outcome_done(o);
    if (job_retry(&q->store, m->job, &known) && id_equal(known, m->again))
        return 200; /* asked again after our restart */
    if (!job_find(&q->store, m->job, &q->arena, &j) ||
        !submission_find(&q->store, j.submission, &q->arena, &s))
        return no(o, 404, "unknown-job", "There is no such job.");
    if (!job_is_final(j.state))
        return no(o, 409, "job-open", "It has not ended: it is tried again by itself.");
    if (j.state == JOB_DONE)
        return no(o, 409, "job-delivered",
                  "It was delivered. To send the document once more, write a new mail.");
    if (str_equal(j.fax_password, JOB_PASSWORD_GONE))
        return no(o, 409, "password-gone",
                  "Its password (PWD) was not kept beyond its end. Send it anew, with the password.");
    if (j.purpose == PURPOSE_POLLED)
        return no(o, 409, "job-polled", "A caller fetched it; only he can call again.");
    if (job_has_retry(&q->store, j.id))
        return no(o, 409, "job-again", "It was sent again already; that has a report of its own.");
    if (j.purpose == PURPOSE_SEND &&
        submission_pages(&q->store, s.id, j.target, &q->arena, &pages) != j.pages)
        return no(o, 409, "pages-gone", "Its pages are not kept any more. Send it in a new mail.");
    if (m->resume && (j.confirmed == 0 || j.confirmed >= j.pages))
        return no(o, 409, "no-rest",
                  "No part of it has arrived, or all of it: there is no page to go on from. Send all again.");
    if (!may_go(q, &j, *sender ? sender : s.sender, &box, o) || !admission_within_limits(q, &s, j.pages, o))
        return 403;
    const struct job again = {.id = m->again,
                              .submission = s.id,
                              .tenant = j.tenant,
                              .faxbox = j.faxbox,
                              .number = j.number,
                              .display_number = j.display_number,
                              .created_ms = q->now_ms,
                              .next_ms = q->now_ms,
                              .pages = j.pages,
                              .purpose = j.purpose,
                              .max_tries = j.max_tries,
                              .target = j.target,
                              .trunk = j.trunk,
                              .billing = j.billing,
                              .subaddress = j.subaddress,
                              .fax_password = j.fax_password,
                              .priority = j.priority,
                              .kind = j.kind,
                              .deadline_ms = send_deadline(&box, q->now_ms),
                              .retry_of = j.id};
    job_add(&q->store, &again);
    if (m->resume)
        job_resume(&q->store, again.id, j.confirmed);
    hold_if_unusual(q, again.id);
    note(q, j.id, user,
         arena_format(&q->arena, "sent again%s as job %s",
                      m->resume ? " from the first page that is missing" : "", id_text(again.id)));
    log_info(id_text(again.id), "job to %s: once more for job %s, as %s wants", j.number, id_text(j.id),
             user);
    queue_wants(q, WORK_DIAL);
    return 200;
}
