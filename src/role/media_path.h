/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where a call's media goes, and whose datagrams count (symmetric RTP, RFC 4961). The signalling names an
 * address. A far side behind a NAT names one that nobody reaches, or a port that the NAT changes on the way:
 * its own packets show where it really is. So that no stranger takes a call over by sending something,
 *   - only the host that the signalling names, and the one that it comes from, count;
 *   - a few packets in a row from one place have to come, and none from where the signalling named (those
 *     settle it for good): strays of an earlier call on that port are no NAT;
 *   - it happens once. A path that is open moves only when the signalling names another address. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/endpoint.h"

enum { MEDIA_PATH_PACKETS = 3 };

/* All zero: on hold. */
struct media_path {
    struct endpoint to;    /* where media goes; len 0: nowhere */
    struct endpoint named; /* by the signalling */
    struct endpoint peer;  /* where the signalling comes from; len 0: `to` stays as it was named */
    bool open;             /* it does not change any more */
    struct endpoint other; /* of the last packet from elsewhere */
    unsigned other_count;  /* of those in a row */
};

/* The signalling says so. What was learned stays where it names the same address as before. */
void media_path_name(struct media_path *p, const struct endpoint *named, const struct endpoint *peer);
/* May anything from there count? */
bool media_path_may_hear(const struct media_path *p, const struct endpoint *from) MUST_USE;
/* A valid packet came from there, that media_path_may_hear. True: it counts, and `to` may have changed. */
bool media_path_take(struct media_path *p, const struct endpoint *from) MUST_USE;
