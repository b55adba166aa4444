/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/ldap_link.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "net/dial.h"
#include "net/stream.h"

enum { SILENCE_MS = 30000, OUTPUT_MAX = 64 * 1024, STARTTLS_ID = 1 };

struct ldap_link {
    struct ldap_link_opts opts;
    char *host;
    struct dial *dial;
    struct stream *stream;
    struct timer patience;
    bool secured, freed, reading;
};

static void fail(struct ldap_link *l, const char *why)
{
    timer_stop(&l->patience);
    l->opts.on_failed(l->opts.context, why);
}

static void on_patience_ends(void *context)
{
    fail(context, "no answer in time");
}

static void wait_on(struct ldap_link *l)
{
    timer_start(&l->patience, l->opts.loop, SILENCE_MS);
}

void ldap_link_send(struct ldap_link *l, struct span message)
{
    wait_on(l);
    (void)stream_write(l->stream, message);
}

static void secure(struct ldap_link *l)
{
    wait_on(l);
    stream_start_tls(l->stream, l->opts.tls, l->host);
}

/* Before TLS there is one answer; whatever else comes in the clear never counts (stream.h). */
static void on_clear_message(struct ldap_link *l, const struct ldap_message *m)
{
    if (m->operation == LDAP_EXTENDED_ANSWER && m->id == STARTTLS_ID && m->result == LDAP_SUCCESS)
        secure(l);
    else
        fail(l, "it does not begin TLS (StartTLS)");
}

static void read_one(struct ldap_link *l, bool *again)
{
    struct ldap_message m;
    size_t used = 0;
    enum ldap_step step = ldap_read(stream_input(l->stream), &m, &used);
    *again = false;
    if (step == LDAP_BAD) {
        fail(l, "what answers there does not speak LDAP");
        return;
    }
    if (step == LDAP_MORE)
        return;
    wait_on(l);
    if (!l->secured) {
        stream_consume(l->stream, used);
        on_clear_message(l, &m);
        return;
    }
    l->opts.on_message(l->opts.context, &m);
    *again = !l->freed;
    if (!l->freed)
        stream_consume(l->stream, used);
}

static void really_free(struct ldap_link *l)
{
    timer_stop(&l->patience);
    dial_cancel(l->dial);
    stream_free(l->stream);
    free(l->host);
    free(l);
}

static void on_input(void *context)
{
    struct ldap_link *l = context;
    bool again = true;
    l->reading = true;
    while (again && !l->freed)
        read_one(l, &again);
    l->reading = false;
    if (l->freed)
        really_free(l);
}

static void on_secured(void *context)
{
    struct ldap_link *l = context;
    l->secured = true;
    l->opts.on_ready(l->opts.context);
}

static void on_closed(void *context, const struct stream_end *end)
{
    fail(context, *end->text ? end->text : "it ended the connection");
}

static const struct stream_handlers handlers = {
    .on_input = on_input, .on_secured = on_secured, .on_closed = on_closed};

static void on_dialled(void *context, const struct dial_result *result)
{
    struct ldap_link *l = context;
    uint8_t bytes[200];
    struct ber_writer w = ber_writer_of(bytes, sizeof(bytes));
    l->dial = NULL;
    if (result->fd < 0) {
        fail(l, result->error);
        return;
    }
    l->stream = stream_new(&(struct stream_opts){.loop = l->opts.loop,
                                                 .fd = result->fd,
                                                 .input_limit = LDAP_MESSAGE_MAX,
                                                 .output_limit = OUTPUT_MAX,
                                                 .handlers = &handlers,
                                                 .context = l});
    if (!l->opts.starttls) {
        secure(l);
        return;
    }
    ldap_put_starttls(&w, STARTTLS_ID);
    ldap_link_send(l, span_of(bytes, w.len));
}

struct ldap_link *ldap_link_new(const struct ldap_link_opts *opts)
{
    struct ldap_link *l = mem_zalloc(sizeof(*l));
    l->opts = *opts;
    l->host = mem_strdup(opts->host);
    l->patience = (struct timer){.on_due = on_patience_ends, .context = l};
    wait_on(l);
    l->dial = dial_start(opts->loop, l->host, opts->port, on_dialled, l);
    return l;
}

void ldap_link_free(struct ldap_link *l)
{
    if (!l)
        return;
    if (l->reading)
        l->freed = true;
    else
        really_free(l);
}
