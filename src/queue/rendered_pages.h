/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The pages that convert made of a document. */
#pragma once

#include "model/page.h"
#include "queue/queue.h"

struct rendered_pages {
    struct page *pages;
    struct page *lower; /* as many, for machines that take no finer ones than FINE; NULL: none */
    size_t count;
};

/* In the batch's arena. What is no set of pages is our own bug. */
void rendered_pages_read(struct queue *q, int page_set, unsigned lower, struct rendered_pages *r);
