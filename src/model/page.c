/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model/page.h"

#include "base/str.h"

static const struct {
    const char *name;
    uint32_t x_per_metre, y_per_metre;
} resolutions[] = {
#define PAGE_RESOLUTION_ROW(name, text, x, y) [PAGE_##name] = {text, x, y},
    PAGE_RESOLUTIONS(PAGE_RESOLUTION_ROW)
#undef PAGE_RESOLUTION_ROW
};

const char *page_resolution_name(enum page_resolution r)
{
    return resolutions[r].name;
}

bool page_resolution_parse(const char *name, enum page_resolution *r)
{
    for (unsigned i = 0; i < PAGE_RESOLUTION_COUNT; i++)
        if (str_equal(name, resolutions[i].name)) {
            *r = (enum page_resolution)i;
            return true;
        }
    return false;
}

uint32_t page_x_per_metre(enum page_resolution r)
{
    return resolutions[r].x_per_metre;
}

uint32_t page_y_per_metre(enum page_resolution r)
{
    return resolutions[r].y_per_metre;
}

/* Half widths of 204 dpi that make one of that resolution. */
static uint32_t halves(enum page_resolution r)
{
    return r == PAGE_DPI400 ? 4 : r == PAGE_DPI300 ? 3 : 2;
}

uint32_t page_width_at(uint32_t width, enum page_resolution r)
{
    return width / 2 * halves(r);
}

uint32_t page_paper(const struct page_form *form)
{
    return form->width / halves(form->resolution) * 2;
}

static bool has_width(enum page_resolution r, uint32_t width)
{
    return width == page_width_at(PAGE_WIDTH_A4, r) || width == page_width_at(PAGE_WIDTH_B4, r) ||
           width == page_width_at(PAGE_WIDTH_A3, r);
}

enum page_resolution page_resolution_nearest(uint32_t width, uint32_t y_per_metre)
{
    enum page_resolution best = PAGE_STANDARD;
    uint32_t least = UINT32_MAX;
    if (has_width(PAGE_DPI300, width))
        return PAGE_DPI300;
    if (has_width(PAGE_DPI400, width))
        return PAGE_DPI400;
    for (unsigned r = 0; r <= PAGE_SUPERFINE; r++) {
        uint32_t ours = page_y_per_metre((enum page_resolution)r);
        uint32_t off = ours < y_per_metre ? y_per_metre - ours : ours - y_per_metre;
        if (off < least) {
            least = off;
            best = (enum page_resolution)r;
        }
    }
    return best;
}

bool page_form_valid(const struct page_form *form)
{
    return (unsigned)form->resolution < PAGE_RESOLUTION_COUNT && has_width(form->resolution, form->width) &&
           form->rows >= 1 && form->rows <= PAGE_ROWS_MAX;
}
