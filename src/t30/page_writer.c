/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/page_writer.h"

#include <errno.h>

void page_writer_init(struct page_writer *w)
{
    *w = (struct page_writer){0};
    buf_init(&w->t6, PAGE_BYTES_MAX);
}

void page_writer_clear(struct page_writer *w)
{
    buf_clear(&w->t6);
    page_writer_init(w);
}

void page_writer_begin(struct page_writer *w, uint32_t width, uint32_t y_per_metre)
{
    page_writer_clear(w);
    w->form = (struct page_form){.width = width, .resolution = page_resolution_nearest(width, y_per_metre)};
}

void page_writer_rows(struct page_writer *w, const uint8_t *above, const uint8_t *rows, uint32_t count)
{
    const struct fax_pixels pixels = {.bits = rows, .width = w->form.width, .rows = count};
    w->form.rows += count;
    w->overflow = w->overflow || !fax_encode_band(&w->band, above, &pixels, &w->t6);
}

void page_writer_end(struct page_writer *w)
{
    w->overflow = w->overflow || !fax_encode_end(&w->band, &w->t6);
    w->whole = true;
}

int page_writer_check(const struct page_writer *w)
{
    if (!w->whole)
        return ENOENT;
    if (w->overflow || w->form.rows > PAGE_ROWS_MAX)
        return EFBIG;
    return page_form_valid(&w->form) ? 0 : EPROTO;
}
