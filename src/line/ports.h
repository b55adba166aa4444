/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Media ports: one UDP socket a call, bound before the first SDP names it and kept when the call changes from
 * RTP to UDPTL (D8). No RTCP: odd ports stay free. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/endpoint.h"

struct ports {
    uint16_t first, last; /* inclusive, first <= last; first 0: any even port of the kernel's choice */
    uint16_t next;        /* where the next search begins; ports_init sets it */
};

/* The search begins at a random place, so that a restarted line does not meet the late packets of its
 * predecessor's calls. */
void ports_init(struct ports *p, uint16_t first, uint16_t last);

/* A non-blocking socket on a free even port of `local` (its port is ignored and set). Returns the descriptor,
 * or -errno: EADDRINUSE when the whole range is taken. */
int ports_open(struct ports *p, struct endpoint *local) MUST_USE;

/* Which of our addresses a packet to `remote` leaves from; 0 or errno (ENETUNREACH). Port 0. */
int ports_local_for(const struct endpoint *remote, struct endpoint *local) MUST_USE;
