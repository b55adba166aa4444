/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which RTP source of a call is listened to. One at a time speaks; another one takes its place when it alone
 * is heard for a while (RFC 3550 §8): rtpengine changes its SSRC in mid-call when it begins to speak T.38 to
 * its other side. Knows numbers, no packets' content and no time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "proto/rtp.h"

/* 100 ms: more than what is overtaken on the way, less than any answer of T.30 takes. */
enum { RTP_NEW_SOURCE_PACKETS = 5 };

/* All zero: nobody was heard yet. */
struct rtp_source {
    bool known;
    uint32_t ssrc;
    uint32_t other_ssrc;  /* of the last packet that was not from ssrc */
    unsigned other_count; /* of those in a row */
};

enum rtp_source_verdict {
    RTP_SOURCE_STRANGER, /* not to be heard */
    RTP_SOURCE_NEW,      /* the first packet of who speaks from now on: sequence and time begin anew */
    RTP_SOURCE_SAME,
};

/* A packet of the expected kind has come from the expected host. */
enum rtp_source_verdict rtp_source_take(struct rtp_source *s, uint32_t ssrc) MUST_USE;

/* On a call that became T.38: is this voice that was still on its way? Read as UDPTL its number is 32768 and
 * more, and each real packet after it would be an old one. UDPTL begins at 0, so what looks like voice before
 * any of it came is voice, and what its source sends stays so. has_udptl: some has come. */
bool rtp_source_is_late_voice(struct rtp_source *s, const struct rtp_packet *packet, bool has_udptl) MUST_USE;
