/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/smtp_session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "mail/mail_link.h"
#include "mail/smtp_client.h"

enum { INPUT_LIMIT = 64 * 1024, OUTPUT_LIMIT = 256 * 1024 };

struct smtp_session {
    struct smtp_session_opts opts;
    struct mail_link link;
    struct smtp_client *client; /* NULL before the server may speak */
    char *host;
    char *user, *password; /* until the client has them */
    char *own_name;

    struct smtp_session_mail mail;
    size_t prefix_len;
    const char *recipients[1];
    struct smtp_mail client_mail;
    struct outcome outcome; /* of the mail */
    bool mail_done;         /* on_mail_done is due */
    bool told_ready;

    bool over, in_order, unreachable;
    struct outcome why;
};

/* ---- what the client says ---- */

static void on_recipient(void *context, size_t index, const struct outcome *o)
{
    struct smtp_session *s = context;
    s->outcome = *o;
}

static void on_mail_done(void *context)
{
    struct smtp_session *s = context;
    s->mail_done = true;
}

static void tell_step(void *context, const char *step, const char *words)
{
    struct smtp_session *s = context;
    if (s->opts.handlers->on_step)
        s->opts.handlers->on_step(s->opts.context, step, words);
}

static void on_over(void *context, const struct outcome *why, bool unreachable)
{
    struct smtp_session *s = context;
    s->over = true;
    s->in_order = why == NULL;
    s->unreachable = unreachable;
    if (why)
        s->why = *why;
}

static const struct smtp_client_handlers client_handlers = {
    .on_recipient = on_recipient, .on_reply = tell_step, .on_mail_done = on_mail_done, .on_over = on_over};

static void start_client(struct smtp_session *s)
{
    s->client = smtp_client_new(&(struct smtp_client_opts){.own_name = s->own_name,
                                                           .server_name = s->host,
                                                           .starttls = s->opts.how == SMTP_WITH_STARTTLS,
                                                           .secured = s->opts.how == SMTP_WITH_TLS,
                                                           .user = s->user,
                                                           .password = s->password,
                                                           .login = s->opts.login,
                                                           .greeting_timeout_ms = s->opts.greeting_timeout_ms,
                                                           .handlers = &client_handlers,
                                                           .context = s},
                                clock_mono_ms());
    mem_free_secret(&s->password);
}

/* ---- the connection below it ---- */

static void opened(void *context, const char *tls)
{
    struct smtp_session *s = context;
    if (*tls) {
        log_debug(NULL, "mail server %s: %s", s->host, tls);
        tell_step(s, "TLS", tls);
    }
    if (s->client)
        smtp_client_secured(s->client, clock_mono_ms());
    else
        start_client(s);
}

static size_t input(void *context, struct span bytes, int64_t now_ms)
{
    const struct smtp_session *s = context;
    smtp_client_input(s->client, bytes, now_ms);
    return bytes.len;
}

static struct span output(void *context)
{
    const struct smtp_session *s = context;
    return smtp_client_output(s->client);
}

static void took(void *context, size_t n, int64_t now_ms)
{
    const struct smtp_session *s = context;
    smtp_client_took(s->client, n, now_ms);
}

static bool wants_tls(void *context)
{
    const struct smtp_session *s = context;
    return smtp_client_wants_tls(s->client);
}

static int64_t deadline(void *context)
{
    const struct smtp_session *s = context;
    return smtp_client_deadline(s->client);
}

static void tick(void *context, int64_t now_ms)
{
    const struct smtp_session *s = context;
    smtp_client_tick(s->client, now_ms);
}

static void lost(void *context, const char *why)
{
    const struct smtp_session *s = context;
    smtp_client_lost(s->client, why);
}

/* Mails are kept whatever goes wrong below SMTP. */
static void failed(void *context, enum link_fault fault, const struct outcome *why)
{
    struct smtp_session *s = context;
    s->over = true;
    s->why = *why;
    s->unreachable = fault == LINK_UNREACHABLE || fault == LINK_NO_ANSWER || fault == LINK_TLS_TIMEOUT;
}

