/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A fax page as a PNG for a screen, its pixels square: those of a fax are not (204 x 98, 196 or 391 dpi). */
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "model/page.h"

enum { PAGE_PNG_WIDTH_MIN = 16, PAGE_PNG_WIDTH_MAX = PAGE_WIDTH_A3 };

/* Size of the picture. width 0: of each pixel at least one, so nothing of the page is lost. */
struct page_png_size {
    uint32_t width, height;
};
struct page_png_size page_png_size(const struct page_form *form, uint32_t width);

/* Appends the file, turned clockwise by so many quarters, and straight where `deskew` and the page lies
 * aslant. width 0: every pixel, black and white; else that wide, in greys that are the mean of what each
 * covers. Rows that broken data does not give are white. False where it does not fit b's limit. */
bool page_png(struct buf *b, const struct page *page, uint32_t width, unsigned quarters,
              bool deskew) MUST_USE;
