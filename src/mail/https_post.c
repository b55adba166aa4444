/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/https_post.h"

#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "net/stream.h"
#include "proto/http_response.h"

enum { PATIENCE_S = 30, REQUEST_MAX = 32 * 1024, FILE_STEP = 64 * 1024, INPUT_LIMIT = 16 * 1024 };

struct https_post {
    struct loop *loop;
    struct tls_context *tls;
    char host[256];
    char *authority; /* host[:port], for Host: */
    bool plain, get, status_only;
    char *path, *type, *headers;
    struct buf body;
    int file;
    uint64_t file_at, file_bytes;
    struct dial *dial;
    struct stream *stream;
    struct timer patience;
    struct http_response response;
    bool (*may)(void *context, const struct endpoint *e);
    void (*on_done)(void *context, const struct https_answer *a);
    void *context;
};

static void finish(struct https_post *f, unsigned status, const char *error)
{
    struct https_answer a = {
        .status = status, .body = buf_text(&f->response.body), .body_len = f->response.body.len};
    (void)str_copy(a.error, sizeof(a.error), error);
    f->on_done(f->context, &a);
    https_post_cancel(f);
}

/* Where nothing else matters, a page behind it that is long, slow or broken takes nothing back. */
static unsigned status_alone(const struct https_post *f)
{
    return f->status_only && f->response.status >= 200 ? f->response.status : 0;
}

static void on_patience_ends(void *context)
{
    finish(context, status_alone(context), "no answer in time");
}

static void on_input(void *context)
{
    struct https_post *f = context;
    struct span in = stream_input(f->stream);
    enum http_step step = http_response_feed(&f->response, in);
    stream_consume(f->stream, in.len);
    if (step == HTTP_COMPLETE)
        finish(f, f->response.status, "");
    else if (step == HTTP_BAD)
        finish(f, status_alone(f), "what answers there does not speak HTTP, or at too great a length");
}

static void wipe(struct buf *b)
{
    if (b->data)
        explicit_bzero(b->data, b->len);
    buf_clear(b);
}

/* As much of the file as there is room for; the rest once that has gone. */
static void on_drained(void *context)
{
    struct https_post *f = context;
    uint8_t bytes[FILE_STEP];
    while (f->file_at < f->file_bytes) {
        uint64_t left = f->file_bytes - f->file_at;
        size_t room = stream_room(f->stream), n = room < sizeof(bytes) ? room : sizeof(bytes);
        if (n > left)
            n = (size_t)left;
        if (n == 0)
            return;
        if (fd_pread_all(f->file, bytes, n, (off_t)f->file_at) != 0) {
            finish(f, 0, "the file to be sent cannot be read");
            return;
        }
        (void)stream_write(f->stream, span_of(bytes, n));
        f->file_at += n;
    }
}

static void on_secured(void *context)
{
    struct https_post *f = context;
    SCOPED_BUF struct buf b;
    buf_init(&b, REQUEST_MAX);
    (void)buf_printf(&b,
                     "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: Faxpost\r\nAccept: application/json\r\n"
                     "Connection: close\r\n%s",
                     f->get ? "GET" : "POST", f->path, f->authority, f->headers);
    if (!f->get)
        (void)buf_printf(&b, "Content-Type: %s\r\nContent-Length: %llu\r\n", f->type,
                         (unsigned long long)(f->body.len + f->file_bytes));
    (void)buf_append_str(&b, "\r\n");
    (void)buf_append(&b, f->body.data, f->body.len);
    (void)stream_write(f->stream, buf_span(&b));
    wipe(&f->body);
    if (b.data)
        explicit_bzero(b.data, b.len);
    on_drained(f);
}

static void on_closed(void *context, const struct stream_end *end)
{
    struct https_post *f = context;
    bool complete = http_response_end(&f->response);
    finish(f, complete ? f->response.status : status_alone(f),
           *end->text ? end->text : "the connection ended before the answer");
}

static const struct stream_handlers handlers = {
    .on_input = on_input, .on_drained = on_drained, .on_secured = on_secured, .on_closed = on_closed};

