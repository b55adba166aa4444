/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/fetch_session.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "mail/mail_link.h"

enum { INPUT_LIMIT = 32 * 1024, OUTPUT_LIMIT = 64 * 1024 };

struct fetch_session {
    struct fetch_session_opts opts;
    struct mail_link link;
    struct fetch_client_handlers handlers; /* the owner's, with our on_over */
    const struct fetch_client_handlers *owner;
    void *owner_context;
    char *host, *user, *password, *folder, *large_key; /* until the client has them */
    struct fetch_client *client;                       /* NULL before the server may speak */
    bool over, in_order, more;
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

/* ---- the connection below it ---- */

static void opened(void *context, const char *tls)
{
    struct fetch_session *s = context;
    if (*tls && s->owner->on_line)
        s->owner->on_line(s->owner_context, true, tls);
    if (s->client)
        fetch_client_secured(s->client, clock_mono_ms());
    else
        start_client(s);
}

static size_t input(void *context, struct span bytes, int64_t now_ms)
{
    const struct fetch_session *s = context;
    return fetch_client_input(s->client, bytes, now_ms);
}

static struct span output(void *context)
{
    const struct fetch_session *s = context;
    return fetch_client_output(s->client);
}

static void took(void *context, size_t n, int64_t now_ms)
{
    const struct fetch_session *s = context;
    fetch_client_took(s->client, n);
}

static bool wants_tls(void *context)
{
    const struct fetch_session *s = context;
    return fetch_client_wants_tls(s->client);
}

static int64_t deadline(void *context)
{
    const struct fetch_session *s = context;
    return fetch_client_deadline(s->client);
}

static void tick(void *context, int64_t now_ms)
{
    const struct fetch_session *s = context;
    fetch_client_tick(s->client, now_ms);
}

static void lost(void *context, const char *why)
{
    const struct fetch_session *s = context;
    fetch_client_lost(s->client, why);
}

static void failed(void *context, enum link_fault fault, const struct outcome *why)
{
    struct fetch_session *s = context;
    s->over = true;
    s->why = *why;
}

static const struct link_words link_words = {.server = "The server",
                                             .codes = {[LINK_UNREACHABLE] = "mailbox-unreachable",
                                                       [LINK_NO_ANSWER] = "mailbox-unreachable",
                                                       [LINK_TLS_TIMEOUT] = "mailbox-tls",
                                                       [LINK_CERTIFICATE] = "mailbox-certificate",
                                                       [LINK_TLS] = "mailbox-tls"},
                                             .unsent = "No password was sent",
                                             .kept = "Mail stays in the mailbox, and it is tried again",
                                             .pin = "the mailbox's pin"};

static bool is_over(void *context)
{
    const struct fetch_session *s = context;
    return s->over;
}

static void finish(void *context)
{
    struct fetch_session *s = context;
    s->owner->on_over(s->owner_context, s->in_order ? NULL : &s->why, s->more);
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
                                                    .is_over = is_over,
                                                    .finish = finish};

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
    mail_link_start(&s->link, &(struct mail_link_opts){.loop = opts->loop,
                                                       .host = s->host,
                                                       .port = opts->port,
                                                       .implicit_tls = opts->implicit_tls,
                                                       .tls = opts->tls,
                                                       .input = INPUT_LIMIT,
                                                       .output = OUTPUT_LIMIT,
                                                       .words = &link_words,
                                                       .client = &link_client,
                                                       .context = s});
    return s;
}

void fetch_session_free(struct fetch_session *s)
{
    if (!s)
        return;
    mail_link_close(&s->link);
    fetch_client_free(s->client);
    mem_free_secret(&s->password);
    free(s->host);
    free(s->user);
    free(s->folder);
    free(s->large_key);
    free(s);
}

void fetch_session_known(struct fetch_session *s, const char *states)
{
    fetch_client_known(s->client, states, clock_mono_ms());
    mail_link_stir(&s->link);
}

void fetch_session_taken(struct fetch_session *s, int error)
{
    fetch_client_taken(s->client, error, clock_mono_ms());
    mail_link_stir(&s->link);
}

void fetch_session_resume(struct fetch_session *s)
{
    fetch_client_resume(s->client, clock_mono_ms());
    mail_link_stir(&s->link);
}

const char *fetch_session_liar(const struct fetch_session *s)
{
    return s->client ? fetch_client_liar(s->client) : NULL;
}
