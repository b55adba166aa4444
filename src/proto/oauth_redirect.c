/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/oauth_redirect.h"

#include <string.h>

#include "base/str.h"

static int hex_value(char c)
{
    return char_is_digit(c)                               ? c - '0'
           : char_lower(c) >= 'a' && char_lower(c) <= 'f' ? char_lower(c) - 'a' + 10
                                                          : -1;
}

/* One value of a query, decoded; printable ASCII, as RFC 6749 appendix A has it. */
static bool decode(struct span value, char *to, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < value.len; i++) {
        int c = value.data[i];
        if (c == '%') {
            int high = i + 2 < value.len ? hex_value((char)value.data[i + 1]) : -1;
            int low = i + 2 < value.len ? hex_value((char)value.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = high << 4 | low;
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        if (c < 0x20 || c > 0x7e || n + 1 >= room)
            return false;
        to[n++] = (char)c;
    }
    to[n] = 0;
    return true;
}

/* RFC 6749 §3.1: a parameter that comes twice makes it nonsense. */
static bool take(struct span value, char *to, size_t room)
{
    return !*to && value.len > 0 && decode(value, to, room);
}

static bool take_pair(struct span pair, struct oauth_redirect *r, char *description, size_t room)
{
    const uint8_t *equals = memchr(pair.data, '=', pair.len);
    if (!equals)
        return true;
    struct span name = span_of(pair.data, (size_t)(equals - pair.data));
    struct span value = span_of(equals + 1, pair.len - name.len - 1);
    if (span_equal(name, span_str("code")))
        return take(value, r->code, sizeof(r->code));
    if (span_equal(name, span_str("state")))
        return take(value, r->state, sizeof(r->state));
    if (span_equal(name, span_str("error")))
        return take(value, r->error, sizeof(r->error) - room);
    if (span_equal(name, span_str("error_description")) && !decode(value, description, room))
        description[0] = 0; /* words for a person: as good as they come */
    return true;
}

static bool parse_query(struct span query, struct oauth_redirect *r)
{
    char description[200] = "";
    while (query.len > 0) {
        const uint8_t *end = memchr(query.data, '&', query.len);
        size_t n = end ? (size_t)(end - query.data) : query.len;
        if (!take_pair(span_of(query.data, n), r, description, sizeof(description)))
            return false;
        n += end != NULL;
        query = span_of(query.data + n, query.len - n);
    }
    if (*r->error && *description) {
        (void)strcat(r->error, " ");
        (void)strcat(r->error, description);
    }
    return *r->error ? !*r->code : *r->code != 0;
}

static bool is_code(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] <= 0x20 || text.data[i] > 0x7e)
            return false;
    return text.len > 0;
}

/* Behind the '?' of a URL, or all where somebody left that out; up to a fragment. False: there is none. */
static bool find_query(struct span text, struct span *query)
{
    const uint8_t *mark = memchr(text.data, '?', text.len);
    size_t skip = mark ? (size_t)(mark - text.data) + 1 : 0;
    *query = span_of(text.data + skip, text.len - skip);
    const uint8_t *fragment = memchr(query->data, '#', query->len);
    if (fragment)
        query->len = (size_t)(fragment - query->data);
    bool named =
        query->len > 5 && (memcmp(query->data, "code=", 5) == 0 || memcmp(query->data, "state", 5) == 0);
    return mark || named;
}

bool oauth_redirect_parse(const char *text, struct oauth_redirect *r)
{
    struct span query;
    *r = (struct oauth_redirect){.code = ""};
    text += strspn(text, " \t\r\n");
    struct span all = span_str(text);
    while (all.len > 0 && strchr(" \t\r\n", all.data[all.len - 1]))
        all.len--;
    if (all.len == 0)
        return false;
    if (find_query(all, &query))
        return parse_query(query, r);
    return is_code(all) && str_copy_span(r->code, sizeof(r->code), all);
}
