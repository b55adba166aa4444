/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/batches.h"

#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "queue/fax_secrets.h"
#include "queue/send_times.h"

/* Behind the first document: what an hour brings over a slow line, and a page set holds. */
enum { BATCH_MAX = 20, BATCH_PAGES_MAX = 60, DOCUMENTS_MAX = 4000 };

/* ---- who goes along ---- */

/* carrier: whose call it is; the machine there takes all of it for one subaddress (T.30's SUB and PWD). */
static bool may_go_along(struct queue *q, const struct job *j, const struct job *carrier,
                         const struct faxbox *box, const char *zone, const struct attempt *t)
{
    const char *its = fax_secret_open(q, j->fax_password),
               *carriers = fax_secret_open(q, carrier->fax_password);
    return its && carriers && str_equal(its, carriers) && j->purpose == PURPOSE_SEND &&
           str_equal(j->subaddress, carrier->subaddress) && j->crashes == 0 && !*j->cancelled_by &&
           (!*j->trunk || str_equal(j->trunk, t->trunk)) &&
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

bool batch_is_cancelled(struct queue *q, const struct attempt *t)
{
    struct id ids[BATCH_MAX];
    size_t n = attempt_carried(&q->store, t->id, ids, BATCH_MAX);
    for (size_t i = 0; i < n; i++) {
        struct attempt along;
        struct job j;
        if (attempt_find(&q->store, ids[i], &q->arena, &along) &&
            job_find(&q->store, along.job, &q->arena, &j) && *j.cancelled_by)
            return true;
    }
    return false;
}

/* ---- the end ---- */

static bool is_all_there(struct queue *q, struct id job)
{
    struct job j;
    return job_find(&q->store, job, &q->arena, &j) && j.confirmed >= j.pages;
}

/* How the call went, as T.30 and the telephone network told it. */
static void close_along(struct queue *q, const struct attempt *along, const struct attempt *t,
                        const struct outcome *o)
{
    const struct attempt end = {.id = along->id,
                                .ended_ms = q->now_ms,
                                .mode = t->mode,
                                .rate = t->rate,
                                .ecm = t->ecm,
                                .station_id = t->station_id,
                                .code = o->code,
                                .reason = o->text,
                                .trace = t->trace};
    (void)attempt_end(&q->store, &end);
}

/* The call did not come to it. */
static void give_back(struct queue *q, const struct attempt *along, const struct outcome *o)
{
    struct job j;
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
    job_wait_again(&q->store, &j, q->now_ms, &again);
}

void batch_ended(struct queue *q, const struct attempt *t, const struct attempt_end_facts *f)
{
    struct id ids[BATCH_MAX];
    struct attempt call;
    size_t n = attempt_carried(&q->store, t->id, ids, BATCH_MAX);
    if (n == 0 || !attempt_find(&q->store, t->id, &q->arena, &call))
        return;
    bool on_the_line = is_all_there(q, t->job);
    for (size_t i = 0; i < n; i++) {
        struct attempt along;
        if (!attempt_find(&q->store, ids[i], &q->arena, &along) || along.state == ATTEMPT_ENDED)
            continue;
        bool there = is_all_there(q, along.job);
        const struct outcome done = {.verdict = VERDICT_DONE};
        close_along(q, &along, &call, there ? &done : f->outcome);
        if (on_the_line) {
            struct attempt_end_facts own = *f;
            /* T.30 knows; where it cannot tell any more, what was asked is all that is known. */
            own.uncertain =
                f->crashed || f->dial_failure >= 0 ? along.state == ATTEMPT_CONFIRMING : f->uncertain;
            after_attempt(q, &along, &own);
        } else {
            give_back(q, &along, f->outcome);
        }
        on_the_line = on_the_line && there;
    }
}
