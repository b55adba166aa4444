/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "test.h"

#include "t30/jitter.h"

enum { FRAME = 160 }; /* 20 ms */

/* The sample that belongs to a timestamp: a period with no relation to the frame, so any slip shows. */
static uint8_t sample_at(uint32_t timestamp)
{
    return (uint8_t)(timestamp % 251);
}

static void put(struct jitter *j, uint32_t timestamp, size_t len)
{
    uint8_t payload[1000];
    for (size_t i = 0; i < len; i++)
        payload[i] = sample_at(timestamp + (uint32_t)i);
    jitter_put(j, timestamp, span_of(payload, len));
}

/* Takes n samples that have to be those of `first` on; returns how many were missing. */
static size_t take(struct jitter *j, uint32_t first, size_t n)
{
    size_t missing = 0;
    for (size_t at = 0; at < n;) {
        uint8_t run[FRAME];
        bool present;
        size_t most = n - at < FRAME ? n - at : FRAME;
        size_t len = jitter_take(j, run, most, &present);
        assert_in_range(len, 1, most);
        for (size_t i = 0; i < len && present; i++)
            assert_int_equal(run[i], sample_at(first + (uint32_t)(at + i)));
        missing += present ? 0 : len;
        at += len;
    }
    return missing;
}

static void samples_come_out_a_fixed_time_later(void **state)
{
    static struct jitter j;
    const uint32_t start = 0xFFFFF000; /* wraps after 25 frames */
    jitter_init(&j, 60);
    assert_int_equal(take(&j, 0, FRAME), FRAME); /* nothing has come: time does not run yet */
    for (uint32_t n = 0; n < 200; n++) {
        put(&j, start + n * FRAME, FRAME);
        size_t missing = take(&j, start + n * FRAME - 480, FRAME);
        assert_int_equal(missing, n < 3 ? FRAME : 0);
    }
    assert_int_equal(j.counts.missing, 480);
    assert_int_equal(j.counts.restarts, 0);
}

static void order_doubles_and_odd_lengths_do_not_matter(void **state)
{
    static struct jitter j;
    jitter_init(&j, 100);
    static const struct {
        uint32_t at, len;
    } packets[] = {{0, 160}, {400, 80}, {160, 240}, {400, 80}, {640, 160}, {480, 160}, {0, 160}, {800, 333}};
    for (unsigned i = 0; i < sizeof(packets) / sizeof(packets[0]); i++)
        put(&j, packets[i].at, packets[i].len);
    assert_int_equal(take(&j, (uint32_t)-800, 800), 800);
    assert_int_equal(take(&j, 0, 1133), 0);
    assert_int_equal(take(&j, 1133, 100), 100);
    assert_int_equal(j.counts.duplicate, 2);
}

static void a_lost_packet_is_a_hole_of_its_own_length(void **state)
{
    static struct jitter j;
    jitter_init(&j, 0);
    put(&j, 1000, 160);
    put(&j, 1320, 160);
    uint8_t run[1000];
    bool present;
    assert_int_equal(jitter_take(&j, run, 1000, &present), 160);
    assert_true(present);
    assert_int_equal(jitter_take(&j, run, 1000, &present), 160);
    assert_false(present);
    assert_int_equal(jitter_take(&j, run, 1000, &present), 160);
    assert_true(present);
    assert_int_equal(run[0], sample_at(1320));
    assert_int_equal(j.counts.missing, 160);
}

/* No sample moves, whatever the network does within the delay. */
static void jitter_within_the_delay_changes_nothing(void **state)
{
    static struct jitter j;
    static int64_t arrival_ms[2000];
    unsigned seed = 7;
    jitter_init(&j, 100);
    for (unsigned n = 0; n < 2000; n++)
        arrival_ms[n] = (int64_t)n * 20 + (n == 0 ? 0 : rand_r(&seed) % 80);
    uint32_t position = 0;
    bool running = false;
    for (int64_t now = 0; now < 2000 * 20; now++) {
        for (int64_t n = now / 20 > 5 ? now / 20 - 5 : 0; n <= now / 20; n++) {
            if (arrival_ms[n] == now) {
                put(&j, (uint32_t)n * FRAME, FRAME);
                position = running ? position : (uint32_t)-800;
                running = true;
            }
        }
        if (now % 20 == 0 && running) {
            size_t missing = take(&j, position, FRAME);
            assert_int_equal(missing, now < 100 ? FRAME : 0);
            position += FRAME;
        }
    }
    assert_int_equal(j.counts.late, 0);
}

