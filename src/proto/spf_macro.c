/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/spf_macro.h"

#include <arpa/inet.h>

#include "base/buf.h"
#include "base/str.h"

enum { EXPANDED_MAX = 4096, PARTS_MAX = 128 };

struct macro {
    char letter;
    bool escape; /* a capital letter: as in URLs */
    bool reverse;
    unsigned keep; /* so many parts from the right; 0: all */
    const char *delimiters;
    size_t delimiter_count;
};

/* text: behind "%{". Octets up to and with '}'; 0: wrong. */
static size_t parse_macro(struct span text, struct macro *m)
{
    size_t at = 0;
    uint64_t keep = 0;
    if (text.len < 2 || !char_is_alpha((char)text.data[0]))
        return 0;
    *m = (struct macro){.letter = char_lower((char)text.data[0])};
    m->escape = m->letter != (char)text.data[0];
    if (!strchr("slodipvh", m->letter))
        return 0;
    bool digits = false;
    for (at = 1; at < text.len && char_is_digit((char)text.data[at]); at++) {
        keep = keep > 1000 ? keep : keep * 10 + (uint64_t)(text.data[at] - '0');
        digits = true;
    }
    if (digits && keep == 0)
        return 0;
    m->keep = (unsigned)keep;
    m->reverse = at < text.len && char_lower((char)text.data[at]) == 'r';
    at += m->reverse;
    m->delimiters = (const char *)text.data + at;
    while (at < text.len && memchr(".-+,/_=", text.data[at], 7)) {
        m->delimiter_count++;
        at++;
    }
    return at < text.len && text.data[at] == '}' ? at + 1 : 0;
}

static void append_ip(struct buf *to, const struct ip *ip)
{
    char text[INET_ADDRSTRLEN];
    if (!ip->v6) {
        (void)inet_ntop(AF_INET, ip->bytes, text, sizeof(text));
        (void)buf_append_str(to, text);
        return;
    }
    for (size_t i = 0; i < 16; i++)
        (void)buf_printf(to, "%s%x.%x", i ? "." : "", ip->bytes[i] >> 4, ip->bytes[i] & 15u);
}

static void append_value(struct buf *to, char letter, const struct spf_words *w, const char *domain)
{
    const char *at = strrchr(w->sender, '@');
    switch (letter) {
    case 's': (void)buf_append_str(to, w->sender); break;
    case 'l': (void)buf_append(to, w->sender, at ? (size_t)(at - w->sender) : 0); break;
    case 'o': (void)buf_append_str(to, at ? at + 1 : w->sender); break;
    case 'd': (void)buf_append_str(to, domain); break;
    case 'i': append_ip(to, &w->ip); break;
    case 'v': (void)buf_append_str(to, w->ip.v6 ? "ip6" : "in-addr"); break;
    case 'h': (void)buf_append_str(to, w->helo); break;
    default: (void)buf_append_str(to, "unknown"); break;
    }
}

static bool is_delimiter(const struct macro *m, uint8_t c)
{
    return m->delimiter_count ? memchr(m->delimiters, c, m->delimiter_count) != NULL : c == '.';
}

static void append_escaped(struct buf *to, struct span text, bool escape)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.data[i];
        if (!escape || char_is_alpha(c) || char_is_digit(c) || memchr("-._~", c, 4))
            (void)buf_append_byte(to, text.data[i]);
        else
            (void)buf_printf(to, "%%%02X", text.data[i]);
    }
}

static void append_parts(struct buf *to, struct span value, const struct macro *m)
{
    struct span parts[PARTS_MAX];
    size_t count = 0, begin = 0;
    for (size_t i = 0; i <= value.len && count < PARTS_MAX; i++) {
        if (i < value.len && !is_delimiter(m, value.data[i]))
            continue;
        parts[count++] = span_of(value.data + begin, i - begin);
        begin = i + 1;
    }
    size_t keep = m->keep && m->keep < count ? m->keep : count;
    for (size_t i = 0; i < keep; i++) {
        /* Reversed or not, the rightmost ones stay. */
        size_t place = count - keep + i;
        if (i > 0)
            (void)buf_append_byte(to, '.');
        append_escaped(to, parts[m->reverse ? count - 1 - place : place], m->escape);
    }
}

static bool expand(struct span spec, const struct spf_words *w, const char *domain, struct buf *to)
{
    struct macro m;
    for (size_t at = 0; at < spec.len; at++) {
        if (spec.data[at] != '%') {
            (void)buf_append_byte(to, spec.data[at]);
            continue;
        }
        if (++at == spec.len)
            return false;
        if (spec.data[at] == '{') {
            size_t len = parse_macro(span_of(spec.data + at + 1, spec.len - at - 1), &m);
            if (len == 0)
                return false;
            SCOPED_BUF struct buf value;
            buf_init(&value, EXPANDED_MAX);
            append_value(&value, m.letter, w, domain);
            append_parts(to, buf_span(&value), &m);
            at += len;
        } else if (spec.data[at] == '%') {
            (void)buf_append_byte(to, '%');
        } else if (spec.data[at] == '_') {
            (void)buf_append_byte(to, ' ');
        } else if (spec.data[at] == '-') {
            (void)buf_append_str(to, "%20");
        } else {
            return false;
        }
    }
    return true;
}

static const struct spf_words example = {.sender = "a@b", .helo = "c"};

bool spf_macro_valid(struct span spec)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, EXPANDED_MAX);
    if (!expand(spec, &example, "d", &b))
        return false;
    /* §7.1: a domain ends in a macro or in a label of letters and digits that is no number. */
    if (spec.data[spec.len - 1] == '}')
        return true;
    size_t end = spec.len - (spec.data[spec.len - 1] == '.'), begin = end;
    bool letter = false;
    while (begin > 0 && spec.data[begin - 1] != '.' && spec.data[begin - 1] != '}') {
        char c = (char)spec.data[--begin];
        if (!char_is_alpha(c) && !char_is_digit(c) && c != '-')
            return false;
        letter = letter || char_is_alpha(c) || c == '-';
    }
    return letter && begin > 0 && spec.data[begin - 1] == '.' && spec.data[begin] != '-' &&
           spec.data[end - 1] != '-';
}

bool spf_macro_expand(struct span spec, const struct spf_words *words, const char *domain,
                      char name[DNS_NAME_LEN])
{
    SCOPED_BUF struct buf b;
    buf_init(&b, EXPANDED_MAX);
    if (!expand(spec, words, domain, &b) || b.overflow)
        return false;
    const char *text = buf_text(&b);
    if (strlen(text) != b.len)
        return false;
    while (strlen(text) > 253 && strchr(text, '.'))
        text = strchr(text, '.') + 1;
    return str_copy(name, DNS_NAME_LEN, text);
}
