/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails of other programs on this machine (S3.11): stored as they are, sent like our own. */
#include <errno.h>

#include "base/log.h"
#include "base/scope.h"
#include "queue/queue.h"
#include "queue/room.h"
#include "store/blob.h"

void on_pickup_spool(void *context, const struct sender *from, struct msg_pickup_spool *m)
{
    struct queue *q = context;
    queue_enter(q);
    errno = room_lacks(q);
    SCOPED_FD int fd = errno ? -1 : blob_spool(&q->store, m->mail);
    struct message answer = {
        .type = MSG_pickup_spooled,
        .pickup_spooled = {.mail = m->mail, .error = fd < 0 ? (uint32_t)errno : 0, .fd = fd}};
    peers_answer(q->peers, from, &answer);
}

/* 0, or an errno: then nothing is kept of it. */
static int take(struct queue *q, const struct msg_pickup_store *m)
{
    struct mail_out mail = {.id = m->mail,
                            .kind = "pickup",
                            .about = m->mail, /* itself */
                            .sender = m->sender,
                            .recipient = m->recipient,
                            .created_ms = q->now_ms};
    int error = 0;
    if (m->spooled > 0) {
        struct blob_ready ready = {.name = m->mail, .size = m->spooled};
        blob_prepare(&q->store, &ready);
        error = blob_adopt(&q->store, &ready, &mail.blob);
    } else {
        mail.blob = blob_put(&q->store, m->data);
    }
    if (error)
        return error;
    mail_out_add_ready(&q->store, &mail);
    log_info(id_text(m->mail), "mail of a local program to %s is stored", m->recipient);
    queue_wants(q, WORK_DELIVER);
    return 0;
}

void on_pickup_store(void *context, const struct sender *from, struct msg_pickup_store *m)
{
    struct queue *q = context;
    struct message answer = {.type = MSG_pickup_stored, .pickup_stored = {.mail = m->mail}};
    queue_enter(q);
    if (!mail_out_exists(&q->store, m->mail))
        answer.pickup_stored.error = (uint32_t)(room_lacks(q) ? room_lacks(q) : take(q, m));
    peers_answer(q->peers, from, &answer);
}
