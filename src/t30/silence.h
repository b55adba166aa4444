/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How long the far machine has been silent, and what that means where it is for ever. libspandsp 0.0.6 has no
 * timer where a sender waits for a new DIS (after EOM), none on T.38 after a training without data, and says
 * of every silence of a sender that retries are used up.
 *
 * Pure: signals and times in, a cause out. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "t30/course.h"
#include "t30/question.h"

/* A receiver that hears nothing leaves phase C after T2 (6 s +-1 s) and ends after T1 (35 s +-5 s) of DIS; a
 * sender waits T1 for DIS (T.30 §5.4.3.1). All other waits but T5, in which frames are heard, are shorter. */
enum { SILENCE_MS = 45 * 1000 };
/* A machine that answered says who it is until somebody speaks, for T1. */
enum { SILENCE_AT_START_MS = 35 * 1000 };
/* A receiver that has all pages waits for the goodbye alone: twice T2. */
enum { SILENCE_AT_END_MS = 14 * 1000 };
/* A sender asks three times, T4 (3 s +15 %) each; 0.0.6 asks by EOR once and waits for ever. */
enum { SILENCE_ASKING_MS = 20 * 1000 };

struct silence {
    bool met;                /* anything was heard */
    int64_t since_ms;        /* when it was last */
    enum course_phase phase; /* of the call at that time */
    bool in_image;           /* it was part of an image with ECM, and not its end */
};

/* Something is heard, whatever it is. */
void silence_ends(struct silence *q, enum course_phase phase, bool in_image, int64_t now_ms);
/* A carrier is still there; or we send an image, and nobody could be heard. */
void silence_is_put_off(struct silence *q, int64_t now_ms);
bool silence_is_final(const struct silence *q, int64_t limit_ms, int64_t now_ms);
/* T30_ERR_...: what the far machine owed us. question: the receiver's. */
int silence_cause(const struct silence *q, bool sender, const struct question *question);
