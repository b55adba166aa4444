/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/audio_stream.h"

/* A process that slept longer goes on where it was, and the far side has to wait. */
enum { CATCH_UP_MAX_MS = 1000 };
/* How long what does not come is waited for. Between signals the far side may have stopped sending silence,
 * and what is waited delays our answer, for which it waits 3 s (T.30's T4); amid a signal it comes or is
 * lost. */
enum { WAIT_SIGNAL_MS = 1000, WAIT_SILENCE_MS = 400 };

void audio_stream_begin(struct audio_stream *a, struct session *session, audio_stream_send *send,
                        void *context, int64_t now_ms)
{
    *a = (struct audio_stream){.session = session, .send = send, .context = context};
    a->tick_ms = now_ms + AUDIO_STREAM_TICK_MS;
    jitter_init(&a->jitter, JITTER_DELAY_DEFAULT_MS);
}

void audio_stream_new_source(struct audio_stream *a)
{
    jitter_init(&a->jitter, JITTER_DELAY_DEFAULT_MS);
}

void audio_stream_put(struct audio_stream *a, uint32_t timestamp, struct span payload)
{
    jitter_put(&a->jitter, timestamp, payload);
}

/* T.30's time stands still meanwhile, as it is counted in samples. */
static bool wait_for(struct audio_stream *a, size_t samples)
{
    if (!session_listens(a->session))
        return false;
    bool signal = session_hears_carrier(a->session);
    return jitter_wait(&a->jitter, samples, signal ? WAIT_SIGNAL_MS : WAIT_SILENCE_MS);
}

static void hear(struct audio_stream *a, int64_t now_ms)
{
    uint8_t octets[AUDIO_STREAM_TICK_SAMPLES];
    for (size_t left = sizeof(octets), n; left > 0; left -= n) {
        if (wait_for(a, left))
            break;
        bool present;
        n = jitter_take(&a->jitter, octets, left, &present);
        if (present)
            session_hear(a->session, now_ms, span_of(octets, n));
        else
            session_hear_gap(a->session, now_ms, n);
    }
    /* The moment we begin to speak the far side is silent: a slip of the jitter buffer hurts nobody now. */
    bool listens = session_listens(a->session);
    if (a->listened && !listens)
        (void)jitter_recentre(&a->jitter);
    a->listened = listens;
}

void audio_stream_run(struct audio_stream *a, int64_t now_ms)
{
    int64_t late_ms = now_ms - a->tick_ms;
    if (late_ms > (int64_t)a->late_max_ms)
        a->late_max_ms = (uint32_t)late_ms;
    if (late_ms > CATCH_UP_MAX_MS) {
        a->skipped_ms += (uint32_t)late_ms;
        a->tick_ms = now_ms;
    }
    for (; a->tick_ms <= now_ms; a->tick_ms += AUDIO_STREAM_TICK_MS) {
        uint8_t octets[AUDIO_STREAM_TICK_SAMPLES];
        hear(a, now_ms);
        session_speak(a->session, now_ms, octets, sizeof(octets));
        a->send(a->context, octets);
    }
}
