/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whole fax calls between two sessions. */
#include "call_pair.h"

#include "bitmap.h"

enum { PAGES = 3 };

static struct bitmap bitmaps[PAGES];
static struct buf t6[PAGES];
static struct page pages[PAGES];

static int set_up(void **state)
{
    for (unsigned i = 0; i < PAGES; i++) {
        bitmaps[i] = bitmap_random(PAGE_WIDTH_A4, 220 + 40 * i, 7 + i);
        pages[i] = bitmap_page(&bitmaps[i], PAGE_FINE, &t6[i]);
    }
    return 0;
}

static int tear_down(void **state)
{
    for (unsigned i = 0; i < PAGES; i++) {
        bitmap_clear(&bitmaps[i]);
        buf_clear(&t6[i]);
    }
    return 0;
}

static struct pair_opts call(enum pair_media media, bool ecm, uint32_t max_rate, size_t page_count)
{
    return (struct pair_opts){
        .media = media, .pages = pages, .page_count = page_count, .ecm = ecm, .max_rate = max_rate};
}

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
    struct pair_opts opts = call(PAIR_T38, true, 14400, 3);
    send_and_compare(&opts, 14400, CODING_T6);
}

static void t38_without_ecm(void **state)
{
    struct pair_opts opts = call(PAIR_T38, false, 14400, 2);
    send_and_compare(&opts, 14400, CODING_T4_2D);
}

static void t38_without_v17(void **state)
{
    struct pair_opts opts = call(PAIR_T38, true, 9600, 1);
    send_and_compare(&opts, 9600, CODING_T6);
}

static void t38_with_v27ter_only(void **state)
{
    struct pair_opts opts = call(PAIR_T38, true, 4800, 1);
    send_and_compare(&opts, 4800, CODING_T6);
}

static void audio_with_ecm(void **state)
{
    struct pair_opts opts = call(PAIR_PCMU, true, 14400, 2);
    send_and_compare(&opts, 14400, CODING_T6);
}

static void audio_without_ecm(void **state)
{
    struct pair_opts opts = call(PAIR_PCMA, false, 14400, 2);
    send_and_compare(&opts, 14400, CODING_T4_2D);
}

static void audio_without_v17(void **state)
{
    struct pair_opts opts = call(PAIR_PCMA, true, 9600, 1);
    send_and_compare(&opts, 9600, CODING_T6);
}

static void audio_with_v27ter_only(void **state)
{
    struct pair_opts opts = call(PAIR_PCMU, true, 4800, 1);
    send_and_compare(&opts, 4800, CODING_T6);
}

static void resolutions_change_between_pages(void **state)
{
    struct page mixed[3] = {pages[0], pages[1], pages[2]};
    mixed[0].form.resolution = PAGE_STANDARD;
    mixed[2].form.resolution = PAGE_SUPERFINE;
    struct pair_opts opts = call(PAIR_T38, true, 14400, 3);
    opts.pages = mixed;
    send_and_compare(&opts, 14400, CODING_T6);
}

static void a_call_resumes_at_page_2(void **state)
{
    struct pair_opts opts = call(PAIR_T38, true, 14400, 3);
    opts.first = 1;
    send_and_compare(&opts, 14400, CODING_T6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(t38_with_ecm),
        cmocka_unit_test(t38_without_ecm),
        cmocka_unit_test(t38_without_v17),
        cmocka_unit_test(t38_with_v27ter_only),
        cmocka_unit_test(audio_with_ecm),
        cmocka_unit_test(audio_without_ecm),
        cmocka_unit_test(audio_without_v17),
        cmocka_unit_test(audio_with_v27ter_only),
        cmocka_unit_test(resolutions_change_between_pages),
        cmocka_unit_test(a_call_resumes_at_page_2),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
