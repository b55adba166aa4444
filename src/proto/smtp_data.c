/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/smtp_data.h"

#include <string.h>

enum state {
    STATE_LINE_START,
    STATE_TEXT,
    STATE_CR,     /* seen in or at the start of a line, not written yet */
    STATE_DOT,    /* the first of a line; never written */
    STATE_DOT_CR, /* not written yet */
    STATE_END,
};

void smtp_data_init(struct smtp_data *d, uint64_t size_max, uint32_t line_max)
{
    *d = (struct smtp_data){.state = STATE_LINE_START, .size_max = size_max, .line_max = line_max};
}

bool smtp_data_ended(const struct smtp_data *d)
{
    return d->state == STATE_END;
}

static void set_fault(struct smtp_data *d, enum smtp_data_fault fault)
{
    if (d->fault == SMTP_DATA_FINE)
        d->fault = fault;
}

static void write_out(struct smtp_data *d, const void *data, size_t len, struct buf *out)
{
    if (len > d->size_max - d->size)
        set_fault(d, SMTP_DATA_TOO_LARGE);
    if (d->fault != SMTP_DATA_FINE)
        return;
    d->size += len;
    (void)buf_append(out, data, len);
}

/* Octets of ordinary text at the front of s: no CR, no LF. */
static size_t text_len(struct span s)
{
    const uint8_t *lf = memchr(s.data, '\n', s.len);
    size_t n = lf ? (size_t)(lf - s.data) : s.len;
    const uint8_t *cr = memchr(s.data, '\r', n);
    return cr ? (size_t)(cr - s.data) : n;
}

static size_t put_text(struct smtp_data *d, struct span in, struct buf *out)
{
    size_t n = text_len(in);
    if (n > d->line_max - d->line) {
        set_fault(d, SMTP_DATA_LINE_TOO_LONG);
        d->line = d->line_max;
    } else {
        d->line += (uint32_t)n;
    }
    write_out(d, in.data, n, out);
    d->state = STATE_TEXT;
    return n;
}

static void end_line(struct smtp_data *d, struct buf *out)
{
    write_out(d, "\r\n", 2, out);
    d->line = 0;
    d->state = STATE_LINE_START;
}

/* One octet that is not ordinary text, or comes where text must not. Text that follows a state in which it
 * may not stand is left to the next round (false: the octet was not taken). */
static bool step(struct smtp_data *d, uint8_t c, struct buf *out)
{
    if (d->state == STATE_CR || d->state == STATE_DOT_CR) {
        if (c == '\n' && d->state == STATE_DOT_CR) {
            d->state = STATE_END;
            return true;
        }
        if (c == '\n') {
            end_line(d, out);
            return true;
        }
        set_fault(d, SMTP_DATA_BARE_CR);
        d->state = STATE_TEXT;
        return false;
    }
    if (c == '\r') {
        d->state = d->state == STATE_DOT ? STATE_DOT_CR : STATE_CR;
    } else if (c == '\n') {
        set_fault(d, SMTP_DATA_BARE_LF);
        d->state = STATE_TEXT;
    } else {
        d->state = STATE_DOT;
    }
    return true;
}

size_t smtp_data_put(struct smtp_data *d, struct span in, struct buf *out)
{
    size_t at = 0;
    while (at < in.len && d->state != STATE_END) {
        uint8_t c = in.data[at];
        bool special = c == '\r' || c == '\n' || (c == '.' && d->state == STATE_LINE_START);
        if (special || d->state == STATE_CR || d->state == STATE_DOT_CR)
            at += step(d, c, out);
        else
            at += put_text(d, span_of(in.data + at, in.len - at), out);
    }
    if (d->fault != SMTP_DATA_FINE)
        d->skipped += at;
    return at;
}
