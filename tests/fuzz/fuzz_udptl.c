/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Datagrams as a far side could send them: the input is a row of them, each behind two octets of length. */
#include <stdlib.h>

#include "base/panic.h"
#include "proto/udptl_receive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct order {
    bool begun;
    uint16_t next;
};

static void check_order(struct order *o, uint16_t first, unsigned count)
{
    if (o->begun && first != o->next)
        panic("%u came where %u was due", first, o->next);
    o->begun = true;
    o->next = (uint16_t)(first + count);
}

static void on_ifp(void *ctx, struct span ifp, uint16_t seq, enum udptl_source source)
{
    struct order *o = ctx;
    /* A packet of nothing is counted by the stream and not given out. */
    if (o->begun && (uint16_t)(seq - o->next) < 1000)
        o->next = seq;
    check_order(o, seq, 1);
    volatile uint8_t sum = 0;
    for (size_t i = 0; i < ifp.len; i++)
        sum = (uint8_t)(sum + ifp.data[i]);
}

static void on_gap(void *ctx, uint16_t first, unsigned count)
{
    struct order *o = ctx;
    if (o->begun && (uint16_t)(first - o->next) < 1000)
        o->next = first;
    check_order(o, first, count);
    if (count == 0)
        o->begun = false;
}

static void check_round_trip(struct span datagram)
{
    struct udptl_packet p, again;
    uint8_t out[UDPTL_DATAGRAM_MAX];
    size_t len;
    if (udptl_parse(datagram, &p) != UDPTL_OK || !udptl_format(&p, out, sizeof(out), &len))
        return;
    if (udptl_parse(span_of(out, len), &again) != UDPTL_OK || again.seq != p.seq ||
        !span_equal(again.primary, p.primary) || again.entry_count != p.entry_count)
        panic("what we format we do not parse");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct order order = {0};
    struct udptl_receiver r;
    udptl_receiver_init(&r, &(const struct udptl_events){on_ifp, on_gap}, &order, size % 2 ? 40 : 0);
    int64_t now_ms = 0;
    while (size >= 2) {
        size_t len = (size_t)(data[0] & 7) << 8 | data[1];
        now_ms += data[0] >> 3;
        data += 2;
        size -= 2;
        if (len > size)
            len = size;
        check_round_trip(span_of(data, len));
        (void)udptl_receiver_put(&r, span_of(data, len), now_ms);
        udptl_receiver_tick(&r, now_ms);
        int64_t deadline_ms = udptl_receiver_deadline_ms(&r);
        if (deadline_ms >= 0 && deadline_ms <= now_ms)
            panic("a gap is held beyond its time");
        data += len;
        size -= len;
    }
    udptl_receiver_clear(&r);
    return 0;
}
