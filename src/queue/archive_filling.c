/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A place of the archive gets what ended before it was there, or before its settings wanted it: the oldest
 * first, a few a second, and no more while enough waits for it; so nothing else is kept waiting. */
#include "provision/archive.h"
#include "queue/archiving.h"

enum { AT_ONCE = 20, WAITING_MOST = 100, STEP_MS = 1000 };
#define DAY_MS (24LL * 3600 * 1000)

/* What is older than copies are kept would only be deleted again. */
static bool is_kept(struct queue *q, struct id tenant, const char *faxbox, bool sent, int64_t at_ms)
{
    const struct keeping k = retention_of(&q->store, &(struct kept_box){.tenant = tenant, .name = faxbox});
    int days = sent ? k.archive_sent_days : k.archive_received_days;
    return k.legal_hold || days <= 0 || at_ms >= q->now_ms - days * DAY_MS;
}

static void add_fax(struct queue *q, struct id id, const char *place)
{
    struct fax f;
    if (fax_find(&q->store, id, &q->arena, &f) && is_kept(q, f.tenant, f.faxbox, false, f.answered_ms))
        archive_fax(q, &f, place);
}

static void add_job(struct queue *q, struct id id, const char *place)
{
    struct job j;
    if (job_find(&q->store, id, &q->arena, &j) && is_kept(q, j.tenant, j.faxbox, true, j.created_ms))
        archive_job(q, &j, place);
}

/* True: there are no more. */
static bool add_some(struct queue *q, struct archive_place *p, bool sent, struct id *after)
{
    struct id ids[AT_ONCE];
    size_t n = archive_ended(&q->store, sent, *after, ids, AT_ONCE);
    for (size_t i = 0; i < n; i++) {
        if (sent)
            add_job(q, ids[i], p->name);
        else
            add_fax(q, ids[i], p->name);
    }
    if (n > 0)
        *after = ids[n - 1];
    return n < AT_ONCE;
}

static bool wants_earlier(const struct archive_place *p)
{
    json_t *settings = provision_archive_place_json(p);
    bool wants = json_is_true(json_object_get(settings, "earlier"));
    json_decref(settings);
    return wants;
}

static void fill(struct queue *q, struct archive_place *p)
{
    struct archive_figures f;
    archive_figures(&q->store, p->name, false, &f);
    if (f.waiting >= WAITING_MOST)
        return;
    p->filling =
        wants_earlier(p) && !(add_some(q, p, false, &p->filled_fax) && add_some(q, p, true, &p->filled_job));
    archive_place_filled(&q->store, p);
}

static void on_step(void *context)
{
    struct queue *q = context;
    queue_enter(q);
    queue_wants(q, WORK_ARCHIVE);
}

void archive_fill(struct queue *q, struct archive_place *places, size_t count)
{
    bool more = false;
    if (timer_running(&q->archive_step))
        return;
    for (size_t i = 0; i < count; i++) {
        if (!places[i].enabled || !places[i].filling)
            continue;
        if (places[i].rest_until_ms <= q->now_ms)
            fill(q, &places[i]);
        more = more || places[i].filling;
    }
    if (!more)
        return;
    q->archive_step.on_due = on_step;
    q->archive_step.context = q;
    timer_start(&q->archive_step, q->loop, STEP_MS);
}
