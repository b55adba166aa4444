/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/panic.h"
#include "queue/queue.h"
#include "store/stored_set.h"

int pages_to_set(struct queue *q, const struct stored_page *pages, size_t count)
{
    int fd = stored_set(&q->store, &q->arena, pages, count);
    if (fd < 0)
        panic("%zu pages do not become a page set: %s", count, strerror(errno));
    return fd;
}
