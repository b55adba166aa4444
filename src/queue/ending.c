/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an ended attempt means: for the job it was made for (D4, D5), or for the fax it brought. */
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "proto/capabilities.h"
#include "queue/answers.h"
#include "queue/archiving.h"
#include "queue/batches.h"
#include "queue/dialling.h"
#include "queue/destination.h"
#include "queue/joining.h"
#include "queue/looking.h"
#include "queue/offers.h"
#include "queue/printing.h"
#include "queue/reading.h"
#include "queue/retry.h"
#include "queue/self_tests.h"
#include "queue/steering.h"
#include "queue/webhooks.h"
#include "store/config.h"
#include "store/destinations.h"

static bool job_is_done(struct queue *q, struct id job)
{
    struct job j;
    return job_find(&q->store, job, &q->arena, &j) && j.state == JOB_DONE;
}

/* Was everything that this report is about delivered? */
static bool all_delivered(struct queue *q, struct id submission)
{
    enum { JOBS_MAX = 200 };
    struct id ids[JOBS_MAX];
    bool good = true;
    size_t n = job_of_submission(&q->store, submission, ids, JOBS_MAX);
    for (size_t i = 0; i < n; i++)
        good = good && job_is_done(q, ids[i]);
    return good;
}

static void report_about(struct queue *q, const struct submission *s, const char *kind, struct id about,
                         bool good, enum notify wish)
{
    const struct mail_out m = {.tenant = s->tenant,
                               .kind = kind,
                               .about = about,
                               .sender = from_address(q, s->tenant),
                               .faxbox = s->faxbox,
                               .dsn = notify_wants_dsn(&q->store, &q->arena, s),
                               .message_id = s->message_id,
                               .subject = s->subject};
    answer_report(q, &m, s->sender, good, wish);
}

void job_ended(struct queue *q, const struct job *j)
{
    struct submission s;
    hooks_note(q, job_is_done(q, j->id) ? HOOK_SENT : HOOK_FAILED, j->tenant, j->id);
    archive_job(q, j, NULL);
    if (!submission_find(&q->store, j->submission, &q->arena, &s))
        return;
    if (s.purpose == PURPOSE_POLLED) {
        offer_retire(q, &s);
        return;
    }
    /* What a person had sent again has a report of its own: that of its submission may be old. */
    if (s.report_each || !id_is_none(j->retry_of)) {
        bool done = job_is_done(q, j->id);
        report_about(
            q, &s, "job-report", j->id, done,
            notify_of_job(&q->store, &q->arena, &s, j, done ? DSN_NOTIFY_SUCCESS : DSN_NOTIFY_FAILURE));
    }
    if (s.state == SUBMISSION_FINISHED || job_unfinished(&q->store, s.id) > 0)
        return;
    submission_move(&q->store, s.id, SUBMISSION_FINISHED, "", "");
    if (!s.report_each)
        report_about(q, &s, "report", s.id, all_delivered(q, s.id), notify_of_end(&q->store, &q->arena, &s));
}

static void close_job(struct queue *q, const struct job *j, enum job_state to, const struct outcome *why)
{
    job_close(&q->store, j->id, to, q->now_ms, why);
    log_info(id_text(j->id), "job to %s: %s, %u of %u pages confirmed%s%s", j->number, job_state_name(to),
             j->confirmed, j->pages, *why->text ? ": " : "", why->text);
    job_ended(q, j);
}

