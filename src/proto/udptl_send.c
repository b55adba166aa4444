/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/udptl_send.h"

#include <string.h>

/* Number, CHOICE and count of entries; FEC has its span beside them. */
enum { FRAME_LEN = 2 + 1 + 1, FEC_SPAN_LEN = 2 };

_Static_assert(65536 % UDPTL_SENT_KEPT == 0, "the ring must go on over the wrap of the number");
_Static_assert(UDPTL_SENT_KEPT >= UDPTL_FEC_ENTRIES * UDPTL_FEC_SPAN, "parity needs what it covers");
_Static_assert((int)UDPTL_SENT_KEPT >= (int)UDPTL_REDUNDANCY_MAX, "copies are kept");

static void init(struct udptl_sender *s, enum udptl_recovery recovery, unsigned reach, size_t max_datagram)
{
    bool usable = max_datagram > 0 && max_datagram < UDPTL_DATAGRAM_MAX;
    *s = (struct udptl_sender){
        .recovery = recovery, .reach = reach, .max_datagram = usable ? max_datagram : UDPTL_DATAGRAM_MAX};
    for (unsigned i = 0; i < UDPTL_SENT_KEPT; i++)
        buf_init(&s->history[i], UDPTL_DATAGRAM_MAX);
}

void udptl_sender_init(struct udptl_sender *s, unsigned redundancy, size_t max_datagram)
{
    unsigned copies = redundancy < UDPTL_REDUNDANCY_MAX ? redundancy : UDPTL_REDUNDANCY_MAX;
    init(s, UDPTL_REDUNDANCY, copies, max_datagram);
}

void udptl_sender_init_fec(struct udptl_sender *s, size_t max_datagram)
{
    init(s, UDPTL_FEC, UDPTL_FEC_ENTRIES * UDPTL_FEC_SPAN, max_datagram);
}

void udptl_sender_clear(struct udptl_sender *s)
{
    for (unsigned i = 0; i < UDPTL_SENT_KEPT; i++)
        buf_clear(&s->history[i]);
}

static struct buf *history_of(struct udptl_sender *s, uint16_t seq)
{
    return &s->history[seq % UDPTL_SENT_KEPT];
}

static void add_copies(struct udptl_sender *s, struct udptl_packet *packet)
{
    size_t size = FRAME_LEN + udptl_field_size(packet->primary.len);
    while (packet->entry_count < s->kept) {
        struct span copy = buf_span(history_of(s, (uint16_t)(packet->seq - 1 - packet->entry_count)));
        size += udptl_field_size(copy.len);
        if (size > s->max_datagram)
            break;
        packet->entry[packet->entry_count++] = copy;
    }
}

/* As many octets as the longest packet under entry i. */
static size_t parity_len(struct udptl_sender *s, const struct udptl_packet *packet, unsigned i)
{
    size_t longest = 0;
    for (unsigned k = 0; k < packet->fec_span; k++) {
        size_t len = history_of(s, udptl_fec_covers(packet, i, k))->len;
        longest = len > longest ? len : longest;
    }
    return longest;
}

static bool parity_fits(struct udptl_sender *s, const struct udptl_packet *packet)
{
    size_t size = FRAME_LEN + FEC_SPAN_LEN + udptl_field_size(packet->primary.len);
    for (unsigned i = 0; i < packet->entry_count; i++)
        size += udptl_field_size(parity_len(s, packet, i));
    return size <= s->max_datagram;
}

/* At the stream's beginning each entry covers fewer packets, so that the first ones are covered at once. */
static void choose_parity(struct udptl_sender *s, struct udptl_packet *packet)
{
    unsigned entries = s->kept < UDPTL_FEC_ENTRIES ? s->kept : UDPTL_FEC_ENTRIES;
    for (; entries > 0; entries--) {
        unsigned span = s->kept / entries;
        packet->entry_count = (uint8_t)entries;
        packet->fec_span = (uint8_t)(span < UDPTL_FEC_SPAN ? span : UDPTL_FEC_SPAN);
        if (parity_fits(s, packet))
            return;
    }
    packet->entry_count = packet->fec_span = 0;
}

static void add_parity(struct udptl_sender *s, struct udptl_packet *packet,
                       uint8_t sums[UDPTL_FEC_ENTRIES][UDPTL_DATAGRAM_MAX])
{
    choose_parity(s, packet);
    for (unsigned i = 0; i < packet->entry_count; i++) {
        size_t longest = parity_len(s, packet, i);
        memset(sums[i], 0, longest);
        for (unsigned k = 0; k < packet->fec_span; k++) {
            struct span covered = buf_span(history_of(s, udptl_fec_covers(packet, i, k)));
            for (size_t n = 0; n < covered.len; n++)
                sums[i][n] ^= covered.data[n];
        }
        packet->entry[i] = span_of(sums[i], longest);
    }
}

bool udptl_sender_build(struct udptl_sender *s, struct span ifp, uint8_t *to, size_t room, size_t *len)
{
    uint8_t sums[UDPTL_FEC_ENTRIES][UDPTL_DATAGRAM_MAX];
    struct udptl_packet packet = {.seq = s->next_seq, .primary = ifp, .recovery = s->recovery};
    if (s->recovery == UDPTL_FEC)
        add_parity(s, &packet, sums);
    else
        add_copies(s, &packet);
    if (!udptl_format(&packet, to, room, len))
        return false;
    struct buf *own = history_of(s, packet.seq);
    buf_reset(own);
    if (!buf_append(own, ifp.data, ifp.len))
        return false;
    if (s->kept < s->reach)
        s->kept++;
    s->next_seq++;
    return true;
}
