/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages in the form that a far machine takes: what it says in its DIS or DTC (T.30 table 2, bits 15, 17, 18
 * and 41 to 43), or the next below it. Paper that is too wide is made smaller as a whole, nothing is cut off.
 */
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "model/page.h"

bool fit_takes(struct span dis, const struct page_form *form);
/* The same page, smaller: t6 gets its bytes. EPROTO: it cannot be decoded; EFBIG: it does not fit t6. */
int fit_page(struct span dis, const struct page *page, struct buf *t6, struct page *fitted) MUST_USE;
