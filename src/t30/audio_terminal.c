/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/audio_terminal.h"

#include <stdlib.h>
#include <string.h>

#include <spandsp.h>

#include "base/attr.h"
#include "base/mem.h"
#include "base/panic.h"

/* Flags in a row before a carrier counts as a preamble. */
enum { FRAMING_FLAGS = 8 };
/* T.30 §5.3.1: a preamble of 1 s +-15 % at 300 bit/s; §A: 200 ms of flags before an ECM image. */
enum { V21_PREAMBLE_FLAGS = 32 };
enum { SAMPLES_PER_MS = 8, GAP_MS = 75 };
/* T.30 asks for sensitivity down to -43 dBm; a little more does no harm. */
#define V21_CUTOFF_DBM0 (-45.5f)

/* What runs on the received samples. */
enum ear {
    EAR_NONE,
    EAR_V21,
    EAR_BOTH, /* V.21 beside the image modem, until one of them understands what it hears */
    EAR_IMAGE,
};

struct modem {
    int type; /* T30_MODEM_... */
    void *tx, *rx;
    span_tx_handler_t *speak;
    span_rx_handler_t *hear;
    span_rx_fillin_handler_t *fill;
};

enum { MODEM_V17, MODEM_V29, MODEM_V27TER, MODEM_COUNT };

struct audio_terminal {
    struct terminal base;
    int32_t dc; /* of what is heard, times 2^15 */
    struct modem modems[MODEM_COUNT];

    struct {
        int type;
        enum ear ear;
        bool v21_carrier, image_carrier;
        struct modem *image;
        fsk_rx_state_t *v21;
        hdlc_rx_state_t *v21_frames, *image_frames;
    } rx;

    struct {
        struct modem_setting modem;
        bool speaking;
        silence_gen_state_t *silence;
        fsk_tx_state_t *v21;
        modem_connect_tones_tx_state_t *tone;
        hdlc_tx_state_t *frames;
        bool frame_given; /* and not through yet */
        /* What makes the samples now, and what after it. */
        span_tx_handler_t *speak, *then;
        void *speak_state, *then_state;
    } tx;
};

static struct audio_terminal *of(struct terminal *t)
{
    return CONTAINER_OF(t, struct audio_terminal, base);
}

/* --- hearing --- */

static void hear_frame(struct audio_terminal *t, const uint8_t *frame, int len, int good)
{
    if (len < 0)
        t->base.events->on_frame_status(t->base.context, len);
    else
        t->base.events->on_frame(t->base.context, span_of(frame, (size_t)len), good != 0);
}

static void follow_carrier(bool *carrier, int status)
{
    if (status == SIG_STATUS_CARRIER_UP)
        *carrier = true;
    else if (status == SIG_STATUS_CARRIER_DOWN)
        *carrier = false;
}

static void on_v21_frame(void *context, const uint8_t *frame, int len, int good)
{
    struct audio_terminal *t = context;
    follow_carrier(&t->rx.v21_carrier, len);
    /* A whole frame: it is V.21 that is on the line, the image modem need not try any more. */
    if (len >= 3 && good && t->rx.ear == EAR_BOTH)
        t->rx.ear = EAR_V21;
    hear_frame(t, frame, len, good);
}

static void follow_image(struct audio_terminal *t, int status)
{
    follow_carrier(&t->rx.image_carrier, status);
    if (status == SIG_STATUS_TRAINING_SUCCEEDED && t->rx.ear == EAR_BOTH)
        t->rx.ear = EAR_IMAGE;
}

static void on_image_frame(void *context, const uint8_t *frame, int len, int good)
{
    struct audio_terminal *t = context;
    follow_image(t, len);
    hear_frame(t, frame, len, good);
}

static void on_image_bit(void *context, int bit)
{
    struct audio_terminal *t = context;
    follow_image(t, bit);
    t->base.events->on_image_bit(t->base.context, bit);
}

/* A gateway's offset would shift the modems' levels: a high-pass with a time constant of 2 s (16384 samples).
 * What it takes away stays the same for a chunk, which is 20 ms at most. */
static void remove_dc(struct audio_terminal *t, int16_t *samples, int count)
{
    int32_t offset = t->dc / 32768, sum = 0;
    for (int i = 0; i < count; i++) {
        int32_t clean = samples[i] - offset;
        sum += samples[i];
        samples[i] = (int16_t)(clean > INT16_MAX ? INT16_MAX : clean < INT16_MIN ? INT16_MIN : clean);
    }
    t->dc += (int32_t)(((int64_t)sum * 32768 - (int64_t)t->dc * count) / 16384);
}