/* Our own fault: counts neither as try nor as dial, and goes again at once. */
static void after_crash(struct queue *q, struct job *j, bool stopped)
{
    struct outcome o;
    j->crashes += !stopped;
    job_count(&q->store, j);
    if (stopped) {
        outcome_set(
            &o, VERDICT_RETRY, "own-stop",
            "The fax server was stopped during the call. The fax goes on from page %u when it runs again.",
            j->confirmed + 1);
        job_wait_again(&q->store, j, q->now_ms, &o);
        return;
    }
    if (j->crashes < RETRY_CRASHES_MAX) {
        outcome_set(
            &o, VERDICT_RETRY, "own-restart",
            "A process of this fax server ended during the call. The fax goes on at once from page %u.",
            j->confirmed + 1);
        job_wait_again(&q->store, j, q->now_ms, &o);
        return;
    }
    outcome_set(
        &o, VERDICT_GIVE_UP, "own-restart-repeated",
        "The fax server failed during this fax %u times in a row and holds it now. Its administrator finds "
        "the cause in the server's log, then releases this fax or cancels it.",
        j->crashes);
    log_error(id_text(j->id), "job held: %s", o.text);
    job_hold(&q->store, j->id, &o);
}

/* A number that people answer is not called again and again (D4). */
static void say_voice(const struct destination *d, struct outcome *o)
{
    if (o->verdict == VERDICT_RETRY && destination_is_voice(d))
        outcome_set(
            o, VERDICT_GIVE_UP, "voice-answers",
            "No fax machine was heard in %u calls that were answered, and none was ever reached at this "
            "number: a person or an answering machine seems to answer there. Check the number.",
            d->voices);
}

static void retry_or_fail(struct queue *q, const struct job *j, const struct attempt_end_facts *f)
{
    struct retry_facts facts = {.cause = retry_cause_of(f->dial_failure),
                                .tries = j->tries,
                                .max_tries = j->max_tries,
                                .dials = j->dials,
                                .since_ms = j->not_before_ms > j->since_ms ? j->not_before_ms : j->since_ms,
                                .now_ms = q->now_ms,
                                .deadline_ms = j->deadline_ms};
    const struct destination d = destination_find(&q->store, &q->arena, j->tenant, j->number);
    rand_bytes(&facts.random, sizeof(facts.random));
    struct retry_decision next = retry_decide(&facts);
    struct outcome o = *f->outcome;
    say_voice(&d, &o);
    if (o.verdict != VERDICT_GIVE_UP && next.again) {
        log_info(id_text(j->id), "job to %s waits for %lld s: %s", j->number,
                 (long long)(next.at_ms - q->now_ms) / 1000, o.text);
        job_wait_again(&q->store, j, next.at_ms, &o);
        steering_delayed(q, j, next.at_ms, &o);
        return;
    }
    bool expired = o.verdict != VERDICT_GIVE_UP && next.expired;
    if (o.verdict != VERDICT_GIVE_UP)
        retry_give_up(&o, next.why_not);
    close_job(q, j, expired ? JOB_EXPIRED : JOB_FAILED, &o);
}

static void learn(struct queue *q, const struct job *j, const struct attempt *t,
                  const struct attempt_end_facts *f)
{
    bool delivered = j->confirmed >= j->pages;
    struct destination d = destination_find(&q->store, &q->arena, j->tenant, j->number);
    struct trunk trunk;
    struct faxbox box = {.t38_off = false};
    (void)config_box(&q->store, &q->arena, j->faxbox, &box);
    const struct call_facts facts = {.now_ms = q->now_ms,
                                     .answered = f->dial_failure < 0 && !*j->cancelled_by,
                                     .began = f->began,
                                     .t38 = f->t38,
                                     .delivered = delivered,
                                     .may_t38 = find_trunk(q, t->trunk, &trunk) && box_may_t38(&box, &trunk),
                                     .rung = t->ladder};
    destination_learn(&d, &facts);
    d.station_id = *f->station_id ? f->station_id : d.station_id;
    d.dis = capabilities_offered(f->dis) ? f->dis : d.dis;
    d.last_code = delivered ? "" : f->outcome->code;
    d.last_reason = delivered ? "" : f->outcome->text;
    destination_set(&q->store, &d);
}

/* A name is looked up within seconds, or known not to be found. */
enum { NOT_YET_MS = 2000 };

static void say_unknown(const struct job *j, struct outcome *o)
{
    char who[240] = "The call broke off";
    if (*j->cancelled_by)
        (void)str_format(who, sizeof(who), "Cancelled by %.200s", j->cancelled_by);
    outcome_set(
        o, VERDICT_GIVE_UP, "outcome-unknown",
        "%s while the last page was being confirmed. It may have arrived. Ask the recipient, or send the "
        "fax again.",
        who);
}

