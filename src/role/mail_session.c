/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/mail_session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "mail/mail_auth.h"
#include "mail/smtp_server.h"
#include "net/stream.h"

enum { INPUT_MAX = 65536, OUTPUT_MAX = 65536 };

enum { DIRECTORY_ID_LEN = 512 };

struct mail_session {
    struct list node;
    struct mail_house *house;
    const struct mail_door_rules *rules;
    struct endpoint peer;
    char ip[ENDPOINT_TEXT_LEN];
    struct stream *stream;
    struct smtp_server *server;
    struct timer deadline, wrong; /* wrong: a refused login is due */
    int64_t login_ms;             /* when it began */
    unsigned wait_s;              /* what it says: 0: wrong */
    bool paced;                   /* some passwords are judged by a directory */
    char directory_id[DIRECTORY_ID_LEN];
    uint64_t request;      /* the open question; 0: none */
    int spool_fd;          /* -1: none */
    uint32_t verify;       /* enum mail_verify: what some recipient of this mail wants */
    struct smtp_mail mail; /* while it is verified and stored */
    struct mail_auth *auth;
    bool input_ended;
    bool securing; /* stream_start_tls was called */
};

static enum mail_trust trust_of(const struct mail_session *s)
{
    if (!id_is_none(smtp_server_user(s->server)))
        return MAIL_TRUST_AUTHENTICATED;
    if (s->rules->local)
        return s->house->local_is_trusted ? MAIL_TRUST_LOOPBACK : MAIL_TRUST_NONE;
    return endpoint_is_loopback(&s->peer) ? MAIL_TRUST_LOOPBACK : MAIL_TRUST_NONE;
}

/* ---- between stream and engine ---- */

static bool give_output(struct mail_session *s)
{
    struct span out = smtp_server_output(s->server);
    size_t room = stream_room(s->stream), n = out.len < room ? out.len : room;
    if (n == 0 || !stream_write(s->stream, span_of(out.data, n)))
        return false;
    smtp_server_sent(s->server, n);
    return true;
}

static bool give_input(struct mail_session *s)
{
    size_t n = smtp_server_input(s->server, stream_input(s->stream), clock_mono_ms());
    stream_consume(s->stream, n);
    return n > 0;
}

static void follow_wish(struct mail_session *s)
{
    enum smtp_wish wish = smtp_server_wish(s->server);
    if (smtp_server_output(s->server).len > 0)
        return; /* on_drained comes */
    if (wish == SMTP_WISH_TLS) {
        s->securing = true;
        stream_start_tls(s->stream, s->house->tls, NULL);
    } else if (wish == SMTP_WISH_END || (s->input_ended && s->request == 0 && !s->auth)) {
        stream_end(s->stream);
    }
}

/* Moves what can be moved. Not while TLS is being agreed on: nothing may be written then. */
static void pump(struct mail_session *s)
{
    if (s->securing)
        return;
    bool moved = true;
    while (moved) {
        moved = give_input(s);
        moved = give_output(s) || moved;
    }
    follow_wish(s);
    int64_t left_ms = smtp_server_deadline_ms(s->server) - clock_mono_ms();
    timer_start(&s->deadline, s->house->loop, left_ms > 0 ? left_ms : 0);
}

static void on_deadline(void *context)
{
    struct mail_session *s = context;
    smtp_server_expire(s->server, clock_mono_ms());
    if (s->securing)
        stream_end(s->stream);
    else
        pump(s);
}

static void on_input(void *context)
{
    pump(context);
}

static void on_input_end(void *context)
{
    struct mail_session *s = context;
    s->input_ended = true;
    pump(s);
}

static void on_secured(void *context)
{
    struct mail_session *s = context;
    s->securing = false;
    smtp_server_secured(s->server, clock_mono_ms());
    pump(s);
}

static void on_closed(void *context, const struct stream_end *end)
{
    struct mail_session *s = context;
    if (end->why != STREAM_CLOSED)
        log_info(NULL, "connection of %s: %s", *s->ip ? s->ip : "a local program", end->text);
    mail_session_free(s);
}

