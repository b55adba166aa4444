/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/archive_wishes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/archive.h"
#include "queue/archiving.h"
#include "queue/audit_notes.h"
#include "queue/himself.h"
#include "queue/nodes.h"
#include "queue/waiting.h"
#include "store/offers.h"
#include "store/retention.h"

enum { PLACE_NAME_LEN = 256 }; /* 64 letters of UTF-8 */

/* One that role archive has been asked for. */
struct archive_wish {
    struct waiting waiting;
    struct id copy;
    char place[PLACE_NAME_LEN];
};

/* What one wish has to say. */
struct reply {
    unsigned status;
    struct outcome outcome;
    uint64_t count;
    const char *steps;
    int file;
};

static void answer(struct queue *q, const struct sender *to, struct id wish, const struct reply *r)
{
    struct message m = {.type = MSG_archive_wished,
                        .archive_wished = {.wish = wish,
                                           .status = r->status,
                                           MESSAGE_OUTCOME(&r->outcome),
                                           .count = r->count,
                                           .steps = r->steps ? r->steps : "",
                                           .file = r->file}};
    peers_answer(q->peers, to, &m);
}

static void refuse(struct reply *r, unsigned status, const char *code, const char *text)
{
    r->status = status;
    outcome_set(&r->outcome, VERDICT_GIVE_UP, code, "%s", text);
}

static void note(struct queue *q, const struct msg_archive_wish *m, struct id tenant, const char *action,
                 struct id about, const char *detail)
{
    note_deed(q, tenant, &(struct doer){m->actor, m->who, m->client_ip}, action, id_text(about), detail);
}

/* ---- what a place has to be asked for ---- */

static void ask_place(struct queue *q, const struct sender *from, const struct msg_archive_wish *m,
                      struct archive_place *p, enum archive_deed what, const struct archive_copy *c)
{
    struct archive_wish *w = waiting_new(&q->archive_wishes, sizeof(*w), m->wish, from);
    w->copy = c ? c->id : ID_NONE;
    (void)str_copy(w->place, sizeof(w->place), p->name);
    const char *object = arena_format(&q->arena, "faxpost-test/%s%s", id_text(m->wish),
                                      strstr(p->settings, "\"encrypted\":true") ? ".fxa" : "");
    (void)archive_ask_place(q, p,
                            (struct msg_archive_do){.errand = m->wish,
                                                    .what = what,
                                                    .urgent = 1,
                                                    .object = c ? c->object : object,
                                                    .sha256 = c ? c->sha256 : "",
                                                    .file = -1});
}

/* Of several servers not each runs it; nobody would ever answer. */
static bool has_role(const struct queue *q, struct reply *r)
{
    bool has = nodes_run_role(q, ROLE_ARCHIVE);
    if (!has)
        refuse(r, 503, "archive-elsewhere",
               "This server does not run the role archive (roles in faxpost.conf): ask one that does.");
    return has;
}

/* True: it was asked for, and the answer follows. */
static bool wish_copy(struct queue *q, const struct sender *from, const struct msg_archive_wish *m,
                      enum archive_deed what, struct reply *r)
{
    struct archive_copy c;
    struct archive_place p;
    if (!archive_copy_find(&q->store, m->about, &q->arena, &c) ||
        (!id_is_none(m->tenant) && !id_equal(m->tenant, c.tenant)) ||
        !archive_place_named(&q->store, c.place, &q->arena, &p)) {
        refuse(r, 404, "unknown-copy", "There is no such copy in the archive.");
    } else if (c.state != ARCHIVE_STORED && c.state != ARCHIVE_DAMAGED) {
        refuse(r, 409, "archive-not-there", "This copy does not lie at its place (yet, or any more).");
    } else if (has_role(q, r)) {
        note(q, m, c.tenant, what == ARCHIVE_GET ? "archive.restore" : "archive.verify", c.about, c.place);
        ask_place(q, from, m, &p, what, &c);
        return true;
    }
    return false;
}

static bool wish_place(struct queue *q, const struct sender *from, const struct msg_archive_wish *m,
                       enum archive_deed what, struct reply *r)
{
    struct archive_place p;
    if (!id_is_none(m->tenant) || !archive_place_named(&q->store, m->place, &q->arena, &p)) {
        refuse(r, 404, "unknown-place", "There is no archive place of that name.");
        return false;
    }
    if (!has_role(q, r))
        return false;
    if (what == ARCHIVE_MARK)
        note_deed(q, ID_NONE, &(struct doer){m->actor, m->who, m->client_ip}, "archive.mark", p.name,
                  "it is the right place, whatever its mark says");
    if (what == ARCHIVE_KEY)
        note_deed(q, ID_NONE, &(struct doer){m->actor, m->who, m->client_ip}, "archive.key", p.name,
                  "the key of the place, to read its files elsewhere");
    ask_place(q, from, m, &p, what, NULL);
    return true;
}

