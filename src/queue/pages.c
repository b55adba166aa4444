/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/panic.h"
#include "queue/queue.h"
#include "store/stored_set.h"

int pages_to_set(struct queue *q, const struct stored_page *pages, size_t count)
{
    int fd = stored_set(&q->store, pages, count);
    if (fd < 0)
        panic("%zu pages do not become a page set: %s", count, strerror(errno));
    return fd;
}

int pages_to_call(struct queue *q, const struct stored_page *pages, size_t count, uint32_t *lower)
{
    struct stored_page *all = arena_alloc(&q->arena, 2 * count * sizeof(*all));
    bool finer = false;
    for (size_t i = 0; i < count; i++) {
        bool has = !id_is_none(pages[i].lower_blob);
        all[i] = all[count + i] = pages[i];
        if (has)
            all[count + i] = (struct stored_page){.form = pages[i].lower_form, .blob = pages[i].lower_blob};
        finer = finer || has;
    }
    *lower = 0;
    if (!finer)
        return pages_to_set(q, pages, count);
    /* Too much for one set: then what every machine takes. */
    int fd = stored_set(&q->store, all, 2 * count);
    if (fd < 0)
        return pages_to_set(q, all + count, count);
    *lower = (uint32_t)count;
    return fd;
}
