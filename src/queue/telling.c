/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What each process of web hears of changes, for those who look on: after each commit what it changed, and
 * how calls go on.
 */
#include "base/str.h"
#include "queue/queue.h"

/* A call's progress is told that often. */
enum { PROGRESS_MS = 1000 };

static void tell(struct queue *q, enum change_kind kind, struct id id, struct id tenant, const char *box)
{
    const struct message m = {
        .type = MSG_changed,
        .changed = {.kind = (uint32_t)kind, .id = id, .tenant = tenant, .box = box ? box : ""}};
    for (unsigned n = 0; n < peers_count(q->peers, ROLE_WEB); n++)
        peers_tell(q->peers, ROLE_WEB, n, &m);
}

static void tell_one(struct queue *q, enum change_kind kind, struct id id)
{
    struct job j;
    struct fax f;
    if (kind == CHANGE_JOB && job_find(&q->store, id, &q->arena, &j))
        tell(q, kind, id, j.tenant, j.faxbox);
    else if (kind == CHANGE_FAX && fax_find(&q->store, id, &q->arena, &f))
        tell(q, kind, id, f.tenant, f.faxbox);
    else if (kind == CHANGE_STATUS)
        tell(q, kind, ID_NONE, ID_NONE, "");
}

void tell_changes(struct queue *q)
{
    struct changes *c = &q->store.changes;
    if (c->much)
        tell(q, CHANGE_MUCH, ID_NONE, ID_NONE, "");
    for (size_t i = 0; i < c->count && !c->much; i++)
        tell_one(q, c->list[i].kind, c->list[i].id);
    c->count = 0;
    c->much = false;
}

static bool somebody_hears(const struct queue *q)
{
    for (unsigned n = 0; n < peers_count(q->peers, ROLE_WEB); n++)
        if (peers_connected(q->peers, ROLE_WEB, n))
            return true;
    return false;
}

void tell_progress(struct queue *q, struct live_call *c)
{
    struct attempt t;
    struct job j;
    struct fax f;
    struct arena a;
    int64_t now_ms = q->steady_clock();
    bool other = c->told_page != c->page || !str_equal(c->told_phase, c->phase);
    if (!somebody_hears(q) || (!other && now_ms - c->told_ms < PROGRESS_MS))
        return;
    c->told_ms = now_ms;
    c->told_page = c->page;
    (void)str_copy(c->told_phase, sizeof(c->told_phase), c->phase);
    arena_init(&a);
    if (attempt_find(&q->store, c->attempt, &a, &t)) {
        if (t.out && job_find(&q->store, t.job, &a, &j))
            tell(q, CHANGE_CALL, j.id, j.tenant, j.faxbox);
        else if (!t.out && fax_find(&q->store, t.fax, &a, &f))
            tell(q, CHANGE_CALL, f.id, f.tenant, f.faxbox);
    }
    arena_clear(&a);
}
