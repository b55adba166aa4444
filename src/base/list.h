/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Intrusive doubly linked list. A node is in one list at most; an empty list and a lone node point at
 * themselves. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

struct list {
    struct list *prev, *next;
};

static inline void list_init(struct list *l)
{
    l->prev = l->next = l;
}

static inline bool list_empty(const struct list *l)
{
    return l->next == l;
}

static inline void list_append(struct list *l, struct list *node)
{
    node->prev = l->prev;
    node->next = l;
    l->prev->next = node;
    l->prev = node;
}

/* Leaves the node alone in a list of its own, so that removing twice does no harm. */
static inline void list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

/* for (it) over every node; the body must not remove `it`. */
#define list_each(it, l) for (struct list *it = (l)->next; it != (l); it = it->next)

/* The same, and the body may remove `it` (but not its successor). */
#define list_each_safe(it, l)                                                                                \
    for (struct list *it = (l)->next, *it##_next = it->next; it != (l); it = it##_next, it##_next = it->next)
