/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails as they come in at the front door: may this recipient be, and are the bytes durable? */
#include <errno.h>
#include <unistd.h>

#include "base/log.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/queue.h"
#include "queue/routing.h"
#include "store/blob.h"
#include "store/mails.h"

/* A5: an address alone proves nothing. Until mail is verified (SPF, DKIM, DMARC), only clients on this
 * machine and those that logged in may send. */
static bool trusted(uint32_t trust, struct outcome *o)
{
    if (trust == MAIL_TRUST_LOOPBACK || trust == MAIL_TRUST_AUTHENTICATED)
        return true;
    outcome_set(
        o, VERDICT_GIVE_UP, "5.7.1",
        "This server takes faxes only from programs on its own machine so far: it cannot verify senders from "
        "elsewhere. Hand the mail to the mail server beside it");
    return false;
}

static void check_recipient(struct queue *q, const struct msg_rcpt_check *m, struct outcome *o)
{
    struct route r;
    const struct routing w = {.store = &q->store, .arena = &q->arena, .now_ms = q->now_ms};
    if (trusted(m->trust, o))
        route_recipient(&w, m->recipient, m->sender, &r, o);
}

void on_rcpt_check(void *context, const struct sender *from, struct msg_rcpt_check *m)
{
    struct queue *q = context;
    struct outcome o = {.verdict = VERDICT_GIVE_UP};
    queue_enter(q);
    check_recipient(q, m, &o);
    struct message answer = {.type = MSG_rcpt_verdict, .rcpt_verdict = {250, "2.1.5", "Recipient ok"}};
    if (o.verdict != VERDICT_DONE)
        answer.rcpt_verdict = (struct msg_rcpt_verdict){o.verdict == VERDICT_RETRY ? 451 : 550,
                                                        arena_format(&q->arena, "%.15s", o.code), o.text};
    peers_answer(q->peers, from, &answer);
}

void on_mail_spool(void *context, const struct sender *from, struct msg_mail_spool *m)
{
    struct queue *q = context;
    queue_enter(q);
    SCOPED_FD int fd = blob_spool(&q->store, m->mail);
    struct message answer = {
        .type = MSG_mail_spooled,
        .mail_spooled = {.mail = m->mail, .error = fd < 0 ? (uint32_t)errno : 0, .fd = fd}};
    peers_answer(q->peers, from, &answer);
}

static int take_blob(struct queue *q, const struct msg_mail_store *m, struct id *blob)
{
    if (m->spooled > 0)
        return blob_adopt(&q->store, m->mail, m->spooled, blob);
    *blob = blob_put(&q->store, m->data);
    return 0;
}

void on_mail_store(void *context, const struct sender *from, struct msg_mail_store *m)
{
    struct queue *q = context;
    struct message answer = {.type = MSG_mail_stored, .mail_stored = {.mail = m->mail}};
    queue_enter(q);
    if (!mail_in_exists(&q->store, m->mail)) {
        struct mail_in mail = {.id = m->mail,
                               .received_ms = q->now_ms,
                               .sender = m->sender,
                               .recipients = m->recipients,
                               .client_ip = m->client_ip,
                               .trust = m->trust};
        answer.mail_stored.error = (uint32_t)take_blob(q, m, &mail.blob);
        if (!answer.mail_stored.error) {
            mail_in_add(&q->store, &mail);
            log_info(id_text(m->mail), "mail from <%s> is stored", m->sender);
        }
    }
    peers_answer(q->peers, from, &answer);
    queue_wants(q, WORK_UNPACK);
}
