/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A picture that shows a sheet of paper, scanned or photographed: its paper becomes white however it is lit,
 * its writing black, specks go. Photographs that lie on it, or a picture that is one, are told apart. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct pixel_rect {
    uint32_t x0, y0, x1, y1; /* x1, y1 excluded */
};

enum { SHEET_PHOTOS_MAX = 16 };

struct sheet_photos {
    struct pixel_rect rects[SHEET_PHOTOS_MAX]; /* as they lie on the page; they do not overlap */
    size_t count;
    int paper; /* what is as light as that is white */
};

/* The page that a picture lies on. */
struct sheet_page {
    uint64_t pixels;          /* all; a picture that fills less than half of them is no sheet in a shadow */
    uint32_t tile, tile_rows; /* pixels and rows of a square of 4 mm */
};

/* grey: 0 black .. 255 white, rows of stride pixels. Changes what lies in r and in none of the photographs it
 * finds: to 0 and 255. A picture that is no sheet is one photograph, unchanged. */
void sheet_clean(uint8_t *grey, uint32_t stride, const struct pixel_rect *r, const struct sheet_page *page,
                 struct sheet_photos *photos);
