/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails on their way to the mail server (S3.10, S3.12, S3.13) or into Maildirs. */
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/answers.h"
#include "queue/queue.h"
#include "store/blob.h"
#include "store/config.h"

enum { DELIVER_AT_ONCE = 16 };
/* S3.12: a server that is away is tried again at a steady pace. */
enum { UNREACHABLE_RETRY_MS = 30000 };
/* 4xx of one recipient: doubling from a minute to an hour, given up after five days (RFC 5321 §4.5.4.1). */
enum { FIRST_BACKOFF_MS = 60000, LONGEST_BACKOFF_MS = 3600000 };
#define GIVE_UP_AFTER_MS (5LL * 24 * 3600 * 1000)

bool mail_route(struct queue *q, struct msg_deliver *to)
{
    struct mail_server s;
    if (str_starts(q->conf->deliver, "maildir:")) {
        to->maildir = q->conf->deliver + strlen("maildir:");
        return true;
    }
    if (!config_mail_server(&q->store, &q->arena, &s) || !s.enabled)
        return false;
    json_t *json = json_pack("{s:s, s:i, s:s, s:s, s:s, s:s}", "host", s.host, "port", (int)s.port,
                             "security", s.security, "user", s.username, "ca_file", s.ca_file, "pin", s.pin);
    SCOPED_FREE char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    to->server = arena_strdup(&q->arena, text ? text : "{}");
    to->secret = s.secret;
    return true;
}

static void ask_deliver(struct queue *q, const struct mail_out *m, const struct msg_deliver *route)
{
    SCOPED_FD int bytes = blob_open(&q->store, m->blob);
    struct message ask = {.type = MSG_deliver, .deliver = *route};
    ask.deliver.mail = m->id;
    ask.deliver.sender = answer_envelope(q, m);
    ask.deliver.recipient = m->recipient;
    ask.deliver.mail_bytes = bytes;
    flight_begin(q, WORK_DELIVER, m->id, peers_ask(q->peers, ROLE_MAILOUT, 0, &ask));
}

void pump_deliver(struct queue *q)
{
    struct id ids[DELIVER_AT_ONCE * 2];
    struct msg_deliver to = {0};
    size_t n = mail_out_due(&q->store, q->now_ms, ids, ARRAY_LEN(ids));
    if (n > 0 && !mail_route(q, &to)) {
        if (!q->said_no_server)
            log_error(NULL,
                      "ALARM no-mail-server: %u mails wait and no mail server is set up; nothing is lost. "
                      "Set one with "
                      "`faxpost apply` (mail_server)",
                      mail_out_waiting(&q->store));
        q->said_no_server = true;
        return;
    }
    q->said_no_server = q->said_no_server && n == 0;
    for (size_t i = 0; i < n && flight_count(q, WORK_DELIVER) < DELIVER_AT_ONCE; i++) {
        struct mail_out m;
        if (!flight_find(q, WORK_DELIVER, ids[i]) && mail_out_find(&q->store, ids[i], &q->arena, &m))
            ask_deliver(q, &m, &to);
    }
}

/* D7: a received fax that its recipient's server refuses goes to the tenant's fallback address. */
static void use_fallback(struct queue *q, const struct mail_out *m)
{
    struct tenant t;
    if (!str_equal(m->kind, "received") || !config_tenant(&q->store, &q->arena, m->tenant, &t) ||
        !*t.fallback_address || str_equal_nocase(t.fallback_address, m->recipient))
        return;
    struct mail_out again = *m;
    again.recipient = t.fallback_address;
    mail_to(q, &again);
}

static void give_up(struct queue *q, const struct mail_out *m, const struct outcome *o)
{
    log_error(id_text(m->id), "ALARM mail-refused: %s mail to %s: %s", m->kind, m->recipient, o->text);
    mail_out_close(&q->store, m->id, MAIL_OUT_FAILED, q->now_ms, o);
    use_fallback(q, m);
}

static void later(struct queue *q, const struct mail_out *m, bool unreachable, const struct outcome *o)
{
    int64_t wait = UNREACHABLE_RETRY_MS;
    if (!unreachable) {
        wait = FIRST_BACKOFF_MS;
        for (unsigned i = 0; i < m->tries && wait < LONGEST_BACKOFF_MS; i++)
            wait *= 2;
        if (wait > LONGEST_BACKOFF_MS)
            wait = LONGEST_BACKOFF_MS;
    }
    if (!unreachable && q->now_ms - m->created_ms > GIVE_UP_AFTER_MS) {
        give_up(q, m, o);
        return;
    }
    log_warning(id_text(m->id), "%s mail to %s waits %lld s: %s", m->kind, m->recipient,
                (long long)wait / 1000, o->text);
    mail_out_retry(&q->store, m->id, q->now_ms + wait, o);
}

void on_delivered(void *context, const struct sender *from, struct msg_delivered *d)
{
    struct queue *q = context;
    struct mail_out m;
    struct outcome o;
    queue_enter(q);
    message_get_outcome(d, &o);
    (void)flight_end(q, WORK_DELIVER, d->mail);
    if (!mail_out_find(&q->store, d->mail, &q->arena, &m) || m.state != MAIL_OUT_WAITING)
        return;
    if (o.verdict == VERDICT_DONE) {
        mail_out_close(&q->store, m.id, MAIL_OUT_SENT, q->now_ms, &o);
        log_info(id_text(m.id), "%s mail to %s is delivered", m.kind, m.recipient);
    } else if (o.verdict == VERDICT_RETRY) {
        later(q, &m, d->unreachable != 0, &o);
    } else {
        give_up(q, &m, &o);
    }
}
