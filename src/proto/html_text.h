/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The words of an HTML mail that has no plain text: for a PIN and for the cover page, not for show. */
#pragma once

#include "base/buf.h"

/* Appends UTF-8 text with LF: tags dropped, lines where blocks begin and end, the common entities read, what
 * is quoted (blockquote) marked with "> ". html: UTF-8. */
void html_text(const char *html, struct buf *to);
