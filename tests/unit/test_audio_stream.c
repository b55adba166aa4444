/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whole fax calls over G.711 between two processes that are late, or whose clocks run apart. */
#include "call_pair.h"

#include "document.h"
#include "t30/audio_stream.h"

enum { PACKETS = 4096, WAY_MS = 15 };

/* One process with one end of the call. */
struct end {
    struct world *world;
    struct end *far;
    struct pair_side *side;
    struct audio_stream stream;
    uint32_t timestamp;
    int64_t sleeps_until_ms;
    int clock_ppm; /* by how much its clock runs faster than the world's */
    struct {
        int64_t arrives_ms;
        uint32_t timestamp;
        uint8_t octets[AUDIO_STREAM_TICK_SAMPLES];
    } queue[PACKETS]; /* what is on its way to it or lies in its socket */
    unsigned queued, read;
};

struct world {
    struct pair pair;
    struct end ends[2];
    unsigned seed;
    unsigned sleeps_one_in, sleep_most_ms; /* of the beats; 0: never */
};

static struct world w;
static struct document document;

static int set_up(void **state)
{
    document_make(&document, 1, 120, 0, 5);
    return 0;
}

static int tear_down(void **state)
{
    document_clear(&document);
    return 0;
}

static int64_t clock_of(const struct end *e)
{
    return e->world->pair.now_ms + e->world->pair.now_ms * e->clock_ppm / 1000000;
}

static void on_send(void *context, const uint8_t octets[AUDIO_STREAM_TICK_SAMPLES])
{
    struct end *e = context;
    unsigned at = e->far->queued++ % PACKETS;
    e->far->queue[at].arrives_ms = e->world->pair.now_ms + WAY_MS;
    e->far->queue[at].timestamp = e->timestamp;
    memcpy(e->far->queue[at].octets, octets, AUDIO_STREAM_TICK_SAMPLES);
    e->timestamp += AUDIO_STREAM_TICK_SAMPLES;
}

static void open_world(const struct pair_opts *opts)
{
    w = (struct world){.seed = 1};
    pair_open(&w.pair, opts);
    for (int i = 0; i < 2; i++) {
        struct end *e = &w.ends[i];
        *e = (struct end){.world = &w,
                          .far = &w.ends[1 - i],
                          .side = i == 0 ? &w.pair.sender : &w.pair.receiver,
                          .timestamp = (uint32_t)rand_r(&w.seed)};
        audio_stream_begin(&e->stream, e->side->session, on_send, e, clock_of(e));
    }
}

static void beat(struct end *e)
{
    if (w.pair.now_ms < e->sleeps_until_ms || clock_of(e) < e->stream.tick_ms)
        return;
    for (; e->read < e->queued && e->queue[e->read % PACKETS].arrives_ms <= w.pair.now_ms; e->read++)
        audio_stream_put(&e->stream, e->queue[e->read % PACKETS].timestamp,
                         span_of(e->queue[e->read % PACKETS].octets, AUDIO_STREAM_TICK_SAMPLES));
    audio_stream_run(&e->stream, clock_of(e));
    session_run(e->side->session, clock_of(e));
    if (w.sleeps_one_in != 0 && (unsigned)rand_r(&w.seed) % w.sleeps_one_in == 0)
        e->sleeps_until_ms = w.pair.now_ms + (int64_t)((unsigned)rand_r(&w.seed) % w.sleep_most_ms);
}

static void run_world_for(int64_t limit_ms)
{
    int64_t end = w.pair.now_ms + limit_ms;
    for (; (!w.pair.sender.done || !w.pair.receiver.done) && w.pair.now_ms < end; w.pair.now_ms++) {
        beat(&w.ends[0]);
        beat(&w.ends[1]);
        pair_store_due(&w.pair);
    }
}

static void run_world(void)
{
    run_world_for(300000);
}

/* Of the signals of the far side, that is: what one does not listen to one need not wait for. */
static void assert_nothing_went_again(void)
{
    assert_int_equal(w.pair.sender.page[0].frames_resent, 0);
    assert_string_equal(w.pair.sender.said, "TSI DCS PPS-EOP DCN ");
    assert_string_equal(w.pair.receiver.said, "CSI DIS CFR MCF ");
}

