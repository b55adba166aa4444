/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/udptl_send.h"

void udptl_sender_init(struct udptl_sender *s, unsigned redundancy, size_t max_datagram)
{
    *s = (struct udptl_sender){0};
    s->redundancy = redundancy < UDPTL_REDUNDANCY_MAX ? redundancy : UDPTL_REDUNDANCY_MAX;
    bool usable = max_datagram > 0 && max_datagram < UDPTL_DATAGRAM_MAX;
    s->max_datagram = usable ? max_datagram : UDPTL_DATAGRAM_MAX;
    for (unsigned i = 0; i < UDPTL_REDUNDANCY_MAX; i++)
        buf_init(&s->history[i], UDPTL_DATAGRAM_MAX);
}

void udptl_sender_clear(struct udptl_sender *s)
{
    for (unsigned i = 0; i < UDPTL_REDUNDANCY_MAX; i++)
        buf_clear(&s->history[i]);
}

static struct buf *history_of(struct udptl_sender *s, uint16_t seq)
{
    _Static_assert(65536 % UDPTL_REDUNDANCY_MAX == 0, "the ring must go on over the wrap of the number");
    return &s->history[seq % UDPTL_REDUNDANCY_MAX];
}

bool udptl_sender_build(struct udptl_sender *s, struct span ifp, uint8_t *to, size_t room, size_t *len)
{
    struct udptl_packet packet = {.seq = s->next_seq, .primary = ifp, .recovery = UDPTL_REDUNDANCY};
    size_t size = 2 + udptl_field_size(ifp.len) + 2;
    while (packet.entry_count < s->kept) {
        struct span copy = buf_span(history_of(s, (uint16_t)(packet.seq - 1 - packet.entry_count)));
        size += udptl_field_size(copy.len);
        if (size > s->max_datagram)
            break;
        packet.entry[packet.entry_count++] = copy;
    }
    if (!udptl_format(&packet, to, room, len))
        return false;
    struct buf *own = history_of(s, packet.seq);
    buf_reset(own);
    if (!buf_append(own, ifp.data, ifp.len))
        return false;
    if (s->kept < s->redundancy)
        s->kept++;
    s->next_seq++;
    return true;
}
