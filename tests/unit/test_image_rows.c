/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What libspandsp's decoder makes of a page is the same whether it keeps the picture and writes it to its
 * file, or its rows are taken from it while they come: whole pages, and such as a bad line leaves. */
#define SPANDSP_EXPOSE_INTERNAL_STRUCTURES
#include "bitmap.h"

#include <spandsp.h>

#include "base/attr.h"
#include "base/scope.h"
#include "t30/image_guard.h"
#include "t30/page_file.h"

enum { ROWS = 333 };

static const struct {
    enum fax_coding ours;
    int theirs;
} codings[] = {{FAX_CODING_1D, T4_COMPRESSION_ITU_T4_1D},
               {FAX_CODING_2D, T4_COMPRESSION_ITU_T4_2D},
               {FAX_CODING_T6, T4_COMPRESSION_ITU_T6}};

/* Most significant bit first, as fax_encode has it; libspandsp takes it the other way round. */
static struct buf coded(const struct bitmap *b, enum fax_coding coding, unsigned errors, unsigned seed)
{
    struct buf data;
    buf_init(&data, PAGE_BYTES_MAX);
    assert_true(fax_encode(coding, 4, &(struct fax_pixels){b->pixels, b->width, b->rows}, &data, NULL));
    bit_reverse(data.data, data.data, (int)data.len);
    for (unsigned i = 0; i < errors; i++)
        data.data[(size_t)rand_r(&seed) % data.len] ^= (uint8_t)(1U << rand_r(&seed) % 8);
    return data;
}

struct decoded {
    int failed; /* of t4_rx_end_page */
    t4_stats_t stats;
};

static struct decoded decode(t4_rx_state_t *rx, int fd, int coding, uint32_t width, const struct buf *data)
{
    struct decoded d = {0};
    char path[PAGE_FILE_PATH_LEN];
    page_file_path(fd, path);
    assert_non_null(t4_rx_init(rx, path, T4_COMPRESSION_ITU_T6));
    t4_rx_set_rx_encoding(rx, coding);
    t4_rx_set_image_width(rx, (int)width);
    t4_rx_set_x_resolution(rx, T4_X_RESOLUTION_R8);
    t4_rx_set_y_resolution(rx, T4_Y_RESOLUTION_FINE);
    assert_int_equal(t4_rx_start_page(rx), 0);
    (void)t4_rx_put_chunk(rx, data->data, (int)data->len);
    d.failed = t4_rx_end_page(rx);
    t4_rx_get_transfer_statistics(rx, &d.stats);
    (void)t4_rx_release(rx);
    return d;
}

static void assert_alike(const struct bitmap *sent, int coding, const struct buf *data)
{
    SCOPED_FD int kept_file = page_file_empty();
    SCOPED_FD int no_file = page_file_empty();
    t4_rx_state_t *rx = mem_zalloc(sizeof(*rx));
    t30_state_t *t30 = mem_zalloc(sizeof(*t30));
    struct image_target target = {0};
    struct decoded kept = decode(rx, kept_file, coding, sent->width, data);
    image_guard_target(&target, t30);
    struct decoded taken = decode(&t30->t4.rx, no_file, coding, sent->width, data);
    assert_int_equal(taken.failed, kept.failed);
    assert_int_equal(taken.stats.length, kept.stats.length);
    assert_int_equal(taken.stats.bad_rows, kept.stats.bad_rows);
    assert_int_equal(taken.stats.longest_bad_row_run, kept.stats.longest_bad_row_run);
    if (kept.failed == 0) {
        assert_int_equal(page_writer_check(&target.writer), 0);
        float y;
        struct page page = {target.writer.form, buf_span(&target.writer.t6)};
        struct bitmap a = bitmap_of_tiff(kept_file, 0, &y), b = bitmap_of_page(&page);
        assert_int_equal(a.rows, b.rows);
        assert_memory_equal(a.pixels, b.pixels, bitmap_row_len(&a) * a.rows);
        bitmap_clear(&a);
        bitmap_clear(&b);
    }
    image_guard_forget(&target);
    free(t30);
    free(rx);
}

static void rows_that_are_taken_make_the_picture_that_was_kept(void **state)
{
    static const unsigned errors[] = {0, 1, 3, 20, 200};
    for (size_t c = 0; c < ARRAY_LEN(codings); c++)
        for (size_t e = 0; e < ARRAY_LEN(errors); e++)
            for (unsigned seed = 1; seed <= 6; seed++) {
                struct bitmap b = bitmap_random(PAGE_WIDTH_A4, ROWS, seed);
                struct buf data = coded(&b, codings[c].ours, errors[e], seed);
                assert_alike(&b, codings[c].theirs, &data);
                buf_clear(&data);
                bitmap_clear(&b);
            }
}

static void nothing_is_no_page(void **state)
{
    struct bitmap b = bitmap_random(PAGE_WIDTH_A4, 1, 1);
    struct buf nothing;
    buf_init(&nothing, 1);
    for (size_t c = 0; c < ARRAY_LEN(codings); c++)
        assert_alike(&b, codings[c].theirs, &nothing);
    bitmap_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_are_taken_make_the_picture_that_was_kept),
        cmocka_unit_test(nothing_is_no_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