static struct pair_opts call(void)
{
    return (struct pair_opts){
        .media = PAIR_PCMA, .pages = document.pages, .page_count = 1, .ecm = true, .max_rate = 14400};
}

static void a_call_between_punctual_processes_misses_nothing_but_the_first_delay(void **state)
{
    struct pair_opts opts = call();
    open_world(&opts);
    run_world();
    pair_assert_delivered(&w.pair, &opts);
    assert_nothing_went_again();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(w.ends[i].stream.jitter.counts.missing,
                         JITTER_DELAY_DEFAULT_MS * JITTER_SAMPLES_PER_MS);
        assert_int_equal(w.ends[i].stream.jitter.counts.waited, 0);
    }
    pair_close(&w.pair);
}

/* Each 20 ms the far process, or ours, may stop for up to 350 ms: longer than what the jitter buffer keeps.
 */
static void processes_that_are_late_lose_no_sample_of_a_signal(void **state)
{
    for (unsigned seed = 1; seed <= 6; seed++) {
        struct pair_opts opts = call();
        open_world(&opts);
        w.seed = seed;
        w.sleeps_one_in = 50;
        w.sleep_most_ms = 350;
        run_world();
        pair_assert_delivered(&w.pair, &opts);
        assert_nothing_went_again();
        assert_true(w.ends[1].stream.jitter.counts.waited > 0);
        pair_close(&w.pair);
    }
}

/* Once for 900 ms, amid the image: longer than any silence is waited for. */
static void a_process_that_stops_within_a_signal_is_waited_for(void **state)
{
    for (int late = 0; late < 2; late++) {
        struct pair_opts opts = call();
        open_world(&opts);
        while (!w.pair.receiver.hears_image) {
            beat(&w.ends[0]);
            beat(&w.ends[1]);
            w.pair.now_ms++;
        }
        w.ends[late].sleeps_until_ms = w.pair.now_ms + 900;
        run_world();
        pair_assert_delivered(&w.pair, &opts);
        assert_nothing_went_again();
        pair_close(&w.pair);
    }
}

/* 2 % is a thousand times what clocks do; an image of 10 s then comes out 200 ms apart. */
static void clocks_that_run_apart_lose_no_sample_of_a_signal(void **state)
{
    for (int i = 0; i < 2; i++) {
        struct pair_opts opts = call();
        open_world(&opts);
        w.ends[i].clock_ppm = -20000;
        w.ends[i].stream.tick_ms = clock_of(&w.ends[i]) + AUDIO_STREAM_TICK_MS;
        run_world();
        pair_assert_delivered(&w.pair, &opts);
        assert_nothing_went_again();
        pair_close(&w.pair);
    }
}

/* What cheap crystals do, over the longest fax that people send: 3 minutes are 18 ms apart then. */
static void thirty_pages_go_through_between_clocks_100_ppm_apart(void **state)
{
    enum { MANY = 30 };
    struct page pages[MANY];
    for (unsigned i = 0; i < MANY; i++)
        pages[i] = document.pages[0];
    for (int ppm = -100; ppm <= 100; ppm += 200) {
        struct pair_opts opts = call();
        opts.pages = pages;
        opts.page_count = MANY;
        open_world(&opts);
        w.ends[0].clock_ppm = ppm;
        w.ends[0].stream.tick_ms = clock_of(&w.ends[0]) + AUDIO_STREAM_TICK_MS;
        run_world_for(3600000);
        pair_assert_delivered(&w.pair, &opts);
        for (unsigned i = 0; i < MANY; i++)
            assert_int_equal(w.pair.sender.page[i].frames_resent, 0);
        pair_close(&w.pair);
    }
}