static void too_late_is_dropped_and_no_slip_follows(void **state)
{
    static struct jitter j;
    jitter_init(&j, 20);
    uint32_t position = (uint32_t)-160;
    for (uint32_t n = 0; n < 50; n++) {
        if (n != 10)
            put(&j, n * FRAME, FRAME);
        if (n == 12)
            put(&j, 10 * FRAME, FRAME);
        assert_int_equal(take(&j, position, FRAME), n == 0 || n == 11 ? FRAME : 0);
        position += FRAME;
    }
    assert_int_equal(j.counts.late, 1);
}

static void a_new_stream_needs_two_packets(void **state)
{
    static struct jitter j;
    jitter_init(&j, 20);
    put(&j, 0, FRAME);
    (void)take(&j, (uint32_t)-160, FRAME);
    put(&j, 0x40000000, FRAME);
    put(&j, 0x50000000, FRAME);
    assert_int_equal(j.counts.strayed, 2);
    assert_int_equal(take(&j, 0, FRAME), 0);
    put(&j, 0x50000000 + FRAME, FRAME);
    assert_int_equal(j.counts.restarts, 1);
    put(&j, 0x50000000 + 2 * FRAME, FRAME);
    assert_int_equal(take(&j, 0x50000000, FRAME), FRAME);
    assert_int_equal(take(&j, 0x50000000 + FRAME, 2 * FRAME), 0);
}

static void a_way_that_became_longer_than_the_delay_is_followed(void **state)
{
    static struct jitter j;
    jitter_init(&j, 40);
    uint32_t position = (uint32_t)-320;
    for (uint32_t n = 0; n < 100; n++) {
        put(&j, n * FRAME, FRAME);
        (void)take(&j, position, FRAME);
        position += FRAME;
    }
    (void)take(&j, position, 10 * FRAME); /* 200 ms more on the way */
    for (uint32_t n = 100; n < 112; n++) {
        put(&j, n * FRAME, FRAME);
        bool present;
        uint8_t run[FRAME];
        assert_int_equal(jitter_take(&j, run, FRAME, &present), FRAME);
    }
    assert_int_equal(j.counts.restarts, 1);
    assert_int_equal(j.counts.late, 9);
    assert_int_equal(j.position, 111 * FRAME - 320 + FRAME);
}

static void drift_is_put_right_only_when_asked(void **state)
{
    static struct jitter j;
    jitter_init(&j, 80);
    put(&j, 0, FRAME);
    uint32_t position = (uint32_t)-640;
    /* The far side's clock is 1 % fast: it sends 101 packets while we take 100. */
    for (uint32_t n = 1; n < 300; n++) {
        put(&j, n * FRAME, FRAME);
        if (n % 100 != 0) {
            (void)take(&j, position, FRAME);
            position += FRAME;
        }
    }
    assert_int_equal(j.position, position);
    int moved = jitter_recentre(&j);
    assert_in_range(moved, 1, 3 * FRAME);
    position += (uint32_t)moved;
    assert_int_equal(j.position, position);
    assert_int_equal(jitter_recentre(&j), 0);
    (void)take(&j, position, 2 * FRAME);
    position += 2 * FRAME;

    /* Backward: the delay grows again, silence is put in, no old sample comes back. */
    for (uint32_t n = 300; n < 320; n++) {
        put(&j, n * FRAME - 10 * FRAME, 1); /* known or late: only their margins count */
        (void)take(&j, position, 0);
    }
    int back = jitter_recentre(&j);
    assert_true(back < 0);
    assert_int_equal(take(&j, j.position, (size_t)-back), (size_t)-back);
}

