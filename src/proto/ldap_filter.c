/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/ldap_filter.h"

#include <string.h>

#include "base/hex.h"
#include "base/str.h"

enum {
    AND = 0xa0,
    OR = 0xa1,
    NOT = 0xa2,
    EQUAL = 0xa3,
    SUBSTRINGS = 0xa4,
    AT_LEAST = 0xa5,
    AT_MOST = 0xa6,
    PRESENT = 0x87,
    APPROXIMATE = 0xa8,
    EXTENSIBLE = 0xa9,
};
enum { INITIAL = 0x80, ANY = 0x81, FINAL = 0x82 };
enum { MATCHING_RULE = 0x81, TYPE = 0x82, MATCH_VALUE = 0x83, DN_ATTRIBUTES = 0x84 };

struct reading {
    const char *at;
    struct ber_writer *w;
    unsigned depth;
};

/* An assertion value up to an unescaped *, or its end; \XX is a byte (RFC 4515 §3). */
static bool put_value(struct ber_writer *w, uint8_t tag, const char *from, const char *end)
{
    uint8_t byte;
    size_t at = ber_open(w, tag);
    for (; from < end; from++) {
        if (*from == '(' || *from == '*')
            return false;
        byte = (uint8_t)*from;
        if (*from == '\\') {
            char digits[3] = {0};
            if (end - from < 3)
                return false;
            memcpy(digits, from + 1, 2);
            if (!hex_parse(digits, &byte, 1))
                return false;
            from += 2;
        }
        ber_put_raw(w, span_of(&byte, 1));
    }
    ber_close(w, at);
    return true;
}

static bool is_description(const char *from, const char *end)
{
    if (from == end)
        return false;
    for (; from < end; from++)
        if (!char_is_alpha(*from) && !char_is_digit(*from) && !strchr("-.;_", *from))
            return false;
    return true;
}

static struct span part(const char *from, const char *end)
{
    return span_of(from, (size_t)(end - from));
}

/* a*b*c */
static bool put_substrings(struct ber_writer *w, struct span name, const char *from, const char *end)
{
    size_t whole = ber_open(w, SUBSTRINGS);
    ber_put(w, BER_OCTETS, name);
    size_t list = ber_open(w, BER_SEQUENCE);
    bool first = true, some = false;
    for (;;) {
        const char *star = memchr(from, '*', (size_t)(end - from));
        const char *stop = star ? star : end;
        if (stop > from) {
            if (!put_value(w, first ? INITIAL : star ? ANY : FINAL, from, stop))
                return false;
            some = true;
        }
        if (!star)
            break;
        from = star + 1;
        first = false;
    }
    ber_close(w, list);
    ber_close(w, whole);
    return some;
}

/* attr[:dn][:rule]:=value; `colon` is the one before the =. */
static bool put_extensible(struct ber_writer *w, const char *from, const char *colon, const char *end)
{
    const char *name_end = memchr(from, ':', (size_t)(colon - from)), *rule = NULL;
    static const uint8_t yes = 0xff;
    bool dn = false;
    if (!name_end)
        name_end = colon;
    const char *at = name_end;
    if (colon - at >= 3 && str_starts_nocase(at, ":dn") && (at[3] == ':')) {
        dn = true;
        at += 3;
    }
    if (at < colon)
        rule = at + 1;
    if ((from != name_end && !is_description(from, name_end)) || (rule && !is_description(rule, colon)) ||
        (from == name_end && !rule))
        return false;
    size_t whole = ber_open(w, EXTENSIBLE);
    if (rule)
        ber_put(w, MATCHING_RULE, part(rule, colon));
    if (from != name_end)
        ber_put(w, TYPE, part(from, name_end));
    if (!put_value(w, MATCH_VALUE, colon + 2, end))
        return false;
    if (dn)
        ber_put(w, DN_ATTRIBUTES, span_of(&yes, 1));
    ber_close(w, whole);
    return true;
}

static bool put_compared(struct ber_writer *w, uint8_t tag, struct span name, const char *from,
                         const char *end)
{
    size_t whole = ber_open(w, tag);
    ber_put(w, BER_OCTETS, name);
    if (!put_value(w, BER_OCTETS, from, end))
        return false;
    ber_close(w, whole);
    return true;
}

static bool put_item(struct reading *r)
{
    const char *from = r->at, *end = from + strcspn(from, ")"), *sign = from + strcspn(from, "=");
    if (!*end || sign >= end || sign == from)
        return false;
    r->at = end;
    char before = sign[-1];
    if (before == ':')
        return put_extensible(r->w, from, sign - 1, end);
    bool two = before == '~' || before == '>' || before == '<';
    const char *name_end = two ? sign - 1 : sign, *value = sign + 1;
    if (!is_description(from, name_end))
        return false;
    struct span name = part(from, name_end);
    if (two)
        return put_compared(r->w,
                            before == '~'   ? APPROXIMATE
                            : before == '>' ? AT_LEAST
                                            : AT_MOST,
                            name, value, end);
    if (end - value == 1 && *value == '*') {
        ber_put(r->w, PRESENT, name);
        return true;
    }
    return memchr(value, '*', (size_t)(end - value)) ? put_substrings(r->w, name, value, end)
                                                     : put_compared(r->w, EQUAL, name, value, end);
}

static bool put_filter(struct reading *r);

static bool put_list(struct reading *r, uint8_t tag)
{
    size_t whole = ber_open(r->w, tag);
    unsigned n = 0;
    r->at++;
    for (; *r->at == '('; n++)
        if (!put_filter(r))
            return false;
    ber_close(r->w, whole);
    return n > 0 && (tag != NOT || n == 1);
}

static bool put_filter(struct reading *r)
{
    if (*r->at != '(' || r->depth == LDAP_FILTER_DEPTH)
        return false;
    r->depth++;
    r->at++;
    bool good = *r->at == '&'   ? put_list(r, AND)
                : *r->at == '|' ? put_list(r, OR)
                : *r->at == '!' ? put_list(r, NOT)
                                : put_item(r);
    r->depth--;
    if (!good || *r->at != ')')
        return false;
    r->at++;
    return true;
}

bool ldap_filter_write(const char *text, struct ber_writer *w)
{
    struct reading r = {.at = text, .w = w};
    return put_filter(&r) && !*r.at && !w->full;
}

void ldap_filter_equal(struct ber_writer *w, const char *attribute, struct span value)
{
    size_t whole = ber_open(w, EQUAL);
    ber_put(w, BER_OCTETS, span_str(attribute));
    ber_put(w, BER_OCTETS, value);
    ber_close(w, whole);
}