/* It opens all that lies there, for ever: a browser that was left open is not enough. */
static bool wish_key(struct queue *q, const struct sender *from, const struct msg_archive_wish *m,
                     struct reply *r)
{
    const struct himself h = {m->actor, m->session, m->client_ip, m->signs, m->proof};
    unsigned proved = id_is_none(m->actor) ? 204 : himself_judge(q, &h, false, &r->outcome);
    if (proved == 204)
        return wish_place(q, from, m, ARCHIVE_KEY, r);
    r->status = proved;
    return false;
}

bool archive_wish_done(struct queue *q, const struct msg_archive_done *m, const struct outcome *o)
{
    struct archive_wish *w = waiting_find(&q->archive_wishes, m->errand);
    struct archive_copy c;
    struct archive_place p;
    struct reply r = {.status = 200, .outcome = *o, .count = m->bytes, .steps = m->steps, .file = m->file};
    if (!w)
        return false;
    if ((m->what == ARCHIVE_CHECK || m->what == ARCHIVE_GET) &&
        archive_copy_find(&q->store, w->copy, &q->arena, &c))
        archive_note_check(q, &c, o);
    if (o->verdict == VERDICT_DONE && m->what != ARCHIVE_KEY &&
        archive_place_named(&q->store, w->place, &q->arena, &p))
        archive_note_place(q, &p, o); /* what waits for it need not rest */
    if ((m->what == ARCHIVE_GET || m->what == ARCHIVE_KEY) && o->verdict != VERDICT_DONE)
        r.status = o->verdict == VERDICT_RETRY ? 503 : 409;
    answer(q, &w->waiting.from, m->errand, &r);
    waiting_end(w);
    return true;
}

/* ---- holds, and what they keep ---- */

struct held_thing {
    bool sent;
    struct id tenant, submission;
    const char *faxbox;
    bool over; /* nothing of it is under way */
};

static bool find_thing(struct queue *q, const struct msg_archive_wish *m, struct held_thing *t)
{
    struct fax f;
    struct job j;
    if (fax_find(&q->store, m->about, &q->arena, &f))
        *t = (struct held_thing){.tenant = f.tenant, .faxbox = f.faxbox, .over = f.state != FAX_RECEIVING};
    else if (job_find(&q->store, m->about, &q->arena, &j))
        *t = (struct held_thing){.sent = true,
                                 .tenant = j.tenant,
                                 .submission = j.submission,
                                 .faxbox = j.faxbox,
                                 .over = job_unfinished(&q->store, j.submission) == 0};
    else {
        struct id copies[1];
        struct archive_copy c;
        if (archive_of_fax(&q->store, m->about, copies, 1) == 0 ||
            !archive_copy_find(&q->store, copies[0], &q->arena, &c))
            return false;
        *t = (struct held_thing){.sent = c.sent, .tenant = c.tenant, .faxbox = c.faxbox, .over = true};
    }
    return id_is_none(m->tenant) || id_equal(m->tenant, t->tenant);
}

static void wish_hold(struct queue *q, const struct msg_archive_wish *m, const struct held_thing *t)
{
    if (archive_keep(&q->store, m->about,
                     q->now_ms)) /* they were to go, and some place has not done so yet */
        queue_wants(q, WORK_ARCHIVE);
    if (legal_hold_set(&q->store, &(struct legal_hold){.about = m->about,
                                                       .tenant = t->tenant,
                                                       .who = m->who,
                                                       .reason = m->reason,
                                                       .at_ms = q->now_ms}))
        note(q, m, t->tenant, "archive.hold", m->about, m->reason);
}

static void wish_release(struct queue *q, const struct msg_archive_wish *m, const struct held_thing *t)
{
    if (legal_hold_release(&q->store, m->about))
        note(q, m, t->tenant, "archive.release", m->about, m->reason);
}

/* Of a submission all jobs go, or none. */
static bool is_held(struct queue *q, const struct msg_archive_wish *m, const struct held_thing *t)
{
    struct legal_hold h;
    const struct kept_box box = {.tenant = t->tenant, .name = t->faxbox};
    if (legal_hold_find(&q->store, m->about, &q->arena, &h) || retention_of(&q->store, &box).legal_hold)
        return true;
    return !id_is_none(t->submission) && legal_hold_in_submission(&q->store, t->submission);
}

