/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/packet_tx.h"

#include <stddef.h>
#include <string.h>

#include "base/attr.h"
#include "base/panic.h"

enum { CHUNK_MAX = 128 };
/* After the last bit of a carrier, so that a gateway's modem has played it out before it hears "no signal".
 */
enum { AFTER_FRAMES_US = 100 * 1000, AFTER_IMAGE_US = 60 * 1000 };
/* T.30 §5.3.2.2 and §4: silence before a carrier, before CED. */
enum { GAP_US = 75 * 1000, TONE_GAP_US = 200 * 1000 };
/* One packet of image or frame in this time, as other T.38 terminals do. */
enum { PACKET_MS = 30 };
/* Packets of one run at most: a process that slept catches up without a burst that overruns a gateway. */
enum { BURST = 8 };

/* Between two packets without pace: 1 MB/s, which no socket buffer on the way minds. */
enum { UNPACED_US = 125, UNPACED_FLAGS_US = 2000 };

/* T.38 carries octets with the first bit on the line most significant, T.30 and T.4 least. */
static void reverse(uint8_t *to, const uint8_t *from, int len)
{
    if (len > 0)
        bit_reverse(to, from, len);
}

static int64_t bits_us(const struct packet_tx *tx, int bits)
{
    return tx->modem.bit_rate > 0 ? (int64_t)bits * 1000000 / tx->modem.bit_rate : 0;
}

/* Octets the modem sends in one packet interval. */
static int piece(const struct packet_tx *tx)
{
    int octets = tx->unpaced ? CHUNK_MAX : PACKET_MS * tx->modem.bit_rate / 8000;
    return octets < 1 ? 1 : octets > CHUNK_MAX ? CHUNK_MAX : octets;
}

static int64_t send_indicator(struct packet_tx *tx, int indicator)
{
    return t38_core_send_indicator(tx->core, indicator);
}

static void send_data(struct packet_tx *tx, int field, const uint8_t *bytes, int len, bool end)
{
    bool control = tx->data_type == T38_DATA_V21;
    int category = control ? (end ? T38_PACKET_CATEGORY_CONTROL_DATA_END : T38_PACKET_CATEGORY_CONTROL_DATA)
                           : (end ? T38_PACKET_CATEGORY_IMAGE_DATA_END : T38_PACKET_CATEGORY_IMAGE_DATA);
    (void)t38_core_send_data(tx->core, tx->data_type, field, bytes, len, category);
}

static void tell_sent(struct packet_tx *tx)
{
    tx->terminal->events->on_sent(tx->terminal->context);
}

/* Each step below does one thing and returns how long that keeps the line busy, in µs. */

static int64_t step_pause(struct packet_tx *tx)
{
    tx->step = TX_IDLE;
    tell_sent(tx);
    return 0;
}

static int64_t step_tone_gap(struct packet_tx *tx)
{
    bool ced = tx->modem.type == T30_MODEM_CED;
    int64_t busy = send_indicator(tx, ced ? T38_IND_CED : T38_IND_CNG);
    /* CNG goes on until the far side is heard or T.30 gives up. */
    tx->step = ced ? TX_TONE : TX_IDLE;
    return busy;
}

static int64_t step_tone(struct packet_tx *tx)
{
    tx->step = TX_IDLE;
    tell_sent(tx);
    return 0;
}

static int64_t step_gap(struct packet_tx *tx)
{
    (void)send_indicator(tx, T38_IND_NO_SIGNAL);
    tx->step = TX_CARRIER;
    return GAP_US;
}

static int64_t step_carrier(struct packet_tx *tx)
{
    int64_t busy = send_indicator(tx, tx->indicator);
    if (tx->modem.hdlc)
        busy += t38_core_send_flags_delay(tx->core, tx->indicator);
    tx->step = tx->modem.hdlc ? TX_FRAME : TX_IMAGE;
    return busy;
}

static int64_t step_frame(struct packet_tx *tx)
{
    if (tx->len == 0) {
        if (!tx->closing) /* flags: nothing to say, the far side hears the carrier */
            return tx->unpaced ? UNPACED_FLAGS_US : PACKET_MS * 1000;
        send_data(tx, T38_FIELD_HDLC_SIG_END, NULL, 0, true);
        tx->step = TX_DOWN;
        tell_sent(tx);
        return AFTER_FRAMES_US;
    }
    int n = tx->len - tx->at;
    if (n > piece(tx))
        n = piece(tx);
    send_data(tx, T38_FIELD_HDLC_DATA, tx->frame + tx->at, n, false);
    tx->at += n;
    if (tx->at == tx->len)
        tx->step = TX_FRAME_END;
    return bits_us(tx, n * 8);
}

