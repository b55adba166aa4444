/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How a received page lies, and its bitmap as people want to see it. The page itself stays as it came. */
#pragma once

#include "base/attr.h"
#include "model/page.h"

/* Rows and columns of text and rules lie at this angle to the page: radians, its lines fall to the right
 * where it is above 0. What the ink needs beyond the page's edges once it is turned back, in metres. */
struct skew {
    double angle; /* 0: it is straight, or nothing says */
    double left, top, right, bottom;
};

/* Found by which angle its rows of letters fall together best: up to 5 degrees, from a third of one. bits:
 * as t6_decode gives them. */
struct skew skew_find(const struct page_form *form, const uint8_t *bits);

struct page_view {
    unsigned quarters; /* so often turned clockwise it is upright; 0 to 3 */
    struct skew skew;
};

/* The bitmap in that view. *bits (by mem_alloc) is freed and replaced where anything changes, and *form says
 * its size then, which need not be that of a page on the wire; its width is a multiple of 8. */
void page_view_apply(const struct page_view *v, struct page_form *form, uint8_t **bits);
