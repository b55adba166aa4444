/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/page_list.h"

#include <stdlib.h>

#include "base/mem.h"

void page_list_add(struct page_list *l, const struct page_form *form, struct buf *t6)
{
    if (l->count == l->room) {
        l->room = l->room ? l->room * 2 : 16;
        l->pages = mem_resize(l->pages, l->room * sizeof(*l->pages));
    }
    /* The buffer has grown by doubling; most of it would lie idle for the length of the document. */
    uint8_t *exact = mem_dup(t6->data, t6->len);
    l->pages[l->count++] = (struct page){.form = *form, .t6 = span_of(exact, t6->len)};
    l->bytes += t6->len;
    buf_clear(t6);
}

void page_list_keep(struct page_list *l, size_t count)
{
    while (l->count > count) {
        l->count--;
        l->bytes -= l->pages[l->count].t6.len;
        free((void *)(uintptr_t)l->pages[l->count].t6.data);
    }
}

void page_list_clear(struct page_list *l)
{
    page_list_keep(l, 0);
    free(l->pages);
    *l = (struct page_list){0};
}
