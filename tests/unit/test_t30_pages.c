/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages of all forms that T.30 knows and we take, and rows that are lost. */
#include "call_pair.h"

#include "bitmap.h"
#include "document.h"

#include <spandsp.h>

/* What we never send ourselves among them: the far side takes each change of form anew (EOM). */
static void pages_of_all_widths_and_resolutions_arrive(void **state)
{
    static const struct page_form forms[] = {
        {PAGE_WIDTH_B4, 60, PAGE_FINE},           {PAGE_WIDTH_A3, 60, PAGE_SUPERFINE},
        {PAGE_WIDTH_A4 / 2 * 3, 60, PAGE_DPI300}, {PAGE_WIDTH_A3 / 2 * 3, 60, PAGE_DPI300},
        {PAGE_WIDTH_A4 * 2, 60, PAGE_DPI400},     {PAGE_WIDTH_A3 * 2, 60, PAGE_DPI400},
        {PAGE_WIDTH_A4, 60, PAGE_STANDARD}};
    struct bitmap bitmaps[ARRAY_LEN(forms)];
    struct buf t6[ARRAY_LEN(forms)];
    struct page pages[ARRAY_LEN(forms)];
    for (unsigned i = 0; i < ARRAY_LEN(forms); i++) {
        bitmaps[i] = bitmap_random(forms[i].width, forms[i].rows, 70 + i);
        pages[i] = bitmap_page(&bitmaps[i], forms[i].resolution, &t6[i]);
    }
    for (int media = PAIR_T38; media <= PAIR_PCMU; media++)
        for (int ecm = 0; ecm < 2; ecm++) {
            const struct pair_opts opts = {.media = (enum pair_media)media,
                                           .pages = pages,
                                           .page_count = ARRAY_LEN(pages),
                                           .ecm = ecm != 0,
                                           .max_rate = 14400};
            struct pair p;
            pair_open(&p, &opts);
            pair_run(&p, 900000);
            for (unsigned i = 0; i < p.receiver.pages; i++)
                assert_int_equal(p.receiver.page[i].form.resolution, forms[i].resolution);
            pair_assert_delivered(&p, &opts);
            pair_close(&p);
        }
    for (unsigned i = 0; i < ARRAY_LEN(forms); i++) {
        bitmap_clear(&bitmaps[i]);
        buf_clear(&t6[i]);
    }
}

static unsigned lost_one_in;

static bool one_of_a_few_image_packets_is_lost(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    bool first_try = p->receiver.pages == 0 && !pair_said(&p->receiver, "RTN");
    bool row = to_receiver && first_try && (data[0] & 0x40) != 0 && pair_is_image(span_of(data, len)) &&
               pair_said(&p->receiver, "CFR");
    return !row || ++p->count % lost_one_in != 0;
}

/* Without ECM rows are lost: a few are put up with, more are said (RTP), and a page of which too much is lost
 * is asked for again (RTN), which behind the last page is another call's work. Both count the page alike. */
static void rows_that_are_lost_without_ecm_are_counted_and_answered(void **state)
{
    static const unsigned one_in[] = {2, 3, 4, 8, 16, 32};
    unsigned taken = 0, poor = 0, asked_again = 0;
    for (size_t i = 0; i < ARRAY_LEN(one_in); i++) {
        struct pair_opts opts = pair_call(PAIR_T38, false, 9600, 1);
        struct pair p;
        pair_open(&p, &opts);
        lost_one_in = one_in[i];
        p.passes = one_of_a_few_image_packets_is_lost;
        pair_run(&p, 300000);
        print_message("one in %u: %s, %u bad rows\n", one_in[i], p.receiver.said,
                      p.receiver.page[0].bad_rows);
        bool again = pair_said(&p.receiver, "RTN");
        taken += !again && p.receiver.page[0].bad_rows > 0;
        asked_again += again;
        poor += pair_said(&p.receiver, "RTP");
        assert_int_equal(p.sender.result.pages, p.receiver.pages);
        assert_int_equal(p.receiver.pages, again ? 0 : 1);
        assert_int_equal(p.sender.result.outcome.verdict, again ? VERDICT_RETRY : VERDICT_DONE);
        pair_close(&p);
    }
    assert_true(taken > 0);
    assert_true(poor > 0);
    assert_true(asked_again > 0);
}

static bool half_of_it_is_lost(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    bool image = to_receiver && (data[0] & 0x40) != 0 && pair_is_image(span_of(data, len)) &&
                 pair_said(&p->receiver, "CFR");
    return !image || ++p->count % 2 != 0;
}

static bool one_of_seven_is_lost(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    bool image = to_receiver && (data[0] & 0x40) != 0 && pair_is_image(span_of(data, len)) &&
                 pair_said(&p->receiver, "CFR");
    return !image || (unsigned)rand_r(&p->count) % 7 != 0;
}

