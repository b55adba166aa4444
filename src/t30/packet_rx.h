/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The ear of the packet terminal: T.38 indicators and data fields, as t38_core has taken them out of their
 * packets, become what a modem would have heard. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <spandsp.h>

#include "t30/terminal.h"

enum { PACKET_FRAME_ROOM = 320 };

struct packet_rx {
    const struct terminal *terminal;
    int64_t now_us;    /* kept by the terminal */
    int type;          /* T30_MODEM_..., what T.30 listens for */
    int64_t silent_us; /* when a signal that stopped is given up; 0: there is none */
    bool missing;      /* a packet of this signal was lost */
    bool image;        /* image bytes have come since the carrier began */
    int indicator, data_type,
        field_type; /* what came last; t38_core keeps them too, but does not show them */
    uint8_t frame[PACKET_FRAME_ROOM];
    int len;
};

void packet_rx_init(struct packet_rx *rx, const struct terminal *terminal);
void packet_rx_run(struct packet_rx *rx);

/* Handlers for t38_core_init; context: struct packet_rx. */
int packet_rx_indicator(t38_core_state_t *core, void *context, int indicator);
int packet_rx_data(t38_core_state_t *core, void *context, int data_type, int field, const uint8_t *bytes,
                   int len);
int packet_rx_missing(t38_core_state_t *core, void *context, int got, int expected);
