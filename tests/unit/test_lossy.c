/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The bad network is as bad as asked, and what UDPTL makes of it. */
#include <stdbool.h>
#include <string.h>

#include "test.h"

#include "lossy.h"
#include "proto/udptl_receive.h"
#include "proto/udptl_send.h"

enum { PACKETS = 20000, SPACING_MS = 30 };

struct seen {
    unsigned count, out_of_order, bursts;
    int64_t longest_ms, shortest_ms;
    uint64_t sum; /* of all that came, by order: shows whether two runs are the same */
};

static struct seen run(const struct lossy_opts *opts, struct lossy_counts *counts)
{
    struct lossy l;
    struct seen s = {.shortest_ms = INT64_MAX};
    uint8_t packet[LOSSY_PACKET_MAX];
    size_t len;
    int64_t last = -1;
    lossy_init(&l, opts);
    for (int64_t now = 0; now < (int64_t)PACKETS * SPACING_MS + 1000; now++) {
        if (now % SPACING_MS == 0 && now / SPACING_MS < PACKETS) {
            int64_t n = now / SPACING_MS;
            lossy_put(&l, &n, sizeof(n), now);
        }
        while (lossy_take(&l, now, packet, &len)) {
            int64_t n, took;
            assert_int_equal(len, sizeof(n));
            memcpy(&n, packet, sizeof(n));
            took = now - n * SPACING_MS;
            s.longest_ms = took > s.longest_ms ? took : s.longest_ms;
            s.shortest_ms = took < s.shortest_ms ? took : s.shortest_ms;
            s.out_of_order += n < last;
            s.bursts += n > last + 1;
            last = n > last ? n : last;
            s.sum = s.sum * 31 + (uint64_t)n;
            s.count++;
        }
    }
    assert_int_equal(lossy_due_ms(&l), -1);
    *counts = l.counts;
    lossy_clear(&l);
    return s;
}

static void losses_are_as_many_and_as_long_as_asked(void **state)
{
    struct lossy_counts c;
    for (unsigned burst = 1; burst <= 5; burst += 2) {
        struct seen s = run(&(struct lossy_opts){.seed = 1, .loss = 0.1, .burst = burst}, &c);
        assert_in_range(c.lost, PACKETS / 10 * 85 / 100, PACKETS / 10 * 115 / 100);
        assert_int_equal(s.count, PACKETS - c.lost);
        unsigned expected = burst == 1 ? 1800 : 2000 / burst; /* two single losses in a row are one burst */
        assert_in_range(s.bursts, expected * 85 / 100, expected * 115 / 100);
    }
}

static void a_good_network_changes_nothing(void **state)
{
    struct lossy_counts c;
    struct seen s = run(&(struct lossy_opts){0}, &c);
    assert_int_equal(s.count, PACKETS);
    assert_int_equal(s.longest_ms, 0);
    assert_int_equal(s.out_of_order + s.bursts, 0);
}

static void delays_stay_in_their_bounds_and_in_order(void **state)
{
    struct lossy_counts c;
    struct seen s = run(&(struct lossy_opts){.seed = 2, .delay_ms = 50, .jitter_ms = 80}, &c);
    assert_int_equal(s.count, PACKETS);
    assert_int_equal(s.out_of_order, 0);
    assert_int_equal(s.shortest_ms, 50);
    assert_int_equal(s.longest_ms, 130);
}

static void some_are_overtaken_and_some_come_twice(void **state)
{
    struct lossy_counts c;
    struct seen s = run(&(struct lossy_opts){.seed = 3, .reorder = 0.1, .duplicate = 0.05}, &c);
    assert_in_range(c.duplicated, PACKETS / 20 * 85 / 100, PACKETS / 20 * 115 / 100);
    assert_in_range(s.out_of_order, PACKETS / 10 * 80 / 100, PACKETS / 10 * 120 / 100);
    assert_int_equal(s.count, PACKETS + c.duplicated);
}

