/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/panic.h"
#include "model/page_set.h"
#include "queue/queue.h"
#include "store/blob.h"

int pages_to_set(struct queue *q, const struct stored_page *stored, size_t count)
{
    struct page *pages = arena_alloc(&q->arena, count * sizeof(*pages));
    for (size_t i = 0; i < count; i++)
        pages[i] =
            (struct page){.form = stored[i].form, .t6 = blob_read(&q->store, stored[i].blob, &q->arena)};
    SCOPED_BUF struct buf b;
    buf_init(&b, PAGE_SET_BYTES_MAX);
    if (!page_set_format(&b, pages, count))
        panic("%zu pages do not fit a page set", count);
    int fd = fd_sealed_memory("pages", buf_span(&b));
    if (fd < 0)
        panic("no memory file: %s", strerror(errno));
    return fd;
}
