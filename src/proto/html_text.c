/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/html_text.h"

#include <string.h>

#include "base/str.h"

enum { NAME_LEN = 16 };

struct out {
    struct buf *to;
    unsigned quoted;  /* blockquotes around us */
    bool line_begun;  /* something stands on this line */
    bool blank;       /* a blank is due before the next word */
    unsigned empties; /* line ends in a row */
};

static void put(struct out *o, const char *text, size_t len)
{
    if (!o->line_begun && o->quoted > 0)
        (void)buf_append_str(o->to, "> ");
    if (o->blank && o->line_begun)
        (void)buf_append_byte(o->to, ' ');
    (void)buf_append(o->to, text, len);
    o->line_begun = true;
    o->blank = false;
    o->empties = 0;
}

static void end_line(struct out *o)
{
    if (o->line_begun || o->empties < 1) {
        (void)buf_append_byte(o->to, '\n');
        o->empties += o->line_begun ? 0 : 1;
    }
    o->line_begun = o->blank = false;
}

/* ---- tags ---- */

static bool is_one_of(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (str_equal(name, *list))
            return true;
    return false;
}

/* Behind the end tag of that name, or at the text's end. */
static const char *skip_element(const char *p, const char *name)
{
    size_t len = strlen(name);
    for (; *p; p++)
        if (p[0] == '<' && p[1] == '/' && strncasecmp(p + 2, name, len) == 0)
            break;
    p += strcspn(p, ">");
    return p + (*p == '>');
}

static void on_tag(struct out *o, const char *name, bool closing)
{
    static const char *const blocks[] = {"p",          "div", "br", "tr", "li", "ul", "ol",  "table",
                                         "blockquote", "h1",  "h2", "h3", "h4", "hr", "pre", NULL};
    if (!is_one_of(name, blocks))
        return;
    if (o->line_begun || str_equal(name, "br"))
        end_line(o);
    if (str_equal(name, "blockquote") && !closing)
        o->quoted++;
    if (str_equal(name, "blockquote") && closing && o->quoted > 0)
        o->quoted--;
}

/* p stands at '<'. */
static const char *take_tag(struct out *o, const char *p)
{
    static const char *const hidden[] = {"script", "style", "head", "title", NULL};
    char name[NAME_LEN];
    if (str_starts(p, "<!--")) {
        const char *end = strstr(p, "-->");
        return end ? end + 3 : p + strlen(p);
    }
    bool closing = p[1] == '/';
    const char *start = p + 1 + closing;
    size_t len = 0;
    while (char_is_alpha(start[len]) || char_is_digit(start[len]))
        len++;
    bool known = str_copy_span(name, sizeof(name), span_of(start, len));
    str_lower(name);
    p = start + strcspn(start, ">");
    p += *p == '>';
    if (known && !closing && is_one_of(name, hidden))
        return skip_element(p, name);
    if (known)
        on_tag(o, name, closing);
    return p;
}

/* ---- entities ---- */

static size_t encode(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t heads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(heads[n] | c);
    return n;
}

static bool numbered(const char *name, uint32_t *c)
{
    bool hex = name[1] == 'x' || name[1] == 'X';
    uint64_t n = 0;
    for (const char *p = name + 1 + hex; *p; p++) {
        unsigned digit = char_is_digit(*p) ? (unsigned)(*p - '0') : (unsigned)(char_lower(*p) - 'a') + 10;
        if (digit >= (hex ? 16u : 10u) || n > 0x10ffff)
            return false;
        n = n * (hex ? 16 : 10) + digit;
    }
    *c = (uint32_t)n;
    return n >= 0x20 && n <= 0x10ffff && (n < 0xd800 || n > 0xdfff) && (n < 0x7f || n > 0x9f);
}

/* p stands at '&'; what is no entity is itself. */
static const char *take_entity(struct out *o, const char *p)
{
    static const struct {
        const char *name;
        uint32_t c;
    } rows[] = {{"amp", '&'},     {"lt", '<'},      {"gt", '>'},       {"quot", '"'},    {"apos", '\''},
                {"nbsp", ' '},    {"auml", 0xe4},   {"ouml", 0xf6},    {"uuml", 0xfc},   {"Auml", 0xc4},
                {"Ouml", 0xd6},   {"Uuml", 0xdc},   {"szlig", 0xdf},   {"eacute", 0xe9}, {"egrave", 0xe8},
                {"agrave", 0xe0}, {"euro", 0x20ac}, {"ndash", 0x2013}, {"mdash", 0x2014}};
    char name[NAME_LEN], utf8[4];
    size_t len = strcspn(p + 1, "; <&\n");
    uint32_t c = 0;
    if (p[1 + len] != ';' || !str_copy_span(name, sizeof(name), span_of(p + 1, len))) {
        put(o, "&", 1);
        return p + 1;
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_equal(name, rows[i].name))
            c = rows[i].c;
    if (c == 0 && (name[0] != '#' || !numbered(name, &c))) {
        put(o, p, len + 2);
        return p + len + 2;
    }
    if (c == ' ' || c == 0xa0)
        o->blank = true;
    else
        put(o, utf8, encode(c, utf8));
    return p + len + 2;
}

void html_text(const char *html, struct buf *to)
{
    struct out o = {.to = to, .empties = 1};
    for (const char *p = html; *p;) {
        size_t word = strcspn(p, "<& \t\r\n");
        if (word > 0) {
            put(&o, p, word);
            p += word;
        } else if (*p == '<') {
            p = take_tag(&o, p);
        } else if (*p == '&') {
            p = take_entity(&o, p);
        } else {
            o.blank = true;
            p++;
        }
    }
    if (o.line_begun)
        end_line(&o);
}