static const struct stream_handlers stream_handlers = {
    .on_input = on_input,
    .on_input_end = on_input_end,
    .on_drained = on_input,
    .on_secured = on_secured,
    .on_closed = on_closed,
};

/* ---- questions to the queue ---- */

static void ask_rcpt_check(void *context, const char *sender, const char *recipient)
{
    struct mail_session *s = context;
    const struct message m = {.type = MSG_rcpt_check,
                              .rcpt_check = {.sender = sender,
                                             .recipient = recipient,
                                             .client_ip = s->ip,
                                             .trust = (uint32_t)trust_of(s),
                                             .user = smtp_server_user(s->server)}};
    s->request = peers_ask(s->house->peers, ROLE_QUEUE, 0, &m);
}

/* An address that the lockout counts by; those of a unix socket cannot log in. */
static void ask_salt(void *context, const char *name)
{
    struct mail_session *s = context;
    const struct message m = {.type = MSG_login_salt, .login_salt = {.name = name, .client_ip = s->ip}};
    s->login_ms = clock_mono_ms();
    s->request = peers_ask(s->house->peers, ROLE_QUEUE, 0, &m);
}

static void ask_judge(void *context, const char *name, struct span signs, struct span proof)
{
    struct mail_session *s = context;
    const struct message m = {
        .type = MSG_login_judge,
        .login_judge = {.name = name, .client_ip = s->ip, .signs = signs, .proof = proof}};
    s->request = peers_ask(s->house->peers, ROLE_QUEUE, 0, &m);
}

static void ask_directory(void *context, const char *name, const char *password)
{
    struct mail_session *s = context;
    const struct message m = {
        .type = MSG_password_try,
        .password_try = {
            .directory_id = s->directory_id, .login = name, .password = password, .client_ip = s->ip}};
    s->request = peers_ask(s->house->peers, ROLE_DIRECTORY, 0, &m);
}

static void ask_spool(void *context, struct id mail)
{
    struct mail_session *s = context;
    const struct message m = {.type = MSG_mail_spool, .mail_spool = {.mail = mail}};
    s->request = peers_ask(s->house->peers, ROLE_QUEUE, 0, &m);
}

static int write_spool(void *context, struct span data)
{
    struct mail_session *s = context;
    return fd_write_all(s->spool_fd, data);
}

static void close_spool(struct mail_session *s)
{
    if (s->spool_fd >= 0)
        (void)close(s->spool_fd);
    s->spool_fd = -1;
}

static void ask_store_with(struct mail_session *s, const char *facts)
{
    const struct smtp_mail *mail = &s->mail;
    const struct message m = {.type = MSG_mail_store,
                              .mail_store = {.mail = mail->id,
                                             .sender = mail->sender,
                                             .recipients = mail->recipients,
                                             .wishes = mail->wishes,
                                             .client_ip = s->ip,
                                             .helo = mail->helo,
                                             .trust = (uint32_t)trust_of(s),
                                             .user = smtp_server_user(s->server),
                                             .facts = facts,
                                             .spooled = mail->spooled,
                                             .data = mail->data}};
    close_spool(s); /* all is written; the queue has its own descriptor and makes it durable */
    s->request = peers_ask(s->house->peers, ROLE_QUEUE, 0, &m);
}

static ssize_t read_mail(void *context, uint64_t at, uint8_t *to, size_t room)
{
    const struct mail_session *s = context;
    ssize_t n;
    if (s->mail.spooled == 0) {
        size_t left = at < s->mail.data.len ? s->mail.data.len - (size_t)at : 0;
        size_t len = left < room ? left : room;
        memcpy(to, s->mail.data.data + at, len);
        return (ssize_t)len;
    }
    do
        n = pread(s->spool_fd, to, room, (off_t)at);
    while (n < 0 && errno == EINTR);
    return n;
}

