/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The codes of black and white fax pages: T.4 one- and two-dimensional (MH, MR), T.6 (MMR). Pixels are
 * packed, most significant bit first, black = 1, each row beginning on a byte. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum fax_coding {
    FAX_CODING_1D, /* T.4 §4.1, each row behind an EOL */
    FAX_CODING_2D, /* T.4 §4.2, EOL and a bit that says how the row is coded */
    FAX_CODING_T6, /* no EOL, EOFB at the end */
    FAX_CODING_COUNT
};

/* Wider than any paper at any resolution; a bound for what a decoder holds. */
enum { FAX_WIDTH_MAX = 20000 };

static inline size_t fax_row_bytes(uint32_t width)
{
    return (width + 7) / 8;
}

/* The lowest len bits of `bits`. */
struct fax_code {
    uint16_t bits;
    uint8_t len;
};

enum { FAX_MAKEUPS = 40, FAX_MAKEUP_MOST = 2560 };

/* Runs of 0..63 and of 64, 128, ... 2560: [0] white, [1] black. */
extern const struct fax_code fax_terminating[2][64], fax_makeup[2][FAX_MAKEUPS];
/* Modes of a two-dimensional row; vertical: a1 three left of b1 ... three right. */
extern const struct fax_code fax_pass, fax_horizontal, fax_vertical[7];
/* End of line; twice: the end of a T.6 page. */
extern const struct fax_code fax_eol;
