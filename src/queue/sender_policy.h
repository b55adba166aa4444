/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Is a mail its author's, as far as a box wants to know (A5)? One table over the facts; for boxes where the
 * address alone decides (S2.5 *none*). Pure. */
#pragma once

#include <stdbool.h>

#include "model/sender_facts.h"

enum sender_decision {
    SENDER_TRUSTED,  /* logged in, or from a trusted network: nothing needs to be found out */
    SENDER_VERIFIED, /* it is its author's */
    SENDER_ACCEPTED, /* nobody knows, and the box does not mind */
    SENDER_REFUSED,
    SENDER_LATER,   /* the DNS does not say */
    SENDER_UNKNOWN, /* the facts are needed first */
};

struct sender_case {
    bool authenticated;               /* by SMTP AUTH, or it came over no network */
    const char *client_ip;            /* "": polled */
    const char *networks[2];          /* trusted ones, of tenant and box */
    const char *dmarc;                /* "require", "prefer" or "off" */
    const char *forwarders[2];        /* arc_trusted, of tenant and box */
    const struct sender_facts *facts; /* NULL: nobody looked yet */
};

enum sender_decision sender_decide(const struct sender_case *c);

/* One sentence for whoever was refused: what was found out, and what can be done. */
void sender_explain(const struct sender_facts *f, char *text, size_t room);
