/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages that are coded while they come. */
#include <errno.h>

#include "bitmap.h"

#include "t30/page_writer.h"

static void write_in_bands(struct page_writer *w, const struct bitmap *b, uint32_t band)
{
    page_writer_begin(w, b->width, page_y_per_metre(PAGE_FINE));
    for (uint32_t y = 0; y < b->rows; y += band) {
        uint32_t rows = b->rows - y < band ? b->rows - y : band;
        const uint8_t *from = b->pixels + y * bitmap_row_len(b);
        page_writer_rows(w, y > 0 ? from - bitmap_row_len(b) : NULL, from, rows);
    }
    page_writer_end(w);
}

static void a_page_in_bands_is_the_page_at_once(void **state)
{
    static const uint32_t bands[] = {1, 2, 63, 64, 65, 300, 1000};
    struct bitmap b = bitmap_random(PAGE_WIDTH_A4, 300, 11);
    struct buf whole;
    struct page page = bitmap_page(&b, PAGE_FINE, &whole);
    struct page_writer w;
    page_writer_init(&w);
    assert_int_equal(page_writer_check(&w), ENOENT);
    for (size_t i = 0; i < ARRAY_LEN(bands); i++) {
        write_in_bands(&w, &b, bands[i]);
        assert_int_equal(page_writer_check(&w), 0);
        assert_memory_equal(&w.form, &page.form, sizeof(w.form));
        struct page written = {w.form, buf_span(&w.t6)};
        struct bitmap back = bitmap_of_page(&written);
        assert_int_equal(back.rows, b.rows);
        assert_memory_equal(back.pixels, b.pixels, bitmap_row_len(&b) * b.rows);
        bitmap_clear(&back);
    }
    page_writer_begin(&w, b.width, 7700);
    assert_int_equal(page_writer_check(&w), ENOENT); /* the former page is forgotten */
    page_writer_clear(&w);
    buf_clear(&whole);
    bitmap_clear(&b);
}

static void pages_that_are_none_are_refused(void **state)
{
    struct bitmap b = bitmap_random(1000, 20, 12);
    struct page_writer w;
    page_writer_init(&w);
    write_in_bands(&w, &b, 7);
    assert_int_equal(page_writer_check(&w), EPROTO);
    page_writer_begin(&w, PAGE_WIDTH_A4, 7700);
    page_writer_end(&w);
    assert_int_equal(page_writer_check(&w), EPROTO);
    static const uint8_t white[PAGE_WIDTH_A4 / 8 * 1001];
    page_writer_begin(&w, PAGE_WIDTH_A4, 7700);
    for (int i = 0; i < PAGE_ROWS_MAX / 1000 + 1; i++)
        page_writer_rows(&w, i > 0 ? white : NULL, white, 1000);
    page_writer_end(&w);
    assert_int_equal(page_writer_check(&w), EFBIG);
    page_writer_clear(&w);
    bitmap_clear(&b);
}

static void resolutions_of_other_machines_become_the_nearest_of_ours(void **state)
{
    static const struct {
        uint32_t y_per_metre;
        enum page_resolution becomes;
    } cases[] = {{3937, PAGE_STANDARD},   {3850, PAGE_STANDARD},   {7874, PAGE_FINE},
                 {11811, PAGE_SUPERFINE}, {15748, PAGE_SUPERFINE}, {1, PAGE_STANDARD}};
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(page_resolution_nearest(PAGE_WIDTH_A4, cases[i].y_per_metre), cases[i].becomes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_in_bands_is_the_page_at_once),
        cmocka_unit_test(pages_that_are_none_are_refused),
        cmocka_unit_test(resolutions_of_other_machines_become_the_nearest_of_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
