/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/blank.h"

#include "base/mem.h"
#include "base/scope.h"
#include "convert/t6.h"

/* Fields of 2 mm: a speck fills none of them by a thirtieth, a word of small print several. */
static const double field_metres = 0.002, header_metres = 0.006, edge_metres = 0.005;
enum { FULL = 32, FIELDS_MOST = 2 };

struct grid {
    uint32_t across, down; /* of a field, in pixels */
    uint32_t left, right, top, bottom;
};

static struct grid grid_of(const struct page_form *form)
{
    uint32_t x = page_x_per_metre(form->resolution), y = page_y_per_metre(form->resolution);
    struct grid g = {.across = (uint32_t)(field_metres * x),
                     .down = (uint32_t)(field_metres * y),
                     .left = (uint32_t)(edge_metres * x),
                     .top = (uint32_t)(header_metres * y)};
    uint32_t below = (uint32_t)(edge_metres * y);
    g.right = form->width > g.left ? form->width - g.left : 0;
    g.bottom = form->rows > below ? form->rows - below : 0;
    return g;
}

static bool is_black(const uint8_t *row, uint32_t x)
{
    return row[x / 8] >> (7 - x % 8) & 1;
}

/* Fields of one row of them that hold something. */
static unsigned filled(const struct grid *g, const struct page_form *form, const uint8_t *bits, uint32_t top,
                       uint32_t *black)
{
    uint32_t fields = (g->right - g->left) / g->across + 1;
    unsigned n = 0;
    for (uint32_t i = 0; i < fields; i++)
        black[i] = 0;
    for (uint32_t y = top; y < top + g->down && y < g->bottom; y++) {
        const uint8_t *row = bits + (size_t)y * t6_row_bytes(form->width);
        for (uint32_t x = g->left; x < g->right; x++) {
            if (row[x / 8] == 0)
                x |= 7;
            else
                black[(x - g->left) / g->across] += is_black(row, x);
        }
    }
    for (uint32_t i = 0; i < fields; i++)
        n += black[i] * FULL >= g->across * g->down;
    return n;
}

bool page_is_blank(const struct page_form *form, const uint8_t *bits)
{
    const struct grid g = grid_of(form);
    unsigned n = 0;
    if (g.left >= g.right || g.top >= g.bottom)
        return false; /* a strip: nobody's sheet */
    SCOPED_FREE uint32_t *black = mem_alloc(((g.right - g.left) / g.across + 1) * sizeof(*black));
    for (uint32_t y = g.top; y < g.bottom && n <= FIELDS_MOST; y += g.down)
        n += filled(&g, form, bits, y, black);
    return n <= FIELDS_MOST;
}
