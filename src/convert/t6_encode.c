/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The coder of T.6 (ITU-T T.6 §2.2, code tables of T.4 §4.1). It works on the places where a row changes
 * colour, found 64 pixels at a time, so that white paper costs next to nothing; libtiff's coder looks at
 * every byte. */
#include <string.h>

#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "convert/t6.h"

struct code {
    uint16_t bits;
    uint8_t len;
};

/* T.4 table 2: runs of 0..63, white and black. */
static const struct code terminating[2][64] = {
    {{0x35, 8}, {0x7, 6},  {0x7, 4},  {0x8, 4},  {0xb, 4},  {0xc, 4},  {0xe, 4},  {0xf, 4},
     {0x13, 5}, {0x14, 5}, {0x7, 5},  {0x8, 5},  {0x8, 6},  {0x3, 6},  {0x34, 6}, {0x35, 6},
     {0x2a, 6}, {0x2b, 6}, {0x27, 7}, {0xc, 7},  {0x8, 7},  {0x17, 7}, {0x3, 7},  {0x4, 7},
     {0x28, 7}, {0x2b, 7}, {0x13, 7}, {0x24, 7}, {0x18, 7}, {0x2, 8},  {0x3, 8},  {0x1a, 8},
     {0x1b, 8}, {0x12, 8}, {0x13, 8}, {0x14, 8}, {0x15, 8}, {0x16, 8}, {0x17, 8}, {0x28, 8},
     {0x29, 8}, {0x2a, 8}, {0x2b, 8}, {0x2c, 8}, {0x2d, 8}, {0x4, 8},  {0x5, 8},  {0xa, 8},
     {0xb, 8},  {0x52, 8}, {0x53, 8}, {0x54, 8}, {0x55, 8}, {0x24, 8}, {0x25, 8}, {0x58, 8},
     {0x59, 8}, {0x5a, 8}, {0x5b, 8}, {0x4a, 8}, {0x4b, 8}, {0x32, 8}, {0x33, 8}, {0x34, 8}},
    {{0x37, 10}, {0x2, 3},   {0x3, 2},   {0x2, 2},   {0x3, 3},   {0x3, 4},   {0x2, 4},   {0x3, 5},
     {0x5, 6},   {0x4, 6},   {0x4, 7},   {0x5, 7},   {0x7, 7},   {0x4, 8},   {0x7, 8},   {0x18, 9},
     {0x17, 10}, {0x18, 10}, {0x8, 10},  {0x67, 11}, {0x68, 11}, {0x6c, 11}, {0x37, 11}, {0x28, 11},
     {0x17, 11}, {0x18, 11}, {0xca, 12}, {0xcb, 12}, {0xcc, 12}, {0xcd, 12}, {0x68, 12}, {0x69, 12},
     {0x6a, 12}, {0x6b, 12}, {0xd2, 12}, {0xd3, 12}, {0xd4, 12}, {0xd5, 12}, {0xd6, 12}, {0xd7, 12},
     {0x6c, 12}, {0x6d, 12}, {0xda, 12}, {0xdb, 12}, {0x54, 12}, {0x55, 12}, {0x56, 12}, {0x57, 12},
     {0x64, 12}, {0x65, 12}, {0x52, 12}, {0x53, 12}, {0x24, 12}, {0x37, 12}, {0x38, 12}, {0x27, 12},
     {0x28, 12}, {0x58, 12}, {0x59, 12}, {0x2b, 12}, {0x2c, 12}, {0x5a, 12}, {0x66, 12}, {0x67, 12}},
};

