/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Decoding of T.6, by libtiff; the coder is in t6_encode.c. */
#include "convert/t6.h"

#include <string.h>

#include "base/le.h"
#include "convert/tiff_memory.h"

/* TIFF 6.0 §2: type 4 is LONG; the value lies in the entry itself. */
static uint8_t *put_entry(uint8_t *to, unsigned tag, uint32_t value)
{
    le_put(to, tag, 2);
    le_put(to + 2, 4, 2);
    le_put(to + 4, 1, 4);
    le_put(to + 8, value, 4);
    return to + 12;
}

enum { TIFF_ENTRIES = 9, TIFF_HEAD_LEN = 8 + 2 + TIFF_ENTRIES * 12 + 4 };

static void wrap(const struct page *page, struct buf *file)
{
    uint8_t head[TIFF_HEAD_LEN] = {'I', 'I', 42, 0, 8, 0, 0, 0, TIFF_ENTRIES, 0};
    uint8_t *p = head + 10;
    p = put_entry(p, TIFFTAG_IMAGEWIDTH, page->form.width);
    p = put_entry(p, TIFFTAG_IMAGELENGTH, page->form.rows);
    p = put_entry(p, TIFFTAG_BITSPERSAMPLE, 1);
    p = put_entry(p, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX4);
    p = put_entry(p, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
    p = put_entry(p, TIFFTAG_STRIPOFFSETS, TIFF_HEAD_LEN);
    p = put_entry(p, TIFFTAG_SAMPLESPERPIXEL, 1);
    p = put_entry(p, TIFFTAG_ROWSPERSTRIP, page->form.rows);
    (void)put_entry(p, TIFFTAG_STRIPBYTECOUNTS, (uint32_t)page->t6.len);
    (void)buf_append(file, head, sizeof(head));
    (void)buf_append(file, page->t6.data, page->t6.len);
}

uint32_t t6_decode(const struct page *page, uint8_t *bits)
{
    size_t row_bytes = t6_row_bytes(page->form.width);
    memset(bits, 0, row_bytes * page->form.rows);
    SCOPED_BUF struct buf file;
    buf_init(&file, PAGE_BYTES_MAX + TIFF_HEAD_LEN);
    wrap(page, &file);
    struct tiff_memory memory = {.in = buf_span(&file)};
    TIFF *tiff = file.overflow ? NULL : tiff_memory_open(&memory, "r");
    if (!tiff)
        return 0;
    uint32_t row = 0;
    while (row < page->form.rows && TIFFReadScanline(tiff, bits + row * row_bytes, row, 0) == 1)
        row++;
    TIFFClose(tiff);
    if (row < page->form.rows)
        memset(bits + row * row_bytes, 0, row_bytes * (page->form.rows - row));
    return row;
}
