/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/pwg_writer.h"

#include <string.h>

#include "base/mem.h"
#include "base/scope.h"
#include "convert/t6.h"

/* PWG 5102.4 §4.3; where each field stands. All numbers are big-endian. */
enum {
    HEAD_LEN = 1796,
    AT_RESOLUTION = 276,
    AT_COPIES = 340,
    AT_POINTS = 352,
    AT_WIDTH = 372,
    AT_HEIGHT = 376,
    AT_BITS_PER_COLOUR = 384,
    AT_BITS_PER_PIXEL = 388,
    AT_BYTES_PER_LINE = 392,
    AT_COLOUR_SPACE = 400,
    AT_COLOURS = 420,
    AT_PAGES = 452,
    AT_CROSS_FEED = 456,
    AT_FEED = 460,
    SGREY = 18,
};

/* What no printer reaches, at each edge. */
static const double margin_inches = 4 / 25.4;

static void put(uint8_t *head, size_t at, uint32_t n)
{
    for (int i = 0; i < 4; i++)
        head[at + (size_t)i] = (uint8_t)(n >> (24 - 8 * i));
}

struct raster {
    struct buf *out;
    uint32_t width, height; /* of the sheet */
    uint8_t *row, *last;    /* grey, of the sheet */
    unsigned repeats;       /* of `last`, besides itself */
    bool good;
};

static bool write_head(struct raster *r, unsigned dpi, float points_x, float points_y, size_t pages)
{
    uint8_t head[HEAD_LEN] = "PwgRaster";
    put(head, AT_RESOLUTION, dpi);
    put(head, AT_RESOLUTION + 4, dpi);
    put(head, AT_COPIES, 1);
    put(head, AT_POINTS, (uint32_t)(points_x + 0.5f));
    put(head, AT_POINTS + 4, (uint32_t)(points_y + 0.5f));
    put(head, AT_WIDTH, r->width);
    put(head, AT_HEIGHT, r->height);
    put(head, AT_BITS_PER_COLOUR, 8);
    put(head, AT_BITS_PER_PIXEL, 8);
    put(head, AT_BYTES_PER_LINE, r->width);
    put(head, AT_COLOUR_SPACE, SGREY);
    put(head, AT_COLOURS, 1);
    put(head, AT_PAGES, (uint32_t)pages);
    put(head, AT_CROSS_FEED, 1);
    put(head, AT_FEED, 1);
    return buf_append(r->out, head, sizeof(head));
}

/* ---- rows ---- */

static size_t run_length(const uint8_t *row, size_t left)
{
    enum { LONGEST = 128 };
    size_t n = 1;
    while (n < left && n < LONGEST && row[n] == row[0])
        n++;
    return n;
}

/* Black and white alone: runs are all there is, and two equal pixels never stand in what is copied. */
static void put_row(struct raster *r)
{
    bool good = buf_append_byte(r->out, (uint8_t)r->repeats);
    for (size_t x = 0; x < r->width;) {
        size_t n = run_length(r->last + x, r->width - x);
        good = good && buf_append_byte(r->out, (uint8_t)(n - 1)) && buf_append_byte(r->out, r->last[x]);
        x += n;
    }
    r->good = r->good && good;
    r->repeats = 0;
}

static void add_row(struct raster *r, bool first)
{
    if (!first && r->repeats < 255 && memcmp(r->row, r->last, r->width) == 0) {
        r->repeats++;
        return;
    }
    if (!first)
        put_row(r);
    memcpy(r->last, r->row, r->width);
}

/* ---- a page ---- */

/* Where the page lies on its sheet, in pixels of it. */
struct place {
    uint32_t left, top, width, height;
};

static struct place place_of(const struct raster *r, unsigned dpi, const struct page_form *form)
{
    double inch_x = form->width / (page_x_per_metre(form->resolution) * 0.0254);
    double inch_y = form->rows / (page_y_per_metre(form->resolution) * 0.0254);
    double room_x = (double)r->width / dpi - 2 * margin_inches;
    double room_y = (double)r->height / dpi - 2 * margin_inches, scale = 1;
    if (inch_x * scale > room_x)
        scale = room_x / inch_x;
    if (inch_y * scale > room_y)
        scale = room_y / inch_y;
    struct place p = {.width = (uint32_t)(inch_x * scale * dpi), .height = (uint32_t)(inch_y * scale * dpi)};
    p.width = p.width > 0 ? p.width : 1;
    p.height = p.height > 0 ? p.height : 1;
    p.left = (r->width - p.width) / 2;
    p.top = (uint32_t)(margin_inches * dpi);
    return p;
}

static bool is_black(const uint8_t *row, uint32_t x)
{
    return row[x / 8] >> (7 - x % 8) & 1;
}

/* The pixels that fall on one of the sheet are black where one of them is: a hairline stays. */
static void fill_row(struct raster *r, const struct page_form *form, const uint8_t *bits,
                     const struct place *p, uint32_t y)
{
    uint32_t from = (uint32_t)((uint64_t)y * form->rows / p->height);
    uint32_t to = (uint32_t)((uint64_t)(y + 1) * form->rows / p->height);
    to = to > from ? to : from + 1;
    for (uint32_t source = from; source < to; source++) {
        const uint8_t *row = bits + (size_t)source * t6_row_bytes(form->width);
        for (uint32_t x = 0; x < p->width; x++) {
            uint32_t low = (uint32_t)((uint64_t)x * form->width / p->width);
            uint32_t high = (uint32_t)((uint64_t)(x + 1) * form->width / p->width);
            bool black = is_black(row, low);
            for (uint32_t i = low + 1; i < high; i++)
                black = black || is_black(row, i);
            if (black)
                r->row[p->left + x] = 0;
        }
    }
}

static void write_page(struct raster *r, unsigned dpi, const struct page *page, const struct page_view *view)
{
    struct page_form form = page->form;
    SCOPED_FREE uint8_t *bits = mem_alloc(t6_row_bytes(form.width) * form.rows);
    (void)!t6_decode(page, bits);
    page_view_apply(view, &form, &bits);
    const struct place p = place_of(r, dpi, &form);
    for (uint32_t y = 0; r->good && y < r->height; y++) {
        memset(r->row, 255, r->width);
        if (y >= p.top && y - p.top < p.height)
            fill_row(r, &form, bits, &p, y - p.top);
        add_row(r, y == 0);
    }
    put_row(r);
}

bool pwg_write(struct buf *b, unsigned dpi, enum paper paper, const struct page *pages, size_t count,
               const struct page_view *views)
{
    float points_x, points_y;
    paper_points(paper, &points_x, &points_y);
    struct raster r = {.out = b,
                       .width = (uint32_t)(points_x / 72 * (float)dpi + 0.5f),
                       .height = (uint32_t)(points_y / 72 * (float)dpi + 0.5f)};
    SCOPED_FREE uint8_t *row = mem_alloc(r.width), *last = mem_zalloc(r.width);
    r.row = row;
    r.last = last;
    r.good = buf_append_str(b, "RaS2");
    for (size_t i = 0; r.good && i < count; i++) {
        r.good = write_head(&r, dpi, points_x, points_y, count);
        write_page(&r, dpi, &pages[i], &views[i]);
    }
    return r.good;
}
