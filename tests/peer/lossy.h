/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A bad network, one direction of it: packets go in with a time and come out with another, or not at all, or
 * twice. Without sockets and clock; the same seed and the same packets give the same fate. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

struct lossy_opts {
    uint64_t seed;
    double loss;        /* share of all packets, 0..0.9 */
    double burst;       /* mean length of a row of losses, 1 or more; 1: each by itself (0 counts as 1) */
    int64_t delay_ms;   /* of every packet */
    int64_t jitter_ms;  /* up to so much more, evenly spread; order is kept, as in a queue */
    double reorder;     /* share of packets that are overtaken */
    int64_t reorder_ms; /* by so much they come later than their turn; 0 counts as 40 */
    double duplicate;   /* share of packets that come twice, the second time up to 20 ms later */
};

struct lossy_counts {
    uint64_t in, lost, reordered, duplicated, out;
};

struct lossy {
    struct lossy_opts opts;
    uint64_t random; /* state of the generator */
    bool losing;     /* within a burst */
    int64_t last_due_ms;
    struct list queue; /* by time */
    unsigned queued;
    struct lossy_counts counts;
};

/* Above this, packets are lost: nobody takes them out. */
enum { LOSSY_QUEUE_MAX = 10000, LOSSY_PACKET_MAX = 2048 };

void lossy_init(struct lossy *l, const struct lossy_opts *opts);
void lossy_clear(struct lossy *l);

/* Packets longer than LOSSY_PACKET_MAX are lost. */
void lossy_put(struct lossy *l, const void *packet, size_t len, int64_t now_ms);

/* When the next packet comes out; -1: none is on its way. */
int64_t lossy_due_ms(const struct lossy *l);

/* A packet that is due by now: copied to `to`, its length returned in *len. False where there is none. */
bool lossy_take(struct lossy *l, int64_t now_ms, uint8_t to[LOSSY_PACKET_MAX], size_t *len);
