/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/fetch_session.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/dial.h"
#include "net/stream.h"

enum { CONNECT_TIMEOUT_MS = 30000, TLS_TIMEOUT_MS = 60000 };
enum { INPUT_LIMIT = 32 * 1024, OUTPUT_LIMIT = 64 * 1024 };

struct fetch_session {
    struct fetch_session_opts opts;
    struct fetch_client_handlers handlers; /* the owner's, with our on_over */
    const struct fetch_client_handlers *owner;
    void *owner_context;
    char *host, *user, *password, *folder, *large_key; /* until the client has them */
    struct dial *dial;                                 /* NULL once connected */
    struct stream *stream;
    struct fetch_client *client; /* NULL before the server may speak */
    struct timer timer, soon;
    int64_t step_deadline_ms; /* of connecting and of the handshake; INT64_MAX else */
    bool securing, over, in_order, more;
    struct outcome why;
};

/* ---- from the client to the owner ---- */

static void on_keys(void *context, const char *keys, size_t count)
{
    const struct fetch_session *s = context;
    s->owner->on_keys(s->owner_context, keys, count);
}

static bool on_data(void *context, struct span data)
{
    const struct fetch_session *s = context;
    return s->owner->on_data(s->owner_context, data);
}

static void on_mail(void *context, const struct fetch_mail *mail)
{
    const struct fetch_session *s = context;
    s->owner->on_mail(s->owner_context, mail);
}

static void on_cut(void *context)
{
    const struct fetch_session *s = context;
    s->owner->on_cut(s->owner_context);
}

static void on_quiet(void *context)
{
    const struct fetch_session *s = context;
    s->owner->on_quiet(s->owner_context);
}

static void on_line(void *context, bool ours, const char *text)
{
    const struct fetch_session *s = context;
    s->owner->on_line(s->owner_context, ours, text);
}

static void on_over(void *context, const struct outcome *why, bool more)
{
    struct fetch_session *s = context;
    s->over = true;
    s->in_order = why == NULL;
    s->more = more;
    if (why)
        s->why = *why;
}

static void start_client(struct fetch_session *s)
{
    struct fetch_client_opts o = s->opts.client;
    s->step_deadline_ms = INT64_MAX;
    o.server_name = s->host;
    o.user = s->user;
    o.password = s->password;
    o.folder = s->folder;
    o.large_key = s->large_key;
    o.secured = s->opts.implicit_tls;
    o.handlers = &s->handlers;
    o.context = s;
    s->client = fetch_client_new(&o, clock_mono_ms());
    mem_free_secret(&s->password);
}

/* ---- the engine of it ---- */

static void begin_tls(struct fetch_session *s)
{
    s->securing = true;
    s->step_deadline_ms = clock_mono_ms() + TLS_TIMEOUT_MS;
    stream_start_tls(s->stream, s->opts.tls, s->host);
}

static void push_output(struct fetch_session *s)
{
    struct span out = fetch_client_output(s->client);
    size_t room = stream_room(s->stream), n = out.len < room ? out.len : room;
    if (n == 0)
        return;
    (void)stream_write(s->stream, span_of(out.data, n));
    fetch_client_took(s->client, n);
}

static void pull_input(struct fetch_session *s)
{
    size_t n = fetch_client_input(s->client, stream_input(s->stream), clock_mono_ms());
    stream_consume(s->stream, n);
}

static void arm(struct fetch_session *s)
{
    int64_t due = s->client ? fetch_client_deadline(s->client) : INT64_MAX;
    due = s->step_deadline_ms < due ? s->step_deadline_ms : due;
    if (due == INT64_MAX) {
        timer_stop(&s->timer);
        return;
    }
    int64_t left = due - clock_mono_ms();
    timer_start(&s->timer, s->opts.loop, left > 0 ? left : 0);
}

static void finish(struct fetch_session *s)
{
    timer_stop(&s->timer);
    timer_stop(&s->soon);
    s->owner->on_over(s->owner_context, s->in_order ? NULL : &s->why, s->more);
}

/* After everything that happened. The session may be gone when it returns. */
static void run(struct fetch_session *s)
{
    if (!s->over && s->client && !s->securing) {
        pull_input(s);
        push_output(s);
        if (!s->over && fetch_client_wants_tls(s->client))
            begin_tls(s);
    }
    if (s->over)
        finish(s);
    else
        arm(s);
}

static void on_soon(void *context)
{
    run(context);
}

/* ---- events ---- */

static void fail(struct fetch_session *s)
{
    s->over = true;
    finish(s);
}

static void on_timer(void *context)
{
    struct fetch_session *s = context;
    int64_t now = clock_mono_ms();
    if (now >= s->step_deadline_ms) {
        outcome_set(
            &s->why, VERDICT_RETRY, s->stream ? "mailbox-tls" : "mailbox-unreachable",
            s->stream
                ? "The server %.100s (port %u) did not come to terms about TLS in time. It is tried again."
                : "The server %.100s does not answer at port %u. It is tried again; check host and port.",
            s->host, s->opts.port);
        fail(s);
        return;
    }
    if (s->client)
        fetch_client_tick(s->client, now);
    run(s);
}

