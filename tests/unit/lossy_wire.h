/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A wire for call_pair that spoils single V.21 frames, or loses the signal of a whole page, on T.38 and on
 * audio. */
#pragma once

#include "call_pair.h"

enum loss_how {
    SPOILT, /* the far side hears a frame with a wrong FCS */
    LOST,   /* it hears nothing, not even the preamble */
};

struct loss {
    bool by_sender;
    const char *frame; /* by name; "image": the signal of page `first`, the first time */
    unsigned first;    /* the how many-th of that name, from 1 */
    unsigned count;
    enum loss_how how;
};

enum { WIRE_LOSSES = 3 };

/* How a frame on the wire fares; the test's own or that of a table of losses. */
struct wire {
    struct pair *pair;
    const struct loss *losses; /* WIRE_LOSSES of them; unused ones have no frame */
    unsigned chance, seed;     /* or: each frame is lost with 1 in chance, by seed, */
    unsigned image_chance;     /* and each page */
    unsigned hit;              /* frames that were */
    unsigned lost_questions, lost_answers, lost_images;
    bool unheard;      /* the sender has asked, and no answer reached it since */
    bool wanted_again; /* the last that did was RTN */
    struct wire_side {
        struct {
            const char *frame;
            unsigned count;
        } seen[24];
        bool doomed;
        enum loss_how how;
        int64_t put_ms, carrier_ms; /* audio: when the frame was given, when its carrier began; 0: not yet */
    } sides[2];
    unsigned asked; /* the page whose question was asked last */
    unsigned drawn; /* the page for which it was drawn whether it is lost */
    bool image_doomed;
};

/* Sets p->passes and p->on_sent_frame; wire lives as long as the pair. */
void wire_use(struct wire *w, struct pair *p);
