/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What was read on a page and where: a line a word, "x y width height word", in the page's own pixels from
 * its upper left corner; before them a line "turned 1", "turned" or "turned 3" where the page has to be
 * turned so many quarters (two, where it says no number) clockwise to be upright. Words are UTF-8 without
 * blanks and control characters. The texts of several pages in one file have a form feed behind each. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "model/page.h"

enum { PAGE_TEXT_BYTES_MAX = 128 * 1024, PAGE_TEXT_WORD_MAX = 100 };
#define PAGE_TEXT_PAGE_END '\f'
#define PAGE_TEXT_TURNED   "turned"

struct page_word {
    uint32_t x, y, width, height; /* inside the page; width and height are not 0 */
    struct span text;
};

/* Appends the word, clipped to the page and cleaned; nothing where nothing is left of it or of b's limit. */
void page_text_put(struct buf *b, const struct page_form *form, const struct page_word *word);

/* The next word, taken off the front of *rest. False at its end, and from the first line on that is none. */
bool page_text_next(struct span *rest, const struct page_form *form, struct page_word *word);

/* Appends the line that says how the page lies; nothing where it is upright. */
void page_text_put_turned(struct buf *b, unsigned quarters);
/* Takes it off the front; 0 where there is none. */
unsigned page_text_take_turned(struct span *text);

/* Is all of it well-formed? */
bool page_text_valid(struct span text, const struct page_form *form) MUST_USE;

/* Appends the words alone, with blanks between. */
void page_text_plain(struct buf *b, struct span text, const struct page_form *form);

/* The text of the next page, taken off the front of *rest; false where there is none. */
bool page_text_next_page(struct span *rest, struct span *text);
