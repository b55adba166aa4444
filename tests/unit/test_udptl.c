/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#include "proto/udptl_receive.h"
#include "proto/udptl_send.h"

/* What came out of a receiver: every packet carries its own number, so order and content show themselves. */
enum { HEARD_MAX = 4096 };

struct heard {
    unsigned count, gaps, lost, restarts;
    bool damaged;
    uint32_t number[HEARD_MAX];
};

/* Length differs from packet to packet, so that parity has to pad. */
static struct span make_ifp(uint32_t number, uint8_t to[64])
{
    size_t len = 5 + number % 40;
    for (size_t i = 0; i < len; i++)
        to[i] = (uint8_t)(number * 31 + i * 7 + 1);
    memcpy(to, &number, 4);
    return span_of(to, len);
}

static void hear_ifp(void *ctx, struct span ifp, uint16_t seq, enum udptl_source source)
{
    struct heard *h = ctx;
    uint8_t expected[64] = {0};
    uint32_t number;
    assert_true(ifp.len >= 4);
    memcpy(&number, ifp.data, 4);
    struct span whole = make_ifp(number, expected);
    bool longer_is_fine = source == UDPTL_FROM_PARITY && ifp.len > whole.len;
    if ((ifp.len != whole.len && !longer_is_fine) || memcmp(ifp.data, whole.data, whole.len) != 0)
        h->damaged = true;
    for (size_t i = whole.len; i < ifp.len; i++)
        h->damaged |= ifp.data[i] != 0;
    h->damaged |= (uint16_t)number != seq;
    assert_true(h->count < HEARD_MAX);
    h->number[h->count++] = number;
}

static void hear_gap(void *ctx, uint16_t first, unsigned count)
{
    struct heard *h = ctx;
    h->gaps++;
    h->lost += count;
    h->restarts += count == 0;
}

static const struct udptl_events hearing = {hear_ifp, hear_gap};

struct datagram {
    uint8_t data[UDPTL_DATAGRAM_MAX];
    size_t len;
};

static struct datagram next_datagram(struct udptl_sender *s, uint32_t number)
{
    uint8_t room[64];
    struct datagram d;
    assert_true(udptl_sender_build(s, make_ifp(number, room), d.data, sizeof(d.data), &d.len));
    return d;
}

static struct datagram fec_datagram(uint32_t number, unsigned fec_span, unsigned entries)
{
    uint8_t room[64], sums[UDPTL_ENTRIES_MAX][64] = {{0}};
    struct udptl_packet p = {
        .seq = (uint16_t)number, .primary = make_ifp(number, room), .recovery = UDPTL_FEC};
    p.fec_span = (uint8_t)fec_span;
    p.entry_count = (uint8_t)entries;
    for (unsigned i = 0; i < p.entry_count; i++) {
        size_t longest = 0;
        for (unsigned k = 0; k < fec_span; k++) {
            uint8_t other[64];
            struct span ifp = make_ifp(udptl_fec_covers(&p, i, k), other);
            for (size_t n = 0; n < ifp.len; n++)
                sums[i][n] ^= ifp.data[n];
            longest = ifp.len > longest ? ifp.len : longest;
        }
        p.entry[i] = span_of(sums[i], longest);
    }
    struct datagram d;
    assert_true(udptl_format(&p, d.data, sizeof(d.data), &d.len));
    return d;
}

static void put(struct udptl_receiver *r, const struct datagram *d, int64_t now_ms)
{
    assert_int_equal(udptl_receiver_put(r, span_of(d->data, d->len), now_ms), UDPTL_OK);
}

static void assert_in_order(const struct heard *h, uint32_t first, uint32_t count)
{
    assert_false(h->damaged);
    assert_int_equal(h->count, count);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(h->number[i], first + i);
}

