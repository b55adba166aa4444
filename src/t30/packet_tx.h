/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The mouth of the packet terminal: tones, carriers, frames and images leave as T.38 packets, at the pace of
 * the modem they stand for. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <spandsp.h>

#include "base/span.h"
#include "t30/packet_rx.h"
#include "t30/terminal.h"

#define TX_STEPS(X)                                                                                          \
    X(IDLE)                                                                                                  \
    X(PAUSE)      /* until due */                                                                            \
    X(TONE_GAP)   /* the silence before a tone */                                                            \
    X(TONE)       /* CED is on the line */                                                                   \
    X(GAP)        /* the silence before a carrier */                                                         \
    X(CARRIER)    /* its indicator is next */                                                                \
    X(FRAME)      /* a piece of a frame, or flags while there is none */                                     \
    X(FRAME_END)  /* its FCS */                                                                              \
    X(IMAGE)      /* a piece of an image without ECM */                                                      \
    X(IMAGE_TAIL) /* zeros that push the image through the far modem */                                      \
    X(DOWN)       /* the carrier ends */

enum tx_step {
#define TX_STEP(name) TX_##name,
    TX_STEPS(TX_STEP)
#undef TX_STEP
};

struct packet_tx {
    const struct terminal *terminal;
    t38_core_state_t *core;
    int64_t now_us;            /* kept by the terminal */
    enum tx_step step, queued; /* queued: begins when the carrier that is going down is down */
    int64_t due_us;
    int64_t pause_us; /* of a PAUSE that is queued */
    bool unpaced;     /* as fast as a local network takes it, not as the modem */
    struct modem_setting modem;
    int indicator, data_type;
    int tail;     /* bytes of IMAGE_TAIL to go */
    bool closing; /* after the frame in hand the carrier ends */
    uint8_t frame[PACKET_FRAME_ROOM];
    int len, at;
    int frame_overhead; /* bits of FCS, flags and stuffing of this frame */
};

void packet_tx_init(struct packet_tx *tx, const struct terminal *terminal, t38_core_state_t *core,
                    int64_t now_us);
void packet_tx_unpace(struct packet_tx *tx);
void packet_tx_run(struct packet_tx *tx);
int64_t packet_tx_due_us(const struct packet_tx *tx);

/* As struct terminal_kind. */
void packet_tx_set(struct packet_tx *tx, const struct modem_setting *m);
void packet_tx_frame(struct packet_tx *tx, struct span frame);
void packet_tx_drop(struct packet_tx *tx);
