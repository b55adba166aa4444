/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/fax_shrink.h"

#include <string.h>

#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"

enum { BLACK_TENTHS = 3 };

/* The row that is being made. A pixel of the page is `width` wide here and `ratio.to` high, one that is made
 * p->width and ratio.from: all in whole numbers. */
struct shrinking {
    const struct fax_pixels *p;
    uint32_t width;
    struct fax_ratio ratio;
    uint32_t *edges; /* black in each pixel of the ends of runs, */
    uint32_t *whole; /* and where the pixels begin and end (negative) that they fill: sums of differences */
};

uint32_t fax_shrunk_rows(uint32_t rows, struct fax_ratio ratio)
{
    return (uint32_t)(((uint64_t)rows * ratio.to + ratio.from - 1) / ratio.from);
}

/* A black run, its end not included, `high` high. */
static void add_run(struct shrinking *s, uint32_t from, uint32_t end, uint32_t high)
{
    uint32_t wide = s->p->width, a = from * s->width, b = end * s->width;
    uint32_t first = a / wide, last = b / wide;
    if (first == last) {
        s->edges[first] += (b - a) * high;
        return;
    }
    s->edges[first] += ((first + 1) * wide - a) * high;
    s->edges[last] += (b - last * wide) * high;
    s->whole[first + 1] += wide * high;
    s->whole[last] -= wide * high;
}

/* The next pixel from `at` on that is black, or is not; the width where there is none. */
static uint32_t find(const uint8_t *row, uint32_t at, uint32_t width, bool black)
{
    const uint8_t none = black ? 0 : 0xFF;
    while (at < width) {
        if (at % 8 == 0 && row[at / 8] == none)
            at += 8;
        else if ((row[at / 8] >> (7 - at % 8) & 1) == black)
            return at;
        else
            at++;
    }
    return width;
}

static void add_row(struct shrinking *s, uint32_t number, uint32_t high)
{
    uint32_t width = s->p->width;
    const uint8_t *row = s->p->bits + (size_t)number * fax_row_bytes(width);
    for (uint32_t at = find(row, 0, width, true); at < width;) {
        uint32_t end = find(row, at, width, false);
        add_run(s, at, end, high);
        at = find(row, end, width, true);
    }
}

static void put_row(struct shrinking *s, uint8_t *row)
{
    const uint64_t enough = (uint64_t)s->p->width * s->ratio.from * BLACK_TENTHS;
    uint32_t sum = 0;
    memset(row, 0, fax_row_bytes(s->width));
    for (uint32_t i = 0; i < s->width; i++) {
        sum += s->whole[i];
        if ((uint64_t)(sum + s->edges[i]) * 10 >= enough)
            row[i / 8] |= (uint8_t)(0x80 >> i % 8);
    }
    memset(s->edges, 0, (s->width + 1) * sizeof(*s->edges));
    memset(s->whole, 0, (s->width + 1) * sizeof(*s->whole));
}

void fax_shrink(const struct fax_pixels *p, uint32_t width, struct fax_ratio ratio, uint8_t *to)
{
    if (p->width > FAX_WIDTH_MAX || width < 1 || width > p->width || ratio.to < 1 || ratio.to > ratio.from)
        panic("a page of %u pixels to be made of %u", width, p->width);
    SCOPED_FREE uint32_t *places = mem_zalloc(2 * (width + 1) * sizeof(*places));
    struct shrinking s = {p, width, ratio, places, places + width + 1};
    uint32_t full = 0; /* of the row that is being made */
    for (uint32_t row = 0; row < p->rows; row++) {
        uint32_t room = ratio.from - full, high = ratio.to < room ? ratio.to : room;
        add_row(&s, row, high);
        full += high;
        if (full < ratio.from)
            continue;
        put_row(&s, to);
        to += fax_row_bytes(width);
        full = ratio.to - high;
        if (full > 0)
            add_row(&s, row, full);
    }
    if (full > 0)
        put_row(&s, to);
}