static void layout_is_that_of_the_standard(void **state)
{
    /* Laid out by hand after T.38 §9.1.4: number 258, primary 06 (no signal), two copies. */
    const uint8_t by_hand[] = {0x01, 0x02, 0x01, 0x06, 0x00, 0x02, 0x01, 0x04, 0x02, 0xAA, 0xBB};
    struct udptl_packet p;
    assert_int_equal(udptl_parse(span_of(by_hand, sizeof(by_hand)), &p), UDPTL_OK);
    assert_int_equal(p.seq, 258);
    assert_int_equal(p.primary.len, 1);
    assert_int_equal(p.recovery, UDPTL_REDUNDANCY);
    assert_int_equal(p.entry_count, 2);
    assert_int_equal(p.entry[1].len, 2);
    assert_int_equal(p.entry[1].data[1], 0xBB);
    uint8_t again[64];
    size_t len;
    assert_true(udptl_format(&p, again, sizeof(again), &len));
    assert_int_equal(len, sizeof(by_hand));
    assert_memory_equal(again, by_hand, len);
    assert_false(udptl_format(&p, again, sizeof(by_hand) - 1, &len));

    const uint8_t parity[] = {0x00, 0x09, 0x01, 0x06, 0x80, 0x01, 0x03, 0x01, 0x02, 0x11, 0x22};
    assert_int_equal(udptl_parse(span_of(parity, sizeof(parity)), &p), UDPTL_OK);
    assert_int_equal(p.recovery, UDPTL_FEC);
    assert_int_equal(p.fec_span, 3);
    assert_int_equal(p.entry_count, 1);
    assert_true(udptl_format(&p, again, sizeof(again), &len));
    assert_memory_equal(again, parity, sizeof(parity));
}

static void every_cut_is_refused(void **state)
{
    struct udptl_sender s;
    udptl_sender_init(&s, 3, 0);
    struct datagram d = {{0}, 0};
    for (uint32_t n = 0; n < 5; n++)
        d = next_datagram(&s, n);
    struct udptl_packet p;
    for (size_t len = 0; len < d.len; len++) {
        /* A block of exactly that size, so that a sanitizer sees any byte read too far. */
        uint8_t *cut = malloc(len ? len : 1);
        memcpy(cut, d.data, len);
        assert_int_equal(udptl_parse(span_of(cut, len), &p), UDPTL_CUT_OFF);
        free(cut);
    }
    assert_int_equal(udptl_parse(span_of(d.data, d.len), &p), UDPTL_OK);
    udptl_sender_clear(&s);
}

static void nonsense_has_a_name(void **state)
{
    static uint8_t large[UDPTL_DATAGRAM_MAX + 1];
    struct udptl_packet p;
    assert_int_equal(udptl_parse(span_of(large, sizeof(large)), &p), UDPTL_TOO_LONG);
    const uint8_t fragments[] = {0, 0, 0xC1, 0, 0, 0};
    assert_int_equal(udptl_parse(span_of(fragments, sizeof(fragments)), &p), UDPTL_FRAGMENTED);
    const uint8_t wide_span[] = {0, 0, 1, 6, 0x80, 2, 1, 1, 0};
    assert_int_equal(udptl_parse(span_of(wide_span, sizeof(wide_span)), &p), UDPTL_BAD_FEC);
    /* 127 copies of nothing are legal; what goes past our table is passed over. */
    uint8_t many[6 + 127] = {0, 0, 1, 6, 0, 127};
    assert_int_equal(udptl_parse(span_of(many, sizeof(many)), &p), UDPTL_OK);
    assert_int_equal(p.entry_count, UDPTL_ENTRIES_MAX);
    assert_string_equal(udptl_error_text(UDPTL_BAD_FEC), "bad parity span");
}

static void sender_stays_within_the_far_sides_datagram(void **state)
{
    struct udptl_sender s;
    udptl_sender_init(&s, 3, 72);
    for (uint32_t n = 0; n < 300; n++) {
        struct datagram d = next_datagram(&s, n);
        struct udptl_packet p;
        assert_true(d.len <= 72);
        assert_int_equal(udptl_parse(span_of(d.data, d.len), &p), UDPTL_OK);
        assert_int_equal(p.seq, n);
        /* The copies that are there are the nearest ones, and one more would not have fitted. */
        assert_true(p.entry_count <= 3);
        if (p.entry_count < 3 && n > 3) {
            uint8_t room[64];
            size_t more = udptl_field_size(make_ifp(n - 1 - p.entry_count, room).len);
            assert_true(d.len + more > 72);
        }
    }
    uint8_t big[UDPTL_DATAGRAM_MAX] = {0}, out[UDPTL_DATAGRAM_MAX];
    size_t len;
    struct udptl_packet alone;
    assert_true(udptl_sender_build(&s, span_of(big, 100), out, sizeof(out), &len));
    assert_int_equal(udptl_parse(span_of(out, len), &alone), UDPTL_OK);
    assert_int_equal(alone.primary.len, 100);
    assert_int_equal(alone.entry_count, 0);
    assert_false(udptl_sender_build(&s, span_of(big, 100), out, 100, &len));
    assert_false(udptl_sender_build(&s, span_of(big, sizeof(big)), out, sizeof(out), &len));
    assert_int_equal(s.next_seq, 301);
    udptl_sender_clear(&s);
}

