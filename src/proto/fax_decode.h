/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The decoder of fax pages: any bytes, never outside of them nor of the rows it was given. */
#pragma once

#include <stdbool.h>

#include "base/span.h"
#include "proto/fax_code.h"

struct fax_decoded {
    uint32_t rows; /* from the top; what lies below them is white */
    uint32_t bad;  /* of these, repaired: T.4 goes on at the next EOL, and the row above stands in */
    bool whole;    /* ended as its coding wants, or with the last row, and no row was bad */
};

/* Rows of fax_row_bytes(width) into bits, which has room for rows_max of them; width 1..FAX_WIDTH_MAX. T.6
 * has nothing to go on at after an error: its rows end there. */
struct fax_decoded fax_decode(enum fax_coding coding, uint32_t width, uint32_t rows_max, struct span data,
                              uint8_t *bits);
