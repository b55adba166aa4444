/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A page that comes in, row by row, becomes T.6 at once: what is kept of it is its code, not its picture. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "model/page.h"
#include "proto/fax_encode.h"

struct page_writer {
    struct buf t6;
    struct fax_band band;
    struct page_form form; /* rows: as many as were written */
    bool overflow;         /* more bytes than PAGE_BYTES_MAX */
    bool whole;
};

void page_writer_init(struct page_writer *w);
void page_writer_clear(struct page_writer *w); /* what it holds, and its memory */
/* A page begins; the one before is forgotten. */
void page_writer_begin(struct page_writer *w, uint32_t width, uint32_t y_per_metre);
/* above: the row above them, NULL for the first ones. Pixels as in proto/fax_code.h. */
void page_writer_rows(struct page_writer *w, const uint8_t *above, const uint8_t *rows, uint32_t count);
void page_writer_end(struct page_writer *w);
/* 0: w->t6 and w->form are a page. ENOENT: no page is whole; EFBIG: too many rows or bytes; EPROTO: of a
 * width that is none of ours. */
int page_writer_check(const struct page_writer *w) MUST_USE;
