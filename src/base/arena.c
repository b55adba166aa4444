/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

enum { BLOCK_ROOM = 16384 };

struct arena_block {
    struct arena_block *older;
    size_t used, room;
    _Alignas(max_align_t) uint8_t bytes[];
};

void arena_init(struct arena *a)
{
    a->blocks = NULL;
}

void arena_clear(struct arena *a)
{
    while (a->blocks) {
        struct arena_block *b = a->blocks;
        a->blocks = b->older;
        free(b);
    }
}

void *arena_alloc(struct arena *a, size_t size)
{
    const size_t grain = _Alignof(max_align_t);
    size = (size + grain - 1) / grain * grain;
    if (!a->blocks || a->blocks->room - a->blocks->used < size) {
        size_t room = size > BLOCK_ROOM ? size : BLOCK_ROOM;
        struct arena_block *b = mem_zalloc(sizeof(*b) + room);
        b->room = room;
        b->older = a->blocks;
        a->blocks = b;
    }
    void *at = a->blocks->bytes + a->blocks->used;
    a->blocks->used += size;
    return at;
}

struct span arena_dup(struct arena *a, struct span bytes)
{
    uint8_t *copy = arena_alloc(a, bytes.len + 1);
    if (bytes.len > 0)
        memcpy(copy, bytes.data, bytes.len);
    return span_of(copy, bytes.len);
}

char *arena_strdup(struct arena *a, const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(arena_alloc(a, size), text, size);
}

char *arena_format(struct arena *a, const char *format, ...)
{
    SCOPED_BUF struct buf text;
    buf_init(&text, SIZE_MAX / 2);
    va_list args;
    va_start(args, format);
    (void)buf_vprintf(&text, format, args);
    va_end(args);
    return arena_strdup(a, buf_text(&text));
}
