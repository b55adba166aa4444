/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/mail_header.h"

#include "base/str.h"

/* ---- fields ---- */

static struct span from(struct span s, size_t at)
{
    return span_of(s.data + at, s.len - at);
}

/* The length of the line at the front, without its end; *next: where the following one begins. */
static size_t line_length(struct span s, size_t *next)
{
    const uint8_t *lf = s.len > 0 ? memchr(s.data, '\n', s.len) : NULL;
    size_t len = lf ? (size_t)(lf - s.data) : s.len;
    *next = lf ? len + 1 : s.len;
    return len > 0 && s.data[len - 1] == '\r' ? len - 1 : len;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* Text may hold anything above; a CR alone and the like would become lines of their own somewhere. */
static bool is_clean(struct span line)
{
    for (size_t i = 0; i < line.len; i++)
        if ((line.data[i] < ' ' && line.data[i] != '\t') || line.data[i] == 0x7f)
            return false;
    return true;
}

/* RFC 5322 §3.6.8: printable ASCII but the colon. Blanks before the colon are obsolete, and old. */
static size_t name_length(struct span line)
{
    size_t n = 0;
    while (n < line.len && line.data[n] > ' ' && line.data[n] < 0x7f && line.data[n] != ':')
        n++;
    return n;
}

enum header_step header_next(struct span *rest, struct header_field *f)
{
    size_t next, len = line_length(*rest, &next);
    if (len == 0) {
        *rest = from(*rest, next);
        return HEADER_END;
    }
    struct span line = span_of(rest->data, len);
    size_t name = name_length(line), colon = name;
    while (colon < len && is_blank(line.data[colon]))
        colon++;
    if (name == 0 || colon == len || line.data[colon] != ':' || !is_clean(line))
        return HEADER_BAD;
    size_t end = len;
    while (next < rest->len && is_blank(rest->data[next])) {
        size_t behind;
        len = line_length(from(*rest, next), &behind);
        if (!is_clean(span_of(rest->data + next, len)))
            return HEADER_BAD;
        end = next + len;
        next += behind;
    }
    *f = (struct header_field){span_of(line.data, name), span_of(line.data + colon + 1, end - colon - 1)};
    *rest = from(*rest, next);
    return HEADER_FIELD;
}

bool header_is(const struct header_field *f, const char *name)
{
    return span_equal_nocase(f->name, name);
}

/* ---- addresses ---- */

/* What stands before the next comma, semicolon, colon or angle, comments and blanks left out. */
struct word {
    char text[ADDRESS_LEN];
    size_t len;
    bool too_long;
    uint8_t ended_by; /* 0: by the end of the list */
};

static void add(struct word *w, uint8_t c)
{
    if (w->len + 1 < sizeof(w->text))
        w->text[w->len++] = (char)c;
    else
        w->too_long = true;
}

/* Behind the ")" that closes the comment at the front; 0 where nothing does. */
static size_t comment_length(struct span s)
{
    size_t depth = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] == '\\')
            i++;
        else if (s.data[i] == '(')
            depth++;
        else if (s.data[i] == ')' && --depth == 0)
            return i + 1;
    }
    return 0;
}

/* Behind the quote that closes the one at the front; 0 where nothing does. */
static size_t quoted_length(struct span s)
{
    for (size_t i = 1; i < s.len; i++) {
        if (s.data[i] == '\\')
            i++;
        else if (s.data[i] == '"')
            return i + 1;
    }
    return 0;
}

/* "[...]" of a domain literal holds colons that end nothing; 0 where nothing closes it. */
static size_t literal_length(struct span s)
{
    const uint8_t *end = memchr(s.data, ']', s.len);
    return end ? (size_t)(end - s.data) + 1 : 0;
}

static size_t copied(struct word *w, struct span s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        add(w, s.data[i]);
    return len;
}

/* Length of the piece at the front; 0: something is opened and never closed. */
static size_t take_piece(struct word *w, struct span s)
{
    switch (s.data[0]) {
    case '(': return comment_length(s);
    case '"': return copied(w, s, quoted_length(s));
    case '[': return copied(w, s, literal_length(s));
    case ' ':
    case '\t':
    case '\r':
    case '\n': return 1;
    default: return copied(w, s, 1);
    }
}

/* Up to the first of `enders`, which is taken too. False where something is opened and never closed. */
static bool take_word(struct span *rest, const char *enders, struct word *w)
{
    *w = (struct word){0};
    while (rest->len > 0) {
        uint8_t c = rest->data[0];
        if (c && strchr(enders, c)) {
            w->ended_by = c;
            *rest = from(*rest, 1);
            break;
        }
        size_t n = take_piece(w, *rest);
        if (n == 0)
            return false;
        *rest = from(*rest, n);
    }
    w->text[w->len] = 0;
    return true;
}

/* Inside "<...>", and nothing but a comment behind it. "<@a,@b:c@d>" is c@d (§4.4). */
static bool take_angle(struct span *rest, struct word *w)
{
    struct word behind;
    do {
        if (!take_word(rest, ":>", w))
            return false;
    } while (w->ended_by == ':');
    return w->ended_by == '>' && take_word(rest, ",;", &behind) && behind.len == 0;
}

static bool has_domain(const struct word *w)
{
    bool quoted = false;
    for (size_t i = 0; i < w->len; i++) {
        if (w->text[i] == '\\')
            i++;
        else if (w->text[i] == '"')
            quoted = !quoted;
        else if (w->text[i] == '@' && !quoted)
            return true;
    }
    return false;
}

static bool is_address(struct word *w, const char *home, struct address *a)
{
    if (!w->too_long && !has_domain(w)) {
        add(w, '@');
        (void)copied(w, span_str(home), strlen(home));
    }
    return !w->too_long && address_parse(span_of(w->text, w->len), a) == ADDRESS_OK;
}

enum address_list_step address_list_next(struct span *rest, const char *home, struct address *a)
{
    while (rest->len > 0) {
        struct span start = *rest;
        struct word w;
        bool good = take_word(rest, ",;:<", &w);
        bool angle = good && w.ended_by == '<';
        if (good && (w.ended_by == ':' || (w.len == 0 && !angle)))
            continue; /* the name of a group, or nothing between two commas (§4.4) */
        if (angle)
            good = take_angle(rest, &w);
        if (!good || !is_address(&w, home, a)) {
            *rest = start;
            return ADDRESS_LIST_BAD;
        }
        return ADDRESS_LIST_ADDRESS;
    }
    return ADDRESS_LIST_END;
}
