/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whole fax calls between two sessions. */
#include "call_pair.h"

#include "base/str.h"
#include "document.h"

static void send_and_compare(const struct pair_opts *opts, uint32_t rate, enum session_coding coding)
{
    struct pair p;
    pair_open(&p, opts);
    pair_run(&p, 300000);
    pair_assert_delivered(&p, opts);
    assert_int_equal(p.sender.page[0].rate, rate);
    assert_int_equal(p.receiver.page[0].rate, rate);
    assert_int_equal(p.sender.page[0].ecm, opts->ecm);
    assert_int_equal(p.receiver.page[0].ecm, opts->ecm);
    assert_int_equal(p.receiver.page[0].coding, coding);
    assert_string_equal(p.sender.result.far_id, "+39 02 2");
    assert_string_equal(p.receiver.result.far_id, "+49 30 1");
    pair_close(&p);
}

static void t38_with_ecm(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 3);
    send_and_compare(&opts, 14400, CODING_T6);
}

static void t38_without_ecm(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, false, 14400, 2);
    send_and_compare(&opts, 14400, CODING_T4_2D);
}

static void t38_without_v17(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 9600, 1);
    send_and_compare(&opts, 9600, CODING_T6);
}

static void t38_of_a_gateway_without_v17(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 1);
    struct pair p;
    pair_open(&p, &opts);
    p.t38.max_rate = 9600;
    pair_use(&p, PAIR_T38);
    pair_run(&p, 300000);
    pair_assert_delivered(&p, &opts);
    assert_int_equal(p.sender.page[0].rate, 9600);
    pair_close(&p);
}

static void t38_of_all_versions(void **state)
{
    for (unsigned version = 0; version <= 3; version++) {
        for (int ecm = 0; ecm < 2; ecm++) {
            struct pair_opts opts = pair_call(PAIR_T38, ecm, 14400, 1);
            struct pair p;
            pair_open(&p, &opts);
            p.t38.version = version;
            pair_use(&p, PAIR_T38);
            pair_run(&p, 300000);
            pair_assert_delivered(&p, &opts);
            pair_close(&p);
        }
    }
}

static void t38_without_pace(void **state)
{
    int64_t paced_ms = 0;
    for (int i = 0; i < 4; i++) {
        struct pair_opts opts = pair_call(PAIR_T38, i < 2, 14400, 3);
        struct pair p;
        pair_open(&p, &opts);
        p.t38.unpaced = i % 2;
        p.delay_ms = 1;
        pair_use(&p, PAIR_T38);
        int64_t began = p.now_ms;
        pair_run(&p, 300000);
        pair_assert_delivered(&p, &opts);
        if (i % 2 == 0)
            paced_ms = p.now_ms - began;
        else
            assert_true((p.now_ms - began) * 20 < paced_ms);
        pair_close(&p);
    }
}

static void t38_with_v27ter_only(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 4800, 1);
    send_and_compare(&opts, 4800, CODING_T6);
}

static void audio_with_ecm(void **state)
{
    struct pair_opts opts = pair_call(PAIR_PCMU, true, 14400, 2);
    send_and_compare(&opts, 14400, CODING_T6);
}

static void audio_without_ecm(void **state)
{
    struct pair_opts opts = pair_call(PAIR_PCMA, false, 14400, 2);
    send_and_compare(&opts, 14400, CODING_T4_2D);
}

static void audio_without_v17(void **state)
{
    struct pair_opts opts = pair_call(PAIR_PCMA, true, 9600, 1);
    send_and_compare(&opts, 9600, CODING_T6);
}

static void audio_with_v27ter_only(void **state)
{
    struct pair_opts opts = pair_call(PAIR_PCMU, true, 4800, 1);
    send_and_compare(&opts, 4800, CODING_T6);
}

/* Octets catch up with their time, silence and preambles do not: pair checks that. */
static void a_process_that_sleeps_cuts_no_preamble(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 2);
    for (int64_t awake_ms = 200; awake_ms < 1200; awake_ms += 70) {
        struct pair p;
        pair_open(&p, &opts);
        for (int64_t sleep_ms = p.now_ms; !p.sender.done || !p.receiver.done; pair_step(&p)) {
            if (p.now_ms < sleep_ms)
                continue;
            p.now_ms += 300;
            sleep_ms = p.now_ms + awake_ms;
        }
        pair_assert_delivered(&p, &opts);
        pair_close(&p);
    }
}

