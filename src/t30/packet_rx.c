/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/packet_rx.h"

#include "base/attr.h"

/* A signal that stops without saying so: T.30 is told after this. */
enum { SILENT_US = 15 * 1000 * 1000 };
enum { CHUNK = 128 };

/* T.38 carries octets with the first bit on the line most significant, T.30 and T.4 least. */
static void reverse(uint8_t *to, const uint8_t *from, int len)
{
    if (len > 0)
        bit_reverse(to, from, len);
}

static void frame_status(struct packet_rx *rx, int status)
{
    rx->terminal->events->on_frame_status(rx->terminal->context, status);
}

static void line_status(struct packet_rx *rx, int status)
{
    rx->terminal->events->on_line_status(rx->terminal->context, status);
}

static void signal_on(struct packet_rx *rx)
{
    rx->silent_us = rx->now_us + SILENT_US;
}

/* A carrier may end with this alone, or with fields that were lost. */
static void hear_silence(struct packet_rx *rx)
{
    rx->silent_us = 0;
    if (rx->indicator == T38_IND_V21_PREAMBLE && (rx->type == T30_MODEM_V21 || rx->type == T30_MODEM_CNG))
        frame_status(rx, SIG_STATUS_CARRIER_DOWN);
    else if (rx->image)
        line_status(rx, T30_FRONT_END_RECEIVE_COMPLETE);
    rx->image = false;
    line_status(rx, T30_FRONT_END_SIGNAL_ABSENT);
}

static void hear_indicator(struct packet_rx *rx, int indicator)
{
    if (rx->type == T30_MODEM_DONE || rx->indicator == indicator)
        return;
    switch (indicator) {
    case T38_IND_CNG: line_status(rx, T30_FRONT_END_CNG_PRESENT); break;
    case T38_IND_CED: line_status(rx, T30_FRONT_END_CED_PRESENT); break;
    case T38_IND_V8_ANSAM:
    case T38_IND_V8_SIGNAL:
    case T38_IND_V34_CC_RETRAIN: break;
    case T38_IND_NO_SIGNAL: hear_silence(rx); break;
    default:
        if (rx->image) /* its end was lost */
            line_status(rx, T30_FRONT_END_RECEIVE_COMPLETE);
        rx->image = false;
        signal_on(rx);
        /* Should its data be lost: a page was sent. */
        if (indicator != T38_IND_V21_PREAMBLE)
            rx->terminal->events->on_image_bit(rx->terminal->context, SIG_STATUS_TRAINING_IN_PROGRESS);
        line_status(rx, T30_FRONT_END_SIGNAL_PRESENT);
        break;
    }
    rx->len = 0;
    rx->missing = false;
}

int packet_rx_indicator(t38_core_state_t *core, void *context, int indicator)
{
    struct packet_rx *rx = context;
    hear_indicator(rx, indicator);
    rx->indicator = indicator;
    rx->data_type = rx->field_type = -1;
    return 0;
}

static void imply_indicator(struct packet_rx *rx, int indicator)
{
    hear_indicator(rx, indicator);
    rx->indicator = indicator;
}

static void hear_frame_bytes(struct packet_rx *rx, const uint8_t *bytes, int len)
{
    if (rx->silent_us == 0) {
        /* The preamble was lost or never sent: then the frame may have lost its head as well. */
        imply_indicator(rx, T38_IND_V21_PREAMBLE);
        if (len <= 0 || bytes[0] != 0xFF)
            rx->missing = true;
    }
    if (len > PACKET_FRAME_ROOM - rx->len) {
        rx->missing = true;
    } else if (len > 0) {
        reverse(rx->frame + rx->len, bytes, len);
        rx->len += len;
    }
    signal_on(rx);
}

static void hear_frame_end(struct packet_rx *rx, bool fcs_good)
{
    if (rx->len > 0) {
        struct span frame = span_of(rx->frame, (size_t)rx->len);
        bool good = fcs_good && !rx->missing;
        rx->len = 0;
        rx->terminal->events->on_frame(rx->terminal->context, frame, good);
    }
    rx->missing = false;
    signal_on(rx);
}

