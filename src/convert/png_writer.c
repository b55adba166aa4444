/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/png_writer.h"

#include <string.h>

enum { CHUNK = 16384, CHUNK_HEAD = 8, LEVEL = 6 };

static void put_u32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* §5.3: length, type, data, CRC over type and data. */
static void put_chunk(struct png_writer *w, const char *type, const uint8_t *data, size_t len)
{
    uint8_t head[CHUNK_HEAD], tail[4];
    put_u32(head, (uint32_t)len);
    memcpy(head + 4, type, 4);
    uLong crc = crc32(0, head + 4, 4);
    if (len > 0)
        crc = crc32(crc, data, (uInt)len);
    put_u32(tail, (uint32_t)crc);
    if (!buf_append(w->to, head, sizeof(head)) || (len > 0 && !buf_append(w->to, data, len)) ||
        !buf_append(w->to, tail, sizeof(tail)))
        w->broken = true;
}

void png_begin(struct png_writer *w, struct buf *to, const struct png_form *form)
{
    static const uint8_t signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    uint8_t header[13] = {0}, density[9];
    *w = (struct png_writer){.to = to, .row_len = ((size_t)form->width * form->depth + 7) / 8};
    if (deflateInit(&w->zlib, LEVEL) != Z_OK || !buf_append(to, signature, sizeof(signature)))
        w->broken = true;
    put_u32(header, form->width);
    put_u32(header + 4, form->height);
    header[8] = (uint8_t)form->depth; /* colour type 0: grey */
    put_chunk(w, "IHDR", header, sizeof(header));
    put_u32(density, form->per_metre);
    put_u32(density + 4, form->per_metre);
    density[8] = 1; /* the metre */
    put_chunk(w, "pHYs", density, sizeof(density));
}

static void deflate_on(struct png_writer *w, const uint8_t *data, size_t len, int flush)
{
    uint8_t out[CHUNK];
    w->zlib.next_in = (Bytef *)(uintptr_t)data;
    w->zlib.avail_in = (uInt)len;
    int result = Z_OK;
    while (!w->broken && result != Z_STREAM_END && (w->zlib.avail_in > 0 || flush == Z_FINISH)) {
        w->zlib.next_out = out;
        w->zlib.avail_out = sizeof(out);
        result = deflate(&w->zlib, flush);
        size_t made = sizeof(out) - w->zlib.avail_out;
        if (made > 0)
            put_chunk(w, "IDAT", out, made);
        w->broken = w->broken || result == Z_STREAM_ERROR;
    }
}

void png_row(struct png_writer *w, const uint8_t *row)
{
    static const uint8_t no_filter = 0;
    deflate_on(w, &no_filter, 1, Z_NO_FLUSH);
    deflate_on(w, row, w->row_len, Z_NO_FLUSH);
}

bool png_end(struct png_writer *w)
{
    deflate_on(w, NULL, 0, Z_FINISH);
    put_chunk(w, "IEND", NULL, 0);
    (void)deflateEnd(&w->zlib);
    return !w->broken;
}
