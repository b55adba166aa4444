/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/t6.h"

#include "base/panic.h"
#include "proto/fax_decode.h"
#include "proto/fax_encode.h"

bool t6_encode(const struct page_form *form, const uint8_t *bits, struct buf *b)
{
    if (!page_form_valid(form))
        panic("a page of %u pixels to code", form->width);
    return fax_encode(FAX_CODING_T6, 0, &(struct fax_pixels){bits, form->width, form->rows}, b, NULL);
}

uint32_t t6_decode(const struct page *page, uint8_t *bits)
{
    return fax_decode(FAX_CODING_T6, page->form.width, page->form.rows, page->t6, bits).rows;
}
