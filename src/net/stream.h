/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A byte stream over a connected socket, plain or TLS, with bounded buffers on both sides.
 *
 * Reading: what came stands in stream_input until the owner takes it with stream_consume. A full input buffer
 * is not read into any more, so a fast sender waits (TCP's own flow control). Writing: stream_write takes all
 * or nothing; where there is no room, on_drained says when to go on.
 *
 * Callbacks come from the loop only, never from inside a call of this interface. A stream may be freed in any
 * of its own callbacks. Time-outs are the owner's business. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/span.h"
#include "net/loop.h"
#include "net/tls.h"

struct stream;

enum stream_why {
    STREAM_CLOSED,      /* in order: the other side ended it, or stream_end is through */
    STREAM_BROKEN,      /* reset, or cut off in the middle of TLS */
    STREAM_TLS_FAILED,  /* no TLS could be agreed on, or it went wrong later */
    STREAM_CERTIFICATE, /* the other side's certificate was refused */
};

struct stream_end {
    enum stream_why why;
    char text[TLS_ERROR_LEN]; /* "" where it was in order */
};

struct stream_handlers {
    void (*on_input)(void *context); /* stream_input has grown */
    /* The other side sends nothing more; writing still works, until the owner's stream_end. NULL: stream_end.
     */
    void (*on_input_end)(void *context);
    void (*on_drained)(void *context); /* all that was written has gone to the kernel; may be NULL */
    void (*on_secured)(void *context); /* TLS is up; may be NULL where it is never started */
    /* Once, the last callback. Input that came before stands in stream_input still. The owner frees. */
    void (*on_closed)(void *context, const struct stream_end *end);
};

struct stream_opts {
    struct loop *loop;
    int fd; /* connected stream socket, non-blocking; taken */
    size_t input_limit, output_limit;
    const struct stream_handlers *handlers; /* kept */
    void *context;
};

struct stream *stream_new(const struct stream_opts *opts) MUST_USE;
void stream_free(struct stream *s); /* at once: what was not sent yet is lost; no callback. NULL is fine */

/* Valid until the next consume, or until control goes back to the loop. */
struct span stream_input(const struct stream *s);
void stream_consume(struct stream *s, size_t n);

/* False, and nothing is taken, where output_limit would be passed. Into a closed or ending stream: taken and
 * dropped. */
bool stream_write(struct stream *s, struct span data);
size_t stream_room(const struct stream *s); /* bytes stream_write would take now */

/* TLS from here on; server or client as the context is. Plaintext input that was not consumed, or lies in the
 * socket ahead of the handshake, never counts as secured: the first is dropped (RFC 3207 §4.2, §6), the
 * second fails the handshake. What was written before goes out in plaintext first. Writing before on_secured
 * is a bug: panic. name: the host a client expects in the certificate; NULL for a server. context outlives
 * the stream's start only. */
void stream_start_tls(struct stream *s, struct tls_context *context, const char *name);
bool stream_secured(const struct stream *s);
void stream_describe_tls(const struct stream *s, char *text,
                         size_t room); /* "TLSv1.3 …"; only once secured */

/* Sends what was written, then ends in order (close_notify, FIN) and waits a moment for the other side's end,
 * dropping what it still sends: closing at once could destroy our last words (RFC 9293 §3.10.4: RST). Then
 * on_closed. */
void stream_end(struct stream *s);
