/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/dialog.h"

#include "base/str.h"
#include "ipc/wire.h"

enum { FORM = 2 };

/* Header text and nothing that could begin another header. */
static bool is_header_text(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

bool dialog_format(const struct dialog *d, struct buf *b)
{
    wire_put_u8(b, FORM);
    wire_put_text(b, d->call_id);
    wire_put_text(b, d->local);
    wire_put_text(b, d->remote);
    wire_put_text(b, d->target);
    wire_put_text(b, d->route);
    wire_put_u32(b, d->cseq);
    wire_put_text(b, d->hop);
    return !b->overflow && b->len <= DIALOG_BYTES_MAX;
}

static bool get_text(struct wire_reader *r, char *to, size_t room)
{
    return str_copy(to, room, wire_get_text(r, room - 1)) && is_header_text(to);
}

bool dialog_parse(struct span bytes, struct dialog *d)
{
    struct wire_reader r = {.rest = bytes};
    bool good = wire_get_u8(&r) == FORM;
    good = get_text(&r, d->call_id, sizeof(d->call_id)) && good;
    good = get_text(&r, d->local, sizeof(d->local)) && good;
    good = get_text(&r, d->remote, sizeof(d->remote)) && good;
    good = get_text(&r, d->target, sizeof(d->target)) && good;
    good = get_text(&r, d->route, sizeof(d->route)) && good;
    d->cseq = wire_get_u32(&r);
    good = get_text(&r, d->hop, sizeof(d->hop)) && good;
    return good && !r.bad && r.rest.len == 0 && d->call_id[0] && d->local[0] && d->remote[0] && d->target[0];
}