static void resolutions_change_between_pages(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 3);
    struct page mixed[3] = {opts.pages[0], opts.pages[1], opts.pages[2]};
    mixed[0].form.resolution = PAGE_STANDARD;
    mixed[2].form.resolution = PAGE_SUPERFINE;
    opts.pages = mixed;
    send_and_compare(&opts, 14400, CODING_T6);
}

static void a_call_resumes_at_page_2(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 3);
    opts.first = 1;
    send_and_compare(&opts, 14400, CODING_T6);
}

/* proves: D8 */
static void a_blocked_machine_is_sent_away_before_its_page(void **state)
{
    for (int media = PAIR_T38; media <= PAIR_PCMU; media++) {
        struct pair_opts opts = pair_call((enum pair_media)media, true, 14400, 1);
        opts.blocked = "0501* +49301";
        struct pair p;
        pair_open(&p, &opts);
        pair_run(&p, 300000);
        assert_string_equal(p.receiver.result.outcome.code, "station-blocked");
        assert_int_equal(p.receiver.pages, 0);
        assert_int_equal(p.sender.result.pages, 0);
        assert_null(strstr(p.receiver.said, "CFR"));
        pair_close(&p);
        opts.blocked = "+49302 anonymous";
        pair_open(&p, &opts);
        pair_run(&p, 300000);
        pair_assert_delivered(&p, &opts);
        pair_close(&p);
    }
}

static void modems_are_in_the_trace(void **state)
{
    struct pair_opts opts = pair_call(PAIR_PCMU, true, 14400, 1);
    struct pair p;
    pair_open(&p, &opts);
    pair_run(&p, 300000);
    pair_assert_delivered(&p, &opts);
    assert_string_equal(p.sender.modems, ">V.17/14400 >V.17/14400 "); /* training, page */
    assert_string_equal(p.receiver.modems, "<V.17/14400 <V.17/14400 ");
    pair_close(&p);
    for (int ecm = 0; ecm < 2; ecm++) {
        opts = pair_call(PAIR_T38, ecm, 4800, 1);
        pair_open(&p, &opts);
        pair_run(&p, 300000);
        assert_string_equal(p.sender.modems, ">V.27ter/4800 >V.27ter/4800 ");
        assert_string_equal(p.receiver.modems, "<V.27ter/4800 <V.27ter/4800 ");
        pair_close(&p);
    }
}

/* --- the way from audio to T.38 --- */

static void run_until_wanted(struct pair *p, const struct pair_side *side)
{
    for (int i = 0; i < 1000 && !side->wants_t38; i++)
        pair_step(p);
    assert_true(side->wants_t38);
}

static void an_answered_audio_call_wants_t38_at_once(void **state)
{
    struct pair_opts opts = pair_call(PAIR_PCMA, true, 14400, 1);
    struct pair p;
    pair_open(&p, &opts);
    run_until_wanted(&p, &p.receiver);
    assert_true(p.now_ms < 1100);
    assert_false(p.sender.wants_t38);
    pair_use(&p, PAIR_T38);
    pair_run(&p, 300000);
    pair_assert_delivered(&p, &opts);
    pair_close(&p);
}

static void a_calling_audio_call_wants_t38_when_it_hears_a_fax(void **state)
{
    struct pair_opts opts = pair_call(PAIR_PCMA, true, 14400, 2);
    struct pair p;
    pair_open(&p, &opts);
    run_until_wanted(&p, &p.sender);
    assert_true(p.now_ms > 3000); /* CED takes 2.6 s and more */
    assert_null(strstr(p.sender.said, "DCS"));
    pair_use(&p, PAIR_T38);
    pair_run(&p, 300000);
    pair_assert_delivered(&p, &opts);
    pair_close(&p);
}

