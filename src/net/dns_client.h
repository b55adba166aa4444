/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Questions to the DNS by libunbound, which asks in a thread of its own; answers come in the loop. */
#pragma once

#include "base/endpoint.h"
#include "base/span.h"
#include "net/loop.h"

struct dns_client;
struct dns_query;

/* servers: resolvers to ask; none: those that /etc/resolv.conf names now. NULL where there is no memory or no
 * thread to be had. Before the role is shut in. */
struct dns_client *dns_client_new(struct loop *l, const struct endpoint *servers, unsigned count) MUST_USE;
void dns_client_free(struct dns_client *c); /* NULL is fine; queries must be over */

enum dns_answer_status { DNS_ANSWER_FOUND, DNS_ANSWER_NO_DATA, DNS_ANSWER_NO_NAME, DNS_ANSWER_FAILED };

enum { DNS_ANSWER_RECORDS_MAX = 64 };

struct dns_answer {
    enum dns_answer_status status;
    struct span records[DNS_ANSWER_RECORDS_MAX]; /* rdata without compression; those beyond are left out */
    size_t count;
};

/* Once, never from within this call. type: as the DNS numbers it. */
struct dns_query *dns_query_start(struct dns_client *c, const char *name, int type,
                                  void (*on_done)(void *context, const struct dns_answer *answer),
                                  void *context) MUST_USE;
void dns_query_cancel(struct dns_query *q); /* no callback */