static void a_burst_as_long_as_the_copies_loses_nothing(void **state)
{
    for (unsigned redundancy = 1; redundancy <= 4; redundancy++) {
        struct udptl_sender s;
        struct udptl_receiver r;
        struct heard h = {0};
        udptl_sender_init(&s, redundancy, 0);
        udptl_receiver_init(&r, &hearing, &h, 0);
        for (uint32_t n = 0; n < 200; n++) {
            struct datagram d = next_datagram(&s, n);
            bool burst = n % (redundancy + 1) < redundancy; /* only each last one arrives */
            if (!burst)
                put(&r, &d, n);
        }
        assert_in_order(&h, 0, 200 - 200 % (redundancy + 1));
        assert_int_equal(h.gaps, 0);
        assert_int_equal(r.counts.from_copy, h.count / (redundancy + 1) * redundancy);
        udptl_receiver_clear(&r);
        udptl_sender_clear(&s);
    }
}

static void a_longer_burst_is_a_gap_of_known_size(void **state)
{
    struct udptl_sender s;
    struct udptl_receiver r;
    struct heard h = {0};
    udptl_sender_init(&s, 2, 0);
    udptl_receiver_init(&r, &hearing, &h, 0);
    for (uint32_t n = 0; n < 20; n++) {
        struct datagram d = next_datagram(&s, n);
        if (n < 5 || n >= 10)
            put(&r, &d, n);
    }
    assert_int_equal(h.gaps, 1);
    assert_int_equal(h.lost, 3);
    assert_int_equal(h.count, 17);
    assert_false(h.damaged);
    udptl_receiver_clear(&r);
    udptl_sender_clear(&s);
}

static void parity_fills_single_losses_and_interleaved_bursts(void **state)
{
    struct udptl_receiver r;
    struct heard h = {0};
    udptl_receiver_init(&r, &hearing, &h, 0);
    for (uint32_t n = 0; n < 500; n++) {
        struct datagram d = fec_datagram(n, 3, 3);
        bool lost = n > 20 && n % 10 < 3; /* three in a row, one for each entry */
        if (!lost)
            put(&r, &d, n);
    }
    assert_in_order(&h, 0, 500);
    assert_int_equal(h.gaps, 0);
    assert_int_equal(r.counts.from_parity, 2 + 3 * 47);
    udptl_receiver_clear(&r);
}

/* fec_datagram() lays parity out as the standard has it, by another way than the sender. */
static void our_parity_is_that_of_the_standard(void **state)
{
    struct udptl_sender s;
    udptl_sender_init_fec(&s, 0);
    s.next_seq = 65500;
    for (uint32_t n = 65500; n < 65600; n++) {
        struct datagram ours = next_datagram(&s, (uint16_t)n),
                        theirs = fec_datagram((uint16_t)n, UDPTL_FEC_SPAN, UDPTL_FEC_ENTRIES);
        struct udptl_packet p;
        assert_int_equal(udptl_parse(span_of(ours.data, ours.len), &p), UDPTL_OK);
        assert_int_equal(p.recovery, UDPTL_FEC);
        if (n < 65500 + UDPTL_FEC_SPAN * UDPTL_FEC_ENTRIES)
            continue;
        assert_int_equal(ours.len, theirs.len);
        assert_memory_equal(ours.data, theirs.data, ours.len);
    }
    udptl_sender_clear(&s);
}

static void a_burst_as_long_as_our_parity_loses_nothing(void **state)
{
    /* Wherever it begins, also in the stream's first packets. */
    for (uint32_t first = 0; first < 8; first++) {
        struct udptl_sender s;
        struct udptl_receiver r;
        struct heard h = {0};
        udptl_sender_init_fec(&s, 0);
        udptl_receiver_init(&r, &hearing, &h, 0);
        for (uint32_t n = 0; n < 500; n++) {
            struct datagram d = next_datagram(&s, n);
            if (n == 0 || n < first || (n - first) % 10 >= UDPTL_FEC_ENTRIES)
                put(&r, &d, n);
        }
        assert_int_equal(h.lost, 0);
        assert_in_order(&h, 0, h.count);
        assert_in_range(r.counts.from_parity, 180, 200);
        udptl_receiver_clear(&r);
        udptl_sender_clear(&s);
    }
}

