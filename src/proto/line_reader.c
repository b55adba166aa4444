/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/line_reader.h"

#include <string.h>

void line_reader_init(struct line_reader *r, size_t longest)
{
    *r = (struct line_reader){0};
    buf_init(&r->line, longest);
}

void line_reader_clear(struct line_reader *r)
{
    buf_clear(&r->line);
    r->complete = false;
}

static void cut_return(struct buf *b)
{
    if (b->len > 0 && b->data[b->len - 1] == '\r')
        b->data[--b->len] = 0;
}

enum line_step line_reader_feed(struct line_reader *r, struct span *in)
{
    if (r->complete)
        buf_reset(&r->line);
    r->complete = false;
    if (in->len == 0)
        return LINE_MORE;
    const uint8_t *end = memchr(in->data, '\n', in->len);
    size_t n = end ? (size_t)(end - in->data) : in->len;
    if (memchr(in->data, 0, n) || !buf_append(&r->line, in->data, n))
        return LINE_BAD;
    *in = span_of(in->data + n + (end ? 1 : 0), in->len - n - (end ? 1 : 0));
    if (!end)
        return LINE_MORE;
    cut_return(&r->line);
    r->complete = true;
    return LINE_COMPLETE;
}