/* The far side's re-INVITE may come at any moment until the training is confirmed. */
static void t38_that_comes_late_is_taken_at_any_moment_before_a_page(void **state)
{
    enum { STEP_MS = 150 };
    unsigned moments = 0;
    for (bool confirmed = false; !confirmed; moments++) {
        struct pair_opts opts = pair_call(PAIR_PCMA, true, 14400, 1);
        struct pair p;
        pair_open(&p, &opts);
        int64_t at_ms = p.now_ms + (int64_t)moments * STEP_MS;
        while (p.now_ms < at_ms && !confirmed) {
            pair_step(&p);
            confirmed = pair_said(&p.receiver, "CFR");
        }
        pair_use(&p, PAIR_T38);
        pair_run(&p, 300000);
        pair_assert_delivered(&p, &opts);
        pair_close(&p);
    }
    assert_true(moments > 40); /* DIS, DCS and TCF take longer than 6 s */
}

static void media_changed_after_a_page_goes_on_with_the_next(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 3);
    struct pair p;
    pair_open(&p, &opts);
    while (p.sender.pages < 1)
        pair_step(&p);
    pair_use(&p, PAIR_PCMU);
    pair_run(&p, 300000);
    pair_assert_delivered(&p, &opts);
    pair_close(&p);
}

/* --- how calls end --- */

static void hang_up(struct pair *p)
{
    session_hang_up(p->sender.session, p->now_ms);
    session_hang_up(p->receiver.session, p->now_ms);
}

static void hanging_up_in_a_page_confirms_nothing(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 1);
    struct pair p;
    pair_open(&p, &opts);
    while (!pair_said(&p.receiver, "CFR"))
        pair_step(&p);
    hang_up(&p);
    assert_true(p.sender.done && p.receiver.done);
    assert_string_equal(p.sender.result.outcome.code, "call-hung-up");
    assert_int_equal(p.sender.result.outcome.verdict, VERDICT_RETRY);
    assert_int_equal(p.sender.result.pages, 0);
    assert_false(p.sender.result.last_page_uncertain);
    pair_close(&p);
}

static bool confirmations_are_lost(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    return to_receiver || p->receiver.pages == 0;
}

/* proves: D5 */
static void a_lost_last_confirmation_leaves_the_outcome_unknown(void **state)
{
    for (int i = 0; i < 2; i++) {
        struct pair_opts opts = pair_call(PAIR_T38, i == 0, 14400, 1);
        struct pair p;
        pair_open(&p, &opts);
        p.passes = confirmations_are_lost;
        pair_run(&p, 300000);
        assert_int_equal(p.receiver.result.outcome.verdict, VERDICT_DONE);
        assert_int_equal(p.sender.result.pages, 0);
        assert_true(p.sender.result.last_page_uncertain);
        assert_int_not_equal(p.sender.result.outcome.verdict, VERDICT_DONE);
        pair_close(&p);
    }
}

static bool first_page_confirmation_is_lost(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    return to_receiver || p->receiver.pages < 1;
}

static void a_lost_confirmation_of_an_earlier_page_is_simply_not_one(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 2);
    struct pair p;
    pair_open(&p, &opts);
    p.passes = first_page_confirmation_is_lost;
    pair_run(&p, 300000);
    assert_int_equal(p.sender.result.pages, 0);
    assert_false(p.sender.result.last_page_uncertain);
    assert_int_equal(p.receiver.result.pages, 1);
    pair_close(&p);
}

/* proves: D5 */
static void success_is_the_confirmation_not_the_hang_up(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 1);
    struct pair p;
    pair_open(&p, &opts);
    while (p.sender.pages < 1)
        pair_step(&p);
    hang_up(&p); /* before DCN */
    pair_assert_delivered(&p, &opts);
    pair_close(&p);
}

static bool some_image_packets_are_lost(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    if (!to_receiver || !p->receiver.hears_image || !pair_is_image(span_of(data, len)))
        return true;
    return ++p->count > 40 || p->count % 6 != 0;
}

static void ecm_repairs_lost_image_packets(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 3);
    struct pair p;
    pair_open(&p, &opts);
    p.passes = some_image_packets_are_lost;
    pair_run(&p, 300000);
    pair_assert_delivered(&p, &opts);
    assert_true(pair_said(&p.receiver, "PPR"));
    assert_true(p.receiver.page[0].frames_resent > 0);
    pair_close(&p);
}

