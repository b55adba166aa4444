/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/waiting.h"

#include <stdlib.h>

#include "base/mem.h"

void *waiting_new(struct list *list, size_t size, struct id id, const struct sender *from)
{
    struct waiting *w = mem_zalloc(size);
    w->id = id;
    w->from = *from;
    list_append(list, &w->node);
    return w;
}

void *waiting_find(struct list *list, struct id id)
{
    list_each (it, list) {
        struct waiting *w = CONTAINER_OF(it, struct waiting, node);
        if (id_equal(w->id, id))
            return w;
    }
    return NULL;
}

void waiting_end(void *waiting)
{
    struct waiting *w = waiting;
    list_remove(&w->node);
    free(w);
}

void waiting_end_all(struct list *list)
{
    list_each_safe (it, list)
        waiting_end(CONTAINER_OF(it, struct waiting, node));
}