static void parity_stays_within_the_far_sides_datagram(void **state)
{
    static const struct {
        size_t most;
        unsigned entries;
    } cases[] = {{60, 0}, {100, 1}, {150, 2}, {200, 3}, {240, 4}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct udptl_sender s;
        udptl_sender_init_fec(&s, cases[i].most);
        for (uint32_t n = 0; n < 300; n++) {
            uint8_t ifp[44] = {1};
            struct datagram d;
            struct udptl_packet p;
            assert_true(udptl_sender_build(&s, span_of(ifp, sizeof(ifp)), d.data, sizeof(d.data), &d.len));
            assert_in_range(d.len, 1, cases[i].most);
            assert_int_equal(udptl_parse(span_of(d.data, d.len), &p), UDPTL_OK);
            if (n >= UDPTL_FEC_SPAN * UDPTL_FEC_ENTRIES)
                assert_int_equal(p.entry_count, cases[i].entries);
        }
        uint8_t big[UDPTL_DATAGRAM_MAX] = {0}, out[UDPTL_DATAGRAM_MAX];
        size_t len;
        assert_true(udptl_sender_build(&s, span_of(big, 1400), out, sizeof(out), &len)); /* alone */
        assert_false(udptl_sender_build(&s, span_of(big, sizeof(big)), out, sizeof(out), &len));
        assert_int_equal(s.next_seq, 301);
        udptl_sender_clear(&s);
    }
}

static void parity_cannot_invent_what_two_losses_took(void **state)
{
    struct udptl_receiver r;
    struct heard h = {0};
    udptl_receiver_init(&r, &hearing, &h, 0);
    for (uint32_t n = 0; n < 40; n++) {
        struct datagram d = fec_datagram(n, 3, 1);
        if (n != 20 && n != 21)
            put(&r, &d, n);
    }
    assert_int_equal(h.count, 38);
    assert_int_equal(h.lost, 2);
    assert_false(h.damaged);
    udptl_receiver_clear(&r);
}

static void numbers_wrap(void **state)
{
    struct udptl_sender s;
    struct udptl_receiver r;
    struct heard h = {0};
    udptl_sender_init(&s, 3, 0);
    udptl_receiver_init(&r, &hearing, &h, 0);
    s.next_seq = 65000;
    for (uint32_t n = 65000; n < 67000; n++) {
        struct datagram d = next_datagram(&s, n);
        if (n % 4 == 3)
            put(&r, &d, n);
    }
    assert_in_order(&h, 65000, 2000);
    assert_int_equal(h.gaps, 0);
    udptl_receiver_clear(&r);
    udptl_sender_clear(&s);
}

static void duplicates_and_late_ones_come_out_once(void **state)
{
    struct udptl_sender s;
    struct udptl_receiver r;
    struct heard h = {0};
    udptl_sender_init(&s, 0, 0);
    udptl_receiver_init(&r, &hearing, &h, 0);
    struct datagram d[10];
    for (uint32_t n = 0; n < 10; n++)
        d[n] = next_datagram(&s, n);
    put(&r, &d[0], 0);
    put(&r, &d[0], 1);
    put(&r, &d[2], 2); /* nobody waits: 1 is given up */
    put(&r, &d[1], 3);
    put(&r, &d[2], 4);
    put(&r, &d[3], 5);
    assert_int_equal(h.count, 3);
    assert_int_equal(h.lost, 1);
    assert_int_equal(r.counts.late, 1);
    assert_int_equal(r.counts.duplicate, 2);
    udptl_receiver_clear(&r);
    udptl_sender_clear(&s);
}

static void a_gap_is_waited_for_no_longer_than_asked(void **state)
{
    struct udptl_sender s;
    struct udptl_receiver r;
    struct heard h = {0};
    udptl_sender_init(&s, 0, 0);
    udptl_receiver_init(&r, &hearing, &h, 40);
    struct datagram d[8];
    for (uint32_t n = 0; n < 8; n++)
        d[n] = next_datagram(&s, n);
    put(&r, &d[0], 0);
    assert_int_equal(udptl_receiver_deadline_ms(&r), -1);
    put(&r, &d[2], 100);
    put(&r, &d[3], 110);
    assert_int_equal(h.count, 1);
    assert_int_equal(udptl_receiver_deadline_ms(&r), 140);
    put(&r, &d[1], 120);
    assert_in_order(&h, 0, 4);
    put(&r, &d[6], 200);
    udptl_receiver_tick(&r, 239);
    assert_int_equal(h.count, 4);
    udptl_receiver_tick(&r, 240);
    assert_int_equal(h.count, 5);
    assert_int_equal(h.lost, 2);
    assert_int_equal(udptl_receiver_deadline_ms(&r), -1);
    udptl_receiver_clear(&r);
    udptl_sender_clear(&s);
}

