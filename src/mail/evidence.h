/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What speaks for a mail being its author's: SPF, DKIM, DMARC, ARC, or the word of a server that is trusted.
 * No socket, no clock: the mail goes in, questions for the DNS stand in a table, facts come out once they are
 * answered. */
#pragma once

#include "base/span.h"
#include "model/sender_facts.h"
#include "proto/dns_table.h"

enum { EVIDENCE_SIGNATURES_MAX = 5 };

struct evidence;

struct evidence_opts {
    const char *client_ip;      /* "": not known, so there is no SPF (polled mail) */
    const char *helo, *sender;  /* envelope */
    const char *trusted_server; /* authserv-id whose topmost Authentication-Results settles it; "": none */
    bool author_only;           /* nothing but who it says its author is */
    bool arc;                   /* look at a forwarder's seals where DMARC does not pass */
    int64_t now_s;              /* wall clock */
    bool (*is_public_suffix)(const char *domain);
};

/* header: the mail's first SIGNED_HEADER_MAX + 4 octets, or all; copied. opts: its texts are copied. */
struct evidence *evidence_new(const struct evidence_opts *opts, struct span header) MUST_USE;
void evidence_free(struct evidence *e); /* NULL is fine */

/* Where the body begins, in octets; the body then in pieces, and its end. False where nobody wants it. */
bool evidence_wants_body(const struct evidence *e, size_t *at);
void evidence_add_body(struct evidence *e, struct span bytes);
void evidence_end_body(struct evidence *e);

/* True with all facts; else the table holds questions to be answered, or the body has not ended. */
bool evidence_judge(struct evidence *e, struct sender_facts *facts);
struct dns_table *evidence_dns(struct evidence *e);
/* Time is up: what was not answered has failed. */
void evidence_give_up_dns(struct evidence *e);
