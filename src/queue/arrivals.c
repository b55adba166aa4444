/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails as they come in at the front door: may this recipient be, and are the bytes durable? */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "proto/dsn.h"
#include "queue/sender_check.h"
#include "queue/queue.h"
#include "queue/room.h"
#include "store/blob.h"
#include "store/mails.h"

void on_rcpt_check(void *context, const struct sender *from, struct msg_rcpt_check *m)
{
    struct queue *q = context;
    struct outcome o = {.verdict = VERDICT_GIVE_UP};
    uint32_t verify = 0;
    queue_enter(q);
    struct message answer = {.type = MSG_rcpt_verdict,
                             .rcpt_verdict = {250, "2.1.5", "Recipient ok", verify}};
    if (room_refuses(q, &o)) {
        answer.rcpt_verdict = (struct msg_rcpt_verdict){452, "4.3.1", o.text, 0};
        peers_answer(q->peers, from, &answer);
        return;
    }
    sender_check_at_rcpt(q, m, &o, &verify);
    answer.rcpt_verdict.verify = verify;
    if (o.verdict != VERDICT_DONE)
        answer.rcpt_verdict = (struct msg_rcpt_verdict){o.verdict == VERDICT_RETRY ? 451 : 550,
                                                        dsn_status("", o.code), o.text, 0};
    peers_answer(q->peers, from, &answer);
}

void on_mail_spool(void *context, const struct sender *from, struct msg_mail_spool *m)
{
    struct queue *q = context;
    queue_enter(q);
    errno = room_lacks(q);
    SCOPED_FD int fd = errno ? -1 : blob_spool(&q->store, m->mail);
    struct message answer = {
        .type = MSG_mail_spooled,
        .mail_spooled = {.mail = m->mail, .error = fd < 0 ? (uint32_t)errno : 0, .fd = fd}};
    peers_answer(q->peers, from, &answer);
}

/* A mail whose file is being made durable: mail_store, in our own memory. */
struct arriving {
    struct list node;
    struct sender from;
    struct mail_in mail; /* its texts are ours */
};

static struct arriving *arriving_find(struct queue *q, struct id mail)
{
    list_each (it, &q->arriving) {
        struct arriving *a = CONTAINER_OF(it, struct arriving, node);
        if (id_equal(a->mail.id, mail))
            return a;
    }
    return NULL;
}

static void arriving_free(struct arriving *a)
{
    list_remove(&a->node);
    free((void *)(uintptr_t)a->mail.sender);
    free((void *)(uintptr_t)a->mail.recipients);
    free((void *)(uintptr_t)a->mail.wishes);
    free((void *)(uintptr_t)a->mail.client_ip);
    free((void *)(uintptr_t)a->mail.facts);
    free(a);
}

void forget_arriving(struct queue *q)
{
    list_each_safe (it, &q->arriving) {
        arriving_free(CONTAINER_OF(it, struct arriving, node));
    }
}

static void wait_for_file(struct queue *q, const struct sender *from, const struct mail_in *mail,
                          uint64_t size)
{
    struct arriving *a = arriving_find(q, mail->id);
    if (a) {
        a->from = *from; /* asked once more: answered once */
        return;
    }
    a = mem_zalloc(sizeof(*a));
    a->from = *from;
    a->mail = *mail;
    a->mail.sender = mem_strdup(mail->sender);
    a->mail.recipients = mem_strdup(mail->recipients);
    a->mail.wishes = mem_strdup(mail->wishes);
    a->mail.client_ip = mem_strdup(mail->client_ip);
    a->mail.facts = mem_strdup(mail->facts);
    list_append(&q->arriving, &a->node);
    blob_pool_take(q->pool, mail->id, size);
}

static void answer_stored(struct queue *q, const struct sender *from, struct id mail, int error)
{
    struct message answer = {
        .type = MSG_mail_stored,
        .mail_stored = {.mail = mail, .error = (uint32_t)error, .enhanced = "", .text = ""}};
    peers_answer(q->peers, from, &answer);
}

/* In the same transaction as its blob; who asked hears of it when that is durable. */
static void add_mail(struct queue *q, const struct sender *from, const struct mail_in *mail)
{
    mail_in_add(&q->store, mail);
    log_info(id_text(mail->id), "mail from <%s> is stored%s%s", mail->sender, *mail->facts ? "; " : "",
             mail->facts);
    answer_stored(q, from, mail->id, 0);
    queue_wants(q, WORK_UNPACK);
}

void on_mails_synced(void *context, uint32_t events)
{
    struct queue *q = context;
    struct blob_ready ready;
    queue_enter(q);
    while (blob_pool_next(q->pool, &ready)) {
        struct arriving *a = arriving_find(q, ready.name);
        if (!a)
            continue;
        int error = blob_adopt(&q->store, &ready, &a->mail.blob);
        if (error)
            answer_stored(q, &a->from, a->mail.id, error);
        else
            add_mail(q, &a->from, &a->mail);
        arriving_free(a);
    }
}

static void refuse(struct queue *q, const struct sender *from, const struct msg_mail_store *m,
                   const struct msg_mail_stored *reply)
{
    const struct message answer = {.type = MSG_mail_stored, .mail_stored = *reply};
    log_info(id_text(m->mail), "mail from <%s> at %s is refused; %s", m->sender, m->client_ip, m->facts);
    blob_drop_spool(&q->store, m->mail);
    peers_answer(q->peers, from, &answer);
}

void on_mail_store(void *context, const struct sender *from, struct msg_mail_store *m)
{
    struct queue *q = context;
    queue_enter(q);
    struct mail_in mail = {.id = m->mail,
                           .received_ms = q->now_ms,
                           .sender = m->sender,
                           .recipients = m->recipients,
                           .wishes = m->wishes,
                           .client_ip = m->client_ip,
                           .trust = m->trust,
                           .user = m->user,
                           .facts = id_is_none(m->user) ? m->facts : ""};
    struct msg_mail_stored reply = {.mail = m->mail, .enhanced = "", .text = ""};
    if (mail_in_exists(&q->store, m->mail)) {
        answer_stored(q, from, m->mail, 0);
    } else if (room_lacks(q) && !arriving_find(q, m->mail)) {
        blob_drop_spool(&q->store, m->mail);
        answer_stored(q, from, m->mail, room_lacks(q));
    } else if (!arriving_find(q, m->mail) && !sender_check_mail(q, m, &reply)) {
        refuse(q, from, m, &reply);
    } else if (m->spooled > 0) {
        wait_for_file(q, from, &mail, m->spooled);
    } else {
        mail.blob = blob_put(&q->store, m->data);
        add_mail(q, from, &mail);
    }
}
