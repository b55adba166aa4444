/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What call processes report of running calls. A page that is stored here is what "confirmed" means (D5). A
 * call process speaks with strangers and may have fallen: its texts are made text before they go further. */
#include <errno.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/call_trace.h"
#include "model/page_set.h"
#include "queue/batches.h"
#include "queue/queue.h"
#include "queue/self_tests.h"

static void take_text(char *to, size_t room, const char *bytes)
{
    (void)str_copy(to, room, bytes);
    utf8_clean(to);
}

void on_call_state(void *context, const struct sender *from, struct msg_call_state *m)
{
    struct queue *q = context;
    struct live_call *c = live_find(q, m->attempt);
    if (!c)
        return;
    if (!c->media) {
        queue_enter(q);
        attempt_answered(&q->store, m->attempt, q->now_ms);
    }
    c->media = true;
    take_text(c->phase, sizeof(c->phase), m->phase);
    take_text(c->coding, sizeof(c->coding), m->coding);
    take_text(c->station_id, sizeof(c->station_id), m->station_id);
    take_text(c->mode, sizeof(c->mode), m->mode);
    c->page = m->page;
    c->rate = m->rate;
    c->ecm = m->ecm;
    c->percent = m->percent;
    tell_progress(q, c);
}

/* Of a process that may have fallen. */
static int page_resolution_known(uint32_t r)
{
    return r < PAGE_RESOLUTION_COUNT ? (int)r : -1;
}

void on_page_sent(void *context, const struct sender *from, struct msg_page_sent *m)
{
    struct queue *q = context;
    struct attempt t;
    queue_enter(q);
    struct message answer = {.type = MSG_page_sent_stored,
                             .page_sent_stored = {.attempt = m->attempt, .page = m->page}};
    unsigned page = m->page;
    bool known =
        attempt_find(&q->store, m->attempt, &q->arena, &t) && (id_is_none(t.fax) || !id_is_none(t.job));
    if (known) {
        batch_find(q, &t, &page);
        const struct page_stats p = {.page = page,
                                     .rate = m->rate,
                                     .coding = queue_text(q, m->coding),
                                     .ecm = m->ecm != 0,
                                     .resent = m->resent,
                                     .duration_ms = m->duration_ms,
                                     .confirmed_ms = q->now_ms,
                                     .resolution = page_resolution_known(m->resolution)};
        (void)attempt_page_add(&q->store, t.id, &p);
        if (id_is_none(t.test))
            job_page_confirmed(&q->store, t.job, page);
        else
            self_test_page_sent(q, &t, &p);
        batch_page_confirmed(q, m->attempt);
    }
    /* Of an ended attempt too it is true that the far side has the page, but another call may be on its way.
     */
    if (!known || t.state == ATTEMPT_ENDED)
        answer.page_sent_stored.error = ESTALE;
    peers_answer(q->peers, from, &answer);
}

void on_page_ending(void *context, const struct sender *from, struct msg_page_ending *m)
{
    struct queue *q = context;
    struct attempt t;
    queue_enter(q);
    unsigned page = m->page;
    struct message answer = {.type = MSG_page_ending_stored,
                             .page_ending_stored = {.attempt = m->attempt, .page = m->page}};
    bool known = attempt_find(&q->store, m->attempt, &q->arena, &t);
    if (known) {
        batch_find(q, &t, &page);
        attempt_confirming(&q->store, t.id);
    }
    if (!known || t.state == ATTEMPT_ENDED)
        answer.page_ending_stored.error = ESTALE;
    peers_answer(q->peers, from, &answer);
}

/* What a call of ours fetches becomes a fax of the job's box with its first page. */
static bool make_fetched_fax(struct queue *q, struct attempt *t)
{
    struct job j;
    if (id_is_none(t->job) || !job_find(&q->store, t->job, &q->arena, &j) || j.purpose != PURPOSE_POLL)
        return false;
    const struct fax f = {.id = id_new(),
                          .tenant = j.tenant,
                          .faxbox = j.faxbox,
                          .attempt = t->id,
                          .calling = j.number,
                          .called = "",
                          .answered_ms = t->answered_ms ? t->answered_ms : q->now_ms};
    fax_add(&q->store, &f);
    attempt_set_fax(&q->store, t->id, f.id);
    t->fax = f.id;
    return true;
}

