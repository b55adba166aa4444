/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a call of ours offers and answers (RFC 3264): G.711, or T.38 over UDPTL, never both at once, because a
 * call has one port. Pure functions over descriptions. */
#pragma once

#include <stdbool.h>

#include "ipc/message.h"
#include "line/address.h"
#include "proto/sdp.h"

/* Whether audio is encrypted (RFC 4568). T.38 over UDPTL never is. */
enum offer_srtp {
    OFFER_SRTP_NO,       /* such an offer is refused */
    OFFER_SRTP_OPTIONAL, /* offered in RTP/AVP (RFC 8643), taken in any form */
    OFFER_SRTP_REQUIRED, /* RTP/SAVP or no call; no T.38 */
};

/* How UDPTL makes up for lost packets (T38FaxUdpEC). Both forms are always understood. */
enum offer_correction {
    OFFER_CORRECTION_AUTO,   /* copies, or parity where the far side offers it */
    OFFER_CORRECTION_COPIES, /* never parity */
    OFFER_CORRECTION_PARITY, /* offered by us as well */
};

/* What both sides agreed on. */
struct media {
    enum media_kind kind;
    bool encrypted;           /* with these: */
    struct sdes ours, theirs; /* what we send is encrypted with, and what they send */
    struct endpoint remote;   /* len 0: held, send nothing */
    struct sdp_t38 t38;       /* MEDIA_T38: what the far side said */
    bool fec;                 /* MEDIA_T38: errors are corrected by parity, else by copies */
};

/* Our side of it. */
struct offer_side {
    struct endpoint local;     /* the call's media socket, as the far side reaches it */
    uint64_t session, version; /* o= line */
    bool t38;                  /* T.38 is allowed, unless SRTP is required */
    enum offer_correction correction;
    enum offer_srtp srtp;
    uint8_t key[SDES_KEY_LEN]; /* of what we send, where it is encrypted */
};

void offer_audio(const struct offer_side *side, struct sdp *ours); /* PCMA, PCMU */
void offer_t38(const struct offer_side *side, struct sdp *ours);
/* What is in force, once more: for a re-INVITE that brings no offer (RFC 3261 §14.2). */
void offer_again(const struct offer_side *side, const struct media *now, struct sdp *ours);

/* Answers an offer, each m-line in its place: T.38 where it is offered and allowed, else the first audio
 * stream; all others refused. False: nothing in it we could take (488). */
bool offer_answer(const struct sdp *theirs, const struct offer_side *side, struct sdp *ours,
                  struct media *agreed) MUST_USE;

/* Reads the answer to an offer of ours. False: it took none of it. */
bool offer_answered(const struct sdp *answer, const struct offer_side *side, bool t38_offered,
                    struct media *agreed) MUST_USE;
