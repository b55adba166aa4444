/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/fit.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/scope.h"
#include "proto/capabilities.h"
#include "proto/fax_decode.h"
#include "proto/fax_shrink.h"

/* What a page becomes where its resolution is not taken. */
static const struct {
    unsigned bit; /* of DIS and DTC; 0: every machine has it */
    enum page_resolution below;
} resolutions[PAGE_RESOLUTION_COUNT] = {
    [PAGE_STANDARD] = {0, PAGE_STANDARD}, [PAGE_FINE] = {15, PAGE_STANDARD},
    [PAGE_SUPERFINE] = {41, PAGE_FINE},   [PAGE_DPI300] = {42, PAGE_FINE},
    [PAGE_DPI400] = {43, PAGE_SUPERFINE},
};

static bool has_resolution(struct span dis, enum page_resolution r)
{
    /* libspandsp sends 408 x 391 to none that does not know 204 x 391. */
    if (r == PAGE_DPI400 && !has_resolution(dis, PAGE_SUPERFINE))
        return false;
    return resolutions[r].bit == 0 || capabilities_bit(dis, resolutions[r].bit);
}

/* Bits 17 and 18: A4 alone, with B4, with B4 and A3. Both together mean nothing; machines that say so mean
 * A3. */
static uint32_t widest_paper(struct span dis)
{
    return capabilities_bit(dis, 18)   ? PAGE_WIDTH_A3
           : capabilities_bit(dis, 17) ? PAGE_WIDTH_B4
                                       : PAGE_WIDTH_A4;
}

bool fit_takes(struct span dis, const struct page_form *form)
{
    return has_resolution(dis, form->resolution) && page_paper(form) <= widest_paper(dis);
}

/* A page being made smaller: bits are fax_row_bytes(form.width) a row. */
struct picture {
    struct page_form form;
    uint8_t *bits; /* owned */
};

static void shrink(struct picture *p, uint32_t width, struct fax_ratio ratio)
{
    uint32_t rows = fax_shrunk_rows(p->form.rows, ratio);
    uint8_t *bits = mem_alloc((size_t)rows * fax_row_bytes(width));
    fax_shrink(&(struct fax_pixels){p->bits, p->form.width, p->form.rows}, width, ratio, bits);
    free(p->bits);
    p->bits = bits;
    p->form.width = width;
    p->form.rows = rows;
}

/* One after the other, so that no step is more than half of both. */
static void shrink_to_fit(struct picture *p, struct span dis)
{
    while (!has_resolution(dis, p->form.resolution)) {
        enum page_resolution below = resolutions[p->form.resolution].below;
        shrink(p, page_width_at(page_paper(&p->form), below),
               (struct fax_ratio){page_y_per_metre(p->form.resolution), page_y_per_metre(below)});
        p->form.resolution = below;
    }
    uint32_t paper = page_paper(&p->form), widest = widest_paper(dis);
    if (paper > widest)
        shrink(p, page_width_at(widest, p->form.resolution), (struct fax_ratio){paper, widest});
}

int fit_page(struct span dis, const struct page *page, struct buf *t6, struct page *fitted)
{
    struct picture p = {page->form, NULL};
    p.bits = mem_alloc((size_t)page->form.rows * fax_row_bytes(page->form.width));
    struct fax_decoded done = fax_decode(FAX_CODING_T6, page->form.width, page->form.rows, page->t6, p.bits);
    if (done.rows == page->form.rows)
        shrink_to_fit(&p, dis);
    bool fits =
        fax_encode(FAX_CODING_T6, 0, &(struct fax_pixels){p.bits, p.form.width, p.form.rows}, t6, NULL);
    free(p.bits);
    *fitted = (struct page){p.form, buf_span(t6)};
    return done.rows < page->form.rows ? EPROTO : fits ? 0 : EFBIG;
}
