/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/t6_strip.h"

#include <errno.h>
#include <string.h>
#include <tiffio.h>

#include "base/panic.h"

/* libtiff codes into a file of memory: 8 octets of TIFF header, then the strip. What it writes after that
 * (the directory, when it closes) is of no use and not kept. */
enum { TIFF_HEADER_LEN = 8, EOFB_BITS = 24 };

struct memory {
    struct buf *t6;
    size_t start; /* t6->len before us */
    toff_t at, end;
    bool closed;
};

static tmsize_t no_read(thandle_t handle, void *to, tmsize_t len)
{
    return 0;
}

static tmsize_t write_strip(thandle_t handle, void *from, tmsize_t len)
{
    struct memory *m = handle;
    if (len <= 0 || m->closed)
        return len;
    if (m->at >= TIFF_HEADER_LEN) {
        if (m->at != TIFF_HEADER_LEN + (toff_t)(m->t6->len - m->start) ||
            !buf_append(m->t6, from, (size_t)len))
            return -1;
    }
    m->at += (toff_t)len;
    if (m->at > m->end)
        m->end = m->at;
    return len;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence)
{
    struct memory *m = handle;
    m->at = whence == SEEK_SET ? offset : whence == SEEK_CUR ? m->at + offset : m->end + offset;
    return m->at;
}

static int no_close(thandle_t handle)
{
    return 0;
}

static toff_t size(thandle_t handle)
{
    struct memory *m = handle;
    return m->end;
}

static bool encode(TIFF *tiff, const uint8_t *pixels, uint32_t width, uint32_t rows)
{
    tmsize_t len = (tmsize_t)((width + 7) / 8) * (tmsize_t)rows;
    return TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width) && TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, rows) &&
           TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, rows) && TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 1) &&
           TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1) &&
           TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) &&
           TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE) &&
           TIFFSetField(tiff, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB) &&
           TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX4) &&
           TIFFWriteEncodedStrip(tiff, 0, (void *)(uintptr_t)pixels, len) == len && TIFFFlushData(tiff);
}

/* EOFB (T.6 §2.4.1) is two EOLs, 000000000001 each; nothing but zero bits stand behind it. */
static size_t bits_before_eofb(struct span strip)
{
    while (strip.len > 0 && strip.data[strip.len - 1] == 0)
        strip.len--;
    size_t end = strip.len * 8;
    if (strip.len > 0)
        end -= (size_t)__builtin_ctz(strip.data[strip.len - 1]);
    if (end < EOFB_BITS)
        panic("libtiff coded a strip without EOFB");
    uint32_t code = 0;
    for (size_t i = end - EOFB_BITS; i < end; i++)
        code = code << 1 | (strip.data[i / 8] >> (7 - i % 8) & 1);
    if (code != 0x001001)
        panic("libtiff closed a strip with %06x instead of EOFB", (unsigned)code);
    return end - EOFB_BITS;
}

int t6_strip_encode(const uint8_t *pixels, uint32_t width, uint32_t rows, struct buf *t6, size_t *bits)
{
    struct memory m = {.t6 = t6, .start = t6->len};
    TIFF *tiff = TIFFClientOpen("strip", "wl", &m, no_read, write_strip, seek, no_close, size, NULL, NULL);
    if (!tiff)
        return ENOMEM;
    bool coded = encode(tiff, pixels, width, rows);
    m.closed = true;
    TIFFClose(tiff);
    if (!coded)
        return t6->overflow ? EFBIG : ENOMEM;
    *bits = bits_before_eofb(span_of(t6->data + m.start, t6->len - m.start));
    return 0;
}
