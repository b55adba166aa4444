/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Stands between the T.30 engine and the terminal and keeps three promises:
 *
 * - receiving: no page is confirmed (MCF or RTP) before it is stored. The response waits behind its preamble
 *   for at most 2 s, which no sender minds; then the sender is told "not ready" (RNR) in ECM, or is asked to
 *   repeat its question (CRP) without, and the next 2 s begin: for a minute, or for three questions. For T.30
 *   the response is on its way all the time.
 * - sending: after a page was confirmed, the next carrier does not start before that is stored. The receiver
 *   waits for it for 6 s (T2).
 * - sending: the question that ends the document (EOP, PPS-EOP) is not asked before it is stored that it will
 *   be; from then on a lost answer leaves the outcome open. It waits behind its preamble for at most 2.5 s,
 *   then the call is given up and nothing was asked.
 *
 * Where storing failed, DCN takes the place of what was held and the call is over.
 *
 * Knows frames and time, neither terminals nor pages. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "t30/terminal.h"

/* Longest a response waits behind its preamble. Senders give up after 3.0-3.1 s of flags with libspandsp's
 * T4A; T4 of real machines may be as short as 2.55 s (T.30 §5.4.3.1: 3 s +-15 %). */
enum { HOLD_PREAMBLE_MS = 2000 };
/* Longest the question waits: a receiver that hears flags without a frame leaves after 3 s (T2A), and if the
 * flags stop, at once. */
enum { HOLD_QUESTION_MS = 2500 };
/* A sender that says nothing for this long between our RNRs has gone. */
enum { HOLD_QUIET_MS = 15000 };
/* All in all: T5 of the far side (T.30 annex A.5.4.1: 60 s +-5 s) ends the call anyway. */
enum { HOLD_TOTAL_MS = 70000 };

#define HOLD_STATES(X)                                                                                       \
    X(THROUGH)  /* everything passes */                                                                      \
    X(AWAITING) /* a page is out to be stored; its response or next carrier has not come yet */              \
    X(RESPONSE) /* a response waits behind its preamble */                                                   \
    X(REFUSAL)  /* RNR or CRP is being sent */                                                               \
    X(LISTEN)   /* for the sender's next question, in T.30's place */                                        \
    X(CARRIER)  /* a carrier of ours waits */                                                                \
    X(QUESTION) /* the question that ends the document waits behind its preamble */                          \
    X(FAREWELL) /* DCN is being sent */                                                                      \
    X(OVER)     /* the call ends now */

enum hold_state {
#define HOLD_STATE(name) HOLD_##name,
    HOLD_STATES(HOLD_STATE)
#undef HOLD_STATE
};

enum hold_end {
    HOLD_END_STORE_FAILED,
    HOLD_END_STORE_SLOW, /* so slow that the far side has left or would */
};

struct hold_user {
    void *context;
    void (*on_send)(void *context, struct span frame); /* T.30's or our own frame goes to the terminal now */
    void (*on_question)(void *context);                /* the last question wants to go: hold_may_ask */
    void (*on_end)(void *context, enum hold_end end);  /* nothing passes any more: terminate T.30, hang up */
};

struct hold {
    enum hold_state state;
    struct terminal *terminal;
    struct hold_user user;
    bool receiving, answered; /* answered: by us, also where we send (polling) */
    int64_t now_ms;
    int64_t page_ms;  /* since when the page is out */
    int64_t since_ms; /* since when this state lasts */
    bool ecm, stored, failed;
    bool v21;        /* receiving: T.30 has switched V.21 on for the response */
    bool asked;      /* LISTEN: the question is complete, we answer when its carrier falls */
    bool closing;    /* REFUSAL, FAREWELL: the frame is through, the carrier is coming down */
    bool may_ask;    /* sending: that the document ends is stored */
    bool last_page;  /* sending: the page on the line ends a document, whatever comes behind it */
    uint8_t held[7]; /* MCF and RTP have 3 octets, EOP too, PPS-EOP 7 */
    size_t held_len;
    struct modem_setting carrier;
    enum hold_end end;
};

void hold_init(struct hold *h, bool receiving, const struct hold_user *user);
/* The terminal from now on; what was held for the one before is forgotten. */
void hold_use(struct hold *h, struct terminal *terminal, int64_t now_ms);

/* Whoever called has polled: this side sends from now on. The answer waits until hold_stored, as a page's. */
void hold_turn_sender(struct hold *h);

/* A page has been received or its confirmation has: from here on until hold_stored nothing goes out. */
void hold_page(struct hold *h, bool ecm);
void hold_stored(struct hold *h, bool ok);
/* Sending: a new page; does it end a document? A call may bring several. */
void hold_next_page(struct hold *h, bool last_page);
/* Sending: it is stored that the last question about this page is asked. */
void hold_may_ask(struct hold *h);
void hold_run(struct hold *h, int64_t now_ms);
/* When hold_run has something to do next; INT64_MAX: never. */
int64_t hold_due_ms(const struct hold *h);

/* What T.30 asks for goes through here to the terminal. */
void hold_set_rx(struct hold *h, const struct modem_setting *m);
void hold_set_tx(struct hold *h, const struct modem_setting *m);
void hold_send_frame(struct hold *h, struct span frame);
void hold_drop_frame(struct hold *h);

/* What the terminal tells goes through here to T.30: true where it is meant for T.30. */
bool hold_hears_frame(struct hold *h, struct span frame);
bool hold_hears_status(struct hold *h, bool signal_ended);
bool hold_hears_sent(struct hold *h);
