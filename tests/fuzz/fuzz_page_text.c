/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as what was found on a fax, as what was read on its pages, and as a word that is read: what is
 * taken is well-formed, and becomes a PDF. */
#include <stdlib.h>

#include "convert/pdf_text.h"
#include "model/look.h"
#include "model/page_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void draw(struct span text, const struct page_form *form)
{
    struct pdf_fonts fonts = {0};
    SCOPED_BUF struct buf b;
    buf_init(&b, PDF_TEXT_BYTES_MAX);
    pdf_fonts_add(&fonts, text, form);
    pdf_text_put(&b, &fonts, text, &(struct pdf_text_page){form, 600, 800, (unsigned)text.len % 4});
    for (size_t i = 0; i < pdf_fonts_objects(&fonts); i++)
        (void)pdf_fonts_object(&b, &fonts, i, 10);
    pdf_fonts_clear(&fonts);
}

static void look(struct span found)
{
    static struct look l, again;
    SCOPED_BUF struct buf b;
    buf_init(&b, LOOK_BYTES_MAX);
    if (!look_read(found, &l))
        return;
    look_format(&b, &l);
    if (!look_read(buf_span(&b), &again) || again.code_count != l.code_count)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    look(span_of(data, len));
    static const struct page_form form = {PAGE_WIDTH_A4, 1000, PAGE_STANDARD};
    struct span rest = span_of(data, len), text;
    SCOPED_BUF struct buf b;
    buf_init(&b, PAGE_TEXT_BYTES_MAX);
    while (page_text_next_page(&rest, &text))
        if (page_text_valid(text, &form)) {
            (void)page_text_take_turned(&text);
            draw(text, &form);
        }
    page_text_put(&b, &form,
                  &(struct page_word){len > 0 ? data[0] * 8u : 0, 5, 2000, 40, span_of(data, len)});
    if (!page_text_valid(buf_span(&b), &form))
        abort();
    draw(buf_span(&b), &form);
    return 0;
}