/* All of what we polled has come. */
static void take_fetched(struct queue *q, const struct attempt *t, struct job *j)
{
    struct fax f;
    if (!fax_find(&q->store, t->fax, &q->arena, &f) || f.state != FAX_COMPLETE)
        return;
    j->pages = j->confirmed = f.pages;
    job_fetched(&q->store, j->id, f.pages);
}

/* A caller polled: whatever became of it, we call nobody back. */
static void polled_after_attempt(struct queue *q, struct job *j, const struct attempt_end_facts *f)
{
    struct outcome o = *f->outcome;
    j->tries++;
    j->station_id = *f->station_id ? f->station_id : j->station_id;
    job_count(&q->store, j);
    if (j->confirmed >= j->pages) {
        outcome_done(&o);
        close_job(q, j, JOB_DONE, &o);
    } else if (f->uncertain) {
        say_unknown(j, &o);
        close_job(q, j, JOB_UNKNOWN, &o);
    } else {
        close_job(q, j, *j->cancelled_by ? JOB_CANCELLED : JOB_FAILED, &o);
    }
}

static void job_after_attempt(struct queue *q, const struct attempt *t, const struct attempt_end_facts *f)
{
    struct job j;
    struct outcome o;
    if (!job_find(&q->store, t->job, &q->arena, &j) || j.state != JOB_CALLING)
        return;
    if (j.purpose == PURPOSE_POLLED) {
        polled_after_attempt(q, &j, f);
        return;
    }
    if (j.purpose == PURPOSE_POLL)
        take_fetched(q, t, &j);
    if (*f->station_id)
        j.station_id = f->station_id;
    j.tries += f->began;
    /* Nobody's telephone rang: no dial. */
    bool not_yet = !f->crashed && f->dial_failure == DIAL_NOT_YET;
    bool elsewhere = !f->crashed && !not_yet && f->dial_failure >= 0 && other_trunk(q, &j, f->outcome->code);
    if (!f->crashed && !not_yet) {
        j.crashes = 0;
        j.dials += !elsewhere;
        j.silent += f->dial_failure < 0 && !f->began;
        if (!f->learnt)
            learn(q, &j, t, f);
    }
    job_count(&q->store, &j);
    if (j.confirmed >= j.pages) {
        /* The far side confirmed the last page; how the call ended after that changes nothing (D5). */
        outcome_done(&o);
        close_job(q, &j, JOB_DONE, &o);
    } else if (f->uncertain) {
        say_unknown(&j, &o);
        close_job(q, &j, JOB_UNKNOWN, &o);
    } else if (*j.cancelled_by) {
        outcome_set(&o, VERDICT_GIVE_UP, "cancelled", "Cancelled by %.200s during the call.", j.cancelled_by);
        close_job(q, &j, JOB_CANCELLED, &o);
    } else if (f->crashed) {
        after_crash(q, &j, f->stopped);
    } else if (not_yet) {
        job_wait_again(&q->store, &j, q->now_ms + NOT_YET_MS, f->outcome);
    } else if (elsewhere) {
        log_warning(id_text(j.id), "job to %s goes over another trunk, for %s failed: %s", j.number, t->trunk,
                    f->outcome->text);
        job_wait_again(&q->store, &j, q->now_ms, f->outcome);
    } else {
        retry_or_fail(q, &j, f);
    }
}

/* ---- received ---- */

/* Who does not reads it here. */
static bool wants_received(struct queue *q, const char *address)
{
    struct notify_wishes w;
    config_notify(&q->store, &q->arena, address, &w);
    return !str_equal(w.received, "never");
}

