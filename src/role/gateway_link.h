/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A gateway's connection to its server (S4.4). To the mailboxes it is the queue: it carries their questions
 * there, and their mails over a connection each. Where it breaks, on_lost; nothing that was asked is answered
 * then. */
#pragma once

#include <jansson.h>

#include "role/fetch_house.h"

struct gateway_link;

struct gateway_link_opts {
    struct fetch_house *house;
    const char *host;
    uint16_t port, data_port;
    struct tls_context *tls; /* NULL: in clear, within this machine */
    /* The mailboxes that gateways read, as the server tells; whenever that changes, and at each connection.
     */
    void (*on_list)(void *context, json_t *list);
    void (*on_lost)(void *context);
    void *context;
};

/* There is one. It connects by itself, again and again. */
struct gateway_link *gateway_link_new(const struct gateway_link_opts *opts) MUST_USE;
void gateway_link_free(struct gateway_link *l);

/* fetch_house.h; the house is the one given to gateway_link_new. */
extern const struct fetch_queue gateway_queue;
