/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/fax_encode.h"

#include <endian.h>
#include <string.h>

#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "proto/fax_row.h"

enum { ROWS_OF_RTC = 6 };

struct writer {
    uint64_t bits;  /* from the highest; not all written yet */
    unsigned count; /* of these: fewer than 8 between two codes */
    uint8_t *next;  /* eight bytes from here are ours to write */
};

/* At most 56 bits. */
static inline void put_bits(struct writer *w, uint64_t bits, unsigned len)
{
    w->bits |= bits << (64 - w->count - len);
    w->count += len;
    uint64_t word = __builtin_bswap64(w->bits);
    memcpy(w->next, &word, sizeof(word));
    w->next += w->count / 8;
    w->bits <<= w->count & ~7U;
    w->count %= 8;
}

static inline void put(struct writer *w, struct fax_code c)
{
    put_bits(w, c.bits, c.len);
}

static inline void put_run(struct writer *w, uint32_t run, unsigned colour)
{
    for (; run > FAX_MAKEUP_MOST + 63; run -= FAX_MAKEUP_MOST)
        put(w, fax_makeup[colour][FAX_MAKEUPS - 1]);
    if (run >= 64)
        put(w, fax_makeup[colour][run / 64 - 1]);
    put(w, fax_terminating[colour][run % 64]);
}

/* Up to 64 pixels from x, the first of them the lowest bit; those behind the row are white. */
static inline uint64_t load(const uint8_t *bits, uint32_t x, uint32_t width)
{
    uint64_t word = 0;
    uint32_t left = width - x;
    if (left >= 64)
        memcpy(&word, bits + x / 8, sizeof(word));
    else
        memcpy(&word, bits + x / 8, fax_row_bytes(left));
    word = le64toh(word);
    word = (word >> 4 & 0x0f0f0f0f0f0f0f0f) | (word & 0x0f0f0f0f0f0f0f0f) << 4;
    word = (word >> 2 & 0x3333333333333333) | (word & 0x3333333333333333) << 2;
    word = (word >> 1 & 0x5555555555555555) | (word & 0x5555555555555555) << 1;
    return left >= 64 ? word : word & ((1ULL << left) - 1);
}

/* Four places are written whether there are as many or not, for a processor guesses badly how many follow. */
static void find_changes(const uint8_t *bits, uint32_t width, struct fax_row *r)
{
    uint16_t *to = r->changes;
    uint64_t last = 0; /* the pixel to the left */
    for (uint32_t x = 0; x < width; x += 64) {
        uint64_t word = load(bits, x, width);
        uint64_t differ = word ^ (word << 1 | last);
        last = word >> 63;
        if (!differ)
            continue;
        uint16_t *end = to + __builtin_popcountll(differ);
        do {
            for (int i = 0; i < 4; i++) {
                to[i] = (uint16_t)(x + (uint32_t)__builtin_ctzll(differ | 1ULL << 63));
                differ &= differ - 1;
            }
            to += 4;
        } while (differ);
        to = end;
    }
    r->count = (uint32_t)(to - r->changes);
    r->count -= r->count > 0 && to[-1] >= width; /* black up to the edge: the white behind it is none */
    fax_row_end(r, width);
}

/* T.4 §4.1: runs of white and black by turns, white first. */
static void code_runs(struct writer *w, const struct fax_row *row, uint32_t width)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i == 0 || at < width; i++) {
        put_run(w, row->changes[i] - at, i & 1);
        at = row->changes[i];
    }
}

/* Names as in T.6 §2.2.1. The index of a change says its colour: even ones turn black. */
static void code_row(struct writer *to, const struct fax_row *above, const struct fax_row *row,
                     uint32_t width)
{
    const uint16_t *a1 = row->changes, *b1 = above->changes;
    struct writer w = *to; /* nothing that is written can be a part of it */
    int32_t a0 = -1;
    do {
        while (b1[0] <= a0 && b1[0] < width)
            b1 += 2;
        int32_t distance = (int32_t)a1[0] - b1[0];
        if (b1[1] < a1[0]) {
            put(&w, fax_pass);
            a0 = b1[1];
        } else if (distance >= -3 && distance <= 3) {
            put(&w, fax_vertical[distance + 3]);
            a0 = *a1++;
            b1 += distance < 0 && b1 > above->changes ? -1 : 1;
        } else {
            uint32_t from = a0 < 0 ? 0 : (uint32_t)a0, a2 = a1[0] < width ? a1[1] : width;
            unsigned colour = (unsigned)(a1 - row->changes) & 1;
            put(&w, fax_horizontal);
            put_run(&w, a1[0] - from, colour);
            put_run(&w, a2 - a1[0], colour ^ 1);
            a0 = (int32_t)a2;
            a1 += 2;
        }
    } while (a0 < (int32_t)width);
    *to = w;
}

