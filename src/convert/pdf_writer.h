/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fax pages as a PDF: the T.6 data is passed through as it is, one picture a page (CCITTFaxDecode, K -1), so
 * that every pixel that came over the line is in the file. The file is a PDF/A-2b, for archives. */
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "convert/skew.h"
#include "model/page.h"

#define PDF_PRODUCER "Faxpost"

struct pdf_opts {
    const char *title;  /* UTF-8; may be "" */
    int64_t created_ms; /* wall clock */
    int zone_minutes;   /* east of UTC, of the dates in it */
    /* What was read on each page (model/page_text.h): it can be searched and marked, and is not seen. NULL:
     * nothing was. */
    const struct span *texts;
    const struct page_view *views; /* how each lies, and is shown; NULL: upright and straight */
};

/* Appends the whole file. False where it does not fit b's limit. */
bool pdf_write(struct buf *b, const struct pdf_opts *o, const struct page *pages, size_t count) MUST_USE;
