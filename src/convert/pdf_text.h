/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Words that lie over a page's picture, unseen, so that they can be found and marked. Their fonts draw
 * nothing (Type 3, ISO 32000-1 §9.6.5, in rendering mode 3), need no file and so are allowed in archives; a
 * map says which character each of their codes is (§9.10.3). A font has room for 255 characters and a blank:
 * there are as many as the words need. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "model/page.h"

enum { PDF_TEXT_BYTES_MAX = 4 * 1024 * 1024 };

struct pdf_fonts {
    uint32_t *characters; /* in order; number n is code n % 255 + 1 of font n / 255; owned */
    size_t count, room;
};

void pdf_fonts_add(struct pdf_fonts *f, struct span text, const struct page_form *form);
void pdf_fonts_clear(struct pdf_fonts *f);

struct pdf_text_page {
    const struct page_form *form;
    double width, height; /* in points */
    unsigned quarters;    /* so often turned clockwise it, and its words with it, is upright */
};

/* Appends `text` (model/page_text.h) to the contents of that page. */
void pdf_text_put(struct buf *b, const struct pdf_fonts *f, struct span text,
                  const struct pdf_text_page *page);

/* The objects that the fonts become, and what names them in a page's resources. */
size_t pdf_fonts_objects(const struct pdf_fonts *f);
void pdf_fonts_name(struct buf *b, const struct pdf_fonts *f, size_t first_object);
/* Appends object number `index` of them, the first one being that object of the file. True: it is the bytes
 * of a stream. */
bool pdf_fonts_object(struct buf *b, const struct pdf_fonts *f, size_t index, size_t first_object);