/* T.30 says with on_sent what follows: the FCS says at once whether the carrier goes on. */
static int64_t step_frame_end(struct packet_tx *tx)
{
    int64_t busy = bits_us(tx, tx->frame_overhead);
    int data_type = tx->data_type;
    tx->len = tx->at = 0;
    tx->step = TX_FRAME;
    tell_sent(tx);
    if (tx->data_type != data_type || tx->step != TX_FRAME)
        return busy; /* T.30 has broken it off */
    if (!tx->closing || tx->len > 0) {
        send_data(tx, T38_FIELD_HDLC_FCS_OK, NULL, 0, false);
        return busy;
    }
    send_data(tx, T38_FIELD_HDLC_FCS_OK_SIG_END, NULL, 0, true);
    tx->step = TX_DOWN;
    tell_sent(tx);
    return busy + AFTER_FRAMES_US;
}

static int64_t step_image(struct packet_tx *tx)
{
    uint8_t bytes[CHUNK_MAX];
    int room = piece(tx);
    int n = tx->terminal->events->next_image_bytes(tx->terminal->context, bytes, room);
    if (n < 0)
        n = 0;
    reverse(bytes, bytes, n);
    if (n < room) {
        memset(bytes + n, 0, (size_t)(room - n));
        tx->tail = 3 * room + n;
        tx->step = TX_IMAGE_TAIL;
    }
    send_data(tx, T38_FIELD_T4_NON_ECM_DATA, bytes, room, false);
    return bits_us(tx, 8 * room);
}

static int64_t step_image_tail(struct packet_tx *tx)
{
    static const uint8_t zeros[CHUNK_MAX];
    int n = tx->tail < piece(tx) ? tx->tail : piece(tx);
    tx->tail -= n;
    if (tx->tail > 0) {
        send_data(tx, T38_FIELD_T4_NON_ECM_DATA, zeros, n, false);
        return bits_us(tx, 8 * n);
    }
    send_data(tx, T38_FIELD_T4_NON_ECM_SIG_END, zeros, n, true);
    int64_t busy = bits_us(tx, 8 * n) + AFTER_IMAGE_US;
    tx->step = TX_DOWN;
    tell_sent(tx);
    return busy;
}

static int64_t step_down(struct packet_tx *tx)
{
    int64_t busy = send_indicator(tx, T38_IND_NO_SIGNAL);
    if (tx->queued == TX_PAUSE)
        busy += tx->pause_us;
    tx->step = tx->queued;
    tx->queued = TX_IDLE;
    return busy;
}

/* A process that slept makes up for the octets that a modem would have sent meanwhile. Silence, tones and
 * preambles have their length from when they begin: a gateway plays them, and loses frames that come before
 * the preamble is through. */
static bool catches_up(enum tx_step step)
{
    return step >= TX_FRAME && step <= TX_IMAGE_TAIL;
}

void packet_tx_run(struct packet_tx *tx)
{
    static int64_t (*const steps[])(struct packet_tx *) = {
        [TX_PAUSE] = step_pause,
        [TX_TONE_GAP] = step_tone_gap,
        [TX_TONE] = step_tone,
        [TX_GAP] = step_gap,
        [TX_CARRIER] = step_carrier,
        [TX_FRAME] = step_frame,
        [TX_FRAME_END] = step_frame_end,
        [TX_IMAGE] = step_image,
        [TX_IMAGE_TAIL] = step_image_tail,
        [TX_DOWN] = step_down,
    };
    for (int i = 0; i < BURST && tx->step != TX_IDLE && tx->due_us <= tx->now_us; i++) {
        bool flags = tx->step == TX_FRAME && tx->len == 0 && !tx->closing;
        if (!catches_up(tx->step))
            tx->due_us = tx->now_us;
        int64_t busy = steps[tx->step](tx);
        if (tx->unpaced && !flags)
            busy = UNPACED_US;
        tx->due_us += busy; /* T.30 may have moved it meanwhile */
    }
    if (tx->due_us < tx->now_us)
        tx->due_us = tx->now_us;
}

int64_t packet_tx_due_us(const struct packet_tx *tx)
{
    return tx->step == TX_IDLE ? INT64_MAX : tx->due_us;
}

static bool carrier_up(const struct packet_tx *tx)
{
    return tx->step >= TX_FRAME && tx->step <= TX_IMAGE_TAIL;
}

/* Begins `step` now, or after the carrier that is up or going down. */
static void begin(struct packet_tx *tx, enum tx_step step)
{
    if (carrier_up(tx))
        tx->step = TX_DOWN;
    if (tx->step == TX_DOWN)
        tx->queued = step;
    else
        tx->step = step;
    if (tx->due_us < tx->now_us)
        tx->due_us = tx->now_us;
}