/* T.30 annex A: where frames got through since the last time, the fourth PPR is answered with CTC. */
static void a_block_that_comes_through_bit_by_bit_is_corrected_on(void **state)
{
    struct document long_one;
    document_make(&long_one, 1, 2900, 0, 3);
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 1);
    opts.pages = long_one.pages;
    struct pair p;
    pair_open(&p, &opts);
    p.count = 1;
    p.passes = one_of_seven_is_lost;
    pair_run(&p, 600000);
    print_message("%s| %s| %s\n", p.sender.said, p.receiver.said, p.sender.modems);
    assert_non_null(strstr(p.sender.said, "PPS-EOP PPS-EOP PPS-EOP PPS-EOP CTC PPS-EOP "));
    assert_non_null(strstr(p.receiver.said, "PPR PPR PPR PPR CTR "));
    pair_assert_delivered(&p, &opts);
    pair_close(&p);
    document_clear(&long_one);
}

/* And where none did, with EOR: the block is given up, and the page with it. Our ladder goes down with the
 * next call, and nothing was confirmed. */
static void a_block_that_does_not_come_through_is_given_up(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 1);
    struct pair p;
    pair_open(&p, &opts);
    p.passes = half_of_it_is_lost;
    pair_run(&p, 600000);
    assert_string_equal(p.sender.said, "TSI DCS PPS-EOP PPS-EOP PPS-EOP PPS-EOP EOR-EOP DCN ");
    assert_string_equal(p.receiver.said, "CSI DIS CFR PPR PPR PPR PPR ERR ");
    assert_int_equal(p.sender.result.outcome.verdict, VERDICT_RETRY);
    assert_false(p.sender.result.last_page_uncertain);
    assert_int_equal(p.sender.result.pages + p.receiver.pages, 0);
    pair_close(&p);
}

static void until_said(struct pair *p, const char *words)
{
    for (int64_t end_ms = p->now_ms + 60000; strstr(p->receiver.said, words) == NULL;) {
        assert_true(p->now_ms < end_ms);
        pair_step(p);
    }
}

static void later(struct pair *p, int64_t ms)
{
    for (int64_t end_ms = p->now_ms + ms; p->now_ms < end_ms;)
        pair_step(p);
}

/* All frames of a page, as a sender says them again who has gone down to V.29. */
static void send_frames_on_v29(struct pair *p, struct span t6)
{
    unsigned count = 0;
    for (size_t at = 0; at < t6.len; at += 256, count++) {
        uint8_t frame[260] = {0xFF, 0x03, T4_FCD, (uint8_t)count};
        size_t len = t6.len - at < 256 ? t6.len - at : 256;
        bit_reverse(frame + 4, t6.data + at, (int)len);
        pair_inject_on(p, true, T38_DATA_V29_9600, span_of(frame, sizeof(frame)));
    }
    const uint8_t rcp[] = {0xFF, 0x03, T4_RCP};
    for (int i = 0; i < 3; i++)
        pair_inject_on(p, true, T38_DATA_V29_9600, span_of(rcp, sizeof(rcp)));
    later(p, 500);
    const uint8_t pps[] = {0xFF, 0x13, T30_PPS | 1, T30_EOP | 1, 0, 0, (uint8_t)(count - 1)};
    pair_inject_signal(p, true, T38_IND_V21_PREAMBLE);
    later(p, 1000);
    pair_inject(p, true, false, span_of(pps, sizeof(pps)));
}

/* T.30 annex A: CTC answers the fourth PPR, says the rate from now on, and is answered with CTR. */
static void who_corrects_on_slower_is_followed(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 1);
    struct pair p;
    pair_open(&p, &opts);
    p.passes = half_of_it_is_lost;
    until_said(&p, "PPR PPR PPR PPR ");
    p.passes = NULL;
    session_hang_up(p.sender.session, p.now_ms);
    later(&p, 2500);                                             /* until it is out */
    const uint8_t ctc[] = {0xFF, 0x13, T30_CTC | 1, 0x00, 0x04}; /* V.29, 9600 bit/s */
    pair_inject_signal(&p, true, T38_IND_V21_PREAMBLE);
    later(&p, 1000);
    pair_inject(&p, true, false, span_of(ctc, sizeof(ctc)));
    until_said(&p, "CTR ");
    later(&p, 1500);
    pair_inject_signal(&p, true, T38_IND_V29_9600_TRAINING);
    later(&p, 300);
    send_frames_on_v29(&p, opts.pages[0].t6);
    until_said(&p, "MCF ");
    print_message("%s| %s\n", p.receiver.said, p.receiver.modems);
    assert_int_equal(p.receiver.pages, 1);
    assert_non_null(strstr(p.receiver.modems, "<V.29/9600 "));
    assert_int_equal(p.receiver.page[0].rate, 9600);
    struct page came = {p.receiver.page[0].form, span_of(p.receiver.t6[0], p.receiver.t6_len[0])};
    struct bitmap sent = bitmap_of_page(&opts.pages[0]), got = bitmap_of_page(&came);
    assert_int_equal(got.rows, sent.rows);
    assert_memory_equal(got.pixels, sent.pixels, got.rows * bitmap_row_len(&got));
    bitmap_clear(&sent);
    bitmap_clear(&got);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_of_all_widths_and_resolutions_arrive),
        cmocka_unit_test(who_corrects_on_slower_is_followed),
        cmocka_unit_test(a_block_that_comes_through_bit_by_bit_is_corrected_on),
        cmocka_unit_test(a_block_that_does_not_come_through_is_given_up),
        cmocka_unit_test(rows_that_are_lost_without_ecm_are_counted_and_answered),
    };
    return cmocka_run_group_tests(tests, pair_set_up, pair_tear_down);
}