/* --- pages of all kinds --- */

static void send_page(const struct bitmap *b, bool unpaced)
{
    struct buf t6;
    struct page page = bitmap_page(b, PAGE_FINE, &t6);
    struct pair_opts opts = {
        .media = PAIR_T38, .pages = &page, .page_count = 1, .ecm = true, .max_rate = 14400};
    struct pair p;
    pair_open(&p, &opts);
    p.t38.unpaced = unpaced;
    pair_use(&p, PAIR_T38);
    pair_run(&p, 3600000);
    pair_assert_delivered(&p, &opts);
    pair_close(&p);
    buf_clear(&t6);
}

static void a_fax_of_six_hundred_pages_is_sent_whole(void **state)
{
    enum { MANY = 600 };
    struct document shorts;
    struct page pages[MANY];
    document_make(&shorts, DOCUMENT_PAGES, 60, 10, 9);
    for (unsigned i = 0; i < MANY; i++)
        pages[i] = shorts.pages[i % DOCUMENT_PAGES];
    struct pair_opts opts = {
        .media = PAIR_T38, .pages = pages, .page_count = MANY, .ecm = true, .max_rate = 14400};
    struct pair p;
    pair_open(&p, &opts);
    pair_run(&p, 4 * 3600000LL);
    pair_assert_delivered(&p, &opts);
    pair_close(&p);
    document_clear(&shorts);
}

static void a_blank_page_and_one_of_three_metres_arrive(void **state)
{
    enum { THREE_METRES = 3 * 7700 };
    struct bitmap blank = {PAGE_WIDTH_A4, 2200, mem_zalloc(PAGE_WIDTH_A4 / 8 * 2200)};
    struct bitmap strip = bitmap_random(PAGE_WIDTH_A4, THREE_METRES, 3);
    send_page(&blank, false);
    send_page(&strip, false);
    bitmap_clear(&blank);
    bitmap_clear(&strip);
}

/* The worst that T.6 can be asked to code: larger than the picture. */
static void a_page_of_alternating_pixels_arrives(void **state)
{
    struct bitmap b = {PAGE_WIDTH_A4, 2200, mem_zalloc(PAGE_WIDTH_A4 / 8 * 2200)};
    for (uint32_t i = 0; i < PAGE_WIDTH_A4 / 8 * b.rows; i++)
        b.pixels[i] = i / (PAGE_WIDTH_A4 / 8) % 2 ? 0x55 : 0xAA;
    send_page(&b, false);
    send_page(&b, true);
    bitmap_clear(&b);
}

static bool now_and_then_20_ms_are_lost(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    return ++p->count % 401 != 0;
}

static unsigned lost_of_ten_thousand;

static bool some_are_lost(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    return (unsigned)rand_r(&p->count) % 10000 >= lost_of_ten_thousand;
}

/* How many of 30 calls over G.711 bring both pages? */
static unsigned calls_through(unsigned lost)
{
    unsigned good = 0;
    lost_of_ten_thousand = lost;
    for (unsigned seed = 1; seed <= 30; seed++) {
        struct pair_opts opts = pair_call(PAIR_PCMA, true, 14400, 2);
        struct pair p;
        pair_open(&p, &opts);
        p.count = seed;
        p.passes = some_are_lost;
        pair_run(&p, 1200000);
        bool done = p.sender.result.outcome.verdict == VERDICT_DONE && p.receiver.pages == 2;
        good += done;
        if (!done && getenv("PAIR_WHY"))
            fprintf(stderr, "%u of 10000, seed %u: %s: %s\n  S %s\n  %s\n  R %s\n  %s\n", lost, seed,
                    p.sender.result.outcome.code, p.receiver.result.outcome.code, p.sender.said,
                    p.sender.modems, p.receiver.said, p.receiver.modems);
        pair_close(&p);
    }
    print_message("%u of 30 calls with %u of 10000 frames lost\n", good, lost);
    return good;
}

static void audio_calls_survive_one_packet_in_a_thousand(void **state)
{
    assert_in_range(calls_through(10), 29, 30);
    assert_in_range(calls_through(50), 26, 30);
}