/* 0, or why the page cannot be taken. */
static int store_page(struct queue *q, const struct msg_page_received *m)
{
    struct attempt t;
    struct page p = {.form = {m->width, m->rows, (enum page_resolution)m->resolution}};
    uint64_t size;
    if (!attempt_find(&q->store, m->attempt, &q->arena, &t))
        return ENOENT;
    if (t.state != ATTEMPT_ENDED && id_is_none(t.fax) && !make_fetched_fax(q, &t))
        return ENOENT;
    if (t.state == ATTEMPT_ENDED)
        return ESTALE; /* its fax is on its way to its readers without this page */
    if (!page_form_valid(&p.form) || fd_checked_size(m->t6, PAGE_BYTES_MAX, &size) != 0)
        panic("call sent a page that is none: %u x %u", m->width, m->rows);
    /* One page more could not be mailed: the caller is told while the call lasts. */
    if (!page_set_fits((size_t)m->page + 1, fax_page_bytes(&q->store, t.fax) + size))
        return EFBIG;
    uint8_t *bytes = arena_alloc(&q->arena, (size_t)size + 1);
    int error = fd_pread_all(m->t6, bytes, (size_t)size, 0);
    if (error)
        return error;
    p.t6 = span_of(bytes, (size_t)size);
    if (!id_is_none(t.test))
        return m->page == 0 ? self_test_page_came(q, &t, &p, m->bad_rows) : EFBIG;
    const struct page_stats stats = {.page = m->page,
                                     .rate = m->rate,
                                     .coding = queue_text(q, m->coding),
                                     .ecm = m->ecm != 0,
                                     .bad_rows = m->bad_rows,
                                     .duration_ms = m->duration_ms,
                                     .confirmed_ms = q->now_ms,
                                     .resolution = (int)p.form.resolution};
    if (attempt_page_add(&q->store, m->attempt, &stats))
        fax_add_page(&q->store, t.fax, m->page, &p, q->now_ms);
    if (*m->subaddress)
        fax_set_subaddress(&q->store, t.fax, queue_text(q, m->subaddress));
    return 0;
}

void on_page_received(void *context, const struct sender *from, struct msg_page_received *m)
{
    struct queue *q = context;
    queue_enter(q);
    struct message answer = {.type = MSG_page_received_stored,
                             .page_received_stored = {.attempt = m->attempt, .page = m->page}};
    answer.page_received_stored.error = (uint32_t)store_page(q, m);
    peers_answer(q->peers, from, &answer);
}

/* Whose call was given up by a person, that call says so: to the far side's machine it looks like any other
 * hang-up, and `call` would promise another try. */
static void name_who_cancelled(struct queue *q, const struct attempt *t, bool uncertain, struct outcome *o)
{
    struct job j;
    if (o->verdict != VERDICT_DONE && job_find(&q->store, t->job, &q->arena, &j) && *j.cancelled_by)
        outcome_set(o, VERDICT_GIVE_UP, "cancelled", "Cancelled by %.200s.%s", j.cancelled_by,
                    uncertain ? " The last page may have arrived." : "");
}

/* What the line and the call process have seen of one call: each tells its own when it is over. */
static const char *merged_trace(struct queue *q, const char *sip, const char *t30)
{
    SCOPED_BUF struct buf all;
    buf_init(&all, CALL_TRACE_MAX + CALL_TRACE_SIP_MAX);
    return call_trace_merge(&all, sip, t30) ? arena_strdup(&q->arena, buf_text(&all)) : t30;
}

/* Of the calls that went along in it, too: their pages were sent between the same frames. */
void on_call_traced(void *context, const struct sender *from, struct msg_call_traced *m)
{
    struct queue *q = context;
    struct id ids[1 + BATCH_MAX];
    queue_enter(q);
    struct message answer = {.type = MSG_call_traced_stored, .call_traced_stored = {.attempt = m->attempt}};
    peers_answer(q->peers, from, &answer);
    const char *sip = queue_text(q, m->trace);
    ids[0] = m->attempt;
    size_t n = 1 + attempt_carried(&q->store, m->attempt, ids + 1, BATCH_MAX);
    for (size_t i = 0; i < n; i++) {
        struct attempt t;
        if (attempt_find(&q->store, ids[i], &q->arena, &t) && !call_trace_has_sip(t.trace))
            attempt_set_trace(&q->store, t.id, merged_trace(q, sip, t.trace));
    }
}

void on_attempt_done(void *context, const struct sender *from, struct msg_attempt_done *m)
{
    struct queue *q = context;
    struct attempt t;
    struct outcome o;
    queue_enter(q);
    message_get_outcome(m, &o);
    utf8_clean(o.code);
    utf8_clean(o.text);
    struct message answer = {.type = MSG_attempt_done_stored, .attempt_done_stored = {.attempt = m->attempt}};
    peers_answer(q->peers, from, &answer);
    if (!attempt_find(&q->store, m->attempt, &q->arena, &t) || t.state == ATTEMPT_ENDED)
        return;
    name_who_cancelled(q, &t, m->uncertain != 0, &o);
    struct attempt end = {.id = m->attempt,
                          .ended_ms = batch_own_end(q, m->attempt),
                          .mode = queue_text(q, m->mode),
                          .rate = m->rate,
                          .ecm = m->ecm != 0,
                          .station_id = queue_text(q, m->station_id),
                          .code = o.code,
                          .reason = o.text,
                          .trace = merged_trace(q, t.trace, queue_text(q, m->trace))};
    (void)attempt_end(&q->store, &end);
    live_remove(q, live_find(q, m->attempt));
    const struct attempt_end_facts facts = {.outcome = &o,
                                            .uncertain = m->uncertain != 0,
                                            .began = m->began != 0,
                                            .t38 = str_equal(end.mode, "t38"),
                                            .dial_failure = -1,
                                            .station_id = end.station_id,
                                            .dis = m->dis};
    after_attempt(q, &t, &facts);
}
