/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages made one after the other, each owning its T.6 data. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "model/page.h"

struct page_list {
    struct page *pages;
    size_t count, room;
    uint64_t bytes; /* T.6 data of all */
};

/* t6 is taken: empty afterwards. */
void page_list_add(struct page_list *l, const struct page_form *form, struct buf *t6);
/* The first `count` stay. */
void page_list_keep(struct page_list *l, size_t count);
void page_list_clear(struct page_list *l);
