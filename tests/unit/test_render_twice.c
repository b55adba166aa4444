/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages that are finer than what every machine takes, and those that are made beside them. */
#include <string.h>
#include <unistd.h>

#include "zygote_bench.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/scope.h"
#include "convert/tiff_memory.h"
#include "convert/work.h"
#include "model/page_set.h"

static void render_at(struct bench *b, const char *name, enum page_resolution resolution, struct span bytes,
                      struct page_set *set)
{
    SCOPED_FD int fd = fd_sealed_memory("document", bytes);
    const struct message ask = {
        .type = MSG_render,
        .render = {.document = id_new(), .name = name, .resolution = resolution, .paper = "a4", .bytes = fd}};
    do_now(b, &ask);
    assert_string_equal(b->outcome.text, "");
    SCOPED_FD int pages = fd_sealed_memory("pages", buf_span(&b->payload));
    assert_int_equal(page_set_read(pages, b->payload.len, set), 0);
}

static void coarser_pages_stand_behind_those_of_300_and_400_dpi_alone(void **state)
{
    static const enum page_resolution lower[] = {[PAGE_DPI300] = PAGE_FINE, [PAGE_DPI400] = PAGE_SUPERFINE};
    struct page_set set;
    for (unsigned r = 0; r < PAGE_RESOLUTION_COUNT; r++) {
        struct bench *b = *state;
        render_at(b, "letter.txt", (enum page_resolution)r, span_str("One\fTwo\fThree\n"), &set);
        assert_int_equal(b->pages, 3);
        assert_int_equal(set.count, r > PAGE_SUPERFINE ? 6 : 3);
        for (size_t i = 0; i < set.count; i++)
            assert_int_equal(set.places[i].form.resolution, i < 3 ? r : lower[r]);
        page_set_clear(&set);
    }
}

/* A fax of 300 dpi with a page and a mask. */
static void make_fax_with_mask(struct buf *file)
{
    enum { WIDTH = 2592, ROWS = 8 };
    static uint8_t row[WIDTH / 8] = {0x3C, 0xFF};
    struct tiff_memory memory = {.out = file};
    TIFF *t = tiff_memory_open(&memory, "w");
    for (int i = 0; i < 2; i++) {
        (void)TIFFSetField(t, TIFFTAG_SUBFILETYPE, i == 0 ? FILETYPE_PAGE : FILETYPE_MASK);
        (void)TIFFSetField(t, TIFFTAG_IMAGEWIDTH, WIDTH);
        (void)TIFFSetField(t, TIFFTAG_IMAGELENGTH, ROWS);
        (void)TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 1);
        (void)TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1);
        (void)TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, ROWS);
        (void)TIFFSetField(t, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX4);
        (void)TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
        (void)TIFFSetField(t, TIFFTAG_XRESOLUTION, 300.0);
        (void)TIFFSetField(t, TIFFTAG_YRESOLUTION, 300.0);
        (void)TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
        for (uint32_t y = 0; y < ROWS; y++)
            assert_int_equal(TIFFWriteScanline(t, row, y, 0), 1);
        assert_int_equal(TIFFWriteDirectory(t), 1);
    }
    TIFFClose(t);
}

/* At fine it is a picture, of which the mask is no page: there are no pages then that fit beside these. */
static void fax_with_fewer_pages_at_fine_crashes_no_worker(void **state)
{
    struct page_set set;
    SCOPED_BUF struct buf file;
    buf_init(&file, 1 << 20);
    make_fax_with_mask(&file);
    render_at(*state, "fax.tif", PAGE_DPI300, buf_span(&file), &set);
    assert_int_equal(set.count, 2);
    assert_int_equal(set.places[0].form.resolution, PAGE_DPI300);
    assert_int_equal(set.places[1].form.resolution, PAGE_DPI300);
    page_set_clear(&set);
}

static int64_t slow_clock_ms(void)
{
    static int64_t now_ms;
    return now_ms += 61 * 1000;
}

static int set_up_slow(void **state)
{
    work_clock_ms = slow_clock_ms; /* the workers' too: they are forked from here */
    return bench_set_up(state);
}

static int tear_down_slow(void **state)
{
    work_clock_ms = clock_mono_ms;
    return bench_tear_down(state);
}

/* It shared one limit with its second rendering, and was refused for want of time. */
static void document_that_takes_long_is_rendered_once(void **state)
{
    struct page_set set;
    render_at(*state, "letter.txt", PAGE_DPI400, span_str("One\n"), &set);
    assert_int_equal(set.count, 1);
    assert_int_equal(set.places[0].form.resolution, PAGE_DPI400);
    page_set_clear(&set);
}

int main(void)
{
    const struct CMUnitTest slow[] = {cmocka_unit_test(document_that_takes_long_is_rendered_once)};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coarser_pages_stand_behind_those_of_300_and_400_dpi_alone),
        cmocka_unit_test(fax_with_fewer_pages_at_fine_crashes_no_worker),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down) +
           cmocka_run_group_tests(slow, set_up_slow, tear_down_slow);
}
