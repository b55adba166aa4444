/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Looks at every HDLC frame from the far side before the T.30 engine sees it. libspandsp 0.0.6 trusts frames:
 * one short FCD makes it copy -1 bytes, a DCS with an unknown rate or width makes it read before its tables
 * or take -1 as a width, a long DCS runs over a buffer in its state. A frame that fails is simply not handed
 * on: for T.30 it was never there, so the far side repeats it and the call goes on.
 *
 * Pure: bytes and context in, decision out. */
#pragma once

#include <stdbool.h>

#include "base/span.h"

enum guard_verdict {
    GUARD_PASS, /* to the T.30 engine */
    GUARD_KEEP, /* well formed, but for us only: non-standard facilities, which 0.0.6 over-reads and leaks */
    GUARD_DROP,
};

struct guard_context {
    bool sender;         /* we send pages; else we receive them */
    bool polls;          /* we receive them, and are who called: DIS comes before DCS */
    bool polled;         /* we answered and have pages for who polls: DTC may come in place of DCS */
    bool ecm_image;      /* an ECM image is being received right now */
    struct span offered; /* the last DIS we sent, whole frame; empty before it */
};

struct guard_decision {
    enum guard_verdict verdict;
    const char *why; /* of a drop, for the trace; static */
};

/* frame: address, control, facsimile control field, information field; without FCS. */
struct guard_decision guard_check(struct span frame, const struct guard_context *context);

/* "DCS", "PPS-EOP", "?" for the trace; static. */
const char *guard_frame_name(struct span frame);
