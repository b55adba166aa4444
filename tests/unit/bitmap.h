/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Black and white pictures for tests of pages: made, coded, and decoded again by libtiff. */
#pragma once

#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>

#include "test.h"

#include "base/mem.h"
#include "proto/fax_encode.h"
#include "t30/page_file.h"

struct bitmap {
    uint32_t width, rows;
    uint8_t *pixels; /* owned; (width + 7) / 8 octets a row, black = 1 */
};

static inline size_t bitmap_row_len(const struct bitmap *b)
{
    return (b->width + 7) / 8;
}

/* Black boxes at random places, so that runs of all lengths and all coding modes occur. */
static inline struct bitmap bitmap_random(uint32_t width, uint32_t rows, unsigned seed)
{
    struct bitmap b = {width, rows, mem_zalloc(((width + 7) / 8) * rows)};
    for (unsigned i = 0; i < 60 + seed % 40; i++) {
        uint32_t x = (uint32_t)rand_r(&seed) % width, y = (uint32_t)rand_r(&seed) % rows;
        uint32_t w = (uint32_t)rand_r(&seed) % 200, h = (uint32_t)rand_r(&seed) % 30;
        for (uint32_t row = y; row < y + h && row < rows; row++)
            for (uint32_t col = x; col < x + w && col < width; col++)
                b.pixels[row * bitmap_row_len(&b) + col / 8] |= (uint8_t)(0x80 >> col % 8);
    }
    return b;
}

static inline void bitmap_clear(struct bitmap *b)
{
    free(b->pixels);
    b->pixels = NULL;
}

/* The T.6 data belongs to t6. */
static inline struct page bitmap_page(const struct bitmap *b, enum page_resolution resolution, struct buf *t6)
{
    buf_init(t6, PAGE_BYTES_MAX);
    assert_true(fax_encode(FAX_CODING_T6, 0, &(struct fax_pixels){b->pixels, b->width, b->rows}, t6, NULL));
    return (struct page){{b->width, b->rows, resolution}, buf_span(t6)};
}

static inline void ignore_tiff_warning(const char *module, const char *format, va_list args)
{
}

/* Directory n of the TIFF behind fd; fails the test where libtiff finds anything wrong with it. */
static inline struct bitmap bitmap_of_tiff(int fd, uint16_t n, float *y_per_cm)
{
    char path[PAGE_FILE_PATH_LEN];
    page_file_path(fd, path);
    TIFFSetWarningHandler(ignore_tiff_warning);
    TIFF *tiff = TIFFOpen(path, "r");
    assert_non_null(tiff);
    assert_true(TIFFSetDirectory(tiff, n));
    struct bitmap b = {0};
    uint16_t unit = 0;
    float y = 0;
    assert_true(TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &b.width));
    assert_true(TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &b.rows));
    assert_true(TIFFGetField(tiff, TIFFTAG_YRESOLUTION, &y));
    assert_true(TIFFGetField(tiff, TIFFTAG_RESOLUTIONUNIT, &unit));
    *y_per_cm = unit == RESUNIT_CENTIMETER ? y : y / 2.54F;
    b.pixels = mem_zalloc(bitmap_row_len(&b) * b.rows);
    for (uint32_t row = 0; row < b.rows; row++)
        assert_int_equal(TIFFReadScanline(tiff, b.pixels + row * bitmap_row_len(&b), row, 0), 1);
    TIFFClose(tiff);
    return b;
}

/* What a page shows, decoded by libtiff. */
static inline struct bitmap bitmap_of_page(const struct page *page)
{
    float y;
    int fd = page_file_make(page, 1);
    assert_true(fd >= 0);
    struct bitmap b = bitmap_of_tiff(fd, 0, &y);
    (void)close(fd);
    return b;
}
