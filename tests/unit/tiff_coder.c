/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tiff_coder.h"

#include <string.h>

#include "test.h"

#include "base/mem.h"
#include "base/scope.h"
#include "convert/tiff_memory.h"
#include "model/page.h"
#include "proto/fax_decode.h"

static unsigned complaints;

static void on_complaint(const char *module, const char *format, va_list args)
{
    complaints++;
}

static TIFF *open_tiff(struct tiff_memory *m, const char *mode)
{
    TIFF *t = tiff_memory_open(m, mode);
    assert_non_null(t);
    (void)TIFFSetErrorHandler(on_complaint);
    (void)TIFFSetWarningHandler(on_complaint);
    return t;
}

static void set_form(TIFF *t, enum fax_coding coding, const struct fax_pixels *p)
{
    (void)TIFFSetField(t, TIFFTAG_IMAGEWIDTH, p->width);
    (void)TIFFSetField(t, TIFFTAG_IMAGELENGTH, p->rows);
    (void)TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 1);
    (void)TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1);
    (void)TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, p->rows);
    (void)TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
    (void)TIFFSetField(t, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB);
    (void)TIFFSetField(t, TIFFTAG_COMPRESSION,
                       coding == FAX_CODING_T6 ? COMPRESSION_CCITTFAX4 : COMPRESSION_CCITTFAX3);
    if (coding != FAX_CODING_T6)
        (void)TIFFSetField(t, TIFFTAG_GROUP3OPTIONS, coding == FAX_CODING_2D ? GROUP3OPT_2DENCODING : 0);
}

void their_encode(enum fax_coding coding, const struct fax_pixels *p, struct buf *data)
{
    SCOPED_BUF struct buf file;
    buf_init(&file, PAGE_BYTES_MAX);
    struct tiff_memory m = {.out = &file};
    TIFF *t = open_tiff(&m, "w");
    set_form(t, coding, p);
    tmsize_t len = (tmsize_t)(fax_row_bytes(p->width) * p->rows);
    assert_int_equal(TIFFWriteEncodedStrip(t, 0, (void *)(uintptr_t)p->bits, len), len);
    TIFFClose(t);
    struct tiff_memory in = {.in = buf_span(&file)};
    t = open_tiff(&in, "r");
    SCOPED_FREE uint8_t *raw = mem_alloc((size_t)TIFFRawStripSize(t, 0));
    len = TIFFReadRawStrip(t, 0, raw, TIFFRawStripSize(t, 0));
    assert_true(len > 0 && buf_append(data, raw, (size_t)len));
    TIFFClose(t);
}

void their_decode(enum fax_coding coding, const struct fax_pixels *p, struct span data, uint8_t *back)
{
    SCOPED_BUF struct buf file;
    buf_init(&file, PAGE_BYTES_MAX);
    struct tiff_memory m = {.out = &file};
    TIFF *t = open_tiff(&m, "w");
    set_form(t, coding, p);
    assert_int_equal(TIFFWriteRawStrip(t, 0, (void *)(uintptr_t)data.data, (tmsize_t)data.len),
                     (tmsize_t)data.len);
    TIFFClose(t);
    struct tiff_memory in = {.in = buf_span(&file)};
    t = open_tiff(&in, "r");
    complaints = 0;
    for (uint32_t y = 0; y < p->rows; y++)
        assert_int_equal(TIFFReadScanline(t, back + y * fax_row_bytes(p->width), y, 0), 1);
    assert_int_equal(complaints, 0);
    TIFFClose(t);
}

size_t assert_coded_alike(enum fax_coding coding, const struct fax_pixels *p)
{
    size_t len = fax_row_bytes(p->width) * p->rows;
    SCOPED_BUF struct buf ours, theirs;
    SCOPED_FREE uint8_t *back = mem_zalloc(len); /* libtiff leaves bits behind the width as they were */
    buf_init(&ours, PAGE_BYTES_MAX);
    buf_init(&theirs, PAGE_BYTES_MAX);
    assert_true(fax_encode(coding, 4, p, &ours, NULL));
    their_decode(coding, p, buf_span(&ours), back);
    assert_memory_equal(back, p->bits, len);
    their_encode(coding, p, &theirs);
    const struct span data[] = {buf_span(&theirs), buf_span(&ours)};
    for (size_t i = 0; i < ARRAY_LEN(data); i++) {
        memset(back, 0x5a, len);
        struct fax_decoded d = fax_decode(coding, p->width, p->rows, data[i], back);
        assert_int_equal(d.rows, p->rows);
        assert_int_equal(d.bad, 0);
        assert_true(d.whole);
        assert_memory_equal(back, p->bits, len);
    }
    return ours.len;
}
