/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the T.38 terminal and the audio terminal have in common: they send and receive what a fax modem would,
 * as T.30 tells them, and know nothing of T.30 themselves. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* What libspandsp's T.30 asks for in set_rx_type and set_tx_type. */
struct modem_setting {
    int type;           /* T30_MODEM_... */
    int bit_rate;       /* bit/s */
    int short_training; /* of a pause: its length in ms */
    bool hdlc;          /* frames; else a bit stream */
};

/* What a terminal tells. All may call back into the terminal's operations. */
struct terminal_events {
    void (*on_frame)(void *context, struct span frame, bool fcs_good);
    void (*on_frame_status)(void *context, int status); /* SIG_STATUS_... of the HDLC receiver */
    void (*on_line_status)(void *context, int status);  /* T30_FRONT_END_... but for SEND_STEP_COMPLETE */
    void (*on_sent)(void *context);                     /* a frame, a tone or a carrier is through */
    void (*on_image_bit)(void *context, int bit);       /* or SIG_STATUS_..., of an image without ECM */
    void (*on_image_bytes)(void *context, struct span bytes);      /* first bit: least significant */
    void (*on_missing)(void *context, unsigned packets);           /* T.38: lost before the one that comes */
    int (*next_image_bit)(void *context);                          /* SIG_STATUS_END_OF_DATA at the end */
    int (*next_image_bytes)(void *context, uint8_t *to, int room); /* fewer than room: the end */
};

struct terminal {
    const struct terminal_kind *kind;
    const struct terminal_events *events;
    void *context; /* of the events */
};

/* The three things T.30 asks of a terminal. */
struct terminal_kind {
    void (*set_rx)(struct terminal *t, const struct modem_setting *setting);
    /* V.21: the preamble starts at once and lasts until there is a frame to send or send_frame(empty). */
    void (*set_tx)(struct terminal *t, const struct modem_setting *setting);
    /* Empty: ends the carrier when the frame before is through. One frame is kept; T.30 waits for on_sent. */
    void (*send_frame)(struct terminal *t, struct span frame);
    /* Forgets a frame that has not been started. */
    void (*drop_frame)(struct terminal *t);
};