static void random_order_and_loss_within_the_wait_lose_nothing(void **state)
{
    unsigned seed = 4711;
    struct udptl_sender s;
    struct udptl_receiver r;
    static struct heard h;
    static struct datagram d[2000];
    static int64_t arrival[2000];
    h = (struct heard){0};
    udptl_sender_init(&s, 3, 0);
    udptl_receiver_init(&r, &hearing, &h, 100);
    for (uint32_t n = 0; n < 2000; n++) {
        d[n] = next_datagram(&s, n);
        bool lost = n % 5 == 2 || n % 5 == 3;
        arrival[n] = lost ? -1 : (int64_t)n * 30 + rand_r(&seed) % 90;
    }
    for (int64_t now = 0; now < 2000 * 30 + 200; now++) {
        for (uint32_t n = (uint32_t)(now / 30 > 4 ? now / 30 - 4 : 0); n < 2000 && (int64_t)n * 30 <= now;
             n++)
            if (arrival[n] == now)
                put(&r, &d[n], now);
        udptl_receiver_tick(&r, now);
    }
    assert_in_order(&h, 0, 2000);
    assert_int_equal(h.gaps, 0);
    udptl_receiver_clear(&r);
    udptl_sender_clear(&s);
}

static void a_long_cut_is_one_gap(void **state)
{
    struct udptl_sender s;
    struct udptl_receiver r;
    struct heard h = {0};
    udptl_sender_init(&s, 0, 0);
    udptl_receiver_init(&r, &hearing, &h, 50);
    struct datagram d;
    for (uint32_t n = 0; n < 1010; n++) {
        d = next_datagram(&s, n);
        if (n < 10 || n == 12 || n >= 1000)
            put(&r, &d, n);
    }
    udptl_receiver_tick(&r, 5000);
    assert_int_equal(h.count, 10 + 1 + 10);
    assert_int_equal(h.lost, 1010 - 21);
    assert_int_equal(h.restarts, 0);
    assert_false(h.damaged);
    udptl_receiver_clear(&r);
    udptl_sender_clear(&s);
}

static void a_new_stream_in_mid_call_is_taken_up(void **state)
{
    struct udptl_sender a, b;
    struct udptl_receiver r;
    struct heard h = {0};
    udptl_sender_init(&a, 3, 0);
    udptl_sender_init(&b, 3, 0);
    udptl_receiver_init(&r, &hearing, &h, 0);
    struct datagram d;
    for (uint32_t n = 0; n < 500; n++) {
        d = next_datagram(&a, n);
        put(&r, &d, n);
    }
    /* One stray (an RTP packet of 0x8000 looks like this) changes nothing. */
    const uint8_t stray[] = {0x80, 0x00, 0x01, 0x06, 0x00, 0x00};
    assert_int_equal(udptl_receiver_put(&r, span_of(stray, sizeof(stray)), 500), UDPTL_OK);
    assert_int_equal(udptl_receiver_put(&r, span_of(stray, sizeof(stray)), 500), UDPTL_OK);
    assert_int_equal(r.counts.strayed, 2);
    assert_int_equal(h.restarts, 0);
    for (uint32_t n = 0; n < 20; n++) {
        d = next_datagram(&b, n);
        put(&r, &d, 600 + n);
    }
    assert_int_equal(h.restarts, 1);
    assert_int_equal(h.count, 520); /* the first of the new stream came as a copy behind the second */
    assert_int_equal(h.number[500], 0);
    assert_int_equal(h.number[519], 19);
    assert_false(h.damaged);
    udptl_receiver_clear(&r);
    udptl_sender_clear(&a);
    udptl_sender_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_is_that_of_the_standard),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(nonsense_has_a_name),
        cmocka_unit_test(sender_stays_within_the_far_sides_datagram),
        cmocka_unit_test(a_burst_as_long_as_the_copies_loses_nothing),
        cmocka_unit_test(a_longer_burst_is_a_gap_of_known_size),
        cmocka_unit_test(parity_fills_single_losses_and_interleaved_bursts),
        cmocka_unit_test(our_parity_is_that_of_the_standard),
        cmocka_unit_test(a_burst_as_long_as_our_parity_loses_nothing),
        cmocka_unit_test(parity_stays_within_the_far_sides_datagram),
        cmocka_unit_test(parity_cannot_invent_what_two_losses_took),
        cmocka_unit_test(numbers_wrap),
        cmocka_unit_test(duplicates_and_late_ones_come_out_once),
        cmocka_unit_test(a_gap_is_waited_for_no_longer_than_asked),
        cmocka_unit_test(random_order_and_loss_within_the_wait_lose_nothing),
        cmocka_unit_test(a_long_cut_is_one_gap),
        cmocka_unit_test(a_new_stream_in_mid_call_is_taken_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
