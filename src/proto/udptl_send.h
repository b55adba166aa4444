/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The sending side of a UDPTL stream: numbers the IFP packets and puts copies of the last ones behind each
 * (t38UDPRedundancy), as many as the far side's datagram size allows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"
#include "proto/udptl.h"

enum { UDPTL_REDUNDANCY_DEFAULT = 3, UDPTL_REDUNDANCY_MAX = 8 };

struct udptl_sender {
    uint16_t next_seq;
    unsigned redundancy;
    size_t max_datagram;
    unsigned kept;                            /* copies available, 0..redundancy */
    struct buf history[UDPTL_REDUNDANCY_MAX]; /* history[seq % MAX]; owned */
};

/* redundancy: copies a datagram carries, cut to UDPTL_REDUNDANCY_MAX. max_datagram: T38FaxMaxDatagram of the
 * far side's SDP in bytes, 0 = it named none; never more than UDPTL_DATAGRAM_MAX are used. The stream begins
 * at 0 (T.38 §9.1.2). */
void udptl_sender_init(struct udptl_sender *s, unsigned redundancy, size_t max_datagram);
void udptl_sender_clear(struct udptl_sender *s);

/* Makes the next datagram. Copies that do not fit in max_datagram are left out, oldest first; a packet that
 * is too large by itself goes alone (many devices name 72 and take more, and a packet not sent is surely
 * lost). False, and nothing is numbered, where it does not fit in `room` or UDPTL_DATAGRAM_MAX. An IFP packet
 * that is to be sent several times is the same datagram sent again, not built again. */
bool udptl_sender_build(struct udptl_sender *s, struct span ifp, uint8_t *to, size_t room,
                        size_t *len) MUST_USE;
