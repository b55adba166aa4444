/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads the words of a fax page, by Tesseract where it is installed. In a worker: reader_prepare before it is
 * shut in, for that opens the library and the languages; what reads a stranger's pixels then holds nothing.
 */
#pragma once

#include "base/buf.h"
#include "model/outcome.h"
#include "model/page.h"

/* languages: as Tesseract names them, separated by blanks; those that are not installed are left out. What
 * goes wrong is said by reader_read. */
void reader_prepare(const char *languages);

/* Appends the page's words (model/page_text.h); none is no error. */
void reader_read(const struct page *page, struct buf *text, struct outcome *outcome);
