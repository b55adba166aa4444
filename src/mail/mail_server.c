/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/mail_server.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "mail/smtp_client.h"
#include "mail/smtp_session.h"

/* A connection without mail is kept for the next one this long. */
enum { IDLE_MS = 2000 };
/* S3.7: how long a server gets for the way it may not speak, before we try the other. */
enum { PROBE_MS = 5000 };
enum { SUBMISSIONS_PORT = 465 };

/* Ways to begin, in the order they are tried. */
struct way {
    enum smtp_how how;
    int64_t patience_ms; /* 0: the usual */
};

static const struct way plain_ways[] = {{SMTP_PLAIN, 0}};
static const struct way starttls_ways[] = {{SMTP_WITH_STARTTLS, 0}};
static const struct way tls_ways[] = {{SMTP_WITH_TLS, 0}};
/* The third is for a server that greets late, the last one only where it is allowed by name. */
static const struct way auto_ways[] = {
    {SMTP_WITH_STARTTLS, PROBE_MS}, {SMTP_WITH_TLS, PROBE_MS}, {SMTP_WITH_STARTTLS, 0}, {SMTP_PLAIN, 0}};
enum { AUTO_FIRST, AUTO_TLS, AUTO_PATIENT, AUTO_PLAIN };

struct delivery {
    struct list node;
    struct id id;
    char *sender, *recipient, *envid, *prefix;
    int fd;
    uint64_t size;
    bool probe;
    bool second_chance; /* was taken back from a connection that the server had let go */
};

struct connection {
    struct list node;
    struct mail_server *server;
    struct smtp_session *session;
    unsigned way;              /* index into the server's ways */
    struct outcome first_why;  /* of the way tried before this one */
    struct delivery *delivery; /* travelling; NULL: none */
    unsigned mails;            /* done on this connection */
    bool was_ready;
    bool waits; /* ready, without a mail */
    struct timer idle;
};

struct mail_server {
    struct mail_server_opts opts;
    char *own_name, *host, *user, *password, *ca_file, *pin, *tls_name;
    struct tls_context *tls; /* NULL until needed */
    const struct way *ways;
    unsigned known_way; /* the one that worked */
    bool way_known;
    bool tls_seen;
    bool held;
    struct list deliveries;
    struct list connections;
    unsigned connection_count;
};

bool mail_security_parse(const char *text, enum mail_security *security)
{
    static const char *const names[] = {[MAIL_SECURITY_NONE] = "none",
                                        [MAIL_SECURITY_STARTTLS] = "starttls",
                                        [MAIL_SECURITY_TLS] = "implicit",
                                        [MAIL_SECURITY_AUTO] = "auto"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_equal(text, names[i])) {
            *security = (enum mail_security)i;
            return true;
        }
    return false;
}

static const struct way *ways_of(const struct mail_server_settings *s)
{
    switch (s->security) {
    case MAIL_SECURITY_NONE: return plain_ways;
    case MAIL_SECURITY_STARTTLS: return starttls_ways;
    case MAIL_SECURITY_TLS: return tls_ways;
    case MAIL_SECURITY_AUTO: return s->port == SUBMISSIONS_PORT ? tls_ways : auto_ways;
    }
    return starttls_ways;
}

/* ---- deliveries ---- */

static void delivery_free(struct delivery *d)
{
    list_remove(&d->node);
    if (d->fd >= 0)
        (void)close(d->fd);
    free(d->sender);
    free(d->envid);
    free(d->prefix);
    free(d->recipient);
    free(d);
}

static void finish(struct mail_server *s, struct delivery *d, const struct outcome *o,
                   enum delivery_fault fault)
{
    struct id id = d->id;
    delivery_free(d);
    s->opts.on_done(s->opts.context, id, o, fault);
}

/* Those that travel have their own connection and its outcome. */
static void finish_waiting(struct mail_server *s, const struct outcome *o, enum delivery_fault fault)
{
    while (!list_empty(&s->deliveries))
        finish(s, CONTAINER_OF(s->deliveries.next, struct delivery, node), o, fault);
}

