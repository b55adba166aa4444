/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/signed_header.h"

#include "base/str.h"

/* Octets up to and with the next CR LF; 0 where the line has no proper end. */
static size_t line_len(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c == 0 || c == '\n')
            return 0;
        if (c == '\r')
            return i + 1 < text.len && text.data[i + 1] == '\n' ? i + 2 : 0;
    }
    return 0;
}

static bool is_name(struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] <= ' ' || name.data[i] >= 0x7f)
            return false;
    return name.len > 0;
}

static bool take_field(struct span text, struct signed_field *f)
{
    size_t len = line_len(text);
    const uint8_t *colon = len ? memchr(text.data, ':', len) : NULL;
    if (!colon)
        return false;
    while (len < text.len && (text.data[len] == ' ' || text.data[len] == '\t')) {
        size_t more = line_len(span_of(text.data + len, text.len - len));
        if (more == 0)
            return false;
        len += more;
    }
    size_t name_len = (size_t)(colon - text.data);
    f->raw = span_of(text.data, len);
    f->body = span_of(colon + 1, len - name_len - 3);
    while (name_len > 0 && (text.data[name_len - 1] == ' ' || text.data[name_len - 1] == '\t'))
        name_len--; /* RFC 5322 §4.5.8: obsolete, and read by everybody */
    f->name = span_of(text.data, name_len);
    return is_name(f->name);
}

bool signed_header_parse(struct span text, struct signed_header *h)
{
    size_t at = 0;
    h->count = 0;
    while (at < text.len) {
        struct span rest = span_of(text.data + at, text.len - at);
        if (rest.len >= 2 && rest.data[0] == '\r' && rest.data[1] == '\n') {
            h->body_at = at + 2;
            return h->body_at <= SIGNED_HEADER_MAX;
        }
        if (h->count == SIGNED_FIELDS_MAX || at > SIGNED_HEADER_MAX ||
            !take_field(rest, &h->fields[h->count]))
            return false;
        at += h->fields[h->count++].raw.len;
    }
    h->body_at = at;
    return at <= SIGNED_HEADER_MAX;
}

size_t signed_header_find(const struct signed_header *h, const char *name, const struct signed_field **first)
{
    size_t n = 0;
    if (first)
        *first = NULL;
    for (size_t i = 0; i < h->count; i++) {
        if (!span_equal_nocase(h->fields[i].name, name))
            continue;
        if (n++ == 0 && first)
            *first = &h->fields[i];
    }
    return n;
}
