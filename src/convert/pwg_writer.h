/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fax pages as PWG raster (PWG 5102.4), for printers that take no PDF: 8 bits of grey a pixel, which is what
 * every one of them reads. A page has its true size on the sheet, or as much less as makes it fit. */
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "convert/paper.h"
#include "convert/skew.h"
#include "model/page.h"

/* Appends the whole file. dpi: of the printer, 150 to 1200. views: of each page. False
 * where it does not fit b's limit. */
bool pwg_write(struct buf *b, unsigned dpi, enum paper paper, const struct page *pages, size_t count,
               const struct page_view *views) MUST_USE;
