/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fax pages as a TIFF of several pages (S4.1): the T.6 data is passed through as it is, one strip a page
 * (TIFF 6.0 section 11, RFC 3949 profile F). */
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "convert/skew.h"
#include "model/page.h"

/* Appends the whole file to b, which has to be empty. created_ms: wall clock, written in the zone of
 * local_time.h. Of the views (NULL: none) it says how pages lie; their pixels are as they came. False where
 * it does not fit b's limit. */
bool tiff_write(struct buf *b, int64_t created_ms, const struct page *pages, size_t count,
                const struct page_view *views) MUST_USE;
