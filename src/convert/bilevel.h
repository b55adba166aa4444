/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Grey pixels to black and white ones, the way a fax needs them: characters and lines thresholded, flat grey
 * in a clustered dot, paper white. A dispersed dot or error diffusion would look finer on a screen, but
 * multiplies the bytes of T.6 and with them the minutes on the telephone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "convert/sheet.h"
#include "model/page.h"

enum { BILEVEL_IMAGES_MAX = 256 };

struct bilevel {
    uint8_t *grey; /* 0 black .. 255 white; changed in place; stride = width, a multiple of 8 */
    uint32_t width, rows;
    /* Lines an inch of the result over those of the grey pixels: STANDARD takes each pair of rows for one. */
    enum page_resolution resolution;
    /* Where pictures were drawn: each is judged as a whole, a scanned sheet or a photograph. */
    struct pixel_rect images[BILEVEL_IMAGES_MAX];
    size_t image_count;
};

/* Remembers an image; where there are too many, the last one grows to hold the further ones. */
void bilevel_add_image(struct bilevel *b, struct pixel_rect r);

/* Rows of the result: half of b->rows, rounded up, for STANDARD; ask before bilevel_run, which halves them.
 */
uint32_t bilevel_rows(const struct bilevel *b);
/* Writes bilevel_rows() rows of width / 8 bytes, black = 1. */
void bilevel_run(struct bilevel *b, uint8_t *bits);
