/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { FIRST_ROOM = 256 };

void buf_init(struct buf *b, size_t limit)
{
    *b = (struct buf){.limit = limit};
}

void buf_clear(struct buf *b)
{
    free(b->data);
    buf_init(b, b->limit);
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->overflow = false;
    if (b->data)
        b->data[0] = 0;
}

/* Room for `more` bytes and the closing NUL. */
static bool reserve(struct buf *b, size_t more)
{
    if (more > b->limit || b->len > b->limit - more) {
        b->overflow = true;
        return false;
    }
    size_t need = b->len + more + 1;
    if (need <= b->room)
        return true;
    size_t room = b->room ? b->room : FIRST_ROOM;
    while (room < need)
        room *= 2;
    b->data = mem_resize(b->data, room);
    b->room = room;
    return true;
}

bool buf_append(struct buf *b, const void *data, size_t len)
{
    if (!reserve(b, len))
        return false;
    if (len > 0)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = 0;
    return true;
}

bool buf_append_str(struct buf *b, const char *text)
{
    return buf_append(b, text, strlen(text));
}

bool buf_append_byte(struct buf *b, uint8_t byte)
{
    return buf_append(b, &byte, 1);
}

bool buf_vprintf(struct buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (len < 0 || !reserve(b, (size_t)len))
        return false;
    (void)vsnprintf((char *)b->data + b->len, (size_t)len + 1, format, args);
    b->len += (size_t)len;
    return true;
}

bool buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool fits = buf_vprintf(b, format, args);
    va_end(args);
    return fits;
}

void buf_consume(struct buf *b, size_t n)
{
    if (n == 0)
        return;
    memmove(b->data, b->data + n, b->len - n);
    b->len -= n;
    b->data[b->len] = 0;
}

const char *buf_text(const struct buf *b)
{
    return b->data ? (const char *)b->data : "";
}
