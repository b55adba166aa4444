/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One POST over HTTPS: a form, for OAuth 2.0 tokens, a webhook, or a document for a printer. Our own streams
 * do it, with the verification that mail servers get; an HTTP library would bring its own resolver, its own
 * TLS and far more of HTTP than one form needs. */
#pragma once

#include "net/dial.h"
#include "net/loop.h"
#include "net/tls.h"

struct https_post;

struct https_answer {
    unsigned status;  /* of HTTP; 0: there was no answer, and error says why */
    const char *body; /* ends with a NUL */
    size_t body_len;
    char error[TLS_ERROR_LEN];
};

struct https_post_opts {
    const char *url; /* https://host[:port]/path; http:// too where `plain` */
    bool plain;
    bool status_only;    /* the answer's body does not matter, and need not be whole */
    bool get;            /* a GET, without content */
    const char *type;    /* of the content */
    const char *headers; /* further ones, each with its CR LF; "" */
    struct span body;    /* copied, and wiped once sent */
    int file; /* what follows it, of file_bytes; the caller's, open until the end. Where those are 0: none */
    uint64_t file_bytes;
    unsigned patience_s;                                  /* for all of it; 0: as usual */
    bool (*may)(void *context, const struct endpoint *e); /* be called? NULL: every address */
};

/* on_done comes once, from the loop, and the request is freed after it. tls may be NULL for http://. */
struct https_post *https_post_send(struct loop *l, struct tls_context *tls,
                                   const struct https_post_opts *opts,
                                   void (*on_done)(void *context, const struct https_answer *a),
                                   void *context);
/* url: https://host[:port]/path. form: name=value&..., wiped once sent. on_done comes once, from the loop,
 * and the request is freed after it. */
struct https_post *https_post_form(struct loop *l, struct tls_context *tls, const char *url, const char *form,
                                   void (*on_done)(void *context, const struct https_answer *a),
                                   void *context);
void https_post_cancel(struct https_post *f); /* on_done will not come; frees. NULL is fine */