static void on_facts(void *context, const struct sender_facts *facts)
{
    struct mail_session *s = context;
    char text[SENDER_FACTS_LEN];
    s->auth = NULL;
    sender_facts_format(facts, text);
    ask_store_with(s, text);
}

/* What a recipient wants to know is found out first (A5). */
static void ask_store(void *context, const struct smtp_mail *mail)
{
    struct mail_session *s = context;
    s->mail = *mail;
    if (s->verify == 0) {
        ask_store_with(s, "");
        return;
    }
    s->auth =
        mail_auth_start(&(struct mail_auth_opts){.loop = s->house->loop,
                                                 .dns = s->house->dns,
                                                 .about = {.client_ip = s->ip,
                                                           .helo = mail->helo,
                                                           .sender = mail->sender,
                                                           .trusted_server = "",
                                                           .author_only = s->verify == MAIL_VERIFY_AUTHOR,
                                                           .arc = (s->verify & MAIL_VERIFY_ARC) != 0},
                                                 .size = mail->spooled ? mail->spooled : mail->data.len,
                                                 .read = read_mail,
                                                 .on_done = on_facts,
                                                 .context = s});
}

static void forget(void *context)
{
    struct mail_session *s = context;
    mail_auth_cancel(s->auth);
    s->auth = NULL;
    s->verify = 0;
    close_spool(s);
    timer_stop(&s->wrong);
    if (s->request != 0)
        peers_withdraw(s->house->peers, s->request);
    s->request = 0;
}

static const struct smtp_server_events server_events = {
    .rcpt_check = ask_rcpt_check,
    .login_salt = ask_salt,
    .login_judge = ask_judge,
    .login_password = ask_directory,
    .spool = ask_spool,
    .spool_write = write_spool,
    .store = ask_store,
    .forget = forget,
};

/* The session that asked; it asks no more. */
static struct mail_session *take_request(struct mail_house *h, uint64_t request)
{
    list_each (it, &h->sessions) {
        struct mail_session *s = CONTAINER_OF(it, struct mail_session, node);
        if (s->request == request) {
            s->request = 0;
            return s;
        }
    }
    return NULL;
}

void mail_house_on_verdict(struct mail_house *h, uint64_t request, const struct msg_rcpt_verdict *m)
{
    struct mail_session *s = take_request(h, request);
    if (!s)
        return;
    s->verify |= m->verify;
    smtp_server_checked(s->server, m->smtp, m->enhanced, m->text, clock_mono_ms());
    pump(s);
}

static void on_wrong_due(void *context)
{
    struct mail_session *s = context;
    smtp_server_judged(s->server, s->wait_s, ID_NONE, span_of(NULL, 0), clock_mono_ms());
    pump(s);
}

/* Where some passwords are judged by a directory, time must not tell whose they are. */
static void judged(struct mail_session *s, unsigned wait_s, struct id user, struct span signature)
{
    int64_t now_ms = clock_mono_ms(), due_ms = pace_due_ms(&s->house->wrong, s->login_ms, now_ms);
    if (s->paced && id_is_none(user) && due_ms > now_ms) {
        s->wait_s = wait_s;
        timer_start(&s->wrong, s->house->loop, due_ms - now_ms);
        return;
    }
    smtp_server_judged(s->server, wait_s, user, signature, now_ms);
    pump(s);
}

void mail_house_on_salted(struct mail_house *h, uint64_t request, const struct msg_login_salted *m)
{
    struct mail_session *s = take_request(h, request);
    if (!s)
        return;
    s->paced = m->paced;
    (void)str_copy(s->directory_id, sizeof(s->directory_id), m->directory_id);
    if (m->wait_s > 0) {
        judged(s, m->wait_s, ID_NONE, span_of(NULL, 0));
        return;
    }
    if (!*s->directory_id || !smtp_server_hand_on(s->server))
        smtp_server_salted(s->server, m->salt, m->rounds, clock_mono_ms());
    pump(s);
}

