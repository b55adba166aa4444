/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a delivery report says (RFC 3464): the part message/delivery-status of a bounce. Ours concern one
 * recipient each, so the worst that is said of any is what counts. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/span.h"

enum bounce_action {
    BOUNCE_NONE,      /* no report, or one that says nothing of a recipient */
    BOUNCE_DELIVERED, /* or relayed, or expanded: nothing is wrong */
    BOUNCE_DELAYED,   /* it is tried further */
    BOUNCE_FAILED,
    BOUNCE_ACTION_COUNT
};

enum { BOUNCE_STATUS_LEN = 16, BOUNCE_TEXT_LEN = 256, BOUNCE_RECIPIENTS_MAX = 1000 };

/* Texts are printable UTF-8 of one line; "" where nothing is said. */
struct bounce {
    enum bounce_action action;
    char status[BOUNCE_STATUS_LEN];  /* RFC 3463: "5.1.1" */
    char words[BOUNCE_TEXT_LEN];     /* of the server that refused: "550 5.1.1 no such user" */
    char recipient[BOUNCE_TEXT_LEN]; /* as the report calls it */
    char envid[BOUNCE_TEXT_LEN];     /* what the sender called the mail (RFC 3461 §4.4) */
};

/* False where it is no report of that kind; `b` says then BOUNCE_NONE. Lines may end with LF. */
bool bounce_parse(struct span status, struct bounce *b) MUST_USE;

/* The Message-ID, without <>, of a header that came back; "" where there is none. */
void bounce_message_id(struct span header, char *to, size_t room);
