/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails on their way to the mail server (S3.10, S3.12, S3.13) or into Maildirs. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/mail_servers.h"
#include "store/blob.h"
#include "store/config.h"

/* Questions that wait in mailout, so that a connection never waits for the next mail. */
enum { DELIVER_AT_ONCE = 16, DELIVER_AT_ONCE_MAX = 64 };
/* Of a Maildir folder that cannot be written. */
enum { MAILDIR_RETRY_MS = 30000 };
/* 4xx of one recipient: doubling from a minute to an hour, given up after five days (RFC 5321 §4.5.4.1). */
enum { FIRST_BACKOFF_MS = 60000, LONGEST_BACKOFF_MS = 3600000 };
#define GIVE_UP_AFTER_MS (5LL * 24 * 3600 * 1000)

/* ---- asking ---- */

static void ask_deliver(struct queue *q, const struct mail_out *m, const struct msg_deliver *route,
                        const char *sender)
{
    SCOPED_FD int bytes = blob_open(&q->store, m->blob);
    struct message ask = {.type = MSG_deliver, .deliver = *route};
    ask.deliver.mail = m->id;
    ask.deliver.sender = sender;
    ask.deliver.recipient = m->recipient;
    ask.deliver.mail_bytes = bytes;
    flight_begin(q, WORK_DELIVER, m->id, peers_ask(q->peers, ROLE_MAILOUT, 0, &ask));
}

/* S1.2: the account of the mail server is the envelope sender of our own mails. What another program made
 * keeps its own, and a mail without sender stays one: a bounce of it must not come back. */
static const char *envelope_sender(const struct mail_server *s, const struct mail_out *m)
{
    bool ours = !str_equal(m->kind, "pickup") && *m->sender;
    return ours && s && *s->envelope_sender ? s->envelope_sender : m->sender;
}

/* The mails of `tenant` (mail_out_due_of) over that server; NULL: into Maildirs. */
static void deliver_over(struct queue *q, const struct mail_server *s, struct id tenant)
{
    struct id ids[2 * DELIVER_AT_ONCE_MAX];
    struct msg_deliver to = {.name = ""};
    struct server_state *state = server_state(q, s ? s->name : "");
    unsigned most = state->doubtful ? 1 : DELIVER_AT_ONCE;
    if (s) {
        server_describe(q, s, &to);
        most = !state->doubtful && most < 2 * s->connections ? 2 * s->connections : most;
    } else {
        (void)mail_route(q, &to);
    }
    size_t n = s ? mail_out_due_of(&q->store, tenant, q->now_ms, ids, ARRAY_LEN(ids))
                 : mail_out_due(&q->store, q->now_ms, ids, ARRAY_LEN(ids));
    for (size_t i = 0; i < n && state->under_way < most; i++) {
        struct mail_out m;
        if (flight_find(q, WORK_DELIVER, ids[i]) || !mail_out_find(&q->store, ids[i], &q->arena, &m))
            continue;
        state->under_way++;
        ask_deliver(q, &m, &to, envelope_sender(s, &m));
    }
}

static const struct mail_server *find_fallback(const struct mail_server *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].fallback && list[i].enabled)
            return &list[i];
    return NULL;
}

/* Its own mails over it, or, while it is away, over the fallback. */
static void deliver_of(struct queue *q, const struct mail_server *s, const struct mail_server *fallback)
{
    if (!s->enabled)
        return; /* S3.2: they are held, and counted in the status */
    if (!server_is_away(q, server_state(q, s->name)))
        deliver_over(q, s, s->tenant_id);
    else if (fallback && !server_is_away(q, server_state(q, fallback->name)))
        deliver_over(q, fallback, s->tenant_id);
}

static void say_no_server(struct queue *q, bool missing)
{
    struct id id;
    missing = missing && mail_out_due_of(&q->store, ID_NONE, q->now_ms, &id, 1) > 0;
    if (missing && !q->said_no_server)
        log_error(
            NULL,
            "ALARM no-mail-server: %u mails wait and no mail server is set up; nothing is lost. Set one with "
            "`faxpost apply` (mail_server)",
            mail_out_waiting(&q->store));
    q->said_no_server = missing;
}

void pump_deliver(struct queue *q)
{
    struct mail_server list[MAIL_SERVERS_MAX];
    if (str_starts(q->conf->deliver, "maildir:")) {
        deliver_over(q, NULL, ID_NONE);
        return;
    }
    size_t n = config_mail_servers(&q->store, &q->arena, list, MAIL_SERVERS_MAX);
    const struct mail_server *fallback = find_fallback(list, n);
    say_no_server(q, n == 0 || !str_equal(list[0].name, MAIL_SERVER_MAIN));
    for (size_t i = 0; i < n; i++)
        if (!list[i].fallback)
            deliver_of(q, &list[i], fallback);
}

/* ---- what became of them ---- */