void mail_house_on_tried(struct mail_house *h, uint64_t request, const struct msg_password_tried *m)
{
    struct mail_session *s = take_request(h, request);
    if (!s)
        return;
    if (m->unasked) {
        smtp_server_unjudged(s->server, clock_mono_ms());
        pump(s);
        return;
    }
    if (id_is_none(m->user))
        pace_note(&h->wrong, s->login_ms, clock_mono_ms());
    judged(s, m->wait_s, m->user, span_of(NULL, 0));
}

void mail_house_on_judged(struct mail_house *h, uint64_t request, const struct msg_login_judged *m)
{
    struct mail_session *s = take_request(h, request);
    if (!s)
        return;
    judged(s, m->wait_s, m->user, m->signature);
}

void mail_house_on_spooled(struct mail_house *h, uint64_t request, struct msg_mail_spooled *m)
{
    struct mail_session *s = take_request(h, request);
    if (!s)
        return;
    s->spool_fd = m->error == 0 ? take_fd(&m->fd) : -1;
    smtp_server_spooled(s->server, (int)m->error, clock_mono_ms());
    pump(s);
}

void mail_house_on_stored(struct mail_house *h, uint64_t request, const struct msg_mail_stored *m)
{
    struct mail_session *s = take_request(h, request);
    if (!s)
        return;
    s->verify = 0;
    if (m->smtp)
        smtp_server_refused(s->server, m->smtp, m->enhanced, m->text, clock_mono_ms());
    else
        smtp_server_stored(s->server, (int)m->error, clock_mono_ms());
    pump(s);
}

/* ---- life ---- */

void mail_session_start(struct mail_house *h, const struct mail_door_rules *rules, int fd,
                        const struct endpoint *peer)
{
    struct mail_session *s = mem_zalloc(sizeof(*s));
    *s = (struct mail_session){.house = h,
                               .rules = rules,
                               .peer = *peer,
                               .spool_fd = -1,
                               .deadline = {.on_due = on_deadline, .context = s},
                               .wrong = {.on_due = on_wrong_due, .context = s}};
    if (!rules->local)
        endpoint_format_host(peer, s->ip);
    const struct smtp_server_opts server = {.host_name = h->host_name,
                                            .max_bytes = h->max_bytes,
                                            .lmtp = rules->lmtp,
                                            .offer_tls = rules->offer_tls,
                                            .implicit_tls = rules->implicit_tls,
                                            .offer_login = rules->offer_login,
                                            .require_login = rules->require_login,
                                            .passwords_only = &h->passwords_only,
                                            .events = &server_events,
                                            .context = s,
                                            .now_ms = clock_mono_ms()};
    const struct stream_opts stream = {.loop = h->loop,
                                       .fd = fd,
                                       .input_limit = INPUT_MAX,
                                       .output_limit = OUTPUT_MAX,
                                       .handlers = &stream_handlers,
                                       .context = s};
    s->server = smtp_server_new(&server);
    s->stream = stream_new(&stream);
    list_append(&h->sessions, &s->node);
    h->count++;
    pump(s);
}

void mail_session_free(struct mail_session *s)
{
    smtp_server_free(s->server);
    forget(s);
    timer_stop(&s->deadline);
    timer_stop(&s->wrong);
    stream_free(s->stream);
    list_remove(&s->node);
    s->house->count--;
    free(s);
}

void mail_sessions_stop(struct mail_house *h)
{
    list_each_safe (it, &h->sessions) {
        struct mail_session *s = CONTAINER_OF(it, struct mail_session, node);
        smtp_server_close(s->server);
        if (!s->securing)
            (void)give_output(s);
        mail_session_free(s);
    }
}

unsigned mail_sessions_of(const struct mail_house *h, const struct endpoint *peer)
{
    unsigned count = 0;
    list_each (it, &h->sessions)
        count += endpoint_equal_host(&CONTAINER_OF(it, struct mail_session, node)->peer, peer);
    return count;
}