void audio_terminal_hear(struct audio_terminal *t, int16_t *samples, int count)
{
    remove_dc(t, samples, count);
    enum ear ear = t->rx.ear;
    struct modem *image = t->rx.image;
    if (ear == EAR_BOTH || ear == EAR_IMAGE)
        (void)image->hear(image->rx, samples, count);
    /* The image modem may have trained, or T.30 have turned round, within these very samples. */
    if (ear == EAR_V21 || (ear == EAR_BOTH && t->rx.ear == EAR_BOTH && t->rx.image == image))
        (void)fsk_rx(t->rx.v21, samples, count);
}

void audio_terminal_hear_gap(struct audio_terminal *t, int count)
{
    enum ear ear = t->rx.ear;
    if (ear == EAR_BOTH || ear == EAR_IMAGE)
        (void)t->rx.image->fill(t->rx.image->rx, count);
    if (ear == EAR_V21 || ear == EAR_BOTH)
        (void)fsk_rx_fillin(t->rx.v21, count);
}

bool audio_terminal_listens(const struct audio_terminal *t)
{
    return t->rx.ear != EAR_NONE;
}

bool audio_terminal_hears_carrier(const struct audio_terminal *t)
{
    return t->rx.v21_carrier || t->rx.image_carrier;
}

static void listen_to_image(struct audio_terminal *t, const struct modem_setting *m)
{
    put_bit_func_t put_bit = m->hdlc ? (put_bit_func_t)hdlc_rx_put_bit : on_image_bit;
    void *bits = m->hdlc ? (void *)t->rx.image_frames : (void *)t;
    if (m->hdlc)
        (void)hdlc_rx_init(t->rx.image_frames, FALSE, TRUE, FRAMING_FLAGS, on_image_frame, t);
    struct modem *image;
    switch (m->type) {
    case T30_MODEM_V17:
        image = &t->modems[MODEM_V17];
        (void)v17_rx_restart(image->rx, m->bit_rate, m->short_training);
        v17_rx_set_put_bit(image->rx, put_bit, bits);
        break;
    case T30_MODEM_V29:
        image = &t->modems[MODEM_V29];
        (void)v29_rx_restart(image->rx, m->bit_rate, FALSE);
        v29_rx_set_put_bit(image->rx, put_bit, bits);
        break;
    default:
        image = &t->modems[MODEM_V27TER];
        (void)v27ter_rx_restart(image->rx, m->bit_rate, FALSE);
        v27ter_rx_set_put_bit(image->rx, put_bit, bits);
        break;
    }
    (void)hdlc_rx_restart(t->rx.v21_frames);
    t->rx.image = image;
    t->rx.ear = EAR_BOTH;
}

static void set_rx(struct terminal *base, const struct modem_setting *m)
{
    struct audio_terminal *t = of(base);
    if (t->rx.type == m->type)
        return;
    t->rx.type = m->type;
    t->rx.v21_carrier = t->rx.image_carrier = false;
    switch (m->type) {
    case T30_MODEM_V21:
        (void)hdlc_rx_init(t->rx.v21_frames, FALSE, TRUE, FRAMING_FLAGS, on_v21_frame, t);
        (void)fsk_rx_init(t->rx.v21, &preset_fsk_specs[FSK_V21CH2], FSK_FRAME_MODE_SYNC,
                          (put_bit_func_t)hdlc_rx_put_bit, t->rx.v21_frames);
        fsk_rx_signal_cutoff(t->rx.v21, V21_CUTOFF_DBM0);
        t->rx.ear = EAR_V21;
        break;
    case T30_MODEM_V17:
    case T30_MODEM_V29:
    case T30_MODEM_V27TER: listen_to_image(t, m); break;
    default: t->rx.ear = EAR_NONE; break;
    }
}

/* --- speaking --- */

static void speak(struct audio_terminal *t, span_tx_handler_t *now, void *now_state)
{
    t->tx.speak = now;
    t->tx.speak_state = now_state;
    t->tx.then = NULL;
    t->tx.speaking = true;
}

static void speak_silence(struct audio_terminal *t, int ms)
{
    silence_gen_alter(t->tx.silence, ms * SAMPLES_PER_MS);
    speak(t, (span_tx_handler_t *)silence_gen, t->tx.silence);
}

