/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* RTP packets (RFC 3550 §5.1): header apart from payload, with everything that sits between skipped and
 * checked. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

enum { RTP_HEADER_LEN = 12 };
enum { RTP_PCMU = 0, RTP_PCMA = 8, RTP_COMFORT_NOISE = 13 }; /* RFC 3551 §6, RFC 3389 */

struct rtp_packet {
    bool marker;
    uint8_t type; /* 0..127 */
    uint16_t seq;
    uint32_t timestamp;
    uint32_t ssrc;
    struct span payload; /* without contributing sources, extension and padding; may be empty */
};

/* False where it is no RTP packet of version 2, something in it is longer than it is, or it is RTCP on the
 * RTP port (RFC 5761 §4). The payload points into the datagram.
 *
 * Where RTP and UDPTL share a port: a UDPTL number from 32768 to 49151 looks like version 2. Such a datagram
 * is RTP only if its ssrc is the one that the audio phase had; that test is the caller's. */
bool rtp_parse(struct span datagram, struct rtp_packet *packet) MUST_USE;

/* A plain header and the payload; false where it does not fit in `room`. */
bool rtp_format(const struct rtp_packet *packet, uint8_t *to, size_t room, size_t *len) MUST_USE;