static bool row_alone(enum fax_coding coding, unsigned k, uint32_t y)
{
    return coding == FAX_CODING_1D || (coding == FAX_CODING_2D && y % (k ? k : 1) == 0);
}

static void put_eol(struct writer *w, enum fax_coding coding, bool alone)
{
    put(w, fax_eol);
    if (coding == FAX_CODING_2D)
        put(w, (struct fax_code){alone, 1});
}

/* EOFB, or RTC (T.4 §4.1.4); then up to a whole byte. */
static void finish(struct writer *w, enum fax_coding coding)
{
    if (coding == FAX_CODING_T6) {
        put(w, fax_eol);
        put(w, fax_eol);
    }
    for (unsigned i = 0; coding != FAX_CODING_T6 && i < ROWS_OF_RTC; i++)
        put_eol(w, coding, true);
    if (w->count > 0)
        put_bits(w, 0, 8 - w->count);
}

/* A pixel costs at most 15 bits: the longest codes of two short runs and their prefix. */
static size_t room_of_row(uint32_t width)
{
    return (size_t)width * 2 + 64;
}

/* The rows, each appended when it is coded; what is no whole byte stays with the writer. above: NULL: white.
 */
static bool code_rows(enum fax_coding coding, unsigned k, const struct fax_pixels *p, const uint8_t *above,
                      struct writer *w, struct buf *b)
{
    if (p->width < 1 || p->width > FAX_WIDTH_MAX)
        panic("a page of %u pixels to code", p->width);
    SCOPED_FREE uint8_t *out = mem_alloc(room_of_row(p->width));
    SCOPED_FREE uint16_t *places = mem_alloc(2 * fax_row_places(p->width) * sizeof(*places));
    struct fax_row rows[2] = {{.changes = places}, {.changes = places + fax_row_places(p->width)}};
    bool fits = true;
    fax_row_end(&rows[1], p->width);
    if (above)
        find_changes(above, p->width, &rows[1]);
    for (uint32_t y = 0; y < p->rows && fits; y++) {
        struct fax_row *row = &rows[y % 2];
        bool alone = row_alone(coding, k, y);
        find_changes(p->bits + y * fax_row_bytes(p->width), p->width, row);
        w->next = out;
        if (coding != FAX_CODING_T6)
            put_eol(w, coding, alone);
        if (alone)
            code_runs(w, row, p->width);
        else
            code_row(w, &rows[(y + 1) % 2], row, p->width);
        fits = buf_append(b, out, (size_t)(w->next - out));
    }
    return fits;
}

static bool append_end(enum fax_coding coding, struct writer *w, struct buf *b)
{
    uint8_t out[ROWS_OF_RTC * 2 + 16];
    w->next = out;
    finish(w, coding);
    return buf_append(b, out, (size_t)(w->next - out));
}

bool fax_encode(enum fax_coding coding, unsigned k, const struct fax_pixels *p, struct buf *b,
                size_t *t6_bits)
{
    struct writer w = {0};
    size_t before = b->len;
    bool fits = code_rows(coding, k, p, NULL, &w, b);
    if (t6_bits)
        *t6_bits = (b->len - before) * 8 + w.count;
    return fits && append_end(coding, &w, b);
}

bool fax_encode_band(struct fax_band *band, const uint8_t *above, const struct fax_pixels *p, struct buf *b)
{
    struct writer w = {.bits = band->bits, .count = band->count};
    bool fits = code_rows(FAX_CODING_T6, 0, p, above, &w, b);
    *band = (struct fax_band){w.bits, w.count};
    return fits;
}

bool fax_encode_end(struct fax_band *band, struct buf *b)
{
    struct writer w = {.bits = band->bits, .count = band->count};
    *band = (struct fax_band){0};
    return append_end(FAX_CODING_T6, &w, b);
}
