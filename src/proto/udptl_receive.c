/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/udptl_receive.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* RFC 3550 A.1: MAX_MISORDER and MAX_DROPOUT. */
enum { MISORDER_MAX = 100, DROPOUT_MAX = 3000 };

_Static_assert(65536 % UDPTL_RING == 0, "the ring must go on over the wrap of the number");

void udptl_receiver_init(struct udptl_receiver *r, const struct udptl_events *events, void *ctx,
                         int64_t hold_ms)
{
    *r = (struct udptl_receiver){.events = *events, .ctx = ctx, .hold_ms = hold_ms};
}

void udptl_receiver_clear(struct udptl_receiver *r)
{
    for (unsigned i = 0; i < UDPTL_RING; i++) {
        free(r->slots[i].data);
        r->slots[i] = (struct udptl_slot){0};
    }
    r->held = 0;
    r->started = false;
}

static struct udptl_slot *slot_of(struct udptl_receiver *r, uint16_t seq)
{
    return &r->slots[seq % UDPTL_RING];
}

/* How far seq lies behind (< 0) or ahead of the next one to give out. */
static int distance(const struct udptl_receiver *r, uint16_t seq)
{
    return (int16_t)(uint16_t)(seq - r->next);
}

static bool in_ring(const struct udptl_receiver *r, uint16_t seq)
{
    int d = distance(r, seq);
    return d >= -UDPTL_BEHIND && d < UDPTL_AHEAD;
}

/* The slot of the number that enters the window belonged to one that left it. */
static void step(struct udptl_receiver *r)
{
    if (slot_of(r, r->next)->present)
        r->held--;
    r->next++;
    slot_of(r, (uint16_t)(r->next + UDPTL_AHEAD - 1))->present = false;
}

static void give_up(struct udptl_receiver *r, unsigned count)
{
    uint16_t first = r->next;
    for (unsigned i = 0; i < count; i++)
        step(r);
    r->counts.lost += count;
    r->events.on_gap(r->ctx, first, count);
}

static void give_out(struct udptl_receiver *r)
{
    const struct udptl_slot *slot = slot_of(r, r->next);
    uint16_t seq = r->next;
    r->counts.from_copy += slot->source == UDPTL_FROM_COPY;
    r->counts.from_parity += slot->source == UDPTL_FROM_PARITY;
    step(r); /* the slot stays as it is, now behind `next` */
    if (slot->len > 0)
        r->events.on_ifp(r->ctx, span_of(slot->data, slot->len), seq, slot->source);
}

/* Missing numbers up to the first one that is held; only called where one is. */
static unsigned gap_length(const struct udptl_receiver *r)
{
    unsigned n = 0;
    while (!r->slots[(uint16_t)(r->next + n) % UDPTL_RING].present)
        n++;
    return n;
}

static int64_t gap_deadline_ms(const struct udptl_receiver *r, unsigned gap)
{
    return r->slots[(uint16_t)(r->next + gap) % UDPTL_RING].arrived_ms + r->hold_ms;
}

/* Gives out all that can be given out now. */
void udptl_receiver_tick(struct udptl_receiver *r, int64_t now_ms)
{
    while (r->held > 0) {
        unsigned gap = gap_length(r);
        if (gap > 0 && now_ms < gap_deadline_ms(r, gap))
            return;
        if (gap > 0)
            give_up(r, gap);
        else
            give_out(r);
    }
}

int64_t udptl_receiver_deadline_ms(const struct udptl_receiver *r)
{
    return r->held > 0 ? gap_deadline_ms(r, gap_length(r)) : -1;
}

/* Makes room up to seq: whatever is held before it goes out, whatever is not there is given up. */
static void advance_until_in_ring(struct udptl_receiver *r, uint16_t seq)
{
    while (distance(r, seq) >= UDPTL_AHEAD) {
        unsigned too_far = (unsigned)(distance(r, seq) - UDPTL_AHEAD + 1);
        if (r->held == 0) {
            give_up(r, too_far);
            return;
        }
        unsigned gap = gap_length(r);
        if (gap == 0)
            give_out(r);
        else
            give_up(r, gap < too_far ? gap : too_far);
    }
}

/* False where the packet is known or outside of the window. */
static bool store(struct udptl_receiver *r, uint16_t seq, struct span ifp, enum udptl_source source,
                  int64_t now_ms)
{
    struct udptl_slot *slot = slot_of(r, seq);
    if (distance(r, seq) < 0 || !in_ring(r, seq) || slot->present)
        return false;
    if (ifp.len > slot->room) {
        slot->data = mem_resize(slot->data, ifp.len);
        slot->room = (uint16_t)ifp.len;
    }
    if (ifp.len > 0)
        memcpy(slot->data, ifp.data, ifp.len);
    slot->len = (uint16_t)ifp.len;
    slot->present = true;
    slot->source = source;
    slot->arrived_ms = now_ms;
    r->held++;
    return true;
}

