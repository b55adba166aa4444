/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Datagrams as a far side could send them: the input is a row of them, each behind two octets of length. */
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/panic.h"
#include "proto/udptl_receive.h"
#include "proto/udptl_send.h"

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

/* --- what we send, through a network that the input decides on --- */

struct sent {
    struct span ifp[65536 / 4]; /* by number; the input is shorter */
    unsigned count;
};

static void on_own_ifp(void *ctx, struct span ifp, uint16_t seq, enum udptl_source source)
{
    const struct sent *sent = ctx;
    if (seq >= sent->count)
        panic("a packet that was never sent: %u", seq);
    struct span whole = sent->ifp[seq];
    bool padded = source == UDPTL_FROM_PARITY && ifp.len > whole.len;
    if ((ifp.len != whole.len && !padded) || memcmp(ifp.data, whole.data, whole.len) != 0)
        panic("packet %u came out wrong", seq);
    for (size_t i = whole.len; i < ifp.len; i++)
        if (ifp.data[i] != 0)
            panic("packet %u has a tail", seq);
}

static void on_own_gap(void *ctx, uint16_t first, unsigned count)
{
}

/* Each two octets of the input are a packet's length and what happens to its datagram. */
static void send_and_lose(const uint8_t *data, size_t size, bool fec, size_t max_datagram)
{
    static struct sent sent;
    struct udptl_sender s;
    struct udptl_receiver r;
    sent.count = 0;
    if (fec)
        udptl_sender_init_fec(&s, max_datagram);
    else
        udptl_sender_init(&s, UDPTL_REDUNDANCY_DEFAULT, max_datagram);
    udptl_receiver_init(&r, &(const struct udptl_events){on_own_ifp, on_own_gap}, &sent, 40);
    for (size_t at = 0; at + 2 <= size && sent.count < ARRAY_LEN(sent.ifp); at += 2) {
        uint8_t out[UDPTL_DATAGRAM_MAX];
        size_t len = 1 + data[at] % 200u, got;
        struct span ifp = span_of(data + at, len < size - at ? len : size - at);
        if (!udptl_sender_build(&s, ifp, out, sizeof(out), &got))
            panic("a short packet was not sent");
        if (max_datagram > 0 && got > max_datagram && got > ifp.len + 8)
            panic("%zu octets where %zu are allowed", got, max_datagram);
        sent.ifp[sent.count++] = ifp;
        for (int copies = data[at + 1] % 4; copies > 0; copies--)
            (void)udptl_receiver_put(&r, span_of(out, got), (int64_t)at * 10);
    }
    udptl_receiver_clear(&r);
    udptl_sender_clear(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 2 && data[0] % 4 == 3) {
        send_and_lose(data + 2, size - 2, data[0] & 8, data[1]);
        return 0;
    }
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
