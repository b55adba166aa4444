/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The sending side of a UDPTL stream: numbers the IFP packets and puts behind each what makes up for lost
 * ones, as much as the far side's datagram size allows: copies of the last ones (t38UDPRedundancy), or parity
 * over them (t38UDPFEC). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"
#include "proto/udptl.h"

enum { UDPTL_REDUNDANCY_DEFAULT = 3, UDPTL_REDUNDANCY_MAX = 8 };
/* Parity entries of a datagram, and packets under each: four in a row that are lost come out of the next
 * datagram. A wider span asks more of what came before, and loses more in bursts. Asterisk takes 5 of each.
 */
enum { UDPTL_FEC_ENTRIES = 4, UDPTL_FEC_SPAN = 2 };
enum { UDPTL_SENT_KEPT = 8 };

struct udptl_sender {
    uint16_t next_seq;
    enum udptl_recovery recovery;
    unsigned reach; /* how far back a datagram may reach */
    size_t max_datagram;
    unsigned kept;                       /* packets in the history, 0..reach */
    struct buf history[UDPTL_SENT_KEPT]; /* history[seq % UDPTL_SENT_KEPT]; owned */
};

/* redundancy: copies a datagram carries, cut to UDPTL_REDUNDANCY_MAX. max_datagram: T38FaxMaxDatagram of the
 * far side's SDP in bytes, 0 = it named none; never more than UDPTL_DATAGRAM_MAX are used. The stream begins
 * at 0 (T.38 §9.1.2). */
void udptl_sender_init(struct udptl_sender *s, unsigned redundancy, size_t max_datagram);
/* The same with parity. */
void udptl_sender_init_fec(struct udptl_sender *s, size_t max_datagram);
void udptl_sender_clear(struct udptl_sender *s);

/* Makes the next datagram. Copies that do not fit in max_datagram are left out, oldest first, and so are
 * parity entries; a packet that is too large by itself goes alone (many devices name 72 and take more, and a
 * packet not sent is surely lost). False, and nothing is numbered, where it does not fit in `room` or
 * UDPTL_DATAGRAM_MAX. An IFP packet that is to be sent several times is the same datagram sent again, not
 * built again. */
bool udptl_sender_build(struct udptl_sender *s, struct span ifp, uint8_t *to, size_t room,
                        size_t *len) MUST_USE;
