/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/smtp_session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "mail/smtp_client.h"
#include "net/dial.h"
#include "net/stream.h"

enum { CONNECT_TIMEOUT_MS = 30000, TLS_TIMEOUT_MS = 60000 };
enum { INPUT_LIMIT = 64 * 1024, OUTPUT_LIMIT = 256 * 1024 };

struct smtp_session {
    struct smtp_session_opts opts;
    char *host;
    struct dial *dial;          /* NULL once connected */
    struct stream *stream;      /* NULL before */
    struct smtp_client *client; /* NULL before the server may speak */
    struct timer timer;
    int64_t step_deadline_ms; /* of connecting and of the handshake; INT64_MAX else */
    char *user, *password;    /* until the client has them */
    char *own_name;

    struct smtp_session_mail mail;
    size_t prefix_len;
    const char *recipients[1];
    struct smtp_mail client_mail;
    struct outcome outcome; /* of the mail */
    bool mail_done;         /* on_mail_done is due */
    bool told_ready;
    bool securing;

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
    s->step_deadline_ms = INT64_MAX;
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

/* ---- the engine of it ---- */

static void begin_tls(struct smtp_session *s)
{
    s->securing = true;
    s->step_deadline_ms =
        clock_mono_ms() + (s->opts.tls_timeout_ms ? s->opts.tls_timeout_ms : TLS_TIMEOUT_MS);
    stream_start_tls(s->stream, s->opts.tls,
                     s->opts.tls_name && *s->opts.tls_name ? s->opts.tls_name : s->host);
}

/* True where something went. */
static bool push_output(struct smtp_session *s)
{
    if (!s->client || s->securing)
        return false;
    struct span out = smtp_client_output(s->client);
    size_t room = stream_room(s->stream);
    size_t n = out.len < room ? out.len : room;
    if (n == 0)
        return false;
    (void)stream_write(s->stream, span_of(out.data, n));
    smtp_client_took(s->client, n, clock_mono_ms());
    return true;
}

static void arm(struct smtp_session *s)
{
    int64_t due = s->client ? smtp_client_deadline(s->client) : INT64_MAX;
    due = s->step_deadline_ms < due ? s->step_deadline_ms : due;
    if (due == INT64_MAX)
        timer_stop(&s->timer);
    else
        timer_start(&s->timer, s->opts.loop, due - clock_mono_ms());
}

static void tell_owner(struct smtp_session *s)
{
    if (s->mail_done) {
        s->mail_done = false;
        s->opts.handlers->on_mail_done(s->opts.context, &s->outcome);
    }
    if (!s->over && s->client && smtp_client_is_ready(s->client) && !s->told_ready) {
        s->told_ready = true;
        s->opts.handlers->on_ready(s->opts.context);
    }
}

/* After everything that happened. The session may be gone when it returns. */
static void run(struct smtp_session *s)
{
    do {
        tell_owner(s);
        if (!s->over && s->client && smtp_client_wants_tls(s->client) && !s->securing)
            begin_tls(s);
    } while (!s->over && push_output(s));
    if (!s->over) {
        arm(s);
        return;
    }
    tell_owner(s);
    timer_stop(&s->timer);
    s->opts.handlers->on_over(s->opts.context, s->in_order ? NULL : &s->why, s->unreachable);
}

/* s->why says it. Mails are kept whatever went wrong below SMTP. */
static void fail(struct smtp_session *s, bool unreachable)
{
    s->over = true;
    s->unreachable = unreachable;
}

/* ---- events ---- */

static void on_timer(void *context)
{
    struct smtp_session *s = context;
    int64_t now = clock_mono_ms();
    if (now < s->step_deadline_ms) {
        if (s->client)
            smtp_client_tick(s->client, now);
        run(s);
        return;
    }
    if (s->stream)
        outcome_set(
            &s->why, VERDICT_RETRY, SMTP_CODE_TLS_TIMEOUT,
            "The mail server %.100s did not come to terms about TLS in time. Mails are kept and tried again.",
            s->host);
    else
        outcome_set(&s->why, VERDICT_RETRY, SMTP_CODE_UNREACHABLE,
                    "The mail server %.100s does not answer at port %u. Mails are kept and tried again; "
                    "check its name and port, and the network.",
                    s->host, s->opts.port);
    fail(s, true);
    run(s);
}

static void on_input(void *context)
{
    struct smtp_session *s = context;
    struct span in = stream_input(s->stream);
    if (s->client)
        smtp_client_input(s->client, in, clock_mono_ms());
    stream_consume(s->stream, in.len);
    run(s);
}

static void on_drained(void *context)
{
    run(context);
}

static void on_secured(void *context)
{
    struct smtp_session *s = context;
    char what[80];
    stream_describe_tls(s->stream, what, sizeof(what));
    log_debug(NULL, "mail server %s: %s", s->host, what);
    tell_step(s, "TLS", what);
    s->securing = false;
    s->step_deadline_ms = INT64_MAX;
    if (s->client)
        smtp_client_secured(s->client, clock_mono_ms());
    else
        start_client(s);
    run(s);
}

static void fail_securing(struct smtp_session *s, const struct stream_end *end)
{
    if (end->why == STREAM_CERTIFICATE)
        outcome_set(&s->why, VERDICT_RETRY, SMTP_CODE_CERTIFICATE,
                    "The mail server %.60s could not be trusted: %.200s. Nothing was sent; mails are kept. "
                    "If this is your server, set that key as its pin.",
                    s->host, end->text);
    else
        outcome_set(&s->why, VERDICT_RETRY, SMTP_CODE_TLS,
                    "No TLS with the mail server %.60s: %.180s. Nothing was sent; mails are kept and tried "
                    "again. Check its port and encryption.",
                    s->host, *end->text ? end->text : "it ended the connection");
    fail(s, false);
}

static void on_closed(void *context, const struct stream_end *end)
{
    struct smtp_session *s = context;
    if (s->over)
        return;
    if (s->securing)
        fail_securing(s, end);
    else
        smtp_client_lost(s->client, end->text);
    run(s);
}

static const struct stream_handlers stream_handlers = {
    .on_input = on_input, .on_drained = on_drained, .on_secured = on_secured, .on_closed = on_closed};

static void on_dialled(void *context, const struct dial_result *result)
{
    struct smtp_session *s = context;
    s->dial = NULL;
    s->step_deadline_ms = INT64_MAX;
    if (result->fd < 0) {
        outcome_set(&s->why, VERDICT_RETRY, SMTP_CODE_UNREACHABLE,
                    "The mail server could not be reached: %.250s. Mails are kept and tried again.",
                    result->error);
        fail(s, true);
        run(s);
        return;
    }
    s->stream = stream_new(&(struct stream_opts){.loop = s->opts.loop,
                                                 .fd = result->fd,
                                                 .input_limit = INPUT_LIMIT,
                                                 .output_limit = OUTPUT_LIMIT,
                                                 .handlers = &stream_handlers,
                                                 .context = s});
    if (s->opts.how == SMTP_WITH_TLS)
        begin_tls(s);
    else
        start_client(s);
    run(s);
}

/* ---- interface ---- */

struct smtp_session *smtp_session_start(const struct smtp_session_opts *opts)
{
    struct smtp_session *s = mem_zalloc(sizeof(*s));
    s->opts = *opts;
    s->host = mem_strdup(opts->host);
    s->user = mem_strdup(opts->user);
    s->password = mem_strdup(opts->password);
    s->own_name = mem_strdup(opts->own_name);
    s->timer = (struct timer){.on_due = on_timer, .context = s};
    s->step_deadline_ms = clock_mono_ms() + CONNECT_TIMEOUT_MS;
    s->dial = dial_start(opts->loop, s->host, opts->port, on_dialled, s);
    arm(s);
    return s;
}

void smtp_session_free(struct smtp_session *s)
{
    if (!s)
        return;
    timer_stop(&s->timer);
    dial_cancel(s->dial);
    stream_free(s->stream);
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
    timer_start(&s->timer, s->opts.loop, 0);
}

void smtp_session_quit(struct smtp_session *s)
{
    smtp_client_quit(s->client, clock_mono_ms());
    timer_start(&s->timer, s->opts.loop, 0);
}
