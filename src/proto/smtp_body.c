/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/smtp_body.h"

static void end_line(struct smtp_body *d, struct buf *to)
{
    (void)buf_append(to, "\r\n", 2);
    d->in_line = false;
    d->held_cr = false;
}

/* Length of the run that needs no thought. */
static size_t plain_run(struct span s)
{
    size_t n = 0;
    while (n < s.len && s.data[n] != '\r' && s.data[n] != '\n')
        n++;
    return n;
}

void smtp_body_encode(struct smtp_body *d, struct span data, struct buf *to)
{
    while (data.len > 0) {
        uint8_t c = data.data[0];
        if (d->held_cr || c == '\n') {
            end_line(d, to);
            if (c != '\n')
                continue; /* that CR stood alone; c begins the next line */
        } else if (c == '\r') {
            d->held_cr = true;
        } else {
            size_t n = plain_run(data);
            if (!d->in_line && c == '.')
                (void)buf_append_byte(to, '.');
            (void)buf_append(to, data.data, n);
            d->in_line = true;
            data = span_of(data.data + n, data.len - n);
            continue;
        }
        data = span_of(data.data + 1, data.len - 1);
    }
}

void smtp_body_finish(struct smtp_body *d, struct buf *to)
{
    if (d->in_line || d->held_cr)
        end_line(d, to);
    (void)buf_append(to, ".\r\n", 3);
}