/* ---- connections ---- */

static void connection_free(struct connection *c)
{
    list_remove(&c->node);
    timer_stop(&c->idle);
    smtp_session_free(c->session);
    if (c->delivery)
        delivery_free(c->delivery);
    c->server->connection_count--;
    free(c);
}

static void give_next(struct connection *c)
{
    struct mail_server *s = c->server;
    c->waits = false;
    timer_stop(&c->idle);
    c->delivery = CONTAINER_OF(s->deliveries.next, struct delivery, node);
    list_remove(&c->delivery->node);
    smtp_session_deliver(c->session, &(struct smtp_session_mail){.sender = c->delivery->sender,
                                                                 .envid = c->delivery->envid,
                                                                 .prefix = c->delivery->prefix,
                                                                 .recipient = c->delivery->recipient,
                                                                 .probe = c->delivery->probe,
                                                                 .fd = c->delivery->fd,
                                                                 .size = c->delivery->size});
}

static void on_ready(void *context)
{
    struct connection *c = context;
    struct mail_server *s = c->server;
    bool plain = s->ways[c->way].how == SMTP_PLAIN;
    if (!c->was_ready && !(plain && s->ways == auto_ways)) { /* a plain one is asked for TLS each time */
        s->known_way = c->way;
        s->way_known = true;
    }
    s->tls_seen = s->tls_seen || !plain;
    c->was_ready = true;
    if (!s->held && !list_empty(&s->deliveries)) {
        give_next(c);
        return;
    }
    c->waits = true;
    timer_start(&c->idle, s->opts.loop, s->held ? 0 : IDLE_MS);
}

static void on_idle(void *context)
{
    struct connection *c = context;
    c->waits = false;
    smtp_session_quit(c->session);
}

static void on_mail_done(void *context, const struct outcome *o)
{
    struct connection *c = context;
    struct delivery *d = c->delivery;
    c->delivery = NULL;
    /* The server may end an idle connection at any moment; that our mail met it says nothing about the mail.
     */
    if (c->mails++ > 0 && str_equal(o->code, SMTP_CODE_LOST) && !d->second_chance) {
        d->second_chance = true;
        list_append(c->server->deliveries.next, &d->node); /* before the first */
        return;
    }
    finish(c->server, d, o, FAULT_OF_MAIL);
}

static void on_step(void *context, const char *step, const char *words)
{
    const struct connection *c = context;
    const struct mail_server_opts *opts = &c->server->opts;
    if (opts->on_step)
        opts->on_step(opts->context, step, words);
}

static void connect_more(struct mail_server *s);
static void start_session(struct connection *c);

/* It has no TLS at all, was never seen with it, and plain is allowed by name. */
static bool may_go_plain(const struct connection *c, const struct outcome *why)
{
    const struct mail_server *s = c->server;
    bool none = c->way == AUTO_TLS       ? str_equal(c->first_why.code, SMTP_CODE_NO_STARTTLS)
                : c->way == AUTO_PATIENT ? str_equal(why->code, SMTP_CODE_NO_STARTTLS)
                                         : false;
    return none && s->opts.settings.allow_plain && !s->tls_seen &&
           !str_equal(why->code, SMTP_CODE_CERTIFICATE);
}

/* Is there another way to begin, after this end of a session that never became ready? */
static bool try_next_way(struct connection *c, const struct outcome *why)
{
    struct mail_server *s = c->server;
    if (s->ways != auto_ways || (s->way_known && c->way == s->known_way))
        return false;
    bool no_starttls = str_equal(why->code, SMTP_CODE_NO_STARTTLS);
    if (c->way == AUTO_FIRST && (no_starttls || str_equal(why->code, SMTP_CODE_TIMEOUT))) {
        c->first_why = *why;
        c->way = AUTO_TLS;
    } else if (c->way == AUTO_TLS && str_equal(c->first_why.code, SMTP_CODE_TIMEOUT) &&
               !str_equal(why->code, SMTP_CODE_CERTIFICATE)) {
        c->way = AUTO_PATIENT;
    } else if (may_go_plain(c, why)) {
        c->way = AUTO_PLAIN;
    } else {
        return false;
    }
    on_step(c, "the next way to begin", why->text);
    smtp_session_free(c->session);
    c->session = NULL;
    start_session(c);
    return true;
}

