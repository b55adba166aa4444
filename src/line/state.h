/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The life of a call, as SIP sees it. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

/* name, text, media can flow */
#define CALL_STATES(X)                                                                                       \
    X(NEW, "new", false)                                                                                     \
    X(CALLING, "calling", false)       /* our INVITE is out, no more than 100 has come */                    \
    X(RINGING, "ringing", false)       /* a 18x has come */                                                  \
    X(CANCELLING, "cancelling", false) /* we want no more of it; its final answer is awaited */              \
    X(INVITED, "invited", false)       /* their INVITE is in, accept or reject is awaited */                 \
    X(ANSWERING, "answering", false)   /* our 200 is out, ACK is awaited */                                  \
    X(TALKING, "talking", true)        /* established, no offer on its way */                                \
    X(OFFERING, "offering", true)      /* our re-INVITE is out */                                            \
    X(WAITING, "waiting", true)        /* it met theirs (491): wait and try again, RFC 3261 §14.1 */        \
    X(ANSWERING_AGAIN, "answering again", true) /* our 200 to their re-INVITE is out, ACK is awaited */      \
    X(ENDING, "ending", false)                  /* nothing more from us */                                   \
    X(ENDED, "ended", false)

enum call_state {
#define CALL_STATE_ENUM(name, text, media) CALL_##name,
    CALL_STATES(CALL_STATE_ENUM)
#undef CALL_STATE_ENUM
        CALL_STATE_COUNT
};

const char *call_state_name(enum call_state s);
bool call_state_has_media(enum call_state s);
bool call_state_may_move(enum call_state from, enum call_state to);
