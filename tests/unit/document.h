/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The pages that a test sends. */
#pragma once

#include "bitmap.h"

enum { DOCUMENT_PAGES = 3 };

struct document {
    struct bitmap bitmaps[DOCUMENT_PAGES];
    struct buf t6[DOCUMENT_PAGES];
    struct page pages[DOCUMENT_PAGES];
    unsigned count;
};

/* Page i has rows + i * step rows, and shows what seed + i makes. */
static inline void document_make(struct document *d, unsigned count, uint32_t rows, uint32_t step,
                                 unsigned seed)
{
    d->count = count;
    for (unsigned i = 0; i < count; i++) {
        d->bitmaps[i] = bitmap_random(PAGE_WIDTH_A4, rows + step * i, seed + i);
        d->pages[i] = bitmap_page(&d->bitmaps[i], PAGE_FINE, &d->t6[i]);
    }
}

static inline void document_clear(struct document *d)
{
    for (unsigned i = 0; i < d->count; i++) {
        bitmap_clear(&d->bitmaps[i]);
        buf_clear(&d->t6[i]);
    }
}
