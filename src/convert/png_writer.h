/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A PNG (ISO 15948) of grey pixels, row by row: no more than one row and the file itself lie in memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#include "base/attr.h"
#include "base/buf.h"

struct png_form {
    uint32_t width, height;
    unsigned depth;     /* bits a pixel: 1 or 8; 0 is black */
    uint32_t per_metre; /* pixels, square */
};

struct png_writer {
    struct buf *to;
    z_stream zlib;
    size_t row_len;
    bool broken;
};

/* Appends to `to`. png_end is needed in any case. */
void png_begin(struct png_writer *w, struct buf *to, const struct png_form *form);
/* The next row from the top: (width * depth + 7) / 8 bytes. */
void png_row(struct png_writer *w, const uint8_t *row);
/* False where the file did not fit the limit of its buffer. */
bool png_end(struct png_writer *w) MUST_USE;
