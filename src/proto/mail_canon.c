/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/mail_canon.h"

#include "base/str.h"
#include "proto/dkim_signature.h"

/* ---- header ---- */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static void relax_value(struct span value, struct buf *to, bool *blank)
{
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.data[i];
        if (c == '\r' || c == '\n')
            continue;
        if (is_blank(c)) {
            *blank = true;
            continue;
        }
        if (*blank)
            (void)buf_append_byte(to, ' ');
        *blank = false;
        (void)buf_append_byte(to, c);
    }
}

static void relax_name(struct span name, struct buf *to)
{
    for (size_t i = 0; i < name.len; i++)
        (void)buf_append_byte(to, (uint8_t)char_lower((char)name.data[i]));
    (void)buf_append_byte(to, ':');
}

static struct span without_blanks_before(struct span value)
{
    while (value.len > 0 && (is_blank(value.data[0]) || value.data[0] == '\r' || value.data[0] == '\n'))
        value = span_of(value.data + 1, value.len - 1);
    return value;
}

void canon_header(const struct signed_field *f, bool relaxed, struct buf *to)
{
    bool blank = false;
    if (!relaxed) {
        (void)buf_append(to, f->raw.data, f->raw.len);
        return;
    }
    relax_name(f->name, to);
    relax_value(without_blanks_before(f->body), to, &blank);
    (void)buf_append_str(to, "\r\n");
}

bool canon_own_header(const struct signed_field *f, bool relaxed, struct buf *to)
{
    struct span value;
    bool blank = false;
    if (!dkim_find_value(f->body, &value))
        return false;
    const uint8_t *end = f->body.data + f->body.len, *rest = value.data + value.len;
    const uint8_t *begin = relaxed ? without_blanks_before(f->body).data : f->raw.data;
    struct span before = span_of(begin, (size_t)(value.data - begin)),
                after = span_of(rest, (size_t)(end - rest));
    if (!relaxed) {
        (void)buf_append(to, before.data, before.len);
        (void)buf_append(to, after.data, after.len);
        return true;
    }
    relax_name(f->name, to);
    relax_value(before, to, &blank);
    relax_value(after, to, &blank);
    return true;
}

/* ---- body ---- */

static void flush(struct canon_body *c)
{
    if (c->held > 0)
        c->put(c->context, c->out, c->held);
    c->held = 0;
}

static void emit(struct canon_body *c, const void *data, size_t len)
{
    c->begun = true;
    if (len > sizeof(c->out) - c->held)
        flush(c);
    if (len > sizeof(c->out)) {
        c->put(c->context, data, len);
        return;
    }
    memcpy(c->out + c->held, data, len);
    c->held += len;
}

/* Something follows: what was held back counts. */
static void release(struct canon_body *c)
{
    for (; c->new_lines > 0; c->new_lines--)
        emit(c, "\r\n", 2);
    if (c->blank)
        emit(c, " ", 1);
    c->blank = false;
    c->in_line = true;
}

static void end_line(struct canon_body *c)
{
    c->blank = false; /* blanks at its end */
    c->in_line = false;
    c->new_lines++;
}

static bool is_plain(const struct canon_body *c, uint8_t octet)
{
    return octet != '\r' && !(c->relaxed && is_blank(octet));
}

void canon_body_add(struct canon_body *c, struct span in)
{
    size_t at = 0;
    while (at < in.len) {
        uint8_t octet = in.data[at];
        if (c->after_cr) {
            c->after_cr = false;
            if (octet == '\n') {
                end_line(c);
                at++;
                continue;
            }
            release(c);
            emit(c, "\r", 1); /* alone: text like any other */
        }
        if (octet == '\r') {
            c->after_cr = true;
            at++;
        } else if (!is_plain(c, octet)) {
            c->blank = true;
            at++;
        } else {
            size_t begin = at;
            while (at < in.len && is_plain(c, in.data[at]))
                at++;
            release(c);
            emit(c, in.data + begin, at - begin);
        }
    }
}

void canon_body_end(struct canon_body *c)
{
    if (c->after_cr) {
        release(c);
        emit(c, "\r", 1);
    }
    c->after_cr = false;
    /* One line end closes the body; an empty one is a line end in the simple form and nothing in the relaxed
     * one. */
    if (c->begun || !c->relaxed)
        emit(c, "\r\n", 2);
    flush(c);
}
