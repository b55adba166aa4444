/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An ear for the tone of calling fax machines (CNG, T.30 §4.2) and a mouth with the tones that people know,
 * for calls of which nobody knows yet who they are from. 16-bit samples at 8000 Hz. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct voice_ear;

/* Of the far side's telephone network; 425 Hz, as ITU-T E.180 has them. */
enum voice_tone { VOICE_TONE_NONE, VOICE_TONE_RINGING, VOICE_TONE_BUSY };

struct voice_ear *voice_ear_new(void) MUST_USE;
void voice_ear_free(struct voice_ear *e); /* NULL is fine */

/* True from the moment that CNG was heard. */
bool voice_ear_hear(struct voice_ear *e, const int16_t *samples, int count) MUST_USE;
/* From its beginning. */
void voice_ear_play(struct voice_ear *e, enum voice_tone tone);
/* The next samples of the tone; false, and none written, where there is none. */
bool voice_ear_speak(struct voice_ear *e, int16_t *samples, int count) MUST_USE;