static void on_event(void *context)
{
    run(context);
}

static void on_secured(void *context)
{
    struct fetch_session *s = context;
    s->securing = false;
    s->step_deadline_ms = INT64_MAX;
    if (s->owner->on_line) {
        char what[80];
        stream_describe_tls(s->stream, what, sizeof(what));
        s->owner->on_line(s->owner_context, true, what);
    }
    if (s->client)
        fetch_client_secured(s->client, clock_mono_ms());
    else
        start_client(s);
    run(s);
}

static void explain_securing(struct fetch_session *s, const struct stream_end *end)
{
    if (end->why == STREAM_CERTIFICATE)
        outcome_set(&s->why, VERDICT_RETRY, "mailbox-certificate",
                    "The server %.60s could not be trusted: %.200s. No password was sent. If this is your "
                    "server, set "
                    "that key as the mailbox's pin.",
                    s->host, end->text);
    else
        outcome_set(
            &s->why, VERDICT_RETRY, "mailbox-tls",
            "No TLS with the server %.60s: %.180s. No password was sent; it is tried again. Check port and "
            "security.",
            s->host, *end->text ? end->text : "it ended the connection");
}

static void on_closed(void *context, const struct stream_end *end)
{
    struct fetch_session *s = context;
    if (s->over)
        return;
    if (s->securing) {
        explain_securing(s, end);
        fail(s);
        return;
    }
    pull_input(s); /* its last words */
    if (!s->over)
        fetch_client_lost(s->client, end->text);
    run(s);
}

static const struct stream_handlers stream_handlers = {
    .on_input = on_event, .on_drained = on_event, .on_secured = on_secured, .on_closed = on_closed};

static void on_dialled(void *context, const struct dial_result *result)
{
    struct fetch_session *s = context;
    s->dial = NULL;
    s->step_deadline_ms = INT64_MAX;
    if (result->fd < 0) {
        outcome_set(&s->why, VERDICT_RETRY, "mailbox-unreachable",
                    "The server could not be reached: %.250s. It is tried again.", result->error);
        fail(s);
        return;
    }
    s->stream = stream_new(&(struct stream_opts){.loop = s->opts.loop,
                                                 .fd = result->fd,
                                                 .input_limit = INPUT_LIMIT,
                                                 .output_limit = OUTPUT_LIMIT,
                                                 .handlers = &stream_handlers,
                                                 .context = s});
    if (s->opts.implicit_tls)
        begin_tls(s);
    else
        start_client(s);
    run(s);
}

/* ---- interface ---- */

struct fetch_session *fetch_session_start(const struct fetch_session_opts *opts)
{
    struct fetch_session *s = mem_zalloc(sizeof(*s));
    const struct fetch_client_opts *c = &opts->client;
    s->opts = *opts;
    s->owner = c->handlers;
    s->owner_context = c->context;
    s->handlers = (struct fetch_client_handlers){.on_keys = on_keys,
                                                 .on_data = on_data,
                                                 .on_mail = on_mail,
                                                 .on_cut = on_cut,
                                                 .on_quiet = on_quiet,
                                                 .on_line = c->handlers->on_line ? on_line : NULL,
                                                 .on_over = on_over};
    s->host = mem_strdup(opts->host);
    s->user = mem_strdup(c->user);
    s->password = mem_strdup(c->password);
    s->folder = mem_strdup(c->folder);
    s->large_key = mem_strdup(c->large_key);
    s->timer = (struct timer){.on_due = on_timer, .context = s};
    s->soon = (struct timer){.on_due = on_soon, .context = s};
    s->step_deadline_ms = clock_mono_ms() + CONNECT_TIMEOUT_MS;
    s->dial = dial_start(opts->loop, s->host, opts->port, on_dialled, s);
    arm(s);
    return s;
}

void fetch_session_free(struct fetch_session *s)
{
    if (!s)
        return;
    timer_stop(&s->timer);
    timer_stop(&s->soon);
    dial_cancel(s->dial);
    stream_free(s->stream);
    fetch_client_free(s->client);
    mem_free_secret(&s->password);
    free(s->host);
    free(s->user);
    free(s->folder);
    free(s->large_key);
    free(s);
}

static void run_soon(struct fetch_session *s)
{
    timer_start(&s->soon, s->opts.loop, 0);
}

void fetch_session_known(struct fetch_session *s, const char *states)
{
    fetch_client_known(s->client, states, clock_mono_ms());
    run_soon(s);
}

void fetch_session_taken(struct fetch_session *s, int error)
{
    fetch_client_taken(s->client, error, clock_mono_ms());
    run_soon(s);
}

void fetch_session_resume(struct fetch_session *s)
{
    fetch_client_resume(s->client, clock_mono_ms());
    run_soon(s);
}

const char *fetch_session_liar(const struct fetch_session *s)
{
    return s->client ? fetch_client_liar(s->client) : NULL;
}