/* The carrier begins after the gap that T.30 §5.3.2.2 wants between two modems. */
static void speak_carrier(struct audio_terminal *t, span_tx_handler_t *carrier, void *state)
{
    speak_silence(t, GAP_MS);
    t->tx.then = carrier;
    t->tx.then_state = state;
}

/* What is through may have been followed up by T.30 at once (set_tx); else the line falls silent. */
static void next_sound(struct audio_terminal *t)
{
    if (t->tx.then != NULL) {
        t->tx.speak = t->tx.then;
        t->tx.speak_state = t->tx.then_state;
        t->tx.then = NULL;
        return;
    }
    t->tx.speaking = false;
    int type = t->tx.modem.type;
    if (type != T30_MODEM_NONE && type != T30_MODEM_DONE)
        t->base.events->on_sent(t->base.context);
}

bool audio_terminal_speak(struct audio_terminal *t, int16_t *samples, int count)
{
    if (!t->tx.speaking)
        return false;
    int len = 0;
    while (t->tx.speaking && len < count) {
        len += t->tx.speak(t->tx.speak_state, samples + len, count - len);
        if (len < count)
            next_sound(t);
    }
    memset(samples + len, 0, (size_t)(count - len) * sizeof(*samples));
    return true;
}

/* The HDLC transmitter has no more to say and goes on with flags: a frame is through - or just the preamble,
 * which is nobody's business. */
static void on_underflow(void *context)
{
    struct audio_terminal *t = context;
    if (!t->tx.frame_given)
        return;
    t->tx.frame_given = false;
    t->base.events->on_sent(t->base.context);
}

static int next_image_bit(void *context)
{
    struct audio_terminal *t = context;
    return t->base.events->next_image_bit(t->base.context);
}

static void begin_image(struct audio_terminal *t, const struct modem_setting *m)
{
    get_bit_func_t get_bit = m->hdlc ? (get_bit_func_t)hdlc_tx_get_bit : next_image_bit;
    void *bits = m->hdlc ? (void *)t->tx.frames : (void *)t;
    if (m->hdlc)
        (void)hdlc_tx_flags(t->tx.frames, m->bit_rate / (8 * 5)); /* 200 ms */
    struct modem *image;
    switch (m->type) {
    case T30_MODEM_V17:
        image = &t->modems[MODEM_V17];
        (void)v17_tx_restart(image->tx, m->bit_rate, FALSE, m->short_training);
        v17_tx_set_get_bit(image->tx, get_bit, bits);
        break;
    case T30_MODEM_V29:
        image = &t->modems[MODEM_V29];
        (void)v29_tx_restart(image->tx, m->bit_rate, FALSE);
        v29_tx_set_get_bit(image->tx, get_bit, bits);
        break;
    default:
        image = &t->modems[MODEM_V27TER];
        (void)v27ter_tx_restart(image->tx, m->bit_rate, FALSE);
        v27ter_tx_set_get_bit(image->tx, get_bit, bits);
        break;
    }
    speak_carrier(t, image->speak, image->tx);
}

static void set_tx(struct terminal *base, const struct modem_setting *m)
{
    struct audio_terminal *t = of(base);
    if (t->tx.modem.type == m->type)
        return;
    t->tx.modem = *m;
    switch (m->type) {
    case T30_MODEM_PAUSE: speak_silence(t, m->short_training); break;
    case T30_MODEM_CED:
    case T30_MODEM_CNG:
        (void)modem_connect_tones_tx_init(t->tx.tone, m->type == T30_MODEM_CED ? MODEM_CONNECT_TONES_FAX_CED
                                                                               : MODEM_CONNECT_TONES_FAX_CNG);
        speak(t, (span_tx_handler_t *)modem_connect_tones_tx, t->tx.tone);
        break;
    case T30_MODEM_V21:
        (void)fsk_tx_init(t->tx.v21, &preset_fsk_specs[FSK_V21CH2], (get_bit_func_t)hdlc_tx_get_bit,
                          t->tx.frames);
        (void)hdlc_tx_flags(t->tx.frames, V21_PREAMBLE_FLAGS);
        speak_carrier(t, (span_tx_handler_t *)fsk_tx, t->tx.v21);
        break;
    case T30_MODEM_V17:
    case T30_MODEM_V29:
    case T30_MODEM_V27TER: begin_image(t, m); break;
    default: t->tx.speaking = false; break;
    }
}

static void send_frame(struct terminal *base, struct span frame)
{
    struct audio_terminal *t = of(base);
    t->tx.frame_given = frame.len > 0;
    if (hdlc_tx_frame(t->tx.frames, frame.data, frame.len) < 0)
        panic("the modem took no frame of %zu octets", frame.len);
}

