/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The coder of fax pages. It works on the places where a row changes colour, found 64 pixels at a time, so
 * that white paper costs next to nothing. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "proto/fax_code.h"

struct fax_pixels {
    const uint8_t *bits; /* rows of fax_row_bytes(width) */
    uint32_t width;      /* 1..FAX_WIDTH_MAX */
    uint32_t rows;
};

/* Appends the whole page: T.6 with its EOFB, T.4 with its RTC, filled to a byte. k: of FAX_CODING_2D, each
 * k-th row is coded by itself (T.4 §4.2.1: 2 at standard resolution, 4 at the finer ones). t6_bits: of T.6,
 * how many bits stand before the EOFB; may be NULL. False where it does not fit b's limit. */
bool fax_encode(enum fax_coding coding, unsigned k, const struct fax_pixels *p, struct buf *b,
                size_t *t6_bits) MUST_USE;

/* A T.6 page of which a band of rows is there at a time. All zero: nothing coded yet. */
struct fax_band {
    uint64_t bits; /* from the highest: coded, and not yet a whole byte */
    unsigned count;
};

/* Appends the rows of *p. above: the row above them, NULL for the page's first ones. */
bool fax_encode_band(struct fax_band *band, const uint8_t *above, const struct fax_pixels *p,
                     struct buf *b) MUST_USE;
/* Appends EOFB. */
bool fax_encode_end(struct fax_band *band, struct buf *b) MUST_USE;