static void delete_here(struct queue *q, const struct msg_archive_wish *m, const struct held_thing *t)
{
    struct fax f;
    archive_delete(&q->store, m->about, q->now_ms);
    if (t->sent && !id_is_none(t->submission)) {
        archive_delete_submission(&q->store, t->submission, q->now_ms);
        (void)retention_delete_submission(&q->store, t->submission);
    } else if (fax_find(&q->store, m->about, &q->arena, &f)) {
        (void)retention_delete_fax(&q->store, m->about);
    }
    store_set_meta(&q->store, "retention.owed", "1");
    retention_begin(q);
    queue_wants(q, WORK_ARCHIVE);
}

static void wish_delete(struct queue *q, const struct msg_archive_wish *m, const struct held_thing *t,
                        struct reply *r)
{
    if (is_held(q, m, t)) {
        refuse(r, 409, "held",
               "It is under legal hold, or its box or tenant is: nobody deletes it before that is released.");
    } else if (!id_is_none(t->submission) && offer_is(&q->store, t->submission)) {
        refuse(r, 409, "offered",
               "Its document is held ready for callers who poll the box. Take it away first: `faxpost polled "
               "clear BOX`.");
    } else if (!t->over || !retention_may_delete(&q->store, t->sent ? t->submission : m->about, t->sent)) {
        refuse(r, 409, "not-over",
               "Something is still under way with this fax: a call, a mail, a print or another try, or its "
               "document is held ready for callers. Wait for it, cancel it, or take the document away.");
    } else {
        delete_here(q, m, t);
        note(q, m, t->tenant, "faxes.delete", m->about,
             arena_format(&q->arena, "%s fax of box %s, here and in the archive%s%s",
                          t->sent ? "sent" : "received", t->faxbox, *m->reason ? ": " : "", m->reason));
    }
}

static void wish_thing(struct queue *q, const struct msg_archive_wish *m, struct reply *r)
{
    struct held_thing t;
    if (!find_thing(q, m, &t))
        refuse(r, 404, "unknown-fax", "There is no such fax.");
    else if (m->what == ARCHIVE_WISH_HOLD)
        wish_hold(q, m, &t);
    else if (m->what == ARCHIVE_WISH_RELEASE)
        wish_release(q, m, &t);
    else
        wish_delete(q, m, &t, r);
}

static void wish_check_all(struct queue *q, const struct msg_archive_wish *m, struct reply *r)
{
    r->count = (uint64_t)archive_check_all(&q->store, m->place, m->tenant, q->now_ms);
    note(q, m, m->tenant, "archive.verify", ID_NONE, *m->place ? m->place : "all places");
    queue_wants(q, WORK_ARCHIVE);
}

/* True: the answer follows. */
static bool wish(struct queue *q, const struct sender *from, const struct msg_archive_wish *m,
                 struct reply *r)
{
    switch ((enum archive_wish_kind)m->what) {
    case ARCHIVE_WISH_RESTORE: return wish_copy(q, from, m, ARCHIVE_GET, r);
    case ARCHIVE_WISH_VERIFY: return wish_copy(q, from, m, ARCHIVE_CHECK, r);
    case ARCHIVE_WISH_TEST: return wish_place(q, from, m, ARCHIVE_TEST, r);
    case ARCHIVE_WISH_MARK: return wish_place(q, from, m, ARCHIVE_MARK, r);
    case ARCHIVE_WISH_KEY: return wish_key(q, from, m, r);
    case ARCHIVE_WISH_VERIFY_ALL: wish_check_all(q, m, r); return false;
    case ARCHIVE_WISH_HOLD:
    case ARCHIVE_WISH_RELEASE:
    case ARCHIVE_WISH_DELETE: wish_thing(q, m, r); return false;
    case ARCHIVE_WISH_COUNT: break;
    }
    panic("web wants something of the archive that is none");
}

void on_archive_wish(void *context, const struct sender *from, struct msg_archive_wish *m)
{
    struct queue *q = context;
    struct reply r = {.status = 200, .file = -1};
    queue_enter(q);
    outcome_done(&r.outcome);
    struct waiting *w = waiting_find(&q->archive_wishes, m->wish);
    if (w) /* asked again by the next life of web */
        w->from = *from;
    else if (!wish(q, from, m, &r))
        answer(q, from, m->wish, &r);
}
