/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* D4: what a call teaches about the machine that was called, and what follows for the next one. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "store/destinations.h"

/* so often a voice, and never a fax machine: no more calls */
enum { DESTINATION_VOICES_MAX = 2 };

struct call_facts {
    int64_t now_ms;
    bool answered;
    bool began;     /* T.30 came from there (a try, D4) */
    bool t38;       /* the media had changed to T.38: silence is no voice then */
    bool delivered; /* the fax is there, whole */
    bool may_t38;   /* trunk and box allowed it; else G.711 says nothing of the machine */
    unsigned rung;  /* of retry's ladder */
};

void destination_learn(struct destination *d, const struct call_facts *f);
/* The rung to begin with. */
unsigned destination_rung(const struct destination *d, int64_t now_ms);
/* People answer there. */
bool destination_is_voice(const struct destination *d);