static void drop_frame(struct terminal *base)
{
    struct audio_terminal *t = of(base);
    t->tx.frame_given = false;
    (void)hdlc_tx_restart(t->tx.frames);
}

/* --- life --- */

static const struct terminal_kind kind = {set_rx, set_tx, send_frame, drop_frame};

static void *have(void *state)
{
    if (state == NULL)
        panic("out of memory");
    return state;
}

static void make_modems(struct audio_terminal *t)
{
    t->modems[MODEM_V17] = (struct modem){
        T30_MODEM_V17,
        have(v17_tx_init(NULL, 14400, FALSE, next_image_bit, t)),
        have(v17_rx_init(NULL, 14400, on_image_bit, t)),
        (span_tx_handler_t *)v17_tx,
        (span_rx_handler_t *)v17_rx,
        (span_rx_fillin_handler_t *)v17_rx_fillin,
    };
    t->modems[MODEM_V29] = (struct modem){
        T30_MODEM_V29,
        have(v29_tx_init(NULL, 9600, FALSE, next_image_bit, t)),
        have(v29_rx_init(NULL, 9600, on_image_bit, t)),
        (span_tx_handler_t *)v29_tx,
        (span_rx_handler_t *)v29_rx,
        (span_rx_fillin_handler_t *)v29_rx_fillin,
    };
    v29_rx_signal_cutoff(t->modems[MODEM_V29].rx, V21_CUTOFF_DBM0);
    t->modems[MODEM_V27TER] = (struct modem){
        T30_MODEM_V27TER,
        have(v27ter_tx_init(NULL, 4800, FALSE, next_image_bit, t)),
        have(v27ter_rx_init(NULL, 4800, on_image_bit, t)),
        (span_tx_handler_t *)v27ter_tx,
        (span_rx_handler_t *)v27ter_rx,
        (span_rx_fillin_handler_t *)v27ter_rx_fillin,
    };
}

struct audio_terminal *audio_terminal_new(const struct terminal_events *events, void *context)
{
    struct audio_terminal *t = mem_zalloc(sizeof(*t));
    t->base = (struct terminal){&kind, events, context};
    make_modems(t);
    t->rx.v21_frames = have(hdlc_rx_init(NULL, FALSE, TRUE, FRAMING_FLAGS, on_v21_frame, t));
    t->rx.image_frames = have(hdlc_rx_init(NULL, FALSE, TRUE, FRAMING_FLAGS, on_image_frame, t));
    t->rx.v21 = have(fsk_rx_init(NULL, &preset_fsk_specs[FSK_V21CH2], FSK_FRAME_MODE_SYNC,
                                 (put_bit_func_t)hdlc_rx_put_bit, t->rx.v21_frames));
    fsk_rx_signal_cutoff(t->rx.v21, V21_CUTOFF_DBM0);
    t->tx.frames = have(hdlc_tx_init(NULL, FALSE, 2, FALSE, on_underflow, t));
    t->tx.v21 =
        have(fsk_tx_init(NULL, &preset_fsk_specs[FSK_V21CH2], (get_bit_func_t)hdlc_tx_get_bit, t->tx.frames));
    t->tx.silence = have(silence_gen_init(NULL, 0));
    t->tx.tone = have(modem_connect_tones_tx_init(NULL, MODEM_CONNECT_TONES_FAX_CNG));
    return t;
}

void audio_terminal_free(struct audio_terminal *t)
{
    if (t == NULL)
        return;
    (void)v17_tx_free(t->modems[MODEM_V17].tx);
    (void)v17_rx_free(t->modems[MODEM_V17].rx);
    (void)v29_tx_free(t->modems[MODEM_V29].tx);
    (void)v29_rx_free(t->modems[MODEM_V29].rx);
    (void)v27ter_tx_free(t->modems[MODEM_V27TER].tx);
    (void)v27ter_rx_free(t->modems[MODEM_V27TER].rx);
    (void)hdlc_rx_free(t->rx.v21_frames);
    (void)hdlc_rx_free(t->rx.image_frames);
    (void)fsk_rx_free(t->rx.v21);
    (void)hdlc_tx_free(t->tx.frames);
    (void)fsk_tx_free(t->tx.v21);
    (void)silence_gen_free(t->tx.silence);
    (void)modem_connect_tones_tx_free(t->tx.tone);
    free(t);
}

struct terminal *audio_terminal_base(struct audio_terminal *t)
{
    return &t->base;
}
