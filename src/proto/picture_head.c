/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/picture_head.h"

#include <string.h>

#include "proto/tiff_directory.h"

enum { TAG_ORIENTATION = 0x112 };

unsigned exif_orientation(struct span exif)
{
    struct tiff t;
    if (exif.len >= 6 && memcmp(exif.data, "Exif\0\0", 6) == 0)
        exif = span_of(exif.data + 6, exif.len - 6);
    if (!tiff_open(exif, &t))
        return 1;
    for (size_t i = 0; i < t.count; i++) {
        size_t field = tiff_field(&t, i);
        if (tiff_number(&t, field, 2) != TAG_ORIENTATION || tiff_number(&t, field + 2, 2) != TIFF_SHORT)
            continue;
        uint32_t n = tiff_number(&t, field + 8, 2);
        return n >= 1 && n <= 8 ? n : 1;
    }
    return 1;
}

/* ---- PNG ---- */

static uint32_t big_endian(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The data of the first chunk of that name; data NULL where there is none, or it is cut off. */
static struct span png_chunk(struct span png, const char name[4])
{
    for (size_t at = 8; at + 12 <= png.len;) {
        size_t len = big_endian(png.data + at);
        if (len > png.len - at - 12)
            break;
        if (memcmp(png.data + at + 4, name, 4) == 0)
            return span_of(png.data + at + 8, len);
        at += 12 + len;
    }
    return span_of(NULL, 0);
}

unsigned png_orientation(struct span png)
{
    return exif_orientation(png_chunk(png, "eXIf"));
}

void png_size(struct span png, uint32_t *width, uint32_t *height)
{
    struct span head = png_chunk(png, "IHDR");
    *width = head.len >= 8 ? big_endian(head.data) : 0;
    *height = head.len >= 8 ? big_endian(head.data + 4) : 0;
}

bool png_ends(struct span png)
{
    return png_chunk(png, "IEND").data != NULL;
}

/* ---- JPEG: ISO 10918-1 annex B ---- */

/* Behind a marker's segment; 0 where that is cut off. */
static size_t after_segment(struct span jpeg, size_t at)
{
    if (jpeg.len - at < 2)
        return 0;
    size_t len = (size_t)jpeg.data[at] << 8 | jpeg.data[at + 1];
    return len >= 2 && len <= jpeg.len - at ? at + len : 0;
}

bool jpeg_ends(struct span jpeg)
{
    for (size_t at = 2; at && at + 2 <= jpeg.len;) {
        const uint8_t *ff = memchr(jpeg.data + at, 0xff, jpeg.len - at - 1);
        if (!ff)
            return false;
        at = (size_t)(ff - jpeg.data) + 1;
        uint8_t marker = jpeg.data[at];
        if (marker == 0xd9)
            return true;
        /* Stuffed bytes, restarts and fill bytes stand alone; all else begins a segment. */
        bool alone = marker == 0 || marker == 1 || (marker >= 0xd0 && marker <= 0xd8);
        if (marker != 0xff)
            at = alone ? at + 1 : after_segment(jpeg, at + 1);
    }
    return false;
}

/* ---- GIF: GIF89a ---- */

static size_t after_table(const uint8_t flags, size_t at)
{
    return flags & 0x80 ? at + ((size_t)3 << ((flags & 7) + 1)) : at;
}

static size_t after_blocks(struct span gif, size_t at)
{
    while (at < gif.len && gif.data[at])
        at += 1 + (size_t)gif.data[at];
    return at + 1;
}

bool gif_ends(struct span gif)
{
    if (gif.len < 13)
        return false;
    for (size_t at = after_table(gif.data[10], 13); at < gif.len;) {
        if (gif.data[at] == ';')
            return true;
        if (gif.data[at] == '!')
            at = after_blocks(gif, at + 2);
        else if (gif.data[at] == ',' && gif.len - at > 10)
            at = after_blocks(gif, after_table(gif.data[at + 9], at + 10) + 1);
        else
            return false;
    }
    return false;
}

/* ---- BMP: BITMAPFILEHEADER and BITMAPINFOHEADER of the Windows API ---- */

static uint32_t little_endian(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

bool bmp_ends(struct span bmp)
{
    enum { PLAIN = 0, MASKS = 3 };
    if (bmp.len < 26)
        return false;
    uint64_t at = little_endian(bmp.data + 10);
    if (little_endian(bmp.data + 14) < 40) /* the head of OS/2: small, old, and its decoder says */
        return at < bmp.len;
    if (bmp.len < 54)
        return false;
    uint32_t height = little_endian(bmp.data + 22), packing = little_endian(bmp.data + 30);
    uint64_t bits = bmp.data[28] + 256u * bmp.data[29]; /* a pixel */
    uint64_t row = (little_endian(bmp.data + 18) * bits + 31) / 32 * 4;
    uint64_t rows =
        height & 0x80000000 ? (uint64_t)UINT32_MAX + 1 - height : height; /* negative: from the top */
    uint64_t bytes = little_endian(bmp.data + 34);
    if (packing == PLAIN || packing == MASKS)
        bytes = row > UINT32_MAX ? UINT64_MAX / 2 : row * rows;
    return at + bytes <= bmp.len;
}