static void on_dialled(void *context, const struct dial_result *result)
{
    struct https_post *f = context;
    f->dial = NULL;
    if (result->fd < 0) {
        finish(f, 0, result->error);
        return;
    }
    f->stream = stream_new(&(struct stream_opts){.loop = f->loop,
                                                 .fd = result->fd,
                                                 .input_limit = INPUT_LIMIT,
                                                 .output_limit = f->file_bytes ? 2 * FILE_STEP : REQUEST_MAX,
                                                 .handlers = &handlers,
                                                 .context = f});
    if (f->plain)
        on_secured(f);
    else
        stream_start_tls(f->stream, f->tls, f->host);
}

/* https://host[:port]/path; false: it is none. */
static bool take_apart(struct https_post *f, const char *url, uint16_t *port)
{
    f->plain = f->plain && str_starts(url, "http://");
    const char *scheme = f->plain ? "http://" : "https://", *at = url + strlen(scheme);
    uint64_t number = f->plain ? 80 : 443;
    if (!str_starts(url, scheme))
        return false;
    size_t n = strcspn(at, "/?");
    f->path = mem_strdup(at[n] == '/' ? at + n : "/");
    f->authority = mem_dup(at, n + 1);
    f->authority[n] = 0;
    const char *colon = strrchr(f->authority, ':');
    if (colon && strchr(colon, ']'))
        colon = NULL; /* of an IPv6 address */
    size_t host = colon ? (size_t)(colon - f->authority) : n;
    bool bracketed = host >= 2 && f->authority[0] == '[' && f->authority[host - 1] == ']';
    if (colon && (!str_to_u64(colon + 1, 65535, &number) || number == 0))
        return false;
    *port = (uint16_t)number;
    return host > 0 && str_copy_span(f->host, sizeof(f->host),
                                     span_of(f->authority + bracketed, host - 2 * (size_t)bracketed));
}

static bool may_call(void *context, const struct endpoint *e)
{
    const struct https_post *f = context;
    return f->may(f->context, e);
}

static void on_bad_url(void *context)
{
    finish(context, 0, "the URL in the settings is no https://host/path");
}

struct https_post *https_post_send(struct loop *l, struct tls_context *tls,
                                   const struct https_post_opts *opts,
                                   void (*on_done)(void *context, const struct https_answer *a),
                                   void *context)
{
    struct https_post *f = mem_zalloc(sizeof(*f));
    uint16_t port;
    f->loop = l;
    f->tls = tls;
    f->plain = opts->plain;
    f->get = opts->get;
    f->status_only = opts->status_only;
    f->type = mem_strdup(opts->type);
    f->headers = mem_strdup(opts->headers);
    buf_init(&f->body, REQUEST_MAX);
    (void)buf_append(&f->body, opts->body.data, opts->body.len);
    f->file = opts->file;
    f->file_bytes = opts->file_bytes;
    f->may = opts->may;
    f->on_done = on_done;
    f->context = context;
    http_response_init(&f->response);
    bool good = take_apart(f, opts->url, &port);
    f->patience = (struct timer){.on_due = good ? on_patience_ends : on_bad_url, .context = f};
    timer_start(&f->patience, l, good ? (opts->patience_s ? opts->patience_s : PATIENCE_S) * 1000 : 0);
    if (good) {
        f->dial = dial_start(l, f->host, port, on_dialled, f);
        dial_limit(f->dial, f->may ? may_call : NULL);
    }
    return f;
}

struct https_post *https_post_form(struct loop *l, struct tls_context *tls, const char *url, const char *form,
                                   void (*on_done)(void *context, const struct https_answer *a),
                                   void *context)
{
    const struct https_post_opts opts = {
        .url = url, .type = "application/x-www-form-urlencoded", .headers = "", .body = span_str(form)};
    return https_post_send(l, tls, &opts, on_done, context);
}

void https_post_cancel(struct https_post *f)
{
    if (!f)
        return;
    timer_stop(&f->patience);
    dial_cancel(f->dial);
    stream_free(f->stream);
    http_response_clear(&f->response);
    wipe(&f->body);
    free(f->authority);
    free(f->path);
    free(f->type);
    free(f->headers);
    free(f);
}
