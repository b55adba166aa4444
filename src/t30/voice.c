/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/voice.h"

#include <stdlib.h>
#include <string.h>

#include <spandsp.h>

#include "base/mem.h"
#include "base/panic.h"

enum { TONE_HZ = 425, TONE_DBM0 = -13 };

struct voice_ear {
    modem_connect_tones_rx_state_t *cng;
    bool heard;
    tone_gen_state_t *mouth; /* NULL: silent */
};

static void on_tone(void *context, int tone, int level, int delay)
{
    struct voice_ear *e = context;
    e->heard = e->heard || tone == MODEM_CONNECT_TONES_FAX_CNG;
}

struct voice_ear *voice_ear_new(void)
{
    struct voice_ear *e = mem_zalloc(sizeof(*e));
    e->cng = modem_connect_tones_rx_init(NULL, MODEM_CONNECT_TONES_FAX_CNG, on_tone, e);
    if (e->cng == NULL)
        panic("out of memory");
    return e;
}

static void fall_silent(struct voice_ear *e)
{
    if (e->mouth != NULL)
        (void)tone_gen_free(e->mouth);
    e->mouth = NULL;
}

void voice_ear_free(struct voice_ear *e)
{
    if (e == NULL)
        return;
    fall_silent(e);
    (void)modem_connect_tones_rx_free(e->cng);
    free(e);
}

bool voice_ear_hear(struct voice_ear *e, const int16_t *samples, int count)
{
    (void)modem_connect_tones_rx(e->cng, samples, count);
    return e->heard;
}

void voice_ear_play(struct voice_ear *e, enum voice_tone tone)
{
    static const int on_ms[] = {[VOICE_TONE_RINGING] = 1000, [VOICE_TONE_BUSY] = 480};
    static const int off_ms[] = {[VOICE_TONE_RINGING] = 4000, [VOICE_TONE_BUSY] = 480};
    fall_silent(e);
    if (tone == VOICE_TONE_NONE)
        return;
    tone_gen_descriptor_t *shape =
        tone_gen_descriptor_init(NULL, TONE_HZ, TONE_DBM0, 0, 0, on_ms[tone], off_ms[tone], 0, 0, 1);
    e->mouth = shape == NULL ? NULL : tone_gen_init(NULL, shape);
    tone_gen_descriptor_free(shape);
    if (e->mouth == NULL)
        panic("out of memory");
}

bool voice_ear_speak(struct voice_ear *e, int16_t *samples, int count)
{
    if (e->mouth == NULL)
        return false;
    int made = tone_gen(e->mouth, samples, count);
    memset(samples + made, 0, (size_t)(count - made) * sizeof(*samples));
    return true;
}
