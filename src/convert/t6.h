/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* T.6 (MMR) coding of whole pages, in memory. Pixels are packed, most significant bit first, black = 1, each
 * row starting on a byte: (width + 7) / 8 bytes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "model/page.h"

static inline size_t t6_row_bytes(uint32_t width)
{
    return (width + 7) / 8;
}

/* Codes form->rows rows of bits and appends them, with EOFB. False where they do not fit into b's limit. */
bool t6_encode(const struct page_form *form, const uint8_t *bits, struct buf *b) MUST_USE;

/* Bits of that page on the wire by each coding (T.4 §4.1, §4.2 with K of 2 or 4; T.6), end of page included;
 * without what the protocol adds. */
struct wire_bits {
    uint64_t t4_1d, t4_2d, t6;
};
struct wire_bits t6_wire_bits(const struct page_form *form, const uint8_t *bits);

/* Decodes into bits, room for form->rows rows. Broken data never reads or writes outside; the rows that it
 * does not give are white. Returns how many rows were decoded. */
uint32_t t6_decode(const struct page *page, uint8_t *bits) MUST_USE;
