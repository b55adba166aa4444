/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The connection below a client that knows neither socket nor clock (SMTP, POP3, IMAP): dials, secures, gives
 * what came in and takes what goes out, keeps the time limits of all that. What is said there is the client's
 * business, what a failure is called its owner's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "model/outcome.h"
#include "net/dial.h"
#include "net/stream.h"

enum link_fault {
    LINK_UNREACHABLE, /* no such name, or nobody lets us in */
    LINK_NO_ANSWER,   /* nobody refuses either */
    LINK_TLS_TIMEOUT,
    LINK_CERTIFICATE,
    LINK_TLS,
    LINK_FAULTS
};

/* What a connection is called where it fails. */
struct link_words {
    const char *server;             /* "The mail server" */
    const char *codes[LINK_FAULTS]; /* of the outcome */
    const char *unsent;             /* what a server that is no friend did not get: "No password was sent" */
    const char *kept;               /* what is done now: "It is tried again" */
    const char *pin;                /* where a key is pinned: "the mailbox's pin" */
};

/* All of them get the opts' context. They come from the loop only, never from inside a call of this
 * interface. */
struct mail_link_client {
    /* The server may speak: `tls` says how it is encrypted, "" for not. Comes again when TLS was wanted. */
    void (*opened)(void *context, const char *tls);
    /* Bytes taken from the front. */
    size_t (*input)(void *context, struct span bytes, int64_t now_ms);
    struct span (*output)(void *context);
    void (*took)(void *context, size_t n, int64_t now_ms);
    bool (*wants_tls)(void *context);
    int64_t (*deadline)(void *context);
    void (*tick)(void *context, int64_t now_ms);
    void (*lost)(void *context, const char *why);
    /* The connection could not be made, or not be secured. Then is_over is true. */
    void (*failed)(void *context, enum link_fault fault, const struct outcome *why);
    /* After everything that happened: time to tell and to ask one's own owner. May be NULL. */
    void (*turn)(void *context);
    bool (*is_over)(void *context);
    /* The last one; the link may be closed in it. */
    void (*finish)(void *context);
};

struct mail_link_opts {
    struct loop *loop;
    const char *host;
    uint16_t port;
    bool implicit_tls;
    struct tls_context *tls; /* stays the caller's, and may go after the start of TLS only; NULL for none */
    const char *tls_name;    /* in the server's certificate. NULL or "": host */
    int64_t tls_timeout_ms;  /* for the handshake; 0: a minute */
    size_t input, output;    /* bytes that may wait */
    const struct link_words *words;        /* kept */
    const struct mail_link_client *client; /* kept */
    void *context;
};

struct mail_link {
    struct mail_link_opts opts; /* its texts are ours */
    struct dial *dial;          /* NULL once connected */
    struct stream *stream;      /* NULL before */
    struct timer timer;
    int64_t step_deadline_ms; /* of connecting and of the handshake; INT64_MAX else */
    bool open;                /* the client may talk; not while TLS begins */
};

void mail_link_start(struct mail_link *l, const struct mail_link_opts *opts);
void mail_link_close(struct mail_link *l); /* at once, no callback */
/* The client was given something to do. */
void mail_link_stir(struct mail_link *l);
