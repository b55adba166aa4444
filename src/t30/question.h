/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The receiver's side of what is said after a page: the sender's question (MPS, EOM, EOP or PPS with them)
 * and our answer. A question that comes again is answered again in the same way until the sender goes on
 * (T.30 §5.4.3.1), and a question without a page before it is never answered with the confirmation of another
 * page.
 *
 * libspandsp 0.0.6 does neither: after the answer to PPS-EOP and PPS-EOM it knows only DCN, after others it
 * answers twice in a call at most, and without ECM it takes a question whose page did not come for one that
 * is repeated. So it hears every question as one in the middle of a document, after which it waits for
 * anything, and is told where a page did not come; its answer to a repeated question is replaced by the one
 * we gave.
 *
 * Pure: frames, signals and times in, what T.30 is to hear out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum { QUESTION_FRAME_MAX = 7 }; /* PPS; the others have 3 octets, EOR 4 */

struct question {
    uint8_t last[QUESTION_FRAME_MAX]; /* as it came; since the last DCS */
    size_t len;                       /* 0: none yet */
    uint8_t answer;                   /* MCF, RTP or RTN that it got; 0: none yet */
    bool repeats;                     /* what T.30 answers now is to be `answer` */
    int64_t spoke_ms;   /* when it went out, or a question came after it that was not understood */
    bool page_heard;    /* since then there was a signal that no question is */
    int64_t up_ms;      /* audio: since when there is a carrier; 0: there is none */
    int64_t carried_ms; /* audio: how long there was one before */
    bool numbered;      /* T.38: no packet is lost unknown */
    uint32_t lost;      /* since our answer: packets of T.38, samples of audio */
};

struct question_heard {
    bool pass;     /* T.30 is to hear `frame` */
    bool pageless; /* T.30 waits for a page, and that it was sent is to be told before */
    uint8_t frame[QUESTION_FRAME_MAX];
    size_t len; /* 0: the frame as it came */
};

/* A good frame. awaiting_page: T.30 listens for the signal of a page without ECM. */
void question_hears(struct question *q, struct span frame, bool awaiting_page, int64_t now_ms,
                    struct question_heard *h);
/* What goes out for it, in place of T.30's frame; the same where nothing is to be changed. */
uint8_t question_answer(struct question *q, uint8_t fcf);
/* A response of ours goes out. */
void question_answered(struct question *q, struct span frame, int64_t now_ms);
/* A frame that nobody understands. */
void question_spoilt(struct question *q, int64_t now_ms);

/* Signals while T.30 waits for a page. On audio a carrier is all that is known of an image that the modem
 * could not follow. */
void question_hears_image(struct question *q);
void question_hears_carrier(struct question *q, bool up, int64_t now_ms);
void question_hears_flags(struct question *q, int64_t now_ms);

/* What did not reach us: packets of T.38, samples of audio. */
void question_misses(struct question *q, uint32_t lost);

/* The last question asks for the end of the document (EOP). */
bool question_ends_document(const struct question *q);
/* The answer has gone out and what comes now is a page, the question again or the goodbye. */
bool question_is_settled(const struct question *q);
/* So, and the answer was RTN. */
bool question_is_refused(const struct question *q);
