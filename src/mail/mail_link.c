/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/mail_link.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

enum { CONNECT_TIMEOUT_MS = 30000, TLS_TIMEOUT_MS = 60000, DESCRIPTION_LEN = 80 };

static bool is_over(const struct mail_link *l)
{
    return l->opts.client->is_over(l->opts.context);
}

static void open_for(struct mail_link *l, const char *tls)
{
    l->open = true;
    l->step_deadline_ms = INT64_MAX;
    l->opts.client->opened(l->opts.context, tls);
}

static void begin_tls(struct mail_link *l)
{
    int64_t limit = l->opts.tls_timeout_ms ? l->opts.tls_timeout_ms : TLS_TIMEOUT_MS;
    const char *name = l->opts.tls_name;
    l->open = false;
    l->step_deadline_ms = clock_mono_ms() + limit;
    stream_start_tls(l->stream, l->opts.tls, *name ? name : l->opts.host);
}

static void pull_input(struct mail_link *l)
{
    struct span in = stream_input(l->stream);
    if (in.len > 0)
        stream_consume(l->stream, l->opts.client->input(l->opts.context, in, clock_mono_ms()));
}

/* True where something went. */
static bool push_output(struct mail_link *l)
{
    struct span out = l->opts.client->output(l->opts.context);
    size_t room = stream_room(l->stream), n = out.len < room ? out.len : room;
    if (n == 0)
        return false;
    (void)stream_write(l->stream, span_of(out.data, n));
    l->opts.client->took(l->opts.context, n, clock_mono_ms());
    return true;
}

static void arm(struct mail_link *l)
{
    int64_t due = l->open ? l->opts.client->deadline(l->opts.context) : l->step_deadline_ms;
    int64_t left = due - clock_mono_ms();
    if (due == INT64_MAX)
        timer_stop(&l->timer);
    else
        timer_start(&l->timer, l->opts.loop, left > 0 ? left : 0);
}

/* One round of talking; true: there may be more to say. */
static bool talk(struct mail_link *l)
{
    if (l->opts.client->turn)
        l->opts.client->turn(l->opts.context);
    if (is_over(l) || !l->open)
        return false;
    /* What the client said before it asked for TLS goes out in plaintext. */
    bool went = push_output(l);
    if (!is_over(l) && l->opts.client->wants_tls(l->opts.context)) {
        begin_tls(l);
        return false;
    }
    return went && !is_over(l);
}

static void hang_up(struct mail_link *l)
{
    timer_stop(&l->timer);
    dial_cancel(l->dial);
    stream_free(l->stream);
    l->dial = NULL;
    l->stream = NULL;
}

/* After everything that happened. The link may be gone when it returns. */
static void run(struct mail_link *l)
{
    if (l->open && !is_over(l))
        pull_input(l);
    while (talk(l))
        ;
    if (!is_over(l)) {
        arm(l);
        return;
    }
    hang_up(l);
    l->opts.client->finish(l->opts.context);
}

/* text: the other side's words, or the network's. */
static void fail(struct mail_link *l, enum link_fault fault, const char *text)
{
    const struct link_words *w = l->opts.words;
    const char *code = w->codes[fault], *host = l->opts.host;
    struct outcome o;
    switch (fault) {
    case LINK_UNREACHABLE:
        outcome_set(&o, VERDICT_RETRY, code, "%s could not be reached: %.250s. %s.", w->server, text,
                    w->kept);
        break;
    case LINK_NO_ANSWER:
        outcome_set(&o, VERDICT_RETRY, code,
                    "%s %.100s does not answer at port %u. %s; check its name and port, and the network.",
                    w->server, host, l->opts.port, w->kept);
        break;
    case LINK_TLS_TIMEOUT:
        outcome_set(&o, VERDICT_RETRY, code, "%s %.100s did not come to terms about TLS in time. %s.",
                    w->server, host, w->kept);
        break;
    case LINK_CERTIFICATE:
        outcome_set(&o, VERDICT_RETRY, code,
                    "%s %.60s could not be trusted: %.200s. %s. %s. If this is your server, set that key as "
                    "%s.",
                    w->server, host, text, w->unsent, w->kept, w->pin);
        break;
    case LINK_TLS:
    case LINK_FAULTS:
        outcome_set(&o, VERDICT_RETRY, code,
                    "%s %.60s made no TLS: %.180s. %s. %s; check its port and encryption.", w->server, host,
                    *text ? text : "it ended the connection", w->unsent, w->kept);
        break;
    }
    l->opts.client->failed(l->opts.context, fault, &o);
    run(l);
}

/* ---- events ---- */

static void on_timer(void *context)
{
    struct mail_link *l = context;
    int64_t now = clock_mono_ms();
    if (now >= l->step_deadline_ms) {
        fail(l, l->stream ? LINK_TLS_TIMEOUT : LINK_NO_ANSWER, "");
        return;
    }
    if (l->open)
        l->opts.client->tick(l->opts.context, now);
    run(l);
}

static void on_event(void *context)
{
    run(context);
}

static void on_secured(void *context)
{
    struct mail_link *l = context;
    char what[DESCRIPTION_LEN];
    stream_describe_tls(l->stream, what, sizeof(what));
    open_for(l, what);
    run(l);
}

static void on_closed(void *context, const struct stream_end *end)
{
    struct mail_link *l = context;
    if (!l->open) {
        fail(l, end->why == STREAM_CERTIFICATE ? LINK_CERTIFICATE : LINK_TLS, end->text);
        return;
    }
    pull_input(l); /* its last words */
    if (!is_over(l))
        l->opts.client->lost(l->opts.context, end->text);
    run(l);
}

static const struct stream_handlers stream_handlers = {
    .on_input = on_event, .on_drained = on_event, .on_secured = on_secured, .on_closed = on_closed};

static void on_dialled(void *context, const struct dial_result *result)
{
    struct mail_link *l = context;
    l->dial = NULL;
    if (result->fd < 0) {
        fail(l, LINK_UNREACHABLE, result->error);
        return;
    }
    l->stream = stream_new(&(struct stream_opts){.loop = l->opts.loop,
                                                 .fd = result->fd,
                                                 .input_limit = l->opts.input,
                                                 .output_limit = l->opts.output,
                                                 .handlers = &stream_handlers,
                                                 .context = l});
    if (l->opts.implicit_tls)
        begin_tls(l);
    else
        open_for(l, "");
    run(l);
}

/* ---- interface ---- */

void mail_link_start(struct mail_link *l, const struct mail_link_opts *opts)
{
    *l = (struct mail_link){.opts = *opts};
    l->opts.host = mem_strdup(opts->host);
    l->opts.tls_name = mem_strdup(opts->tls_name ? opts->tls_name : "");
    l->timer = (struct timer){.on_due = on_timer, .context = l};
    l->step_deadline_ms = clock_mono_ms() + CONNECT_TIMEOUT_MS;
    l->dial = dial_start(opts->loop, l->opts.host, opts->port, on_dialled, l);
    arm(l);
}

void mail_link_close(struct mail_link *l)
{
    hang_up(l);
    free((void *)(uintptr_t)l->opts.host);
    free((void *)(uintptr_t)l->opts.tls_name);
}

void mail_link_stir(struct mail_link *l)
{
    timer_start(&l->timer, l->opts.loop, 0);
}