static void mail_received_fax(struct queue *q, const struct fax *f)
{
    const char **to, *fallback[1];
    struct tenant tenant;
    size_t n = config_receivers(&q->store, &q->arena, f->faxbox, &to);
    bool nobody = n == 0;
    if (n == 0 && config_tenant(&q->store, &q->arena, f->tenant, &tenant) && *tenant.fallback_address) {
        fallback[0] = tenant.fallback_address;
        to = fallback;
        n = 1;
    }
    if (n == 0)
        log_warning(id_text(f->id),
                    "box %s has nobody who receives: the fax is kept and mailed to nobody. Give a user of "
                    "the box the "
                    "receive permission, or the tenant a fallback_address",
                    f->faxbox);
    for (size_t i = 0; i < n; i++) {
        if (!nobody && !wants_received(q, to[i]))
            continue; /* what comes to the fallback address is of a box that he may not read */
        struct mail_out m = {.tenant = f->tenant,
                             .kind = "received",
                             .about = f->id,
                             .sender = from_address(q, f->tenant),
                             .faxbox = f->faxbox,
                             .recipient = to[i]};
        mail_to(q, &m);
    }
}

void fax_is_told(struct queue *q, struct id fax)
{
    struct fax f;
    if (!fax_find(&q->store, fax, &q->arena, &f))
        return;
    mail_received_fax(q, &f);
    print_fax(q, &f);
    archive_fax(q, &f, NULL);
    reading_begin(q, fax);
    join_call_ended(q, fax);
    queue_wants(q, WORK_COMPOSE);
}

/* To whom its sender wanted it to go. */
static void lead_by_subaddress(struct queue *q, struct fax *f)
{
    struct faxbox box;
    if (!*f->subaddress || !config_box_by_subaddress(&q->store, &q->arena, f->tenant, f->subaddress, &box) ||
        str_equal(box.id, f->faxbox))
        return;
    log_info(id_text(f->id), "its subaddress leads it from box %s to box %s", f->faxbox, box.id);
    fax_move_to_box(&q->store, f->id, box.id);
    f->faxbox = box.id;
}

static void fax_after_attempt(struct queue *q, const struct attempt *t, const struct attempt_end_facts *facts)
{
    struct fax f;
    if (!fax_find(&q->store, t->fax, &q->arena, &f) || f.state != FAX_RECEIVING)
        return;
    enum fax_state to = f.pages == 0                              ? FAX_EMPTY
                        : facts->outcome->verdict == VERDICT_DONE ? FAX_COMPLETE
                                                                  : FAX_PARTIAL;
    const struct fax end = {.station_id = facts->station_id,
                            .ended_ms = q->now_ms,
                            .code = facts->outcome->code,
                            .reason = facts->outcome->text};
    fax_close(&q->store, f.id, to, &end);
    log_info(id_text(f.id), "fax from %s to %s (box %s): %s, %u pages", *f.calling ? f.calling : "anonymous",
             f.called, f.faxbox, fax_state_name(to), f.pages);
    if (to != FAX_EMPTY) {
        lead_by_subaddress(q, &f);
        hooks_note(q, HOOK_RECEIVED, f.tenant, f.id);
        join_to_first_try(q, f.id);
        look_begin(q, &f);
    } else {
        join_call_ended(q, f.id);
    }
}

/* ---- both ---- */

bool attempt_close(struct queue *q, struct id attempt, const struct outcome *o)
{
    const struct attempt end = {.id = attempt,
                                .ended_ms = batch_own_end(q, attempt),
                                .mode = "",
                                .station_id = "",
                                .code = o->code,
                                .reason = o->text,
                                .trace = ""};
    live_remove(q, live_find(q, attempt));
    return attempt_end(&q->store, &end);
}

void after_attempt(struct queue *q, const struct attempt *t, const struct attempt_end_facts *f)
{
    if (!id_is_none(t->test)) {
        self_test_call_ended(q, t, f);
    } else {
        if (!id_is_none(t->fax))
            fax_after_attempt(q, t, f);
        if (!id_is_none(t->job))
            job_after_attempt(q, t, f);
    }
    batch_ended(q, t, f);
    queue_wants(q, WORK_DIAL | WORK_COMPOSE);
}
