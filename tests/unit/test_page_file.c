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

static void libtiff_reads_the_pages_we_write(void **state)
{
    struct fixture *f = *state;
    SCOPED_FD int fd = page_file_make(f->pages, PAGES);
    assert_true(fd >= 0);
    for (uint16_t i = 0; i < PAGES; i++) {
        float y_per_cm;
        struct bitmap b = bitmap_of_tiff(fd, i, &y_per_cm);
        assert_same_picture(&b, &f->bitmaps[i]);
        assert_int_equal((int)(y_per_cm * 100 + 0.5F), page_y_per_metre(f->pages[i].form.resolution));
        bitmap_clear(&b);
    }
}

static void our_own_file_reads_back_byte_for_byte(void **state)
{
    struct fixture *f = *state;
    SCOPED_FD int fd = page_file_make(f->pages, PAGES);
    for (unsigned i = 0; i < PAGES; i++) {
        SCOPED_BUF struct buf t6;
        struct page_form form;
        buf_init(&t6, PAGE_BYTES_MAX);
        assert_int_equal(page_file_take(fd, i, &t6, &form), 0);
        assert_memory_equal(&form, &f->pages[i].form, sizeof(form));
        assert_true(span_equal(buf_span(&t6), f->pages[i].t6));
    }
    SCOPED_BUF struct buf t6;
    struct page_form form;
    buf_init(&t6, 100);
    assert_int_equal(page_file_take(fd, PAGES, &t6, &form), ENOENT);
    assert_int_equal(page_file_take(fd, 0, &t6, &form), EFBIG);
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
            SCOPED_BUF struct buf t6;
            struct page_form form;
            buf_init(&t6, PAGE_BYTES_MAX);
            assert_int_equal(page_file_take(to, i, &t6, &form), ENOENT);
            pass_page(tx, rx, codings[c]);
            /* The page is there while libspandsp keeps the file open. */
            assert_int_equal(page_file_take(to, i, &t6, &form), 0);
            assert_memory_equal(&form, &f->pages[i].form, sizeof(form));
            struct page page = {form, buf_span(&t6)};
            struct bitmap b = bitmap_of_page(&page);
            assert_same_picture(&b, &f->bitmaps[i]);
            bitmap_clear(&b);
        }
        t4_tx_free(tx);
        t4_rx_free(rx);
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
    SCOPED_BUF struct buf t6;
    struct page_form form;
    buf_init(&t6, PAGE_BYTES_MAX);
    assert_int_equal(page_file_take(to, 0, &t6, &form), 0);
    assert_memory_equal(&form, &f->pages[2].form, sizeof(form));
    t4_tx_free(tx);
    t4_rx_free(rx);
}

static int file_with(const struct span *data)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, *data), 0);
    return fd;
}

static void no_damage_is_read_as_a_page_or_read_too_far(void **state)
{
    struct fixture *f = *state;
    SCOPED_FD int good = page_file_make(f->pages, PAGES);
    SCOPED_BUF struct buf file;
    buf_init(&file, 1 << 20);
    assert_int_equal(lseek(good, 0, SEEK_SET), 0);
    assert_int_equal(fd_read_rest(good, &file), 0);
    struct page_form form;
    /* Cut anywhere: an error or a page that is whole, never more. */
    for (size_t len = 0; len < file.len; len += 37) {
        struct span cut = span_of(file.data, len);
        SCOPED_FD int fd = file_with(&cut);
        SCOPED_BUF struct buf t6;
        buf_init(&t6, PAGE_BYTES_MAX);
        int error = page_file_take(fd, 2, &t6, &form);
        assert_true(error == ENOENT || error == EPROTO);
        assert_int_equal(t6.len, 0);
    }
    /* Each octet of the last directory, turned over. */
    for (size_t at = file.len - 214; at < file.len; at++) {
        file.data[at] ^= 0xFF;
        struct span damaged = buf_span(&file);
        SCOPED_FD int fd = file_with(&damaged);
        SCOPED_BUF struct buf t6;
        buf_init(&t6, PAGE_BYTES_MAX);
        int error = page_file_take(fd, 2, &t6, &form);
        assert_true(error == 0 || error == ENOENT || error == EPROTO || error == EFBIG);
        assert_true(error != 0 || page_form_valid(&form));
        file.data[at] ^= 0xFF;
    }
}

static void a_circle_of_directories_ends(void **state)
{
    struct fixture *f = *state;
    SCOPED_FD int fd = page_file_make(f->pages, 1);
    uint8_t first[4];
    assert_int_equal(fd_pread_all(fd, first, 4, 4), 0);
    off_t next = (off_t)(first[0] | first[1] << 8 | first[2] << 16) + 2 + 16 * 12;
    assert_int_equal(pwrite(fd, first, 4, next), 4);
    SCOPED_BUF struct buf t6;
    struct page_form form;
    buf_init(&t6, PAGE_BYTES_MAX);
    assert_int_equal(page_file_take(fd, 1000, &t6, &form), 0);
}

static void resolutions_of_other_machines_become_the_nearest_of_ours(void **state)
{
    struct fixture *f = *state;
    static const struct {
        uint32_t y_per_metre;
        enum page_resolution becomes;
    } cases[] = {{3937, PAGE_STANDARD},   {3850, PAGE_STANDARD},   {7874, PAGE_FINE},
                 {11811, PAGE_SUPERFINE}, {15748, PAGE_SUPERFINE}, {1, PAGE_STANDARD}};
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        SCOPED_FD int fd = page_file_make(f->pages, 1);
        off_t end = lseek(fd, 0, SEEK_END);
        uint8_t y[4] = {(uint8_t)cases[i].y_per_metre, (uint8_t)(cases[i].y_per_metre >> 8), 0, 0};
        assert_int_equal(pwrite(fd, y, 4, end - 8), 4);
        SCOPED_BUF struct buf t6;
        struct page_form form;
        buf_init(&t6, PAGE_BYTES_MAX);
        assert_int_equal(page_file_take(fd, 0, &t6, &form), 0);
        assert_int_equal(form.resolution, cases[i].becomes);
    }
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
        cmocka_unit_test(our_own_file_reads_back_byte_for_byte),
        cmocka_unit_test(libspandsp_sends_and_receives_in_memory_files),
        cmocka_unit_test(sending_can_begin_at_a_later_page),
        cmocka_unit_test(no_damage_is_read_as_a_page_or_read_too_far),
        cmocka_unit_test(a_circle_of_directories_ends),
        cmocka_unit_test(resolutions_of_other_machines_become_the_nearest_of_ours),
        cmocka_unit_test(pages_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
