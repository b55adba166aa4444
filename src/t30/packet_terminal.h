/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A fax terminal on T.38 (ITU-T T.38 over UDPTL): modem signals as IFP packets, around libspandsp's t38_core.
 * Packets leave at the pace of the modem they stand for, as a gateway to a real machine needs. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"
#include "t30/terminal.h"

struct packet_terminal;

struct packet_terminal_opts {
    const struct terminal_events
        *events; /* borrowed; its functions are not called before packet_terminal_run */
    void *context;
    /* An IFP packet to send, `copies` times with the same sequence number. */
    void (*on_packet)(void *context, struct span ifp, int copies);
    bool unpaced;     /* for tests and for a Faxpost at the other end: no gateway, no modem behind it */
    unsigned version; /* T.38 version of both sides, 0..3 */
    int64_t now_us;
};

struct packet_terminal *packet_terminal_new(const struct packet_terminal_opts *opts) MUST_USE;
void packet_terminal_free(struct packet_terminal *t); /* NULL is fine */
struct terminal *packet_terminal_base(struct packet_terminal *t);

/* What follows happens now: before anything of T.30 or of the line reaches the terminal, so that what T.30
 * starts in answer is timed from here. Does nothing by itself. */
void packet_terminal_set_now(struct packet_terminal *t, int64_t now_us);
/* An IFP packet, in order, with its UDPTL sequence number; gaps are seen by the number. */
void packet_terminal_receive(struct packet_terminal *t, struct span ifp, uint16_t sequence);
/* Sends what is due. */
void packet_terminal_run(struct packet_terminal *t);
/* When it has something to send again; INT64_MAX while it has nothing. */
int64_t packet_terminal_due_us(const struct packet_terminal *t);
