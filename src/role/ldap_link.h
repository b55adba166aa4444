/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A connection to a directory's server: TLS first, in one way or the other, then messages. */
#pragma once

#include "net/tls.h"
#include "net/loop.h"
#include "proto/ldap_message.h"

struct ldap_link;

struct ldap_link_opts {
    struct loop *loop;
    struct tls_context *tls;
    const char *host;
    uint16_t port;
    bool starttls;
    void (*on_ready)(void *context);                                 /* TLS is up */
    void (*on_message)(void *context, const struct ldap_message *m); /* its spans until it returns */
    void (*on_failed)(void *context, const char *why);               /* once, the last one */
    void *context;
};

struct ldap_link *ldap_link_new(const struct ldap_link_opts *opts) MUST_USE;
void ldap_link_send(struct ldap_link *l, struct span message);
/* In any of the callbacks too, as their last deed. NULL is fine. */
void ldap_link_free(struct ldap_link *l);
