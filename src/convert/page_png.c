/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/page_png.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/scope.h"
#include "convert/png_writer.h"
#include "convert/skew.h"
#include "convert/t6.h"

static uint32_t at_least_one(uint64_t n)
{
    return n > 0 ? (uint32_t)n : 1;
}

/* n * to / of, rounded. */
static uint64_t scaled(uint64_t n, uint64_t to, uint64_t of)
{
    return (n * to + of / 2) / of;
}

struct page_png_size page_png_size(const struct page_form *form, uint32_t width)
{
    uint64_t x = page_x_per_metre(form->resolution), y = page_y_per_metre(form->resolution);
    if (width > 0)
        return (struct page_png_size){width,
                                      at_least_one(scaled((uint64_t)form->rows * width, x, y * form->width))};
    /* The coarser way is stretched. */
    if (y <= x)
        return (struct page_png_size){form->width, at_least_one(scaled(form->rows, x, y))};
    return (struct page_png_size){at_least_one(scaled(form->width, y, x)), form->rows};
}

/* ---- every pixel ---- */

static void stretch_row(const uint8_t *bits, uint32_t from, uint8_t *row, uint32_t to)
{
    memset(row, 0xff, (to + 7) / 8); /* white is 1 here */
    for (uint32_t x = 0; x < to; x++) {
        uint32_t source = (uint32_t)((uint64_t)x * from / to);
        if (bits[source / 8] & (0x80u >> source % 8))
            row[x / 8] &= (uint8_t) ~(0x80u >> x % 8);
    }
}

static void write_bits(struct png_writer *w, const struct page_form *form, struct page_png_size size,
                       const uint8_t *bits)
{
    SCOPED_FREE uint8_t *row = mem_alloc((size.width + 7) / 8);
    uint32_t last = UINT32_MAX;
    for (uint32_t y = 0; y < size.height; y++) {
        uint32_t source = (uint32_t)((uint64_t)y * form->rows / size.height);
        if (source != last)
            stretch_row(bits + source * t6_row_bytes(form->width), form->width, row, size.width);
        last = source;
        png_row(w, row);
    }
}

/* ---- greys ---- */

/* Lengths are counted so that both sides are whole numbers: a pixel of the page is as wide as the picture has
 * pixels, one of the picture as the page has; down likewise. */
struct mean {
    const struct page_form *form;
    struct page_png_size size;
    uint32_t *across; /* black of each column of the picture in one row of the page */
    uint64_t *black;  /* of the row of the picture that is being summed up */
};

static void add_across(struct mean *m, const uint8_t *bits)
{
    uint64_t from = m->form->width, to = m->size.width;
    memset(m->across, 0, to * sizeof(*m->across));
    for (uint64_t x = 0; x < from; x++) {
        if (bits[x / 8] == 0) {
            x |= 7;
            continue;
        }
        if (!(bits[x / 8] & (0x80u >> x % 8)))
            continue;
        uint64_t begin = x * to, end = begin + to;
        for (uint64_t c = begin / from; c * from < end; c++) {
            uint64_t low = c * from > begin ? c * from : begin;
            uint64_t high = (c + 1) * from < end ? (c + 1) * from : end;
            m->across[c] += (uint32_t)(high - low);
        }
    }
}

static void put_greys(struct mean *m, struct png_writer *w, uint8_t *row)
{
    uint64_t whole = (uint64_t)m->form->width * m->form->rows;
    for (uint32_t x = 0; x < m->size.width; x++)
        row[x] = (uint8_t)(255 - (m->black[x] * 255 + whole / 2) / whole);
    png_row(w, row);
    memset(m->black, 0, m->size.width * sizeof(*m->black));
}

static void sum_rows(struct mean *m, struct png_writer *w, const uint8_t *bits, uint8_t *row)
{
    uint64_t from = m->form->rows, to = m->size.height, done = 0;
    for (uint64_t y = 0; y < from; y++) {
        add_across(m, bits + y * t6_row_bytes(m->form->width));
        for (uint64_t left = to; left > 0;) {
            uint64_t room = (done / from + 1) * from - done, part = left < room ? left : room;
            for (uint32_t x = 0; x < m->size.width; x++)
                m->black[x] += m->across[x] * part;
            done += part;
            left -= part;
            if (done % from == 0)
                put_greys(m, w, row);
        }
    }
}

static void write_greys(struct png_writer *w, const struct page_form *form, struct page_png_size size,
                        const uint8_t *bits)
{
    SCOPED_FREE uint32_t *across = mem_alloc(size.width * sizeof(*across));
    SCOPED_FREE uint64_t *black = mem_zalloc(size.width * sizeof(*black));
    SCOPED_FREE uint8_t *row = mem_alloc(size.width);
    struct mean m = {form, size, across, black};
    sum_rows(&m, w, bits, row);
}

bool page_png(struct buf *b, const struct page *page, uint32_t width, unsigned quarters, bool deskew)
{
    struct page_form form = page->form;
    struct page_view view = {.quarters = quarters};
    SCOPED_FREE uint8_t *bits = mem_alloc(t6_row_bytes(form.width) * form.rows);
    uint32_t decoded = t6_decode(page, bits);
    if (deskew)
        view.skew = skew_find(&form, bits);
    page_view_apply(&view, &form, &bits);
    if (decoded < page->form.rows)
        log_debug(NULL, "a page has %u of its %u rows", decoded, page->form.rows);
    struct page_png_size size = page_png_size(&form, width);
    uint32_t per_metre = (uint32_t)scaled(page_x_per_metre(form.resolution), size.width, form.width);
    struct png_writer w;
    png_begin(&w, b, &(struct png_form){size.width, size.height, width > 0 ? 8 : 1, per_metre});
    if (width > 0)
        write_greys(&w, &form, size, bits);
    else
        write_bits(&w, &form, size, bits);
    return png_end(&w);
}
