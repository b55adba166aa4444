/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The 20 ms beat of an audio call: what the far side sent goes through the jitter buffer to the session, what
 * the session says goes out. No socket, no clock.
 *
 * Both directions are one unbroken stream of samples, however late this process or the far one is: who is
 * late sends and hears what it missed at once, and what is not there yet is waited for. Only what the network
 * lost is missing. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "t30/jitter.h"
#include "t30/session.h"

enum { AUDIO_STREAM_TICK_MS = 20, AUDIO_STREAM_TICK_SAMPLES = AUDIO_STREAM_TICK_MS * JITTER_SAMPLES_PER_MS };

/* 20 ms of G.711 for the far side. */
typedef void audio_stream_send(void *context, const uint8_t octets[AUDIO_STREAM_TICK_SAMPLES]);

struct audio_stream {
    struct session *session; /* borrowed */
    audio_stream_send *send;
    void *context;
    struct jitter jitter;
    int64_t tick_ms;      /* when the next 20 ms are due */
    bool listened;        /* T.30 listened in the last 20 ms */
    uint32_t late_max_ms; /* the latest beat */
    uint32_t skipped_ms;  /* time for which nothing was sent: this process stood still */
};

/* After session_use_audio. */
void audio_stream_begin(struct audio_stream *a, struct session *session, audio_stream_send *send,
                        void *context, int64_t now_ms);
/* The far side's stream begins anew, with another source. */
void audio_stream_new_source(struct audio_stream *a);
/* The payload of an RTP packet. */
void audio_stream_put(struct audio_stream *a, uint32_t timestamp, struct span payload);
/* To be called at tick_ms. All that has arrived must have been put before: what lies unread would be missing.
 */
void audio_stream_run(struct audio_stream *a, int64_t now_ms);
