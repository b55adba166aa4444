/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/str.h"

enum { LABEL_MAX = 63 /* RFC 1035 §2.3.4 */ };

/* RFC 5322 §3.2.3 atext; RFC 6531 §3.3 adds what is beyond ASCII. */
static bool is_atext(uint8_t c)
{
    return c >= 0x80 || char_is_alpha((char)c) || char_is_digit((char)c) ||
           (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static size_t scan_dot_string(struct span s)
{
    size_t n = 0;
    while (n < s.len && (is_atext(s.data[n]) || (s.data[n] == '.' && n > 0 && s.data[n - 1] != '.')))
        n++;
    return n > 0 && s.data[n - 1] == '.' ? 0 : n;
}

/* RFC 5321 §4.1.2 Quoted-string. 0 where it is none. */
static size_t scan_quoted(struct span s)
{
    for (size_t n = 1; n < s.len; n++) {
        uint8_t c = s.data[n];
        if (c == '"')
            return n + 1;
        if (c == '\\')
            c = ++n < s.len ? s.data[n] : 0;
        if (c < 0x20 || c == 0x7f)
            return 0;
    }
    return 0;
}

static bool unquote(struct span text, char local[ADDRESS_LOCAL_MAX + 1])
{
    size_t n = 0;
    bool quoted = text.len > 0 && text.data[0] == '"';
    for (size_t i = quoted; i < text.len - quoted; i++) {
        if (quoted && text.data[i] == '\\')
            i++;
        local[n++] = (char)text.data[i];
    }
    local[n] = 0;
    return n > 0;
}

/* Labels of letters, digits, inner dashes; no dot at the end. */
static size_t scan_name(struct span s)
{
    size_t n = 0, label = 0;
    for (; n < s.len; n++) {
        uint8_t c = s.data[n];
        if (c == '.') {
            if (label == 0 || s.data[n - 1] == '-')
                return 0;
            label = 0;
            continue;
        }
        bool inner = c == '-' && label > 0;
        if (!inner && c < 0x80 && !char_is_alpha((char)c) && !char_is_digit((char)c) && c != '_')
            break;
        if (++label > LABEL_MAX)
            return 0;
    }
    return n > 0 && label > 0 && s.data[n - 1] != '-' ? n : 0;
}

/* "[192.0.2.1]", "[IPv6:2001:db8::1]" (RFC 5321 §4.1.3); other literals mean nothing to us. */
static size_t scan_literal(struct span s)
{
    static const char tag[] = "IPv6:";
    const uint8_t *end = memchr(s.data, ']', s.len);
    char text[INET6_ADDRSTRLEN + sizeof(tag)];
    struct in6_addr address;
    if (!end || !str_copy_span(text, sizeof(text), span_of(s.data + 1, (size_t)(end - s.data) - 1)))
        return 0;
    bool good = str_starts_nocase(text, tag) ? inet_pton(AF_INET6, text + sizeof(tag) - 1, &address) == 1
                                             : inet_pton(AF_INET, text, &address) == 1;
    return good ? (size_t)(end - s.data) + 1 : 0;
}

static bool beyond_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return true;
    return false;
}

enum address_error address_scan(struct span text, struct address *a, size_t *len)
{
    *a = (struct address){0};
    *len = 0;
    size_t local = text.len > 0 && text.data[0] == '"' ? scan_quoted(text) : scan_dot_string(text);
    if (local == 0)
        return ADDRESS_BAD_LOCAL;
    if (local > ADDRESS_LOCAL_MAX)
        return ADDRESS_TOO_LONG;
    if (!unquote(span_of(text.data, local), a->local))
        return ADDRESS_BAD_LOCAL;
    if (local == text.len || text.data[local] != '@')
        return ADDRESS_NO_AT;
    struct span rest = span_of(text.data + local + 1, text.len - local - 1);
    size_t domain = rest.len > 0 && rest.data[0] == '[' ? scan_literal(rest) : scan_name(rest);
    if (domain == 0)
        return ADDRESS_BAD_DOMAIN;
    if (!str_copy_span(a->domain, sizeof(a->domain), span_of(rest.data, domain)))
        return ADDRESS_TOO_LONG;
    if (a->domain[0] != '[')
        str_lower(a->domain);
    (void)str_format(a->text, sizeof(a->text), "%.*s@%s", (int)local, (const char *)text.data, a->domain);
    if (!utf8_valid(span_str(a->text)))
        return ADDRESS_BAD_UTF8;
    a->utf8 = beyond_ascii(a->text);
    *len = local + 1 + domain;
    return ADDRESS_OK;
}

enum address_error address_parse(struct span text, struct address *a)
{
    size_t len;
    enum address_error e = address_scan(text, a, &len);
    return e == ADDRESS_OK && len != text.len ? ADDRESS_TRAILING : e;
}

const char *address_error_text(enum address_error e)
{
    static const char *const texts[] = {
        [ADDRESS_OK] = "a good address",
        [ADDRESS_BAD_LOCAL] =
            "what stands before the @ is malformed; put it in quotes if it has blanks or other "
            "special characters",
        [ADDRESS_NO_AT] = "an address has the form name@domain",
        [ADDRESS_BAD_DOMAIN] = "the domain after the @ is malformed",
        [ADDRESS_TOO_LONG] = "the address is too long",
        [ADDRESS_BAD_UTF8] = "the address is not valid UTF-8",
        [ADDRESS_TRAILING] = "something follows the address",
    };
    return texts[e];
}

bool address_equal(const struct address *a, const struct address *b, enum address_case local)
{
    if (!str_equal_nocase(a->domain, b->domain))
        return false;
    return local == ADDRESS_EXACT ? str_equal(a->local, b->local) : str_equal_nocase(a->local, b->local);
}