static bool first_training_is_lost(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    bool training = to_receiver && str_equal(p->sender.modems, ">V.17/14400 ");
    p->count += training;
    return !training || p->count < 10 || p->count > 15; /* 120 ms, amid what the modem trains to */
}

/* libspandsp said nothing, and hung up when the sender said its DCS again. */
static void a_training_check_that_is_lost_is_asked_for_again(void **state)
{
    struct pair_opts opts = pair_call(PAIR_PCMA, true, 14400, 1);
    struct pair p;
    pair_open(&p, &opts);
    p.passes = first_training_is_lost;
    pair_run(&p, 300000);
    assert_true(pair_said(&p.receiver, "FTT"));
    pair_assert_delivered(&p, &opts);
    pair_close(&p);
}

static void audio_with_ecm_survives_lost_packets(void **state)
{
    struct pair_opts opts = pair_call(PAIR_PCMU, true, 9600, 2);
    struct pair p;
    pair_open(&p, &opts);
    p.passes = now_and_then_20_ms_are_lost;
    pair_run(&p, 600000);
    pair_assert_delivered(&p, &opts);
    pair_close(&p);
}

static void nobody_is_there(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 1);
    struct pair p;
    pair_open(&p, &opts);
    while (!p.sender.done && p.now_ms < 200000)
        session_run(p.sender.session, p.now_ms += 100);
    assert_true(p.sender.done);
    assert_string_equal(p.sender.result.outcome.code, "t30-no-fax-tone");
    assert_int_equal(p.sender.result.outcome.verdict, VERDICT_RETRY);
    pair_close(&p);
}

static void cancelling_ends_the_call(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 1);
    struct pair p;
    pair_open(&p, &opts);
    session_cancel(p.sender.session, p.now_ms);
    assert_true(p.sender.done);
    assert_string_equal(p.sender.result.outcome.code, "cancelled");
    pair_close(&p);
}

static void progress_is_told(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 2);
    struct pair p;
    struct session_progress progress;
    pair_open(&p, &opts);
    session_progress(p.sender.session, &progress);
    assert_string_equal(progress.phase, "connecting");
    unsigned last = 0;
    while (p.sender.pages < 1) {
        pair_step(&p);
        session_progress(p.sender.session, &progress);
        if (p.sender.pages == 0) {
            assert_true(progress.percent >= last || progress.percent == 0);
            last = progress.percent;
        }
    }
    assert_true(last > 50);
    assert_int_equal(progress.page, 2);
    assert_int_equal(progress.pages, 1);
    assert_int_equal(progress.rate, 14400);
    assert_string_equal(progress.far_id, "+39 02 2");
    pair_run(&p, 300000);
    session_progress(p.sender.session, &progress);
    assert_string_equal(progress.phase, "done");
    pair_close(&p);
}

/* --- hostile senders --- */

static void a_station_id_is_made_printable(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 1);
    struct pair p;
    struct session_progress progress;
    pair_open(&p, &opts);
    while (!pair_said(&p.receiver, "DIS") || !p.receiver.between_frames)
        pair_step(&p);
    /* Backwards, as T.30 sends it: ESC, "[2J", a byte that is no UTF-8, "Eve". */
    static const uint8_t tsi[] = {0xFF, 0x03, 0x43, 'e', 'v', 'E', 0xFF, 'J', '2', '[', 0x1B};
    pair_inject(&p, true, false, span_of(tsi, sizeof(tsi)));
    int64_t until = p.now_ms + 300;
    while (p.now_ms < until)
        pair_step(&p);
    session_progress(p.receiver.session, &progress);
    assert_string_equal(progress.far_id, "?[2J?Eve");
    pair_close(&p);
}

