/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a person does with a mail that became no fax (S4.5). */
#include "base/log.h"
#include "queue/audit_notes.h"
#include "queue/queue.h"
#include "store/mails.h"

static unsigned settle(struct queue *q, const struct msg_dead_letter *m, struct outcome *o)
{
    struct dead_letter d;
    outcome_done(o);
    if (!dead_letter_find(&q->store, m->mail, &q->arena, &d)) {
        struct mail_in mail;
        /* Asked again after our restart, when it is being looked at already. */
        if (!m->remove && mail_in_find(&q->store, m->mail, &q->arena, &mail))
            return 202;
        outcome_set(o, VERDICT_GIVE_UP, "unknown-dead-letter",
                    "There is no such dead letter. `faxpost deadletter list` shows them.");
        return 404;
    }
    if (m->remove)
        dead_letter_delete(&q->store, m->mail);
    else
        dead_letter_replay(&q->store, m->mail);
    log_info(id_text(m->mail), "dead letter from <%s> %s by %s", d.mail.sender,
             m->remove ? "deleted" : "taken up again", m->user);
    return m->remove ? 200 : 202;
}

void on_dead_letter(void *context, const struct sender *from, struct msg_dead_letter *m)
{
    struct queue *q = context;
    struct outcome o;
    queue_enter(q);
    unsigned status = settle(q, m, &o);
    if (status < 300)
        note_deed(q, ID_NONE, &(struct doer){m->actor, m->user, m->client_ip},
                  m->remove ? "deadletters.delete" : "deadletters.replay", id_text(m->mail), "");
    struct message answer = {.type = MSG_dead_letter_done,
                             .dead_letter_done = {.mail = m->mail, .status = status, MESSAGE_OUTCOME(&o)}};
    peers_answer(q->peers, from, &answer);
    queue_wants(q, WORK_UNPACK);
}
