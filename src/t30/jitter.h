/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Jitter buffer for fax over G.711. A modem signal bears no slip: no sample is ever dropped, repeated or
 * stretched to follow the network, samples come out at the place their RTP timestamp gives them, or are
 * reported as missing. One octet is one sample (RFC 3551 §4.5.14), so packets of any length, doubled or out
 * of order, need no care of their own.
 *
 * The caller's own clock drives it: 8000 samples are taken each second. Where there is nothing left at all,
 * what comes next is late, not lost: jitter_wait() then lets the caller wait for it, within a signal too, and
 * everything after it comes out that much later. So neither a far side that was late nor one whose clock runs
 * slower costs a sample; one that runs faster fills the room (50 ppm: 180 ms an hour). Between signals (T.30
 * leaves 75 ms of silence, ± 20) jitter_recentre() brings back the delay that was asked for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

enum { JITTER_RATE = 8000, JITTER_SAMPLES_PER_MS = JITTER_RATE / 1000 };
/* Two seconds: the most that can lie between what arrives and what is taken. */
enum { JITTER_ROOM = 16384 };
enum { JITTER_DELAY_DEFAULT_MS = 80, JITTER_DELAY_MAX_MS = 500 };

struct jitter_counts {
    uint32_t packets, late, duplicate, strayed, restarts;
    uint64_t samples, missing; /* taken in all since the first packet, and those that were not there */
    uint64_t waited;           /* samples */
};

struct jitter {
    uint32_t delay; /* samples */
    bool started;
    uint32_t position; /* timestamp of the next sample to take */
    uint32_t end;      /* timestamp after the newest sample */
    uint32_t waited;   /* samples since the last (re)centring */
    bool far_seen;     /* a lone packet outside of the room was dropped; one at far_next would prove it */
    uint32_t far_next;
    unsigned late_run;  /* packets in a row that came too late altogether */
    int64_t margin_sum; /* of packets since the last (re)centring: samples from arrival to their turn */
    uint32_t margin_count;
    struct jitter_counts counts;
    uint8_t samples[JITTER_ROOM];     /* at timestamp % JITTER_ROOM */
    uint8_t present[JITTER_ROOM / 8]; /* one bit each */
};

/* delay_ms: from arrival to playing, cut to JITTER_DELAY_MAX_MS. */
void jitter_init(struct jitter *j, unsigned delay_ms);

/* The payload of an RTP packet of G.711 from the right source. The first one starts the stream. Packets too
 * late, known, or far off are counted and dropped; two of the latter that follow one another restart the
 * stream there (the far side began anew, as after a re-INVITE), and so do ten in a row that are all too late
 * (the way became longer than the delay: that signal is lost, the next one need not be). */
void jitter_put(struct jitter *j, uint32_t timestamp, struct span payload);

/* Takes the next samples, at most `most`: a run that is all there (written to `to`, *present true) or all
 * missing
 * (*present false, the caller conceals that many). Returns the length of the run, at least 1 where most > 0;
 * call again for the rest. Before the first packet all is missing. */
size_t jitter_take(struct jitter *j, uint8_t *to, size_t most, bool *present);

/* Where nothing is there from the next sample on, and no more than most_ms were waited since the last
 * recentring: notes that the caller takes `samples` fewer than its clock says, and returns true. */
bool jitter_wait(struct jitter *j, size_t samples, unsigned most_ms) MUST_USE;

/* Only while the line carries no fax signal, see above: moves the playing point so that packets again wait
 * for the fixed delay on average. Returns by how many samples (> 0: that many were skipped; < 0: that many
 * are silence put in); 0 also where fewer than 10 packets have come since the last time. */
int jitter_recentre(struct jitter *j);