static void store_copies(struct udptl_receiver *r, const struct udptl_packet *packet, int64_t now_ms)
{
    for (unsigned i = 0; i < packet->entry_count; i++) {
        uint16_t seq = (uint16_t)(packet->seq - 1 - i);
        if (packet->entry[i].len > 0)
            (void)store(r, seq, packet->entry[i], UDPTL_FROM_COPY, now_ms);
    }
}

/* The number of the only packet under parity entry i that is missing; false where none or several are, or
 * where one is too old for us to know. */
static bool sole_missing(struct udptl_receiver *r, const struct udptl_packet *packet, unsigned i,
                         uint16_t *missing)
{
    unsigned found = 0;
    for (unsigned k = 0; k < packet->fec_span; k++) {
        uint16_t seq = udptl_fec_covers(packet, i, k);
        if (!in_ring(r, seq))
            return false;
        if (!slot_of(r, seq)->present) {
            *missing = seq;
            found++;
        }
    }
    return found == 1 && distance(r, *missing) >= 0;
}

static void store_parity(struct udptl_receiver *r, const struct udptl_packet *packet, int64_t now_ms)
{
    for (unsigned i = 0; i < packet->entry_count; i++) {
        uint16_t missing = 0;
        if (!sole_missing(r, packet, i, &missing))
            continue;
        uint8_t sum[UDPTL_DATAGRAM_MAX];
        struct span parity = packet->entry[i];
        if (parity.len > 0)
            memcpy(sum, parity.data, parity.len);
        for (unsigned k = 0; k < packet->fec_span; k++) {
            const struct udptl_slot *slot = slot_of(r, udptl_fec_covers(packet, i, k));
            for (size_t n = 0; slot->present && n < slot->len && n < parity.len; n++)
                sum[n] ^= slot->data[n];
        }
        (void)store(r, missing, span_of(sum, parity.len), UDPTL_FROM_PARITY, now_ms);
    }
}

/* The stream begins with the oldest packet that this datagram carries: what was lost before it may be in its
 * copies. */
static void start_at(struct udptl_receiver *r, const struct udptl_packet *packet)
{
    unsigned copies = 0;
    if (packet->recovery == UDPTL_REDUNDANCY)
        while (copies < packet->entry_count && packet->entry[copies].len > 0)
            copies++;
    for (unsigned i = 0; i < UDPTL_RING; i++)
        r->slots[i].present = false;
    r->held = 0;
    r->started = true;
    r->far_seen = false;
    r->next = (uint16_t)(packet->seq - copies);
}

static bool is_far(const struct udptl_receiver *r, uint16_t seq)
{
    int d = distance(r, seq);
    return d < -MISORDER_MAX || d > DROPOUT_MAX;
}

/* True where a stream of its own begins with this datagram, see the head of udptl_receive.h. */
static bool proves_restart(struct udptl_receiver *r, uint16_t seq)
{
    bool follows = r->far_seen && seq == r->far_next;
    r->far_seen = true;
    r->far_next = (uint16_t)(seq + 1);
    return follows;
}

static void restart_at(struct udptl_receiver *r, const struct udptl_packet *packet)
{
    while (r->held > 0) {
        unsigned gap = gap_length(r);
        if (gap > 0)
            give_up(r, gap);
        else
            give_out(r);
    }
    r->counts.restarts++;
    r->events.on_gap(r->ctx, r->next, 0);
    start_at(r, packet);
}

enum udptl_error udptl_receiver_put(struct udptl_receiver *r, struct span datagram, int64_t now_ms)
{
    struct udptl_packet packet;
    enum udptl_error error = udptl_parse(datagram, &packet);
    r->counts.datagrams++;
    if (error) {
        r->counts.malformed++;
        return error;
    }
    if (!r->started) {
        start_at(r, &packet);
    } else if (is_far(r, packet.seq)) {
        if (!proves_restart(r, packet.seq)) {
            r->counts.strayed++;
            return UDPTL_OK;
        }
        restart_at(r, &packet);
    }
    r->far_seen = false;
    if (distance(r, packet.seq) < 0) {
        if (in_ring(r, packet.seq) && slot_of(r, packet.seq)->present)
            r->counts.duplicate++;
        else
            r->counts.late++;
        return UDPTL_OK;
    }
    advance_until_in_ring(r, packet.seq);
    if (!store(r, packet.seq, packet.primary, UDPTL_FROM_PRIMARY, now_ms))
        r->counts.duplicate++;
    if (packet.recovery == UDPTL_REDUNDANCY)
        store_copies(r, &packet, now_ms);
    else
        store_parity(r, &packet, now_ms);
    udptl_receiver_tick(r, now_ms);
    return UDPTL_OK;
}
