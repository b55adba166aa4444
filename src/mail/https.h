/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One request over HTTPS: a form, for OAuth 2.0 tokens, a webhook, or what an OpenID provider publishes. Our
 * own streams do it, with the verification that mail servers get; an HTTP library would bring its own
 * resolver, its own TLS and far more of HTTP than one form needs. */
#pragma once

#include "net/dial.h"
#include "net/loop.h"
#include "net/tls.h"

struct https_request;

struct https_answer {
    unsigned status;  /* of HTTP; 0: there was no answer, and error says why */
    const char *body; /* text */
    char error[TLS_ERROR_LEN];
};

struct https_opts {
    const char *url; /* https://host[:port]/path; http:// too where `plain` */
    bool plain;
    bool status_only;    /* the answer's body does not matter, and need not be whole */
    const char *type;    /* of the content; not read where there is none */
    const char *headers; /* further ones, each with its CR LF; "" */
    const char *body;    /* of a POST, wiped once sent; NULL: a GET */
    bool (*may)(void *context, const struct endpoint *e); /* be called? NULL: every address */
};

/* on_done comes once, from the loop, and the request is freed after it. tls may be NULL for http://. */
struct https_request *https_send(struct loop *l, struct tls_context *tls, const struct https_opts *opts,
                                 void (*on_done)(void *context, const struct https_answer *a), void *context);
/* url: https://host[:port]/path. form: name=value&..., wiped once sent. on_done comes once, from the loop,
 * and the request is freed after it. */
struct https_request *https_send_form(struct loop *l, struct tls_context *tls, const char *url,
                                      const char *form,
                                      void (*on_done)(void *context, const struct https_answer *a),
                                      void *context);
void https_cancel(struct https_request *f); /* on_done will not come; frees. NULL is fine */
