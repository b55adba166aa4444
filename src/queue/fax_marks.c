/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/looking.h"

static unsigned mark(struct queue *q, const struct msg_fax_mark *m, struct outcome *o)
{
    struct fax f;
    outcome_done(o);
    if (!fax_find(&q->store, m->fax, &q->arena, &f)) {
        outcome_set(o, VERDICT_GIVE_UP, "unknown-fax", "There is no such fax.");
        return 404;
    }
    switch ((enum fax_mark)m->mark) {
    case FAX_MARK_READ:
    case FAX_MARK_UNREAD: fax_set_unread(&q->store, f.id, m->user, m->mark == FAX_MARK_UNREAD); return 200;
    case FAX_MARK_ARCHIVED:
    case FAX_MARK_UNARCHIVED:
        fax_set_place(&q->store, f.id, m->mark == FAX_MARK_ARCHIVED ? FAX_IN_ARCHIVE : FAX_IN_INBOX);
        return 200;
    case FAX_MARK_JUNK: look_junk(q, &f); return 200;
    case FAX_MARK_NO_JUNK: look_no_junk(q, &f); return 200;
    case FAX_MARK_COUNT: break;
    }
    outcome_set(o, VERDICT_GIVE_UP, "unknown-mark", "There is no such mark.");
    return 400;
}

void on_fax_mark(void *context, const struct sender *from, struct msg_fax_mark *m)
{
    struct queue *q = context;
    struct outcome o;
    queue_enter(q);
    unsigned status = mark(q, m, &o);
    struct message answer = {.type = MSG_fax_marked,
                             .fax_marked = {.fax = m->fax, .status = status, MESSAGE_OUTCOME(&o)}};
    peers_answer(q->peers, from, &answer);
}