/* Nothing comes any more: T.30's time must go on, and its timers end the call. */
static void a_far_side_that_falls_silent_is_not_waited_for_without_end(void **state)
{
    struct pair_opts opts = call();
    open_world(&opts);
    while (!w.pair.receiver.hears_image) {
        beat(&w.ends[0]);
        beat(&w.ends[1]);
        w.pair.now_ms++;
    }
    w.ends[0].sleeps_until_ms = INT64_MAX;
    int64_t began_ms = w.pair.now_ms;
    while (!w.pair.receiver.done && w.pair.now_ms < began_ms + 200000) {
        beat(&w.ends[1]);
        w.pair.now_ms++;
    }
    assert_true(w.pair.receiver.done);
    assert_int_equal(w.pair.receiver.pages, 0);
    /* Once within the signal, and once more where the receiver has spoken and listens anew. */
    assert_in_range(w.ends[1].stream.jitter.counts.waited, 1, (1000 + 400) * JITTER_SAMPLES_PER_MS);
    assert_string_equal(w.pair.receiver.result.outcome.code, "t30-no-carrier");
    assert_in_range(w.pair.now_ms - began_ms, 1, 50000);
    pair_close(&w.pair);
}

static void a_process_that_stood_still_sends_on_where_it_was(void **state)
{
    struct pair_opts opts = call();
    open_world(&opts);
    beat(&w.ends[0]);
    uint32_t before = w.ends[0].timestamp;
    w.pair.now_ms += 60000;
    beat(&w.ends[0]);
    assert_int_equal(w.ends[0].timestamp - before, AUDIO_STREAM_TICK_SAMPLES);
    assert_in_range(w.ends[0].stream.skipped_ms, 59900, 60000);
    pair_close(&w.pair);
}

/* --- what the line spoils --- */

static int64_t lost_from_ms, lost_to_ms;

static bool is_not_lost(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    return !to_receiver || p->now_ms < lost_from_ms || p->now_ms >= lost_to_ms;
}

/* Its preamble of 1 s is heard, the frame is not. */
static void a_command_after_a_page_that_is_not_understood_is_waited_for_again(void **state)
{
    for (int ecm = 0; ecm < 2; ecm++) {
        struct pair_opts opts = call();
        opts.ecm = ecm != 0;
        const char *question = ecm ? "PPS-EOP" : "EOP";
        for (int64_t after_ms = 900; after_ms <= 1200; after_ms += 60) {
            struct pair p;
            pair_open(&p, &opts);
            while (strstr(p.sender.said, question) == NULL)
                pair_step(&p);
            lost_from_ms = p.now_ms + after_ms;
            lost_to_ms = lost_from_ms + 160;
            p.passes = is_not_lost;
            pair_run(&p, 300000);
            pair_assert_delivered(&p, &opts);
            assert_string_equal(p.receiver.said, "CSI DIS CFR MCF ");
            pair_close(&p);
        }
    }
}

/* The sender leaves after it: the receiver's call must end all the same. */
static void a_command_that_is_not_understood_and_never_comes_again_ends_the_call(void **state)
{
    struct pair_opts opts = call();
    struct pair p;
    pair_open(&p, &opts);
    while (strstr(p.sender.said, "PPS-EOP") == NULL)
        pair_step(&p);
    lost_from_ms = p.now_ms + 900;
    lost_to_ms = INT64_MAX;
    p.passes = is_not_lost;
    pair_run(&p, 300000);
    assert_int_equal(p.receiver.pages, 0);
    assert_int_equal(p.receiver.result.outcome.verdict, VERDICT_RETRY);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_between_punctual_processes_misses_nothing_but_the_first_delay),
        cmocka_unit_test(processes_that_are_late_lose_no_sample_of_a_signal),
        cmocka_unit_test(a_process_that_stops_within_a_signal_is_waited_for),
        cmocka_unit_test(clocks_that_run_apart_lose_no_sample_of_a_signal),
        cmocka_unit_test(thirty_pages_go_through_between_clocks_100_ppm_apart),
        cmocka_unit_test(a_far_side_that_falls_silent_is_not_waited_for_without_end),
        cmocka_unit_test(a_process_that_stood_still_sends_on_where_it_was),
        cmocka_unit_test(a_command_after_a_page_that_is_not_understood_is_waited_for_again),
        cmocka_unit_test(a_command_that_is_not_understood_and_never_comes_again_ends_the_call),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
