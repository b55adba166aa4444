/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A page in fewer pixels. A pixel is black where three tenths of what it stands for are: a line one pixel
 * wide is still there at two thirds and at half, and tones stay about as dark as they were. */
#pragma once

#include "proto/fax_encode.h"

/* So many rows become so many; no more than they were. */
struct fax_ratio {
    uint32_t from, to;
};

/* Of so many rows; the last one may stand for fewer than the others. */
uint32_t fax_shrunk_rows(uint32_t rows, struct fax_ratio ratio);
/* to: fax_shrunk_rows() of fax_row_bytes(width); width no more than p's. */
void fax_shrink(const struct fax_pixels *p, uint32_t width, struct fax_ratio ratio, uint8_t *to);
