/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The page of a self-test. Its pixels are made of the test's id, so nobody else's page is taken for it. Pure.
 */
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "model/id.h"
#include "model/page.h"

enum { SELF_TEST_ROWS = 1100 }; /* of standard resolution: A4 */

/* T.6 of the page, appended to b; *p borrows it. */
void self_test_page_make(struct id test, struct buf *b, struct page *p);
/* How many rows of the page that came differ from those that went; SELF_TEST_ROWS where it has not its form.
 * A header line above them is none of its rows. */
unsigned self_test_page_differs(struct id test, const struct page *came) MUST_USE;
