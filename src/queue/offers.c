/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/offers.h"

#include <errno.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "queue/answers.h"
#include "queue/audit_notes.h"
#include "queue/fax_secrets.h"
#include "queue/room.h"
#include "store/blob.h"
#include "store/offers.h"

enum { DOCUMENT_BYTES_MAX = 256 * 1024 * 1024 };

/* ---- put there, taken away ---- */

static void take_away(struct queue *q, const struct faxbox *box)
{
    struct offer old;
    struct submission s;
    if (!offer_find(&q->store, box->id, &q->arena, &old))
        return;
    offer_clear(&q->store, box->id);
    if (submission_find(&q->store, old.submission, &q->arena, &s))
        offer_retire(q, &s);
}

static unsigned put(struct queue *q, const struct msg_offer *m, const struct faxbox *box, struct outcome *o)
{
    SCOPED_BUF struct buf bytes;
    struct submission known;
    buf_init(&bytes, DOCUMENT_BYTES_MAX);
    if (submission_find(&q->store, m->submission, &q->arena, &known)) { /* asked again */
        bool same = known.purpose == PURPOSE_POLLED && str_equal(known.faxbox, box->id);
        if (!same)
            outcome_set(o, VERDICT_GIVE_UP, "key-used", "This submission is something else already.");
        return same ? 202 : 409;
    }
    if (room_refuses(q, o))
        return 507;
    if (fd_read_rest(m->document, &bytes) != 0) {
        outcome_set(o, VERDICT_GIVE_UP, "too-large", "The document is larger than 256 MB.");
        return 413;
    }
    const struct submission s = {.id = m->submission,
                                 .tenant = box->tenant,
                                 .faxbox = box->id,
                                 .created_ms = q->now_ms,
                                 .sender = "",
                                 .subject = queue_text(q, m->name),
                                 .message_id = "",
                                 .purpose = PURPOSE_POLLED};
    const struct offer f = {.faxbox = box->id,
                            .submission = s.id,
                            .selective = queue_text(q, m->selective),
                            .password = fax_secret_seal(q, m->password),
                            .created_ms = q->now_ms,
                            .created_by = queue_text(q, m->user)};
    take_away(q, box);
    submission_add(&q->store, &s);
    document_add(&q->store, s.id,
                 &(struct document){.target = TARGET_ALL,
                                    .name = s.subject,
                                    .type = "",
                                    .blob = blob_put(&q->store, buf_span(&bytes))});
    offer_set(&q->store, &f);
    queue_wants(q, WORK_RENDER);
    return 202;
}

void on_offer(void *context, const struct sender *from, struct msg_offer *m)
{
    struct queue *q = context;
    struct faxbox box;
    struct outcome o;
    unsigned status = 200;
    queue_enter(q);
    outcome_done(&o);
    if (!config_box(&q->store, &q->arena, m->box, &box)) {
        outcome_set(&o, VERDICT_GIVE_UP, "unknown-box", "There is no fax box \"%.64s\".", m->box);
        status = 404;
    } else if (m->remove) {
        take_away(q, &box);
    } else {
        status = put(q, m, &box, &o);
    }
    if (status < 300)
        note_deed(q, box.tenant, &(struct doer){m->actor, m->user, m->client_ip},
                  m->remove ? "polled.remove" : "polled.set", box.id, queue_text(q, m->name));
    struct message answer = {.type = MSG_offered,
                             .offered = {.submission = m->submission, .status = status, MESSAGE_OUTCOME(&o)}};
    peers_answer(q->peers, from, &answer);
}

void offer_admitted(struct queue *q, const struct submission *s)
{
    struct submission now = *s;
    submission_move(&q->store, s->id, SUBMISSION_ADMITTED, "", "");
    now.state = SUBMISSION_ADMITTED;
    log_info(id_text(s->id), "box %s holds a document ready for callers who poll", s->faxbox);
    offer_retire(q, &now);
}

void offer_retire(struct queue *q, const struct submission *s)
{
    if (s->state == SUBMISSION_ADMITTED && !offer_is(&q->store, s->id) &&
        job_unfinished(&q->store, s->id) == 0)
        submission_move(&q->store, s->id, SUBMISSION_FINISHED, "", "");
}

/* ---- polled ---- */

int offer_prepare(struct queue *q, const struct faxbox *box, struct msg_receive *m)
{
    struct offer f;
    struct submission s;
    struct stored_page *pages;
    const char *password;
    m->selective = m->poll_password = m->header_name = m->language = "";
    if (!offer_find(&q->store, box->id, &q->arena, &f) ||
        !submission_find(&q->store, f.submission, &q->arena, &s) || s.state != SUBMISSION_ADMITTED ||
        (password = fax_secret_open(q, f.password)) == NULL)
        return -1;
    m->document = s.id;
    m->selective = f.selective;
    m->poll_password = password;
    m->header_name = box->header_name;
    m->language = answer_language(q, box->tenant, box->id);
    m->pages = (uint32_t)submission_pages(&q->store, s.id, 0, &q->arena, &pages);
    return pages_to_call(q, pages, m->pages, &m->lower);
}

/* 0, or why nothing may go out. */
static int make_job(struct queue *q, const struct msg_polled *m)
{
    struct attempt t;
    struct fax f;
    struct submission s;
    struct stored_page *pages;
    if (!attempt_find(&q->store, m->attempt, &q->arena, &t) || t.state == ATTEMPT_ENDED ||
        !fax_find(&q->store, t.fax, &q->arena, &f) ||
        !submission_find(&q->store, m->document, &q->arena, &s) || s.purpose != PURPOSE_POLLED)
        return ESTALE;
    if (!id_is_none(t.job))
        return 0; /* asked again, or T.30 began anew */
    if (!offer_is(&q->store, s.id))
        return ESTALE; /* taken away while the caller's telephone rang: perhaps it was the wrong one */
    const struct job j = {.id = id_new(),
                          .submission = s.id,
                          .tenant = s.tenant,
                          .faxbox = s.faxbox,
                          .number = f.calling,
                          .display_number = *f.calling ? f.calling : "anonymous",
                          .created_ms = q->now_ms,
                          .next_ms = q->now_ms,
                          .pages = (unsigned)submission_pages(&q->store, s.id, 0, &q->arena, &pages),
                          .max_tries = 1,
                          .purpose = PURPOSE_POLLED};
    job_add(&q->store, &j);
    job_start_call(&q->store, j.id);
    attempt_set_job(&q->store, t.id, j.id);
    log_info(id_text(j.id), "%s polls the document of box %s: %u pages", j.display_number, j.faxbox, j.pages);
    return 0;
}

void on_polled(void *context, const struct sender *from, struct msg_polled *m)
{
    struct queue *q = context;
    queue_enter(q);
    struct message answer = {.type = MSG_polled_stored, .polled_stored = {.attempt = m->attempt}};
    answer.polled_stored.error = (uint32_t)make_job(q, m);
    peers_answer(q->peers, from, &answer);
}
