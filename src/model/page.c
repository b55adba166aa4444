/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model/page.h"

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

uint32_t page_x_per_metre(enum page_resolution r)
{
    return resolutions[r].x_per_metre;
}

uint32_t page_y_per_metre(enum page_resolution r)
{
    return resolutions[r].y_per_metre;
}

enum page_resolution page_resolution_nearest(uint32_t y_per_metre)
{
    enum page_resolution best = PAGE_STANDARD;
    uint32_t least = UINT32_MAX;
    for (unsigned r = 0; r < PAGE_RESOLUTION_COUNT; r++) {
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
    bool width_known =
        form->width == PAGE_WIDTH_A4 || form->width == PAGE_WIDTH_B4 || form->width == PAGE_WIDTH_A3;
    return width_known && form->rows >= 1 && form->rows <= PAGE_ROWS_MAX &&
           (unsigned)form->resolution < PAGE_RESOLUTION_COUNT;
}
