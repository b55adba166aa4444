/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails that role `fetch` takes from mailboxes (S4.3). A mail and its key are one transaction: whoever asks
 * again for that key is told that it was taken, so a crash at any moment neither loses nor doubles a mail. */
#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "provision/mailbox.h"
#include "queue/nodes.h"
#include "queue/queue.h"
#include "queue/room.h"
#include "queue/sender_check.h"
#include "store/blob.h"
#include "store/mails.h"

/* A server that has not shown a mail for so long does not have it any more. */
#define KEY_LIFE_MS (90LL * 24 * 3600 * 1000)
enum { STATES_MAX = 128 };

/* ---- to fetch ---- */

/* {"sealed": text} becomes text. */
static void unwrap(json_t *mailbox, const char *name)
{
    json_t *sealed = json_object_get(json_object_get(mailbox, name), "sealed");
    (void)json_object_set_new(mailbox, name, json_string(sealed ? json_string_value(sealed) : ""));
}

static json_t *mailbox_json(struct queue *q, const struct mailbox *m)
{
    json_t *o = provision_mailbox_json(m);
    (void)json_object_set_new(o, "id", json_string(id_text(m->id)));
    (void)json_object_set_new(o, "max_bytes", json_integer((json_int_t)q->conf->smtp_max_bytes));
    (void)json_object_set_new(o, "verify", json_boolean(sender_check_wanted(q, m->name)));
    unwrap(o, "password");
    unwrap(o, "oauth_client_secret");
    unwrap(o, "oauth_refresh_token");
    return o;
}

void tell_mailboxes(struct queue *q)
{
    struct mailbox *list;
    size_t n = mailbox_all(&q->store, &q->arena, &list);
    json_t *all = json_array();
    for (size_t i = 0; i < n; i++)
        if (list[i].enabled && nodes_lead_with(q, ROLE_FETCH))
            (void)json_array_append_new(all, mailbox_json(q, &list[i]));
    SCOPED_FREE char *text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    SCOPED_FD int fd = memfd_create("mailboxes", MFD_CLOEXEC);
    if (fd < 0 || fd_write_all(fd, span_str(text)) != 0 || lseek(fd, 0, SEEK_SET) < 0)
        panic("no memory file for the mailboxes");
    struct message m = {.type = MSG_mailboxes, .mailboxes = {.json = fd}};
    peers_tell(q->peers, ROLE_FETCH, 0, &m);
}

/* ---- from fetch ---- */

void on_mailbox_keys(void *context, const struct sender *from, struct msg_mailbox_keys *m)
{
    struct queue *q = context;
    struct mailbox box;
    char states[STATES_MAX + 1] = "", *key;
    size_t n = 0;
    queue_enter(q);
    bool known = mailbox_find(&q->store, &q->arena, m->mailbox, &box);
    char *rest = arena_strdup(&q->arena, m->keys);
    while ((key = strsep(&rest, "\n")) != NULL && n < STATES_MAX) {
        if (!*key)
            continue;
        /* A mailbox that is gone from the settings is left alone. */
        states[n] = known ? mailbox_key_state(&q->store, m->mailbox, key, q->now_ms) : 'k';
        if (states[n++] != 'n')
            mailbox_key_seen(&q->store, m->mailbox, key, q->now_ms);
    }
    mailbox_keys_forget(&q->store, q->now_ms - KEY_LIFE_MS);
    struct message answer = {.type = MSG_mailbox_known,
                             .mailbox_known = {.mailbox = m->mailbox, .states = states}};
    peers_answer(q->peers, from, &answer);
}

void on_mailbox_spool(void *context, const struct sender *from, struct msg_mailbox_spool *m)
{
    struct queue *q = context;
    queue_enter(q);
    errno = room_lacks(q);
    SCOPED_FD int fd = errno ? -1 : blob_spool(&q->store, m->mail);
    struct message answer = {
        .type = MSG_mailbox_spooled,
        .mailbox_spooled = {.mail = m->mail, .error = fd < 0 ? (uint32_t)errno : 0, .fd = fd}};
    peers_answer(q->peers, from, &answer);
}

/* The DNS does not say whose it is: it lies there until it does (A5). */
static void leave_mail(struct queue *q, const struct mailbox *box, const struct msg_mailbox_take *m)
{
    int64_t wait_ms =
        mailbox_key_wait(&q->store, box->id, m->key, q->now_ms, (int64_t)box->interval_s * 1000);
    blob_drop_spool(&q->store, m->mail);
    log_info(
        id_text(m->mail),
        "mail %s of mailbox %s: its sender cannot be verified at this moment; it stays there and is looked "
        "at again in %lld s; %s",
        m->key, box->name, (long long)wait_ms / 1000, m->facts);
}

static int take_mail(struct queue *q, const struct msg_mailbox_take *m)
{
    struct mailbox box;
    if (!mailbox_find(&q->store, &q->arena, m->mailbox, &box))
        return ESTALE;
    if (mailbox_key_state(&q->store, m->mailbox, m->key, INT64_MAX) != 'n')
        return 0; /* asked again, or fetched by two lives of fetch: it is here */
    if (room_lacks(q))
        return room_lacks(q);
    struct mail_in mail = {.id = m->mail,
                           .received_ms = q->now_ms,
                           .sender = "",
                           .recipients = box.address,
                           .client_ip = "",
                           .trust = MAIL_TRUST_NONE,
                           .facts = m->facts,
                           .mailbox = box.id,
                           .too_large = m->too_large ? m->announced : 0};
    int error = 0;
    if (!sender_check_before_taking(q, &box, m->facts)) {
        leave_mail(q, &box, m);
        return EAGAIN;
    }
    if (m->spooled > 0) {
        struct blob_ready ready = {.name = m->mail, .size = m->spooled};
        blob_prepare(&q->store, &ready); /* large mail comes seldom this way: the disk is waited for */
        error = blob_adopt(&q->store, &ready, &mail.blob);
    } else {
        mail.blob = blob_put(&q->store, m->data);
    }
    if (error)
        return error;
    mail_in_add(&q->store, &mail);
    bool kept = m->too_large && str_equal(box.too_large, "keep");
    mailbox_key_add(&q->store, box.id, m->key, kept ? 'k' : 't', m->mail, q->now_ms);
    log_info(id_text(m->mail), "mail %s of mailbox %s is stored; %s", m->key, box.name, m->facts);
    return 0;
}

void on_mailbox_take(void *context, const struct sender *from, struct msg_mailbox_take *m)
{
    struct queue *q = context;
    queue_enter(q);
    struct message answer = {.type = MSG_mailbox_taken,
                             .mailbox_taken = {.mail = m->mail, .error = (uint32_t)take_mail(q, m)}};
    peers_answer(q->peers, from, &answer);
    queue_wants(q, WORK_UNPACK);
}

void on_mailbox_state(void *context, const struct sender *from, struct msg_mailbox_state *m)
{
    struct queue *q = context;
    queue_enter(q);
    mailbox_set_state(&q->store, m->mailbox, m->verdict == VERDICT_DONE, m->code, m->reason, q->now_ms);
}

void on_mailbox_token(void *context, const struct sender *from, struct msg_mailbox_token *m)
{
    struct queue *q = context;
    queue_enter(q);
    mailbox_set_refresh_token(&q->store, m->mailbox, m->refresh_token);
    struct message answer = {.type = MSG_mailbox_token_stored,
                             .mailbox_token_stored = {.mailbox = m->mailbox}};
    peers_answer(q->peers, from, &answer);
}
