/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A fax terminal on audio: V.21, V.27ter, V.29, V.17 and the tones as 16-bit samples at 8000 Hz, out of
 * libspandsp's modems. Time is the number of samples heard. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "t30/terminal.h"

struct audio_terminal;

/* events and context are borrowed; no event comes before the first sample. on_image_bytes and
 * next_image_bytes are not used: modems work bit by bit. */
struct audio_terminal *audio_terminal_new(const struct terminal_events *events, void *context) MUST_USE;
void audio_terminal_free(struct audio_terminal *t); /* NULL is fine */
struct terminal *audio_terminal_base(struct audio_terminal *t);

/* count samples of the line; they are changed (DC is taken out). Needless while it does not listen. */
void audio_terminal_hear(struct audio_terminal *t, int16_t *samples, int count);
/* count samples were lost: the modem goes on as well as it can. */
void audio_terminal_hear_gap(struct audio_terminal *t, int count);
/* The next count samples for the line. False where they are silence, and none was written. */
bool audio_terminal_speak(struct audio_terminal *t, int16_t *samples, int count);
/* Is a receiver on? */
bool audio_terminal_listens(const struct audio_terminal *t);
/* Does it hear a carrier? The far side is in the middle of a signal then. */
bool audio_terminal_hears_carrier(const struct audio_terminal *t);
