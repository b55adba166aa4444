/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails on their way to the mail server (S3.10, S3.12, S3.13) or into Maildirs. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/bounces.h"
#include "queue/mail_servers.h"
#include "store/blob.h"
#include "store/config.h"
#include "store/dkim_keys.h"
#include "store/mail_history.h"

/* Questions that wait in mailout, so that a connection never waits for the next mail. */
enum { DELIVER_AT_ONCE = 16, DELIVER_AT_ONCE_MAX = 64 };
/* Of a Maildir folder that cannot be written. */
enum { MAILDIR_RETRY_MS = 30000 };
/* 4xx of one recipient: doubling from a minute to an hour, given up after five days (RFC 5321 §4.5.4.1). */
enum { FIRST_BACKOFF_MS = 60000, LONGEST_BACKOFF_MS = 3600000 };
#define GIVE_UP_AFTER_MS (5LL * 24 * 3600 * 1000)

/* ---- asking ---- */

/* Of the domain in From. Another program's From is not read here; its envelope sender is mostly the same, and
 * mailout signs where From is of that domain. */
static void add_key(struct queue *q, const struct mail_out *m, struct msg_deliver *ask)
{
    struct dkim_key_row k;
    const char *at = strrchr(m->sender, '@');
    char *domain = at ? arena_strdup(&q->arena, at + 1) : NULL;
    if (!domain)
        return;
    str_lower(domain);
    if (!dkim_key_for(&q->store, &q->arena, domain, &k))
        return;
    ask->dkim_domain = k.domain;
    ask->dkim_selector = k.selector;
    ask->dkim_key = k.secret;
}

static void ask_deliver(struct queue *q, const struct mail_out *m, const struct mail_server *server,
                        const struct msg_deliver *route)
{
    SCOPED_FD int bytes = blob_open(&q->store, m->blob);
    struct message ask = {.type = MSG_deliver, .deliver = *route};
    ask.deliver.mail = m->id;
    ask.deliver.sender = return_address(q, server, m);
    ask.deliver.envid = mail_is_ours(m) ? arena_strdup(&q->arena, id_text(m->id)) : "";
    ask.deliver.recipient = m->recipient;
    ask.deliver.mail_bytes = bytes;
    if (server)
        add_key(q, m, &ask.deliver);
    flight_begin(q, WORK_DELIVER, m->id, peers_ask(q->peers, ROLE_MAILOUT, 0, &ask));
}

/* A way for mails: a mail server and how it does, or Maildirs. */
struct way {
    const struct mail_server *server; /* NULL: into Maildirs */
    struct server_state *state;
    struct msg_deliver to;
    unsigned most; /* questions at once */
};

static struct way way_of(struct queue *q, const struct mail_server *s)
{
    struct way w = {.server = s, .state = server_state(q, s ? s->name : ""), .to = {.name = ""}};
    w.most = w.state->doubtful ? 1 : DELIVER_AT_ONCE;
    if (s) {
        server_describe(q, s, &w.to);
        w.most = !w.state->doubtful && w.most < 2 * s->connections ? 2 * s->connections : w.most;
    } else {
        (void)mail_route(q, &w.to);
    }
    return w;
}

/* The mails of `tenant` (mail_out_due_of) go by `usual`, those that tell of trouble with it by `alarms`. */
static void deliver_by(struct queue *q, struct way *usual, struct way *alarms, struct id tenant)
{
    struct id ids[2 * DELIVER_AT_ONCE_MAX];
    size_t n = usual->server ? mail_out_due_of(&q->store, tenant, q->now_ms, ids, ARRAY_LEN(ids))
                             : mail_out_due(&q->store, q->now_ms, ids, ARRAY_LEN(ids));
    for (size_t i = 0; i < n && usual->state->under_way < usual->most; i++) {
        struct mail_out m;
        if (flight_find(q, WORK_DELIVER, ids[i]) || !mail_out_find(&q->store, ids[i], &q->arena, &m))
            continue;
        struct way *w = str_equal(m.kind, "alarm") ? alarms : usual;
        if (w->state->under_way >= w->most)
            continue;
        w->state->under_way++;
        ask_deliver(q, &m, w->server, &w->to);
    }
}

static const struct mail_server *find_fallback(const struct mail_server *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].fallback && list[i].enabled)
            return &list[i];
    return NULL;
}

/* Its own mails over it, or, while it is away, over the fallback; and what tells that its mails wait, over
 * the fallback too. */
static void deliver_of(struct queue *q, const struct mail_server *s, const struct mail_server *fallback)
{
    if (!s->enabled)
        return; /* S3.2: they are held, and counted in the status */
    const struct server_state *own = server_state(q, s->name);
    bool away = server_is_away(q, own);
    bool other = fallback && !server_is_away(q, server_state(q, fallback->name));
    if (away && !other)
        return;
    struct way usual = way_of(q, away ? fallback : s), spare;
    if (other)
        spare = way_of(q, fallback);
    deliver_by(q, &usual, other && own->late > 0 ? &spare : &usual, s->tenant_id);
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
        struct way maildirs = way_of(q, NULL);
        deliver_by(q, &maildirs, &maildirs, ID_NONE);
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
void mail_use_fallback(struct queue *q, const struct mail_out *m)
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

static void give_up(struct queue *q, const struct mail_out *m, const char *server, const struct outcome *o)
{
    mail_event_tried(&q->store, m->id, q->now_ms, "refused", server, o);
    log_error(id_text(m->id), "ALARM mail-refused: %s mail to %s: %s", m->kind, m->recipient, o->text);
    mail_out_close(&q->store, m->id, MAIL_OUT_FAILED, q->now_ms, o);
    mail_came_to_nothing(q, m, o);
}

static void later(struct queue *q, const struct mail_out *m, const char *server, const struct outcome *o)
{
    int64_t wait = FIRST_BACKOFF_MS;
    for (unsigned i = 0; i < m->tries && wait < LONGEST_BACKOFF_MS; i++)
        wait *= 2;
    if (wait > LONGEST_BACKOFF_MS)
        wait = LONGEST_BACKOFF_MS;
    if (q->now_ms - m->since_ms > GIVE_UP_AFTER_MS) {
        give_up(q, m, server, o);
        return;
    }
    mail_event_tried(&q->store, m->id, q->now_ms, "deferred", server, o);
    log_warning(id_text(m->id), "%s mail to %s waits %lld s: %s", m->kind, m->recipient,
                (long long)wait / 1000, o->text);
    mail_out_retry(&q->store, m->id, q->now_ms + wait, o);
}

/* Its server, not the mail: it keeps its place. A Maildir is its recipient's own server. */
static void server_at_fault(struct queue *q, const struct mail_out *m, const struct msg_delivered *d,
                            const struct outcome *o)
{
    mail_event_tried(&q->store, m->id, q->now_ms, "deferred", d->name, o);
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
        mail_event_tried(&q->store, m.id, q->now_ms, "sent", d->name, &o);
        mail_out_close(&q->store, m.id, MAIL_OUT_SENT, q->now_ms, &o);
        log_info(id_text(m.id), "%s mail to %s is delivered", m.kind, m.recipient);
    } else if (o.verdict == VERDICT_GIVE_UP) {
        give_up(q, &m, d->name, &o);
    } else if (d->fault != FAULT_OF_MAIL) {
        server_at_fault(q, &m, d, &o);
    } else {
        later(q, &m, d->name, &o);
    }
}