static void what_does_not_fit_is_dropped(void **state)
{
    static struct jitter j;
    static uint8_t big[JITTER_ROOM];
    jitter_init(&j, 5000);
    assert_int_equal(j.delay, JITTER_DELAY_MAX_MS * JITTER_SAMPLES_PER_MS);
    jitter_put(&j, 0, span_of(big, sizeof(big)));
    jitter_put(&j, 0, span_of(big, 0));
    assert_false(j.started);
    put(&j, 0, FRAME);
    for (uint32_t at = FRAME; at < 3 * JITTER_ROOM; at += 2 * FRAME) /* nobody takes */
        put(&j, at, FRAME);
    assert_true(j.counts.strayed > 0);
    assert_int_equal(j.position, (uint32_t)-4000);
}

static void what_is_late_is_waited_for_and_nothing_is_lost(void **state)
{
    static struct jitter j;
    jitter_init(&j, 20);
    assert_false(jitter_wait(&j, FRAME, 1000)); /* nothing has come yet: whom to wait for? */
    put(&j, 0, FRAME);
    assert_int_equal(take(&j, (uint32_t)-160, FRAME), FRAME);
    assert_false(jitter_wait(&j, FRAME, 1000)); /* the next 20 ms are there */
    assert_int_equal(take(&j, 0, FRAME), 0);
    for (int i = 0; i < 5; i++)
        assert_true(jitter_wait(&j, FRAME, 100));
    assert_false(jitter_wait(&j, FRAME, 100));
    for (uint32_t n = 1; n <= 6; n++) /* all at once */
        put(&j, n * FRAME, FRAME);
    assert_false(jitter_wait(&j, FRAME, 1000));
    assert_int_equal(take(&j, FRAME, 6 * FRAME), 0);
    assert_int_equal(j.counts.late, 0);
    assert_int_equal(j.counts.waited, 5 * FRAME);
}

/* A hole with something behind it is a loss, however little is left. */
static void what_is_lost_is_not_waited_for(void **state)
{
    static struct jitter j;
    jitter_init(&j, 0);
    put(&j, 0, FRAME);
    put(&j, 2 * FRAME, FRAME);
    assert_int_equal(take(&j, 0, FRAME), 0);
    assert_false(jitter_wait(&j, FRAME, 1000));
    assert_int_equal(take(&j, FRAME, FRAME), FRAME);
}

static void the_delay_of_waiting_is_taken_back_between_signals(void **state)
{
    static struct jitter j;
    jitter_init(&j, 20);
    for (uint32_t n = 0; n < 20; n++) {
        put(&j, n * FRAME, FRAME);
        (void)take(&j, n * FRAME - FRAME, FRAME);
    }
    (void)take(&j, 19 * FRAME, FRAME);
    for (int i = 0; i < 10; i++)
        assert_true(jitter_wait(&j, FRAME, 1000));
    for (uint32_t n = 20; n < 40; n++) /* from now on all comes in time, and waits 200 ms longer */
        put(&j, n * FRAME, FRAME);
    (void)take(&j, 20 * FRAME, 9 * FRAME);
    uint32_t before = j.position;
    assert_true(jitter_recentre(&j) >= 9 * FRAME);
    assert_true(j.position - before >= 9 * FRAME);
    assert_int_equal(j.waited, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_come_out_a_fixed_time_later),
        cmocka_unit_test(order_doubles_and_odd_lengths_do_not_matter),
        cmocka_unit_test(a_lost_packet_is_a_hole_of_its_own_length),
        cmocka_unit_test(jitter_within_the_delay_changes_nothing),
        cmocka_unit_test(too_late_is_dropped_and_no_slip_follows),
        cmocka_unit_test(a_new_stream_needs_two_packets),
        cmocka_unit_test(a_way_that_became_longer_than_the_delay_is_followed),
        cmocka_unit_test(drift_is_put_right_only_when_asked),
        cmocka_unit_test(what_does_not_fit_is_dropped),
        cmocka_unit_test(what_is_late_is_waited_for_and_nothing_is_lost),
        cmocka_unit_test(what_is_lost_is_not_waited_for),
        cmocka_unit_test(the_delay_of_waiting_is_taken_back_between_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