static void hear_image(struct packet_rx *rx, const uint8_t *bytes, int len)
{
    if (!rx->image)
        rx->terminal->events->on_image_bit(rx->terminal->context, SIG_STATUS_TRAINING_SUCCEEDED);
    rx->image = true;
    uint8_t turned[CHUNK];
    for (int n; len > 0; bytes += n, len -= n) {
        n = len < CHUNK ? len : CHUNK;
        reverse(turned, bytes, n);
        rx->terminal->events->on_image_bytes(rx->terminal->context, span_of(turned, (size_t)n));
    }
}

/* The end of a signal, of which some machines send repeats under new numbers: those are ignored. Some end an
 * image as if it were frames and the other way round, so T.30 is told in a form that fits both. */
static void hear_signal_end(struct packet_rx *rx, int field)
{
    bool frames = field == T38_FIELD_HDLC_FCS_OK_SIG_END || field == T38_FIELD_HDLC_FCS_BAD_SIG_END;
    if (frames) {
        frame_status(rx, SIG_STATUS_CARRIER_DOWN);
    } else {
        rx->len = 0;
        rx->missing = false;
        line_status(rx, T30_FRONT_END_RECEIVE_COMPLETE);
    }
}

static void hear_field(struct packet_rx *rx, int field, const uint8_t *bytes, int len, bool repeated)
{
    switch (field) {
    case T38_FIELD_HDLC_DATA: hear_frame_bytes(rx, bytes, len); break;
    case T38_FIELD_HDLC_FCS_OK:
    case T38_FIELD_HDLC_FCS_BAD:
    case T38_FIELD_HDLC_FCS_OK_SIG_END:
    case T38_FIELD_HDLC_FCS_BAD_SIG_END:
        /* T.38 has no data in these; some gateways send the frame's last octets here. */
        if (len > 0)
            hear_frame_bytes(rx, bytes, len);
        hear_frame_end(rx, field == T38_FIELD_HDLC_FCS_OK || field == T38_FIELD_HDLC_FCS_OK_SIG_END);
        break;
    case T38_FIELD_T4_NON_ECM_DATA:
        hear_image(rx, bytes, len);
        signal_on(rx);
        break;
    case T38_FIELD_T4_NON_ECM_SIG_END:
        if (len > 0 && !repeated)
            hear_image(rx, bytes, len);
        break;
    default: break;
    }
    bool end = field == T38_FIELD_HDLC_SIG_END || field == T38_FIELD_HDLC_FCS_OK_SIG_END ||
               field == T38_FIELD_HDLC_FCS_BAD_SIG_END || field == T38_FIELD_T4_NON_ECM_SIG_END;
    if (!end)
        return;
    if (!repeated)
        hear_signal_end(rx, field);
    rx->image = false;
    imply_indicator(rx, T38_IND_NO_SIGNAL);
}

int packet_rx_data(t38_core_state_t *core, void *context, int data_type, int field, const uint8_t *bytes,
                   int len)
{
    struct packet_rx *rx = context;
    bool repeated = rx->data_type == data_type && rx->field_type == field;
    if (rx->type != T30_MODEM_DONE && data_type != T38_DATA_V8 && data_type != T38_DATA_V34_PRI_RATE)
        hear_field(rx, field, bytes, len, repeated);
    rx->data_type = data_type;
    rx->field_type = field;
    return 0;
}

int packet_rx_missing(t38_core_state_t *core, void *context, int got, int expected)
{
    struct packet_rx *rx = context;
    rx->missing = true;
    /* libspandsp 0.0.6 gives its numbers in either order; the same twice: the count began anew. */
    unsigned lost = (unsigned)(got - expected) & 0xFFFF;
    if (lost > 0x8000)
        lost = 0x10000 - lost;
    rx->terminal->events->on_missing(rx->terminal->context, lost == 0 ? UINT16_MAX : lost);
    return 0;
}

void packet_rx_init(struct packet_rx *rx, const struct terminal *terminal)
{
    *rx = (struct packet_rx){.terminal = terminal, .indicator = -1, .data_type = -1, .field_type = -1};
}

void packet_rx_run(struct packet_rx *rx)
{
    if (rx->silent_us == 0 || rx->now_us <= rx->silent_us)
        return;
    rx->silent_us = 0;
    line_status(rx, T30_FRONT_END_RECEIVE_COMPLETE);
}
