/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ipc/frame.h"

#include "ipc/wire.h"

enum { MAIL_BYTES = 2 * sizeof(struct id) + 8 };

enum frame_step frame_read(struct span in, size_t max, struct frame *f)
{
    struct wire_reader r = {.rest = in};
    uint8_t kind = wire_get_u8(&r);
    uint32_t len = wire_get_u32(&r);
    if (r.bad)
        return FRAME_MORE;
    if (len > max)
        return FRAME_BAD;
    if (r.rest.len < len)
        return FRAME_MORE;
    *f = (struct frame){(char)kind, span_of(r.rest.data, len), FRAME_HEAD + (size_t)len};
    return FRAME_COMPLETE;
}

void frame_put(struct buf *b, char kind, struct span payload)
{
    wire_put_u8(b, (uint8_t)kind);
    wire_put_bytes(b, payload);
}

bool frame_mail_read(struct span payload, struct frame_mail *m)
{
    struct wire_reader r = {.rest = payload};
    wire_get_raw(&r, &m->mail, sizeof(m->mail));
    wire_get_raw(&r, &m->mailbox, sizeof(m->mailbox));
    m->size = wire_get_u64(&r);
    return !r.bad && r.rest.len == 0;
}

void frame_mail_put(struct buf *b, const struct frame_mail *m)
{
    SCOPED_BUF struct buf p;
    buf_init(&p, MAIL_BYTES);
    (void)buf_append(&p, &m->mail, sizeof(m->mail));
    (void)buf_append(&p, &m->mailbox, sizeof(m->mailbox));
    wire_put_u64(&p, m->size);
    frame_put(b, FRAME_MAIL, buf_span(&p));
}

bool frame_number_read(struct span payload, uint32_t *n)
{
    struct wire_reader r = {.rest = payload};
    *n = wire_get_u32(&r);
    return !r.bad && r.rest.len == 0;
}

void frame_number_put(struct buf *b, char kind, uint32_t n)
{
    SCOPED_BUF struct buf p;
    buf_init(&p, 4);
    wire_put_u32(&p, n);
    frame_put(b, kind, buf_span(&p));
}
