/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Memory for one piece of work: taken bit by bit, given back all at once. Texts that the store reads live in
 * the arena of the batch that asked for them. */
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "base/span.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
};

void arena_init(struct arena *a);
void arena_clear(struct arena *a); /* frees all; can be used again */

void *arena_alloc(struct arena *a, size_t size) MUST_USE; /* cleared, aligned for any object */
char *arena_strdup(struct arena *a, const char *text) MUST_USE;
struct span arena_dup(struct arena *a, struct span bytes) MUST_USE; /* followed by a NUL */
char *arena_format(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3) MUST_USE;
