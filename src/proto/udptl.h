/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One UDPTL datagram (ITU-T T.38 §9.1, aligned PER): a sequence number, the primary IFP packet, and either
 * copies of earlier packets or parity over them. Only the layout; what a stream of them means is
 * udptl_send.h's and udptl_receive.h's matter. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

/* The most that is sent or taken: one Ethernet frame after IPv6 and UDP headers. */
enum { UDPTL_DATAGRAM_MAX = 1452 };
/* Copies or parity entries kept of one datagram. Senders use 1 to 5; more are passed over. */
enum { UDPTL_ENTRIES_MAX = 16 };

enum udptl_recovery {
    UDPTL_REDUNDANCY, /* t38UDPRedundancy: entry[i] is packet seq - 1 - i; one of length 0 is no packet */
    UDPTL_FEC,        /* t38UDPFEC: entry[i] is the XOR of `fec_span` packets, see udptl_fec_covers() */
};

struct udptl_packet {
    uint16_t seq;
    struct span primary; /* empty: nothing but the recovery part */
    enum udptl_recovery recovery;
    uint8_t fec_span; /* UDPTL_FEC: 1 or more, unless entry_count is 0 */
    uint8_t entry_count;
    struct span entry[UDPTL_ENTRIES_MAX];
};

#define UDPTL_ERRORS(X)                                                                                      \
    X(OK, "ok")                                                                                              \
    X(CUT_OFF, "cut off")                                                                                    \
    X(TOO_LONG, "too long")                                                                                  \
    X(FRAGMENTED, "fragmented field") /* PER lengths from 16384 on: never fits a datagram */                 \
    X(BAD_FEC, "bad parity span")

enum udptl_error {
#define UDPTL_ERROR_ENUM(name, text) UDPTL_##name,
    UDPTL_ERRORS(UDPTL_ERROR_ENUM)
#undef UDPTL_ERROR_ENUM
};

const char *udptl_error_text(enum udptl_error e);

/* Spans of *packet point into the datagram. Bytes after the recovery part are passed over. An RTP packet may
 * parse: the caller sorts those out first (rtp.h). */
enum udptl_error udptl_parse(struct span datagram, struct udptl_packet *packet) MUST_USE;

/* Writes the datagram to `to` and its length to *len; false where it does not fit in `room`. */
bool udptl_format(const struct udptl_packet *packet, uint8_t *to, size_t room, size_t *len) MUST_USE;

/* Bytes an IFP packet of that length takes as primary or copy: PER's length field and itself. */
size_t udptl_field_size(size_t len);

/* The k-th (0 <= k < fec_span) packet that parity entry i is made of. Entries interleave, so that a burst no
 * longer than their number hits each entry once:  seq - fec_span * entry_count + i + k * entry_count. */
uint16_t udptl_fec_covers(const struct udptl_packet *packet, unsigned i, unsigned k);