static const struct link_words link_words = {.server = "The mail server",
                                             .codes = {[LINK_UNREACHABLE] = SMTP_CODE_UNREACHABLE,
                                                       [LINK_NO_ANSWER] = SMTP_CODE_UNREACHABLE,
                                                       [LINK_TLS_TIMEOUT] = SMTP_CODE_TLS_TIMEOUT,
                                                       [LINK_CERTIFICATE] = SMTP_CODE_CERTIFICATE,
                                                       [LINK_TLS] = SMTP_CODE_TLS},
                                             .unsent = "Nothing was sent",
                                             .kept = "Mails are kept and tried again",
                                             .pin = "its pin"};

static void tell_owner(void *context)
{
    struct smtp_session *s = context;
    if (s->mail_done) {
        s->mail_done = false;
        s->opts.handlers->on_mail_done(s->opts.context, &s->outcome);
    }
    if (!s->over && s->client && smtp_client_is_ready(s->client) && !s->told_ready) {
        s->told_ready = true;
        s->opts.handlers->on_ready(s->opts.context);
    }
}

static bool is_over(void *context)
{
    const struct smtp_session *s = context;
    return s->over;
}

static void finish(void *context)
{
    struct smtp_session *s = context;
    tell_owner(s);
    s->opts.handlers->on_over(s->opts.context, s->in_order ? NULL : &s->why, s->unreachable);
}

static const struct mail_link_client link_client = {.opened = opened,
                                                    .input = input,
                                                    .output = output,
                                                    .took = took,
                                                    .wants_tls = wants_tls,
                                                    .deadline = deadline,
                                                    .tick = tick,
                                                    .lost = lost,
                                                    .failed = failed,
                                                    .turn = tell_owner,
                                                    .is_over = is_over,
                                                    .finish = finish};

/* ---- interface ---- */

struct smtp_session *smtp_session_start(const struct smtp_session_opts *opts)
{
    struct smtp_session *s = mem_zalloc(sizeof(*s));
    s->opts = *opts;
    s->host = mem_strdup(opts->host);
    s->user = mem_strdup(opts->user);
    s->password = mem_strdup(opts->password);
    s->own_name = mem_strdup(opts->own_name);
    mail_link_start(&s->link, &(struct mail_link_opts){.loop = opts->loop,
                                                       .host = s->host,
                                                       .port = opts->port,
                                                       .implicit_tls = opts->how == SMTP_WITH_TLS,
                                                       .tls = opts->tls,
                                                       .tls_name = opts->tls_name,
                                                       .tls_timeout_ms = opts->tls_timeout_ms,
                                                       .input = INPUT_LIMIT,
                                                       .output = OUTPUT_LIMIT,
                                                       .words = &link_words,
                                                       .client = &link_client,
                                                       .context = s});
    return s;
}

void smtp_session_free(struct smtp_session *s)
{
    if (!s)
        return;
    mail_link_close(&s->link);
    smtp_client_free(s->client);
    mem_free_secret(&s->password);
    free(s->user);
    free(s->own_name);
    free(s->host);
    free(s);
}

static ssize_t read_mail(void *context, uint64_t at, uint8_t *to, size_t room)
{
    const struct smtp_session *s = context;
    ssize_t n;
    if (at < s->prefix_len) {
        size_t len = s->prefix_len - (size_t)at < room ? s->prefix_len - (size_t)at : room;
        memcpy(to, s->mail.prefix + at, len);
        return (ssize_t)len;
    }
    do
        n = pread(s->mail.fd, to, room, (off_t)(at - s->prefix_len));
    while (n < 0 && errno == EINTR);
    return n;
}

void smtp_session_deliver(struct smtp_session *s, const struct smtp_session_mail *mail)
{
    s->mail = *mail;
    s->prefix_len = mail->prefix ? strlen(mail->prefix) : 0;
    s->recipients[0] = mail->recipient;
    s->client_mail = (struct smtp_mail){.sender = mail->sender,
                                        .recipients = s->recipients,
                                        .recipient_count = 1,
                                        .envid = mail->envid,
                                        .probe = mail->probe,
                                        .size = mail->size + s->prefix_len,
                                        .read = read_mail,
                                        .context = s};
    s->told_ready = false;
    smtp_client_deliver(s->client, &s->client_mail, clock_mono_ms());
    mail_link_stir(&s->link);
}

void smtp_session_quit(struct smtp_session *s)
{
    smtp_client_quit(s->client, clock_mono_ms());
    mail_link_stir(&s->link);
}