/* T.4 tables 3a and 3b: runs of 64, 128, ... 2560. */
static const struct code makeup[2][40] = {
    {{0x1b, 5},  {0x12, 5},  {0x17, 6},  {0x37, 7},  {0x36, 8},  {0x37, 8},  {0x64, 8},  {0x65, 8},
     {0x68, 8},  {0x67, 8},  {0xcc, 9},  {0xcd, 9},  {0xd2, 9},  {0xd3, 9},  {0xd4, 9},  {0xd5, 9},
     {0xd6, 9},  {0xd7, 9},  {0xd8, 9},  {0xd9, 9},  {0xda, 9},  {0xdb, 9},  {0x98, 9},  {0x99, 9},
     {0x9a, 9},  {0x18, 6},  {0x9b, 9},  {0x8, 11},  {0xc, 11},  {0xd, 11},  {0x12, 12}, {0x13, 12},
     {0x14, 12}, {0x15, 12}, {0x16, 12}, {0x17, 12}, {0x1c, 12}, {0x1d, 12}, {0x1e, 12}, {0x1f, 12}},
    {{0xf, 10},  {0xc8, 12}, {0xc9, 12}, {0x5b, 12}, {0x33, 12}, {0x34, 12}, {0x35, 12}, {0x6c, 13},
     {0x6d, 13}, {0x4a, 13}, {0x4b, 13}, {0x4c, 13}, {0x4d, 13}, {0x72, 13}, {0x73, 13}, {0x74, 13},
     {0x75, 13}, {0x76, 13}, {0x77, 13}, {0x52, 13}, {0x53, 13}, {0x54, 13}, {0x55, 13}, {0x5a, 13},
     {0x5b, 13}, {0x64, 13}, {0x65, 13}, {0x8, 11},  {0xc, 11},  {0xd, 11},  {0x12, 12}, {0x13, 12},
     {0x14, 12}, {0x15, 12}, {0x16, 12}, {0x17, 12}, {0x1c, 12}, {0x1d, 12}, {0x1e, 12}, {0x1f, 12}},
};

/* T.6 table 1; vertical: b1 three to the right of a1 ... three to the left. */
static const struct code pass = {1, 4}, horizontal = {1, 3};
static const struct code vertical[7] = {{2, 7}, {2, 6}, {2, 3}, {1, 1}, {3, 3}, {3, 6}, {3, 7}};

enum { WIDTH_MAX = PAGE_WIDTH_A3 };
/* Places after the last change that read as "at the end of the row". */
enum { SENTINELS = 4 };

struct row {
    uint16_t
        changes[WIDTH_MAX + SENTINELS]; /* pixel that differs from the one before it; the first is white */
};

struct writer {
    uint64_t bits; /* the lowest `count` are not written yet */
    unsigned count;
    uint8_t *next;
};

static inline void put(struct writer *w, struct code c)
{
    w->bits = w->bits << c.len | c.bits;
    w->count += c.len;
    while (w->count >= 8) {
        w->count -= 8;
        *w->next++ = (uint8_t)(w->bits >> w->count);
    }
}

static void put_run(struct writer *w, uint32_t run, unsigned colour)
{
    for (; run > 2560 + 63; run -= 2560)
        put(w, makeup[colour][39]);
    if (run >= 64)
        put(w, makeup[colour][run / 64 - 1]);
    put(w, terminating[colour][run % 64]);
}

/* Widths are multiples of 64 (page_form_valid). */
static void find_changes(const uint8_t *bits, uint32_t width, struct row *r)
{
    uint16_t *to = r->changes;
    uint64_t last = 0; /* the pixel to the left */
    for (uint32_t x = 0; x < width; x += 64) {
        uint64_t word;
        memcpy(&word, bits + x / 8, sizeof(word));
        word = __builtin_bswap64(word);
        uint64_t differ = word ^ (word >> 1 | last << 63);
        last = word & 1;
        while (differ) {
            unsigned zeros = (unsigned)__builtin_clzll(differ);
            *to++ = (uint16_t)(x + zeros);
            differ &= ~(1ULL << (63 - zeros));
        }
    }
    for (unsigned i = 0; i < SENTINELS; i++)
        *to++ = (uint16_t)width;
}

/* Names as in T.6 §2.2.1. The index of a change says its colour: even ones turn black. */
static void code_row(struct writer *w, const struct row *above, const struct row *row, uint32_t width)
{
    const uint16_t *a1 = row->changes, *b1 = above->changes;
    int32_t a0 = -1;
    unsigned colour = 0;
    while (a0 < (int32_t)width) {
        while (b1[0] <= a0 && b1[0] < width)
            b1 += 2;
        int32_t distance = (int32_t)a1[0] - b1[0];
        uint32_t b2 = b1[0] < width ? b1[1] : width;
        if (b2 < a1[0]) {
            put(w, pass);
            a0 = (int32_t)b2;
        } else if (distance >= -3 && distance <= 3) {
            put(w, vertical[distance + 3]);
            a0 = *a1++;
            colour ^= 1;
            b1 += b1 > above->changes ? -1 : 1;
        } else {
            uint32_t from = a0 < 0 ? 0 : (uint32_t)a0, a2 = a1[0] < width ? a1[1] : width;
            put(w, horizontal);
            put_run(w, a1[0] - from, colour);
            put_run(w, a2 - a1[0], colour ^ 1);
            a0 = (int32_t)a2;
            a1 += 2;
        }
    }
}

