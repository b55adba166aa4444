/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/stored_set.h"

#include <errno.h>

#include "base/fd.h"
#include "model/page_set.h"
#include "store/blob.h"

static bool read_pages(struct store *s, struct arena *a, const struct stored_page *stored, size_t count,
                       struct page *pages)
{
    for (size_t i = 0; i < count; i++) {
        pages[i].form = stored[i].form;
        if (!blob_find(s, stored[i].blob, a, &pages[i].t6))
            return false;
    }
    return true;
}

static int set_of(struct store *s, struct arena *a, const struct stored_page *stored, size_t count)
{
    struct page *pages = arena_alloc(a, (count + 1) * sizeof(*pages));
    SCOPED_BUF struct buf b;
    buf_init(&b, PAGE_SET_BYTES_MAX);
    bool few = count <= PAGE_SET_PAGES_MAX;
    if (few && !read_pages(s, a, stored, count, pages)) {
        errno = ENOENT;
        return -1;
    }
    if (!few || !page_set_format(&b, pages, count)) {
        errno = EFBIG;
        return -1;
    }
    return fd_sealed_memory("pages", buf_span(&b));
}

int stored_set(struct store *s, const struct stored_page *stored, size_t count)
{
    struct arena own;
    arena_init(&own);
    int fd = set_of(s, &own, stored, count), error = errno;
    arena_clear(&own);
    errno = error;
    return fd;
}
