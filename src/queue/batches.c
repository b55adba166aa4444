/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/batches.h"

#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "queue/dialling.h"
#include "queue/fax_secrets.h"
#include "queue/send_times.h"

/* Behind the first document: what an hour brings over a slow line, and a page set holds. */
enum { BATCH_PAGES_MAX = 60, DOCUMENTS_MAX = 4000 };

/* ---- who goes along ---- */

/* carrier: whose call it is; the machine there takes all of it for one subaddress (T.30's SUB and PWD). */
static bool may_go_along(struct queue *q, const struct job *j, const struct job *carrier,
                         const struct faxbox *box, const char *zone, const struct attempt *t)
{
    const char *its = fax_secret_open(q, j->fax_password),
               *carriers = fax_secret_open(q, carrier->fax_password);
    const char *wanted = wanted_trunk(j->trunk, box);
    return its && carriers && str_equal(its, carriers) && j->purpose == PURPOSE_SEND &&
           str_equal(j->subaddress, carrier->subaddress) && j->crashes == 0 && !*j->cancelled_by &&
           (!*wanted || str_equal(wanted, t->trunk)) &&
           send_time(box, zone, j->priority, q->now_ms) <= q->now_ms;
}

/* Pages of another form would take new training between the documents. */
static bool is_alike(const struct stored_page *pages, size_t count, const struct page_form *form)
{
    for (size_t i = 0; i < count; i++)
        if (pages[i].form.width != form->width || pages[i].form.resolution != form->resolution)
            return false;
    return count > 0;
}

static bool add(struct queue *q, struct batch *b, struct buf *documents, const struct job *j,
                const struct attempt *t)
{
    struct stored_page *own, *all;
    size_t count = submission_pages(&q->store, j->submission, j->target, &q->arena, &own);
    size_t rest = count > j->confirmed ? count - j->confirmed : 0;
    if (rest == 0 || b->count + rest > BATCH_PAGES_MAX || !is_alike(own, count, &b->pages[0].form) ||
        !buf_printf(documents, "%zu %u %zu %s\n", b->count, j->confirmed, count, j->display_number))
        return false;
    all = arena_alloc(&q->arena, (b->count + rest) * sizeof(*all));
    memcpy(all, b->pages, b->count * sizeof(*all));
    memcpy(all + b->count, own + j->confirmed, rest * sizeof(*all));
    const struct attempt along = {.id = id_new(),
                                  .job = j->id,
                                  .call_instance = t->call_instance,
                                  .trunk = t->trunk,
                                  .ladder = t->ladder,
                                  .first_page = j->confirmed,
                                  .started_ms = q->now_ms,
                                  .carrier = t->id,
                                  .at = (unsigned)b->count};
    job_start_call(&q->store, j->id);
    attempt_add(&q->store, &along);
    b->pages = all;
    b->count += rest;
    log_info(id_text(j->id), "job to %s goes along in the call of %s", j->number, id_text(t->job));
    return true;
}

struct batch batch_begin(struct queue *q, const struct job *j, const struct attempt *t)
{
    struct batch b = {.documents = ""};
    struct faxbox box;
    struct tenant tenant = {.zone = "UTC"};
    struct id ids[BATCH_MAX];
    SCOPED_BUF struct buf documents;
    unsigned more = 0;
    buf_init(&documents, DOCUMENTS_MAX);
    b.count = submission_pages(&q->store, j->submission, j->target, &q->arena, &b.pages);
    if (!config_box(&q->store, &q->arena, j->faxbox, &box) || box.batch < 2 || j->crashes > 0 ||
        !is_alike(b.pages, b.count, &b.pages[0].form) ||
        !buf_printf(&documents, "%u %u %zu %s\n", j->confirmed, j->confirmed, b.count, j->display_number))
        return b;
    (void)config_tenant(&q->store, &q->arena, j->tenant, &tenant);
    size_t n = job_due_to(&q->store, j->faxbox, j->number, q->now_ms, ids, BATCH_MAX);
    for (size_t i = 0; i < n && more + 1 < box.batch; i++) {
        struct job other;
        if (job_find(&q->store, ids[i], &q->arena, &other) &&
            may_go_along(q, &other, j, &box, tenant.zone, t))
            more += add(q, &b, &documents, &other, t);
    }
    if (more > 0)
        b.documents = arena_strdup(&q->arena, buf_text(&documents));
    return b;
}

/* ---- what its call says ---- */

void batch_find(struct queue *q, struct attempt *t, unsigned *page)
{
    struct id ids[BATCH_MAX];
    const unsigned in_call = *page;
    size_t n = attempt_carried(&q->store, t->id, ids, BATCH_MAX);
    for (size_t i = 0; i < n; i++) {
        struct attempt along;
        if (!attempt_find(&q->store, ids[i], &q->arena, &along) || in_call < along.at)
            return;
        *t = along;
        *page = in_call - along.at + along.first_page;
    }
}

static bool is_all_there(struct queue *q, struct id job)
{
    struct job j;
    return job_find(&q->store, job, &q->arena, &j) && j.confirmed >= j.pages;
}

bool batch_is_cancelled(struct queue *q, struct id call)
{
    struct id ids[BATCH_MAX];
    struct attempt t;
    struct job j;
    size_t n = attempt_carried(&q->store, call, ids, BATCH_MAX);
    for (size_t i = 0; i <= n; i++)
        if (attempt_find(&q->store, i == 0 ? call : ids[i - 1], &q->arena, &t) &&
            job_find(&q->store, t.job, &q->arena, &j) && j.confirmed < j.pages)
            return *j.cancelled_by != 0;
    return false;
}

