/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "bitmap.h"

#include <spandsp.h>

#include "base/fd.h"
#include "base/scope.h"

enum { PAGES = 3 };

struct fixture {
    struct bitmap bitmaps[PAGES];
    struct buf t6[PAGES];
    struct page pages[PAGES];
};

static int set_up(void **state)
{
    static struct fixture f;
    static const enum page_resolution resolutions[PAGES] = {PAGE_FINE, PAGE_STANDARD, PAGE_SUPERFINE};
    for (unsigned i = 0; i < PAGES; i++) {
        f.bitmaps[i] = bitmap_random(PAGE_WIDTH_A4, 300 + i * 100, i + 1);
        f.pages[i] = bitmap_page(&f.bitmaps[i], resolutions[i], &f.t6[i]);
    }
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < PAGES; i++) {
        bitmap_clear(&f->bitmaps[i]);
        buf_clear(&f->t6[i]);
    }
    return 0;
}

static void assert_same_picture(const struct bitmap *a, const struct bitmap *b)
{
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->rows, b->rows);
    assert_memory_equal(a->pixels, b->pixels, bitmap_row_len(a) * a->rows);
}

/* Directory i of a TIFF is page n of ours. */
static void assert_page_in(int fd, uint16_t i, const struct fixture *f, unsigned n)
{
    float y_per_cm;
    struct bitmap b = bitmap_of_tiff(fd, i, &y_per_cm);
    assert_same_picture(&b, &f->bitmaps[n]);
    assert_int_equal(page_resolution_nearest(f->pages[n].form.width, (uint32_t)(y_per_cm * 100 + 0.5F)),
                     f->pages[n].form.resolution);
    bitmap_clear(&b);
}

static void libtiff_reads_the_pages_we_write(void **state)
{
    struct fixture *f = *state;
    SCOPED_FD int fd = page_file_make(f->pages, PAGES);
    assert_true(fd >= 0);
    for (uint16_t i = 0; i < PAGES; i++)
        assert_page_in(fd, i, f, i);
}

/* One page through libspandsp's transmitter and receiver, without modems: what T.30 would do with our files.
 */
static void pass_page(t4_tx_state_t *tx, t4_rx_state_t *rx, int coding)
{
    assert_int_equal(t4_tx_start_page(tx), 0);
    t4_rx_set_rx_encoding(rx, coding);
    t4_rx_set_image_width(rx, t4_tx_get_image_width(tx));
    t4_rx_set_x_resolution(rx, t4_tx_get_x_resolution(tx));
    t4_rx_set_y_resolution(rx, t4_tx_get_y_resolution(tx));
    assert_int_equal(t4_rx_start_page(rx), 0);
    uint8_t chunk[256];
    for (int len = sizeof(chunk); len == (int)sizeof(chunk);) {
        len = t4_tx_get_chunk(tx, chunk, sizeof(chunk));
        if (len > 0 && t4_rx_put_chunk(rx, chunk, len))
            break;
    }
    assert_int_equal(t4_rx_end_page(rx), 0);
    assert_int_equal(t4_tx_end_page(tx), 0);
}

static void libspandsp_sends_and_receives_in_memory_files(void **state)
{
    struct fixture *f = *state;
    static const int codings[] = {T4_COMPRESSION_ITU_T4_1D, T4_COMPRESSION_ITU_T4_2D, T4_COMPRESSION_ITU_T6};
    for (unsigned c = 0; c < ARRAY_LEN(codings); c++) {
        SCOPED_FD int from = page_file_make(f->pages, PAGES);
        SCOPED_FD int to = page_file_empty();
        char path[PAGE_FILE_PATH_LEN];
        page_file_path(from, path);
        t4_tx_state_t *tx = t4_tx_init(NULL, path, -1, -1);
        assert_non_null(tx);
        page_file_path(to, path);
        t4_rx_state_t *rx = t4_rx_init(NULL, path, T4_COMPRESSION_ITU_T6);
        assert_non_null(rx);
        assert_int_equal(t4_tx_get_pages_in_file(tx), PAGES);
        t4_tx_set_tx_encoding(tx, codings[c]);
        for (unsigned i = 0; i < PAGES; i++) {
            pass_page(tx, rx, codings[c]);
        }
        t4_tx_free(tx);
        t4_rx_free(rx);
        for (uint16_t i = 0; i < PAGES; i++)
            assert_page_in(to, i, f, i);
    }
}

static void sending_can_begin_at_a_later_page(void **state)
{
    struct fixture *f = *state;
    SCOPED_FD int from = page_file_make(f->pages, PAGES);
    SCOPED_FD int to = page_file_empty();
    char path[PAGE_FILE_PATH_LEN];
    page_file_path(from, path);
    t4_tx_state_t *tx = t4_tx_init(NULL, path, 2, 2);
    page_file_path(to, path);
    t4_rx_state_t *rx = t4_rx_init(NULL, path, T4_COMPRESSION_ITU_T6);
    t4_tx_set_tx_encoding(tx, T4_COMPRESSION_ITU_T6);
    pass_page(tx, rx, T4_COMPRESSION_ITU_T6);
    t4_tx_free(tx);
    t4_rx_free(rx);
    assert_page_in(to, 0, f, 2);
}

static void pages_that_are_none_are_refused(void **state)
{
    struct fixture *f = *state;
    struct page page = f->pages[0];
    assert_int_equal(page_file_make(&page, 0), -1);
    page.t6.len = 0;
    assert_int_equal(page_file_make(&page, 1), -1);
    assert_int_equal(errno, EINVAL);
    page = f->pages[0];
    page.form.width = 5;
    assert_int_equal(page_file_make(&page, 1), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libtiff_reads_the_pages_we_write),
        cmocka_unit_test(libspandsp_sends_and_receives_in_memory_files),
        cmocka_unit_test(sending_can_begin_at_a_later_page),
        cmocka_unit_test(pages_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