/* T.6 §2.4.1.1: EOFB is EOL twice; then up to a whole byte. */
static void finish(struct writer *w)
{
    static const struct code eol = {1, 12};
    put(w, eol);
    put(w, eol);
    if (w->count > 0)
        put(w, (struct code){0, (uint8_t)(8 - w->count)});
}

bool t6_encode(const struct page_form *form, const uint8_t *bits, struct buf *b)
{
    if (!page_form_valid(form) || form->width % 64 != 0)
        panic("a page of %u pixels to code", form->width);
    /* A pixel costs at most 15 bits: the longest codes of two short runs and their prefix. */
    SCOPED_FREE uint8_t *out = mem_alloc((size_t)form->width * 2 + 64);
    SCOPED_FREE struct row *rows = mem_alloc(2 * sizeof(*rows));
    size_t row_bytes = t6_row_bytes(form->width);
    struct writer w = {.next = out};
    bool fits = true;
    for (unsigned i = 0; i < SENTINELS; i++)
        rows[1].changes[i] = (uint16_t)form->width; /* the row above the first is white */
    for (uint32_t y = 0; y < form->rows && fits; y++) {
        find_changes(bits + y * row_bytes, form->width, &rows[y % 2]);
        code_row(&w, &rows[(y + 1) % 2], &rows[y % 2], form->width);
        fits = buf_append(b, out, (size_t)(w.next - out));
        w.next = out;
    }
    finish(&w);
    return fits && buf_append(b, out, (size_t)(w.next - out)) && b->len <= b->limit;
}

/* ---- what a page costs ---- */

/* Its bits so far; what was written is of no use. */
static uint64_t take_bits(struct writer *w, uint8_t *out)
{
    uint64_t bits = (uint64_t)(w->next - out) * 8 + w->count;
    *w = (struct writer){.next = out};
    return bits;
}

/* T.4 §4.1.1: white and black runs in turn, the first white. */
static void code_row_1d(struct writer *w, const struct row *row, uint32_t width)
{
    uint32_t at = 0;
    unsigned colour = 0;
    for (const uint16_t *change = row->changes; at < width; colour ^= 1, change++) {
        put_run(w, *change - at, colour);
        at = *change;
    }
}

struct wire_bits t6_wire_bits(const struct page_form *form, const uint8_t *bits)
{
    /* An end of line, with its tag in 2-D; K rows at most from one that is coded in 1-D (§4.2.2); six ends of
     * line as the end of the page. */
    enum { EOL = 12, TAGGED_EOL = 13, RTC = 6, EOFB = 24 };
    uint32_t k = form->resolution == PAGE_STANDARD ? 2 : 4;
    SCOPED_FREE uint8_t *out = mem_alloc((size_t)form->width * 2 + 64);
    SCOPED_FREE struct row *rows = mem_alloc(2 * sizeof(*rows));
    struct writer w = {.next = out};
    struct wire_bits sum = {.t4_1d = RTC * EOL, .t4_2d = RTC * TAGGED_EOL, .t6 = EOFB};
    for (unsigned i = 0; i < SENTINELS; i++)
        rows[1].changes[i] = (uint16_t)form->width;
    for (uint32_t y = 0; y < form->rows; y++) {
        find_changes(bits + y * t6_row_bytes(form->width), form->width, &rows[y % 2]);
        code_row(&w, &rows[(y + 1) % 2], &rows[y % 2], form->width);
        uint64_t two = take_bits(&w, out);
        code_row_1d(&w, &rows[y % 2], form->width);
        uint64_t one = take_bits(&w, out);
        sum.t6 += two;
        sum.t4_1d += EOL + one;
        sum.t4_2d += TAGGED_EOL + (y % k == 0 ? one : two);
    }
    return sum;
}