/* D7, once for each fax. */
static void use_fallback(struct queue *q, const struct mail_out *m)
{
    struct tenant t;
    if (!str_equal(m->kind, "received") || mail_out_has_stand_in(&q->store, m->about) ||
        !config_tenant(&q->store, &q->arena, m->tenant, &t) || !*t.fallback_address ||
        str_equal_nocase(t.fallback_address, m->recipient))
        return;
    struct mail_out again = *m;
    again.recipient = t.fallback_address;
    mail_out_stand_in(&q->store, mail_to(q, &again), m->about);
    log_info(id_text(m->about), "the fax goes to the fallback address %s", t.fallback_address);
}

static void give_up(struct queue *q, const struct mail_out *m, const struct outcome *o)
{
    log_error(id_text(m->id), "ALARM mail-refused: %s mail to %s: %s", m->kind, m->recipient, o->text);
    mail_out_close(&q->store, m->id, MAIL_OUT_FAILED, q->now_ms, o);
    use_fallback(q, m);
}

static void later(struct queue *q, const struct mail_out *m, const struct outcome *o)
{
    int64_t wait = FIRST_BACKOFF_MS;
    for (unsigned i = 0; i < m->tries && wait < LONGEST_BACKOFF_MS; i++)
        wait *= 2;
    if (wait > LONGEST_BACKOFF_MS)
        wait = LONGEST_BACKOFF_MS;
    if (q->now_ms - m->created_ms > GIVE_UP_AFTER_MS) {
        give_up(q, m, o);
        return;
    }
    log_warning(id_text(m->id), "%s mail to %s waits %lld s: %s", m->kind, m->recipient,
                (long long)wait / 1000, o->text);
    mail_out_retry(&q->store, m->id, q->now_ms + wait, o);
}

/* Its server, not the mail: it keeps its place. A Maildir is its recipient's own server. */
static void server_at_fault(struct queue *q, const struct mail_out *m, const struct msg_delivered *d,
                            const struct outcome *o)
{
    if (!*d->name) {
        mail_out_retry(&q->store, m->id, q->now_ms + MAILDIR_RETRY_MS, o);
        return;
    }
    server_failed(q, server_state(q, d->name), (enum delivery_fault)d->fault, o);
    mail_out_note(&q->store, m->id, o);
}

void on_delivered(void *context, const struct sender *from, struct msg_delivered *d)
{
    struct queue *q = context;
    struct mail_out m;
    struct outcome o;
    queue_enter(q);
    message_get_outcome(d, &o);
    struct server_state *state = server_state(q, d->name);
    if (flight_end(q, WORK_DELIVER, d->mail) && state->under_way > 0)
        state->under_way--;
    if (*d->secured && !tls_seen(&q->store, d->secured))
        tls_seen_add(&q->store, d->secured, q->now_ms);
    if (d->fault == FAULT_OF_MAIL)
        server_did(state);
    if (!mail_out_find(&q->store, d->mail, &q->arena, &m) || m.state != MAIL_OUT_WAITING)
        return;
    if (o.verdict == VERDICT_DONE) {
        mail_out_close(&q->store, m.id, MAIL_OUT_SENT, q->now_ms, &o);
        log_info(id_text(m.id), "%s mail to %s is delivered", m.kind, m.recipient);
    } else if (o.verdict == VERDICT_GIVE_UP) {
        give_up(q, &m, &o);
    } else if (d->fault != FAULT_OF_MAIL) {
        server_at_fault(q, &m, d, &o);
    } else {
        later(q, &m, &o);
    }
}

/* ---- received faxes that nobody gets (D7) ---- */

enum { LATE_AT_ONCE = 50, LATE_MINUTES = 15 };

static int64_t late_ms(struct queue *q)
{
    uint64_t minutes;
    if (!str_to_u64(store_meta(&q->store, &q->arena, "mail_alarm_minutes"), 10000, &minutes) || minutes == 0)
        minutes = LATE_MINUTES;
    return (int64_t)minutes * 60000;
}

void pump_late_mails(struct queue *q)
{
    struct id ids[LATE_AT_ONCE];
    int64_t patience = late_ms(q);
    size_t n = mail_out_late(&q->store, q->now_ms - patience, ids, LATE_AT_ONCE);
    for (size_t i = 0; i < n; i++) {
        struct mail_out m;
        if (!mail_out_find(&q->store, ids[i], &q->arena, &m) || mail_out_has_stand_in(&q->store, m.about))
            continue;
        log_error(id_text(m.about),
                  "ALARM mail-late: no server has taken the mail with this received fax for "
                  "%lld minutes (to %s): %s",
                  (long long)patience / 60000, m.recipient,
                  *m.reason ? m.reason : "it has not been tried yet");
        use_fallback(q, &m);
        if (!mail_out_has_stand_in(&q->store, m.about))
            mail_out_stand_in(&q->store, m.id, m.about); /* nobody to stand in: said once all the same */
    }
}