/* That it offers no STARTTLS says more than that it speaks no TLS from the first byte either. */
static bool first_way_says_more(const struct connection *c, const struct outcome *why)
{
    return c->way == AUTO_TLS && str_equal(c->first_why.code, SMTP_CODE_NO_STARTTLS) &&
           !str_equal(why->code, SMTP_CODE_CERTIFICATE);
}

static void on_over(void *context, const struct outcome *why, bool unreachable)
{
    struct connection *c = context;
    struct mail_server *s = c->server;
    if (!why || c->was_ready) {
        connection_free(c);
    } else if (!try_next_way(c, why)) {
        bool first = first_way_says_more(c, why);
        struct outcome told = first ? c->first_why : *why;
        connection_free(c);
        s->way_known = false; /* it may have changed its ways */
        log_warning(NULL, "mail server %s: %s", s->host, told.text);
        finish_waiting(s, &told, unreachable && !first ? FAULT_AWAY : FAULT_OF_SETTINGS);
    }
    connect_more(s);
}

static const struct smtp_session_handlers session_handlers = {
    .on_step = on_step, .on_ready = on_ready, .on_mail_done = on_mail_done, .on_over = on_over};

/* False where the settings do not allow a connection; every waiting mail has been told. */
static bool have_tls(struct mail_server *s)
{
    char error[TLS_ERROR_LEN];
    struct outcome o;
    if (s->ways == plain_ways && s->tls_seen) {
        outcome_set(
            &o, VERDICT_RETRY, "tls-seen-before",
            "The mail server %.60s has spoken TLS with us before, and the settings say to do without it "
            "now. Nothing was sent; mails are kept. Choose auto, or allow it: faxpost mails reset-tls.",
            s->host);
        finish_waiting(s, &o, FAULT_OF_SETTINGS);
        return false;
    }
    if (s->tls || s->ways == plain_ways)
        return true;
    s->tls = tls_client_new(
        &(struct tls_client_opts){.ca_file = s->ca_file, .pin = s->pin, .oldest = s->opts.settings.oldest},
        error);
    if (s->tls)
        return true;
    outcome_set(&o, VERDICT_RETRY, "tls-settings",
                "The settings of the mail server %.60s cannot be used: %.250s. Mails are kept.", s->host,
                error);
    finish_waiting(s, &o, FAULT_OF_SETTINGS);
    return false;
}

static void start_session(struct connection *c)
{
    struct mail_server *s = c->server;
    const struct way *w = &s->ways[c->way];
    c->session = smtp_session_start(&(struct smtp_session_opts){.loop = s->opts.loop,
                                                                .host = s->host,
                                                                .port = s->opts.settings.port,
                                                                .how = w->how,
                                                                .tls = s->tls,
                                                                .tls_name = s->tls_name,
                                                                .own_name = s->own_name,
                                                                .user = s->user,
                                                                .password = s->password,
                                                                .login = s->opts.settings.login,
                                                                .greeting_timeout_ms = w->patience_ms,
                                                                .tls_timeout_ms = w->patience_ms,
                                                                .handlers = &session_handlers,
                                                                .context = c});
}

static void connect_one(struct mail_server *s)
{
    struct connection *c = mem_zalloc(sizeof(*c));
    c->server = s;
    c->way = s->way_known ? s->known_way : 0;
    c->idle = (struct timer){.on_due = on_idle, .context = c};
    list_append(&s->connections, &c->node);
    s->connection_count++;
    start_session(c);
}

