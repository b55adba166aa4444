/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The line above each sent page that says when, from whom, to whom and which page of how many (47
 * CFR 68.318(d) and its like elsewhere ask for it). The page itself is not decoded: in T.6 each row is coded
 * against the one above, the first against white, so data of a strip that ends in a white row and the page's
 * own data are simply joined. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "model/page.h"

struct header_line {
    const char *when;      /* "2026-11-21 09:03", in the sender's time zone */
    const char *sender;    /* name and station id */
    const char *recipient; /* number called */
    unsigned page, pages;  /* "page 2 of 5"; pages 0: not known */
    const char *language;  /* of the words for that: "de"; English where there are none in it */
    bool continued;        /* the pages before went in an earlier call: "continued, page 2 of 5" */
};

/* Rows that the line adds to a page: 18, 36 or 72. */
uint32_t header_rows(enum page_resolution resolution);

/* Makes *with, the same page below the line; its data is written to t6 (emptied first) and lives as long as
 * that. Texts are UTF-8; what Latin-1 does not have is shown as '?'. Where all does not fit in the width, the
 * sender's name is cut first, then the recipient. ERANGE: the page would have more than PAGE_ROWS_MAX rows;
 * EFBIG: more bytes than t6 may hold. */
int header_put_above(const struct page *page, const struct header_line *line, struct buf *t6,
                     struct page *with) MUST_USE;
