/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A call to a number that people call as well: fax machine or person? A machine shows itself by CNG, by a
 * V.21 frame or by T.38; who does not within voice_ms is a person. */
#include <spandsp.h>

#include "t30/session_inner.h"

/* How long a person hears that the call is over; and whom nobody tells how it went with the forwarding is
 * answered as a fax. */
enum { GOODBYE_MS = 3000, FORWARD_MS = 120 * 1000 };
enum { CHUNK = 160 };

bool session_voice_begins(struct session *s, int64_t now_ms)
{
    if (s->opts.sender || s->opts.voice == VOICE_FAX || s->voice.settled || s->told || s->ended)
        return false;
    if (s->voice.ear == NULL) {
        s->voice.ear = voice_ear_new();
        s->voice.since_ms = now_ms;
    }
    if (s->opts.voice == VOICE_HANGUP && s->voice.stage == VOICE_OPEN)
        return false;
    if (s->voice.stage == VOICE_OPEN)
        voice_ear_play(s->voice.ear, VOICE_TONE_RINGING);
    s->ran_ms = now_ms;
    return true;
}

void session_voice_is_fax(struct session *s)
{
    s->voice.settled = true;
    voice_ear_free(s->voice.ear);
    s->voice.ear = NULL;
}

bool session_voice_waits(const struct session *s)
{
    return s->voice.ear != NULL && s->engine == NULL && !s->told && !s->ended;
}

static void note(struct session *s, bool sent, const char *name)
{
    struct session_frame frame = {s->now_ms, sent, span_of(NULL, 0), name, NULL};
    s->opts.events->on_frame(s->opts.context, &frame);
}

bool session_voice_hears(struct session *s, struct span octets)
{
    int16_t samples[CHUNK];
    bool cng = false;
    if (s->voice.ear == NULL || s->voice.stage != VOICE_OPEN)
        return false;
    for (size_t at = 0, n; at < octets.len && !cng; at += n) {
        n = octets.len - at < CHUNK ? octets.len - at : CHUNK;
        law_expand(s->law, span_of(octets.data + at, n), samples);
        cng = voice_ear_hear(s->voice.ear, samples, (int)n);
    }
    if (!cng)
        return false;
    note(s, false, "CNG");
    session_voice_is_fax(s);
    return s->engine == NULL;
}

static void nobody_is_a_machine(struct session *s)
{
    if (s->opts.voice == VOICE_FORWARD) {
        s->voice.stage = VOICE_ASKED;
        note(s, true, "REFER");
        s->opts.events->on_forward(s->opts.context);
        return;
    }
    session_drop_media(s);
    s->voice.stage = VOICE_LEAVING;
    voice_ear_play(s->voice.ear, VOICE_TONE_BUSY);
}

bool session_voice_run(struct session *s)
{
    if (s->voice.ear == NULL || s->told || s->ended)
        return false;
    int64_t passed_ms = s->now_ms - s->voice.since_ms;
    switch (s->voice.stage) {
    case VOICE_OPEN:
        if (passed_ms >= (int64_t)s->opts.voice_ms)
            nobody_is_a_machine(s);
        break;
    case VOICE_LEAVING:
        if (passed_ms >= (int64_t)s->opts.voice_ms + GOODBYE_MS)
            session_end_with(s, ENDING_VOICE);
        break;
    case VOICE_ASKED:
        if (passed_ms < (int64_t)s->opts.voice_ms + FORWARD_MS)
            break;
        session_voice_is_fax(s);
        return true;
    }
    return false;
}
