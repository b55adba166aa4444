/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who asked what another role has to answer: asked now, answered later. In memory alone: whoever asked asks
 * again after our restart. */
#pragma once

#include "base/list.h"
#include "ipc/peers.h"
#include "model/id.h"

/* The first member of whatever else has to be remembered of the question. */
struct waiting {
    struct list node;
    struct id id;       /* that the answer names */
    struct sender from; /* who asked; or its next life, which asked again */
};

/* Of `size` bytes, a struct waiting first, the rest zero; the last of the list. */
void *waiting_new(struct list *list, size_t size, struct id id, const struct sender *from);
/* NULL: nobody waits for that. */
void *waiting_find(struct list *list, struct id id);
/* Frees it; what else it owns is its owner's. */
void waiting_end(void *waiting);
void waiting_end_all(struct list *list);
