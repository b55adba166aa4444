/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/rendered_pages.h"

#include "base/fd.h"
#include "base/panic.h"
#include "model/page_set.h"

void rendered_pages_read(struct queue *q, int page_set, unsigned lower, struct rendered_pages *r)
{
    struct page_set set;
    uint64_t size;
    if (fd_checked_size(page_set, PAGE_SET_BYTES_MAX, &size) != 0 || page_set_read(page_set, size, &set) != 0)
        panic("convert sent pages that are none");
    *r = (struct rendered_pages){.pages = arena_alloc(&q->arena, set.count * sizeof(*r->pages)),
                                 .count = set.count - lower};
    for (size_t i = 0; i < set.count; i++) {
        uint8_t *bytes = arena_alloc(&q->arena, set.places[i].len);
        if (page_set_read_page(page_set, &set.places[i], bytes) != 0)
            panic("convert took a page back");
        r->pages[i] = (struct page){set.places[i].form, span_of(bytes, set.places[i].len)};
    }
    if (r->count == 0 || (lower != 0 && lower != r->count))
        panic("convert sent %u pages for lower machines behind %zu", lower, r->count);
    r->lower = lower ? r->pages + r->count : NULL;
    page_set_clear(&set);
}