void batch_end_if_cancelled(struct queue *q, struct id call)
{
    struct message drop = {.type = MSG_drop, .drop = {.attempt = call}};
    if (batch_is_cancelled(q, call))
        peers_tell(q->peers, ROLE_LINE, 0, &drop);
}

void batch_page_confirmed(struct queue *q, struct id call)
{
    struct id ids[1];
    if (attempt_carried(&q->store, call, ids, 1) > 0)
        batch_end_if_cancelled(q, call);
}

/* ---- the end ---- */

/* Of a part of the call that began then. Where all pages of its job are there and others come behind them,
 * the time of the last; else now, also where the clock was set meanwhile: nobody has minutes below nothing.
 */
static int64_t end_of(struct queue *q, const struct attempt *t, int64_t from_ms)
{
    struct page_stats *pages;
    size_t n = attempt_pages(&q->store, t->id, &q->arena, &pages);
    int64_t last_ms = 0;
    for (size_t i = 0; i < n; i++)
        last_ms = pages[i].confirmed_ms > last_ms ? pages[i].confirmed_ms : last_ms;
    bool fits = last_ms > from_ms && last_ms < q->now_ms;
    return fits && is_all_there(q, t->job) ? last_ms : q->now_ms;
}

int64_t batch_own_end(struct queue *q, struct id call)
{
    struct id ids[BATCH_MAX];
    struct attempt t;
    if (attempt_carried(&q->store, call, ids, BATCH_MAX) == 0 ||
        !attempt_find(&q->store, call, &q->arena, &t))
        return q->now_ms;
    return end_of(q, &t, t.answered_ms);
}

/* How the call went, as T.30 and the telephone network told it. */
static void close_along(struct queue *q, const struct attempt *along, const struct attempt *t,
                        int64_t ended_ms, const struct outcome *o)
{
    const struct attempt end = {.id = along->id,
                                .ended_ms = ended_ms,
                                .mode = t->mode,
                                .rate = t->rate,
                                .ecm = t->ecm,
                                .station_id = t->station_id,
                                .code = o->code,
                                .reason = o->text,
                                .trace = t->trace};
    (void)attempt_end(&q->store, &end);
}

/* The call did not come to it. Where the number is to be left alone for a while, it waits as long as the one
 * whose call it was, and they go together again. */
static void give_back(struct queue *q, const struct attempt *along, const struct attempt *t,
                      const struct outcome *o)
{
    struct job j, first;
    if (!job_find(&q->store, along->job, &q->arena, &j) || j.state != JOB_CALLING)
        return;
    if (*j.cancelled_by) {
        struct outcome cancelled;
        outcome_set(&cancelled, VERDICT_GIVE_UP, "cancelled", "Cancelled by %.200s.", j.cancelled_by);
        job_close(&q->store, j.id, JOB_CANCELLED, q->now_ms, &cancelled);
        job_ended(q, &j);
        return;
    }
    struct outcome again = *o;
    again.verdict = VERDICT_RETRY;
    bool waits = job_find(&q->store, t->job, &q->arena, &first) && first.state == JOB_WAITING &&
                 first.next_ms > q->now_ms;
    job_wait_again(&q->store, &j, waits ? first.next_ms : q->now_ms, &again);
}

/* No machine was reached, and whose call it was has failed for good: a wrong number, a person, the time is
 * over. It was everybody's call: each is judged by it, and none of them rings there again at once to hear the
 * same. */
static bool is_everybodys(struct queue *q, const struct attempt *t, const struct attempt_end_facts *f)
{
    struct job j;
    return !f->crashed && !f->began && job_find(&q->store, t->job, &q->arena, &j) &&
           (j.state == JOB_FAILED || j.state == JOB_EXPIRED);
}

void batch_ended(struct queue *q, const struct attempt *t, const struct attempt_end_facts *f)
{
    struct id ids[BATCH_MAX];
    struct attempt call;
    size_t n = attempt_carried(&q->store, t->id, ids, BATCH_MAX);
    if (n == 0 || !attempt_find(&q->store, t->id, &q->arena, &call))
        return;
    bool on_the_line = is_all_there(q, t->job), everybodys = is_everybodys(q, t, f);
    int64_t from_ms = call.ended_ms;
    for (size_t i = 0; i < n; i++) {
        struct attempt along;
        if (!attempt_find(&q->store, ids[i], &q->arena, &along) || along.state == ATTEMPT_ENDED)
            continue;
        bool there = is_all_there(q, along.job);
        const struct outcome done = {.verdict = VERDICT_DONE};
        int64_t ended_ms = i + 1 < n ? end_of(q, &along, from_ms) : q->now_ms;
        if (on_the_line && call.answered_ms)
            attempt_answered(&q->store, along.id, from_ms);
        close_along(q, &along, &call, ended_ms, there ? &done : f->outcome);
        from_ms = ended_ms;
        if (on_the_line) {
            struct attempt_end_facts own = *f;
            /* T.30 knows; where it cannot tell any more, what was asked is all that is known. */
            own.uncertain =
                f->crashed || f->dial_failure >= 0 ? along.state == ATTEMPT_CONFIRMING : f->uncertain;
            after_attempt(q, &along, &own);
        } else if (everybodys) {
            struct attempt_end_facts same = *f;
            same.learnt = true;
            after_attempt(q, &along, &same);
        } else {
            give_back(q, &along, &call, f->outcome);
        }
        on_the_line = on_the_line && there;
    }
}
