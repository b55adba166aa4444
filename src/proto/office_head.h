/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Is an office file all there? LibreOffice takes one that was cut off for plain text, and would print its
 * bytes. */
#pragma once

#include "base/span.h"

/* A compound file ([MS-CFB] §2.2) with its directory inside it and a stream of Word, Excel or PowerPoint,
 * locked or not. */
bool ole_is_whole(struct span file);
/* A ZIP with the record of its end (APPNOTE 4.3.16), up to a comment's length before it. */
bool zip_is_whole(struct span file);
/* An RTF whose last group is closed; blanks and NULs may follow. */
bool rtf_is_whole(struct span file);