/* T.6: a row like the one above is one bit, so one FCD frame is 2048 rows (T.6 §2.2.3). */
static void a_page_of_nothing_but_rows_ends_its_own_call(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 1);
    struct pair p;
    uint8_t frame[260] = {0xFF, 0x03, 0x06};
    memset(frame + 4, 0xFF, 256);
    pair_open(&p, &opts);
    while (!p.receiver.hears_image || !p.sender.between_frames)
        pair_step(&p);
    for (unsigned i = 0; i < 17; i++) {
        frame[3] = (uint8_t)i;
        pair_inject(&p, true, true, span_of(frame, sizeof(frame)));
    }
    /* The block is 17 frames long and the last of the page. */
    static const uint8_t pps[] = {0xFF, 0x13, 0xBF, 0x2F, 0, 0, 16};
    pair_inject(&p, true, true, span_of(pps, sizeof(pps)));
    pair_run(&p, 300000);
    assert_string_equal(p.receiver.result.outcome.code, "page-too-large");
    assert_int_equal(p.receiver.result.pages, 0);
    pair_close(&p);
}

static void a_call_where_nothing_moves_is_ended(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 1);
    struct pair p;
    pair_open(&p, &opts);
    while (!pair_said(&p.receiver, "CFR"))
        pair_step(&p);
    /* A carrier that never ends: each repeat of a bad frame resets T.30's timers. */
    for (int i = 0; i < 400 && !p.receiver.done; i++) {
        static const uint8_t noise[] = {0xC0, 1, 0x80, 0, 0, 0x12};
        session_receive(p.receiver.session, p.now_ms += 1000, span_of(noise, sizeof(noise)),
                        (uint16_t)(20000 + i));
        session_run(p.receiver.session, p.now_ms);
    }
    assert_true(p.receiver.done);
    assert_string_equal(p.receiver.result.outcome.code, "call-stuck");
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blocked_machine_is_sent_away_before_its_page),
        cmocka_unit_test(modems_are_in_the_trace),
        cmocka_unit_test(t38_with_ecm),
        cmocka_unit_test(t38_without_ecm),
        cmocka_unit_test(t38_without_v17),
        cmocka_unit_test(t38_of_a_gateway_without_v17),
        cmocka_unit_test(t38_of_all_versions),
        cmocka_unit_test(t38_without_pace),
        cmocka_unit_test(t38_with_v27ter_only),
        cmocka_unit_test(audio_with_ecm),
        cmocka_unit_test(audio_without_ecm),
        cmocka_unit_test(audio_without_v17),
        cmocka_unit_test(audio_with_v27ter_only),
        cmocka_unit_test(a_process_that_sleeps_cuts_no_preamble),
        cmocka_unit_test(resolutions_change_between_pages),
        cmocka_unit_test(a_call_resumes_at_page_2),
        cmocka_unit_test(an_answered_audio_call_wants_t38_at_once),
        cmocka_unit_test(a_calling_audio_call_wants_t38_when_it_hears_a_fax),
        cmocka_unit_test(t38_that_comes_late_is_taken_at_any_moment_before_a_page),
        cmocka_unit_test(media_changed_after_a_page_goes_on_with_the_next),
        cmocka_unit_test(hanging_up_in_a_page_confirms_nothing),
        cmocka_unit_test(a_lost_last_confirmation_leaves_the_outcome_unknown),
        cmocka_unit_test(a_lost_confirmation_of_an_earlier_page_is_simply_not_one),
        cmocka_unit_test(success_is_the_confirmation_not_the_hang_up),
        cmocka_unit_test(ecm_repairs_lost_image_packets),
        cmocka_unit_test(a_fax_of_six_hundred_pages_is_sent_whole),
        cmocka_unit_test(a_blank_page_and_one_of_three_metres_arrive),
        cmocka_unit_test(a_page_of_alternating_pixels_arrives),
        cmocka_unit_test(a_training_check_that_is_lost_is_asked_for_again),
        cmocka_unit_test(audio_calls_survive_one_packet_in_a_thousand),
        cmocka_unit_test(audio_with_ecm_survives_lost_packets),
        cmocka_unit_test(nobody_is_there),
        cmocka_unit_test(cancelling_ends_the_call),
        cmocka_unit_test(progress_is_told),
        cmocka_unit_test(a_station_id_is_made_printable),
        cmocka_unit_test(a_page_of_nothing_but_rows_ends_its_own_call),
        cmocka_unit_test(a_call_where_nothing_moves_is_ended),
    };
    return cmocka_run_group_tests(tests, pair_set_up, pair_tear_down);
}
