/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One fax page as it travels and as it is stored: T.6 (MMR) data and the form it has on the wire. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

/* Pixels per line of A4/Letter, B4 and A3 at 204 dpi (T.4 §2.1). At 300 dpi they have half as many more, at
 * 400 dpi twice as many. */
enum { PAGE_WIDTH_A4 = 1728, PAGE_WIDTH_B4 = 2048, PAGE_WIDTH_A3 = 2432, PAGE_WIDTH_MAX = 2 * PAGE_WIDTH_A3 };

/* Above this a page is a bomb, not a document: 2 m of paper at 391 lines an inch. */
enum { PAGE_ROWS_MAX = 32000 };
/* Most T.6 bytes of one page. A page of random pixels at 204x391 needs about 3 MB. */
enum { PAGE_BYTES_MAX = 8 * 1024 * 1024 };

/* Resolutions of T.4/T.30, in pixels per metre as T.30's metric figures give them. */
#define PAGE_RESOLUTIONS(X)                                                                                  \
    X(STANDARD, "standard", 8031, 3850)    /* 204 x 98 dpi */                                                \
    X(FINE, "fine", 8031, 7700)            /* 204 x 196 */                                                   \
    X(SUPERFINE, "superfine", 8031, 15400) /* 204 x 391 */                                                   \
    X(DPI300, "300dpi", 11811, 11811)      /* 300 x 300 */                                                   \
    X(DPI400, "400dpi", 16063, 15400)      /* 408 x 391, or 400 x 400 */

enum page_resolution {
#define PAGE_RESOLUTION_ENUM(name, text, x, y) PAGE_##name,
    PAGE_RESOLUTIONS(PAGE_RESOLUTION_ENUM)
#undef PAGE_RESOLUTION_ENUM
        PAGE_RESOLUTION_COUNT
};

const char *page_resolution_name(enum page_resolution r);
/* False where no resolution has that name. */
bool page_resolution_parse(const char *name, enum page_resolution *r) MUST_USE;
uint32_t page_x_per_metre(enum page_resolution r);
uint32_t page_y_per_metre(enum page_resolution r);
/* Of other machines' pixels a line, and lines a metre: also 200 or 100 an inch. */
enum page_resolution page_resolution_nearest(uint32_t width, uint32_t y_per_metre);

struct page_form {
    uint32_t width; /* pixels: one of the widths above that the resolution has */
    uint32_t rows;  /* 1..PAGE_ROWS_MAX */
    enum page_resolution resolution;
};

/* Of paper that has so many pixels a line at 204 dpi; and back. */
uint32_t page_width_at(uint32_t width, enum page_resolution r);
uint32_t page_paper(const struct page_form *form);

/* Width known, rows and resolution in range: what every receiver of a page from another process checks. */
bool page_form_valid(const struct page_form *form);

struct page {
    struct page_form form;
    struct span t6; /* T.6 data, most significant bit first, black = 1, with EOFB; borrowed */
};