static size_t waiting(const struct mail_server *s)
{
    size_t n = 0;
    list_each (it, &s->deliveries)
        n++;
    return n;
}

/* Connections that will ask for a mail by themselves. */
static unsigned coming(const struct mail_server *s)
{
    unsigned n = 0;
    list_each (it, &s->connections)
        n += CONTAINER_OF(it, struct connection, node)->delivery == NULL;
    return n;
}

static void connect_more(struct mail_server *s)
{
    if (s->held || list_empty(&s->deliveries) || !have_tls(s))
        return;
    while (s->connection_count < s->opts.connections && coming(s) < waiting(s))
        connect_one(s);
}

/* ---- interface ---- */

struct mail_server *mail_server_new(const struct mail_server_opts *opts)
{
    struct mail_server *s = mem_zalloc(sizeof(*s));
    const struct mail_server_settings *from = &opts->settings;
    s->opts = *opts;
    s->own_name = mem_strdup(opts->own_name);
    s->host = mem_strdup(from->host);
    s->user = mem_strdup(from->user);
    s->password = mem_strdup(from->password);
    s->ca_file = mem_strdup(from->ca_file);
    s->pin = mem_strdup(from->pin);
    s->tls_name = mem_strdup(from->tls_name);
    s->tls_seen = from->tls_seen;
    s->ways = ways_of(from);
    list_init(&s->deliveries);
    list_init(&s->connections);
    return s;
}

void mail_server_free(struct mail_server *s)
{
    if (!s)
        return;
    list_each_safe (it, &s->connections)
        connection_free(CONTAINER_OF(it, struct connection, node));
    list_each_safe (it, &s->deliveries)
        delivery_free(CONTAINER_OF(it, struct delivery, node));
    tls_context_free(s->tls);
    mem_free_secret(&s->password);
    free(s->own_name);
    free(s->host);
    free(s->user);
    free(s->ca_file);
    free(s->pin);
    free(s->tls_name);
    free(s);
}

void mail_server_deliver(struct mail_server *s, const struct mail_server_mail *mail)
{
    struct delivery *d = mem_zalloc(sizeof(*d));
    d->id = mail->id;
    d->sender = mem_strdup(mail->sender);
    d->prefix = mem_strdup(mail->prefix ? mail->prefix : "");
    d->envid = mem_strdup(mail->envid ? mail->envid : "");
    d->recipient = mem_strdup(mail->recipient);
    d->fd = mail->fd;
    d->probe = mail->probe;
    d->size = mail->size;
    list_append(&s->deliveries, &d->node);
    list_each (it, &s->connections) {
        struct connection *c = CONTAINER_OF(it, struct connection, node);
        if (c->waits && !s->held) {
            give_next(c);
            return;
        }
    }
    connect_more(s);
}

bool mail_server_tls_seen(const struct mail_server *s)
{
    return s->tls_seen;
}

void mail_server_set_tls_seen(struct mail_server *s)
{
    s->tls_seen = true;
}

bool mail_server_has(const struct mail_server *s, struct id mail)
{
    list_each (it, &s->deliveries)
        if (id_equal(CONTAINER_OF(it, struct delivery, node)->id, mail))
            return true;
    list_each (it, &s->connections) {
        const struct connection *c = CONTAINER_OF(it, struct connection, node);
        if (c->delivery && id_equal(c->delivery->id, mail))
            return true;
    }
    return false;
}

unsigned mail_server_travelling(const struct mail_server *s)
{
    unsigned n = 0;
    list_each (it, &s->connections)
        n += CONTAINER_OF(it, struct connection, node)->delivery != NULL;
    return n;
}

bool mail_server_idle(const struct mail_server *s)
{
    return list_empty(&s->deliveries) && list_empty(&s->connections);
}

void mail_server_hold(struct mail_server *s)
{
    s->held = true;
    list_each (it, &s->connections) {
        struct connection *c = CONTAINER_OF(it, struct connection, node);
        if (c->waits)
            timer_start(&c->idle, s->opts.loop, 0);
    }
}
