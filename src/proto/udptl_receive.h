/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The receiving side of a UDPTL stream: gives each IFP packet once and in order, whether it came by itself,
 * as a copy behind a later one, or out of parity; says what is missing for good.
 *
 * A datagram that runs ahead of its stream is kept back for at most `hold_ms`, in the hope of the ones
 * between (reordering on the way); 0 gives up a gap at once. Time comes from the caller, in ms of any clock
 * that does not go back.
 *
 * A number far from the expected one (RFC 3550 A.1's limits, 100 back and 3000 ahead) is believed when the
 * next one follows it: a gateway that began a new stream in mid-call, as after a re-INVITE. One alone is
 * dropped. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "proto/udptl.h"

enum udptl_source { UDPTL_FROM_PRIMARY, UDPTL_FROM_COPY, UDPTL_FROM_PARITY };

struct udptl_events {
    /* ifp is valid during the call. Out of parity it may have zero octets too many at its end: XOR pads to
     * the longest packet; ifp_parse() tells the true length. */
    void (*on_ifp)(void *ctx, struct span ifp, uint16_t seq, enum udptl_source source);
    /* Packets first .. first + count - 1 will not come. count 0: the far side began anew at another number,
     * how many are lost is not known. */
    void (*on_gap)(void *ctx, uint16_t first, unsigned count);
};

struct udptl_counts {
    uint32_t datagrams, malformed, duplicate, late, strayed;
    uint32_t from_copy, from_parity, lost, restarts;
};

/* Numbers before the expected one that are kept for parity, and from it on that can be kept back. */
enum { UDPTL_BEHIND = 32, UDPTL_AHEAD = 32, UDPTL_RING = UDPTL_BEHIND + UDPTL_AHEAD };

struct udptl_slot {
    uint8_t *data; /* owned */
    uint16_t len, room;
    bool present;
    enum udptl_source source;
    int64_t arrived_ms;
};

struct udptl_receiver {
    struct udptl_events events;
    void *ctx;
    int64_t hold_ms;
    bool started;
    uint16_t next; /* first number not given out */
    unsigned held; /* slots present from `next` on */
    bool far_seen; /* a lone number outside of the limits was dropped; this one would prove it */
    uint16_t far_next;
    struct udptl_counts counts;
    struct udptl_slot slots[UDPTL_RING]; /* number % UDPTL_RING */
};

void udptl_receiver_init(struct udptl_receiver *r, const struct udptl_events *events, void *ctx,
                         int64_t hold_ms);
void udptl_receiver_clear(struct udptl_receiver *r); /* not from within an event */

/* Takes one datagram and calls the events that follow from it. The result is for the trace; a malformed
 * datagram changes nothing but its counter. */
enum udptl_error udptl_receiver_put(struct udptl_receiver *r, struct span datagram, int64_t now_ms);

/* When udptl_receiver_tick() has to be called for a gap that is waited for; -1: no gap is open. */
int64_t udptl_receiver_deadline_ms(const struct udptl_receiver *r);
void udptl_receiver_tick(struct udptl_receiver *r, int64_t now_ms);