static void the_seed_decides(void **state)
{
    struct lossy_counts c;
    struct lossy_opts o = {
        .seed = 4, .loss = 0.2, .burst = 2, .jitter_ms = 50, .reorder = 0.1, .duplicate = 0.1};
    uint64_t first = run(&o, &c).sum;
    assert_true(first == run(&o, &c).sum);
    o.seed = 5;
    assert_true(first != run(&o, &c).sum);
}

/* ---- UDPTL over it ---- */

struct heard {
    unsigned count, lost, wrong;
    int64_t last;
};

static void on_ifp(void *ctx, struct span ifp, uint16_t seq, enum udptl_source source)
{
    struct heard *h = ctx;
    int64_t n;
    memcpy(&n, ifp.data, sizeof(n));
    h->wrong += n <= h->last || (uint16_t)n != seq || ifp.len < 8;
    h->last = n;
    h->count++;
}

static void on_gap(void *ctx, uint16_t first, unsigned count)
{
    struct heard *h = ctx;
    h->lost += count;
    h->wrong += count == 0;
}

/* redundancy: copies, or PARITY. */
enum { PARITY = 99 };

static struct heard carry(unsigned redundancy, const struct lossy_opts *opts)
{
    struct lossy l;
    struct udptl_sender sender;
    struct udptl_receiver receiver;
    struct heard h = {.last = -1};
    uint8_t packet[LOSSY_PACKET_MAX], ifp[60] = {0};
    size_t len;
    lossy_init(&l, opts);
    if (redundancy == PARITY)
        udptl_sender_init_fec(&sender, 400);
    else
        udptl_sender_init(&sender, redundancy, 400);
    udptl_receiver_init(&receiver, &(const struct udptl_events){on_ifp, on_gap}, &h, 60);
    for (int64_t now = 0; now < (int64_t)PACKETS * SPACING_MS + 1000; now++) {
        int64_t n = now / SPACING_MS;
        if (now % SPACING_MS == 0 && n < PACKETS) {
            memcpy(ifp, &n, sizeof(n));
            assert_true(
                udptl_sender_build(&sender, span_of(ifp, 8 + (size_t)n % 50), packet, sizeof(packet), &len));
            lossy_put(&l, packet, len, now);
        }
        while (lossy_take(&l, now, packet, &len))
            assert_int_equal(udptl_receiver_put(&receiver, span_of(packet, len), now), UDPTL_OK);
        udptl_receiver_tick(&receiver, now);
    }
    udptl_receiver_clear(&receiver);
    udptl_sender_clear(&sender);
    lossy_clear(&l);
    assert_int_equal(h.wrong, 0);
    return h;
}

static void three_copies_make_ten_percent_loss_rare(void **state)
{
    struct lossy_opts o = {.seed = 6, .loss = 0.1, .jitter_ms = 60, .reorder = 0.05, .duplicate = 0.05};
    struct heard with = carry(3, &o), without = carry(0, &o);
    /* Four in a row: 20000 / 10^4 = 2 on average. */
    assert_in_range(with.lost, 0, 10);
    assert_in_range(with.count, PACKETS - 10, PACKETS);
    assert_in_range(without.lost, PACKETS / 10 * 80 / 100, PACKETS / 10 * 120 / 100);
}

static void parity_makes_up_for_as_much_as_three_copies(void **state)
{
    for (unsigned burst = 1; burst <= 3; burst += 2) {
        struct lossy_opts o = {.seed = 7, .loss = 0.1 / burst, .burst = burst, .jitter_ms = 10};
        struct heard parity = carry(PARITY, &o), copies = carry(3, &o);
        assert_true(parity.count > PACKETS * 98 / 100);
        assert_true(parity.lost <= copies.lost);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_are_as_many_and_as_long_as_asked),
        cmocka_unit_test(a_good_network_changes_nothing),
        cmocka_unit_test(delays_stay_in_their_bounds_and_in_order),
        cmocka_unit_test(some_are_overtaken_and_some_come_twice),
        cmocka_unit_test(the_seed_decides),
        cmocka_unit_test(three_copies_make_ten_percent_loss_rare),
        cmocka_unit_test(parity_makes_up_for_as_much_as_three_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
