/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A row of grey pixels to black and white ones: edges of characters and lines at one threshold, tones by a
 * pattern of dots. */
#pragma once

#include <stdint.h>

enum { THRESHOLD_CELL = 8 };

struct threshold_row {
    const uint8_t *above, *here,
        *below;                   /* 0 black .. 255 white; at the page's edge the row itself once more */
    uint32_t width;               /* a multiple of THRESHOLD_CELL */
    const uint8_t *photo;         /* of each cell: 1 where only hard edges count */
    uint8_t dots[THRESHOLD_CELL]; /* a tone is black below the dot of its column */
};

/* width / 8 bytes, black = 1. With SIMD where the processor has it. */
void threshold_row(const struct threshold_row *r, uint8_t *bits);
/* The same bytes without: what other processors run. */
void threshold_row_plain(const struct threshold_row *r, uint8_t *bits);
