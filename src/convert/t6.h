/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* T.6 (MMR) coding of whole pages, in memory: proto's coder and decoder for the forms that pages have. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "model/page.h"
#include "proto/fax_code.h"

static inline size_t t6_row_bytes(uint32_t width)
{
    return fax_row_bytes(width);
}

/* Codes form->rows rows of bits and appends them, with EOFB. False where they do not fit into b's limit. */
bool t6_encode(const struct page_form *form, const uint8_t *bits, struct buf *b) MUST_USE;

/* Decodes into bits, room for form->rows rows. Broken data never reads or writes outside; the rows that it
 * does not give are white. Returns how many rows were decoded. */
uint32_t t6_decode(const struct page *page, uint8_t *bits) MUST_USE;
