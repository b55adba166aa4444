/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One form sent by POST over HTTPS, for OAuth 2.0 tokens. Our own streams do it, with the verification that
 * mail servers get; an HTTP library would bring its own resolver, its own TLS and far more of HTTP than one
 * form needs. */
#pragma once

#include "net/loop.h"
#include "net/tls.h"

struct https_form;

struct https_answer {
    unsigned status;  /* of HTTP; 0: there was no answer, and error says why */
    const char *body; /* text */
    char error[TLS_ERROR_LEN];
};

/* url: https://host[:port]/path. form: name=value&..., wiped once sent. on_done comes once, from the loop,
 * and the request is freed after it. */
struct https_form *https_form_send(struct loop *l, struct tls_context *tls, const char *url, const char *form,
                                   void (*on_done)(void *context, const struct https_answer *a),
                                   void *context);
void https_form_cancel(struct https_form *f); /* on_done will not come; frees. NULL is fine */