static const struct {
    int type, bit_rate;
    int indicator, short_indicator, data_type;
} carriers[] = {
    {T30_MODEM_V21, 300, T38_IND_V21_PREAMBLE, T38_IND_V21_PREAMBLE, T38_DATA_V21},
    {T30_MODEM_V27TER, 2400, T38_IND_V27TER_2400_TRAINING, T38_IND_V27TER_2400_TRAINING,
     T38_DATA_V27TER_2400},
    {T30_MODEM_V27TER, 4800, T38_IND_V27TER_4800_TRAINING, T38_IND_V27TER_4800_TRAINING,
     T38_DATA_V27TER_4800},
    {T30_MODEM_V29, 7200, T38_IND_V29_7200_TRAINING, T38_IND_V29_7200_TRAINING, T38_DATA_V29_7200},
    {T30_MODEM_V29, 9600, T38_IND_V29_9600_TRAINING, T38_IND_V29_9600_TRAINING, T38_DATA_V29_9600},
    {T30_MODEM_V17, 7200, T38_IND_V17_7200_LONG_TRAINING, T38_IND_V17_7200_SHORT_TRAINING, T38_DATA_V17_7200},
    {T30_MODEM_V17, 9600, T38_IND_V17_9600_LONG_TRAINING, T38_IND_V17_9600_SHORT_TRAINING, T38_DATA_V17_9600},
    {T30_MODEM_V17, 12000, T38_IND_V17_12000_LONG_TRAINING, T38_IND_V17_12000_SHORT_TRAINING,
     T38_DATA_V17_12000},
    {T30_MODEM_V17, 14400, T38_IND_V17_14400_LONG_TRAINING, T38_IND_V17_14400_SHORT_TRAINING,
     T38_DATA_V17_14400},
};

static void begin_carrier(struct packet_tx *tx, const struct modem_setting *m)
{
    for (size_t i = 0; i < ARRAY_LEN(carriers); i++) {
        if (carriers[i].type != m->type || carriers[i].bit_rate != m->bit_rate)
            continue;
        tx->indicator = m->short_training ? carriers[i].short_indicator : carriers[i].indicator;
        tx->data_type = carriers[i].data_type;
        tx->closing = false;
        begin(tx, TX_GAP);
        return;
    }
    panic("T.30 asked for modem %d at %d bit/s", m->type, m->bit_rate);
}

void packet_tx_set(struct packet_tx *tx, const struct modem_setting *m)
{
    if (tx->modem.type == m->type)
        return;
    tx->modem = *m;
    switch (m->type) {
    case T30_MODEM_NONE:
        if (carrier_up(tx))
            tx->step = TX_DOWN;
        else if (tx->step != TX_DOWN)
            tx->step = TX_IDLE;
        break;
    case T30_MODEM_PAUSE:
        tx->pause_us = tx->unpaced ? UNPACED_US : (int64_t)m->short_training * 1000;
        begin(tx, TX_PAUSE);
        if (tx->step == TX_PAUSE)
            tx->due_us = tx->now_us + tx->pause_us;
        break;
    case T30_MODEM_CED:
    case T30_MODEM_CNG:
        (void)send_indicator(tx, T38_IND_NO_SIGNAL);
        tx->step = TX_TONE_GAP;
        tx->due_us = tx->now_us + (tx->unpaced ? UNPACED_US : TONE_GAP_US);
        break;
    case T30_MODEM_DONE: tx->step = TX_IDLE; break;
    default: begin_carrier(tx, m); break;
    }
}

/* Bits that a modem would send beside the octets: one stuffed after five ones (T.30 §5.3.3), FCS, two flags.
 * The FCS is not computed; 3 is the most it could be stuffed by. */
static int frame_overhead(struct span frame)
{
    int ones = 0, stuffed = 0;
    for (size_t bit = 0; bit < frame.len * 8; bit++) {
        ones = frame.data[bit / 8] >> (bit % 8) & 1 ? ones + 1 : 0;
        if (ones == 5) {
            ones = 0;
            stuffed++;
        }
    }
    return stuffed + 16 + 3 + 16;
}

void packet_tx_frame(struct packet_tx *tx, struct span frame)
{
    if (frame.len > PACKET_FRAME_ROOM)
        panic("T.30 sends a frame of %zu octets", frame.len);
    tx->closing = frame.len == 0;
    if (frame.len == 0)
        return;
    reverse(tx->frame, frame.data, (int)frame.len);
    tx->len = (int)frame.len;
    tx->at = 0;
    tx->frame_overhead = frame_overhead(frame);
}

void packet_tx_drop(struct packet_tx *tx)
{
    tx->len = tx->at = 0;
    tx->closing = false;
}

void packet_tx_init(struct packet_tx *tx, const struct terminal *terminal, t38_core_state_t *core,
                    int64_t now_us)
{
    *tx = (struct packet_tx){.terminal = terminal, .core = core, .now_us = now_us, .due_us = now_us};
}

void packet_tx_unpace(struct packet_tx *tx)
{
    tx->unpaced = true;
    t38_set_pace_transmission(tx->core, FALSE);
}
