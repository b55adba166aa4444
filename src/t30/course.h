/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where a call is, told from the frames that pass: its phase, how far the page on the line is, and whether
 * the last page's confirmation may have been lost. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define COURSE_PHASES(X)                                                                                     \
    X(CONNECTING, "connecting")   /* nothing heard yet */                                                    \
    X(NEGOTIATING, "negotiating") /* DIS, DCS, training */                                                   \
    X(PAGE, "page")                                                                                          \
    X(CONFIRMING, "confirming")                                                                              \
    X(ENDING, "ending")

enum course_phase {
#define COURSE_PHASE(name, text) COURSE_##name,
    COURSE_PHASES(COURSE_PHASE)
#undef COURSE_PHASE
};

struct course {
    enum course_phase phase;
    uint64_t image_bits; /* of the page on the line, sent so far; repeats count */
    /* The command that asks for a page's confirmation (MPS, EOP, PPS with them, or RR after it) is ... */
    bool question_sending; /* with the modem */
    uint8_t question_word; /* MPS, EOM or EOP (about the last page); RR now asks the same again */
    bool last_page;        /* the page on the line ends a document, whatever comes behind it */
    bool question_sent;    /* about the last page of a document and through, and nothing that is an answer has
                              come since */
    unsigned asked;        /* through so often since the last answer */
    bool spoilt;           /* something came for an answer that was not understood */
};

const char *course_phase_name(enum course_phase phase);

void course_sends(struct course *c, struct span frame); /* a frame begins its way out */
void course_sent(struct course *c);                     /* it is through */
void course_sends_image(struct course *c, uint64_t bits);
void course_hears(struct course *c, struct span frame); /* a good frame, guarded */
void course_hears_spoilt(struct course *c); /* a signal without one, or none where one may have been */
/* The far side may have given an answer that we did not hear: its goodbye is no refusal. */
bool course_in_doubt(const struct course *c);
void course_confirmed(struct course *c); /* the page on the line is */
