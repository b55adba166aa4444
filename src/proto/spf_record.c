/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/spf_record.h"

#include "base/str.h"
#include "proto/spf_macro.h"
#include "proto/tag_list.h"

enum domain_use { DOMAIN_NONE, DOMAIN_MAY, DOMAIN_MUST, NETWORK_4, NETWORK_6 };

static const struct row {
    const char *name;
    enum domain_use use;
    bool has_bits;
} rows[] = {
    [SPF_ALL] = {"all", DOMAIN_NONE, false}, [SPF_INCLUDE] = {"include", DOMAIN_MUST, false},
    [SPF_A] = {"a", DOMAIN_MAY, true},       [SPF_MX] = {"mx", DOMAIN_MAY, true},
    [SPF_PTR] = {"ptr", DOMAIN_MAY, false},  [SPF_IP4] = {"ip4", NETWORK_4, false},
    [SPF_IP6] = {"ip6", NETWORK_6, false},   [SPF_EXISTS] = {"exists", DOMAIN_MUST, false},
};

bool spf_is_record(struct span text)
{
    return text.len >= 6 && span_equal_nocase(span_of(text.data, 6), "v=spf1") &&
           (text.len == 6 || text.data[6] == ' ');
}

static struct span behind(struct span text, size_t n)
{
    return span_of(text.data + n, text.len - n);
}

static size_t name_len(struct span term)
{
    size_t n = 0;
    while (n < term.len && (char_is_alpha((char)term.data[n]) || char_is_digit((char)term.data[n]) ||
                            (n > 0 && memchr("-_.", term.data[n], 3))))
        n++;
    return n > 0 && char_is_alpha((char)term.data[0]) ? n : 0;
}

/* "/24", to the end of text. */
static bool parse_bits(struct span text, unsigned most, unsigned *bits)
{
    char digits[8];
    uint64_t value;
    if (text.len < 2 || text.data[0] != '/' || !str_copy_span(digits, sizeof(digits), behind(text, 1)))
        return false;
    if (!str_to_u64(digits, most, &value) || (digits[0] == '0' && digits[1]))
        return false;
    *bits = (unsigned)value;
    return true;
}

/* "/24", "//64" or "/24//64" at the end; cuts it off. */
static bool take_bits(struct span *text, struct spf_term *t)
{
    /* A '/' within a macro's braces is a delimiter of its own. */
    size_t cut = text->len, brace = 0;
    for (size_t i = 0; i < text->len; i++)
        if (text->data[i] == '}')
            brace = i;
    for (size_t i = text->len; i > brace; i--)
        if (text->data[i - 1] == '/')
            cut = i - 1;
    struct span bits = behind(*text, cut);
    text->len = cut;
    for (size_t i = 0; i + 1 < bits.len; i++) {
        if (bits.data[i] != '/' || bits.data[i + 1] != '/')
            continue;
        if (!parse_bits(behind(bits, i + 1), 128, &t->bits6))
            return false;
        bits.len = i;
    }
    return bits.len == 0 || parse_bits(bits, 32, &t->bits4);
}

static bool parse_network(struct span text, bool v6, struct cidr *net)
{
    char copy[64];
    unsigned bits = v6 ? 128 : 32;
    if (!str_copy_span(copy, sizeof(copy), text) || strlen(copy) != text.len)
        return false;
    char *slash = strchr(copy, '/');
    if (slash && !parse_bits(behind(text, (size_t)(slash - copy)), bits, &bits))
        return false;
    if (slash)
        *slash = 0;
    if (!ip_parse(copy, &net->ip) || (v6 ? !strchr(copy, ':') : net->ip.v6 || strchr(copy, ':') != NULL))
        return false;
    if (v6 && !net->ip.v6)
        bits = bits > 96 ? bits - 96 : 0; /* ::ffff:192.0.2.0/120 */
    net->bits = bits;
    /* What stands beyond the prefix does not count here, RFC 7208 §5.6. */
    for (unsigned i = bits; i < (net->ip.v6 ? 128u : 32u); i++)
        net->ip.bytes[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
    return true;
}

static bool parse_argument(const struct row *row, struct span rest, struct spf_term *t)
{
    bool colon = rest.len > 0 && rest.data[0] == ':';
    if (row->use == NETWORK_4 || row->use == NETWORK_6)
        return colon && parse_network(behind(rest, 1), row->use == NETWORK_6, &t->net);
    if (row->has_bits && !take_bits(&rest, t))
        return false;
    if (!colon)
        return rest.len == 0 && row->use != DOMAIN_MUST;
    t->domain = behind(rest, 1);
    return row->use != DOMAIN_NONE && t->domain.len > 0 && spf_macro_valid(t->domain);
}

static bool parse_mechanism(struct span term, struct spf_record *r)
{
    if (r->count == SPF_TERMS_MAX)
        return false;
    struct spf_term *t = &r->terms[r->count];
    *t = (struct spf_term){.qualifier = '+', .bits4 = 32, .bits6 = 128};
    if (memchr("+-~?", term.data[0], 4)) {
        t->qualifier = (char)term.data[0];
        term = behind(term, 1);
    }
    size_t len = name_len(term);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!span_equal_nocase(span_of(term.data, len), rows[i].name))
            continue;
        t->mechanism = (enum spf_mechanism)i;
        r->count++;
        return parse_argument(&rows[i], behind(term, len), t);
    }
    return false;
}

static bool parse_modifier(struct span name, struct span value, struct spf_record *r, bool *explained)
{
    if (span_equal_nocase(name, "redirect")) {
        bool twice = r->redirect.len > 0;
        r->redirect = value;
        return !twice && value.len > 0 && spf_macro_valid(value);
    }
    if (span_equal_nocase(name, "exp")) {
        bool twice = *explained;
        *explained = true;
        return !twice && value.len > 0 && spf_macro_valid(value);
    }
    return true; /* unknown ones are allowed, §6 */
}

bool spf_record_parse(struct span text, struct spf_record *r)
{
    bool explained = false;
    struct span term;
    r->count = 0;
    r->redirect = span_of(NULL, 0);
    if (!spf_is_record(text))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < ' ' || text.data[i] >= 0x7f)
            return false;
    text = behind(text, 6);
    while (span_take_until(&text, ' ', &term)) {
        if (term.len == 0)
            continue;
        size_t len = name_len(term);
        bool modifier = len > 0 && len < term.len && term.data[len] == '=';
        if (!(modifier ? parse_modifier(span_of(term.data, len), behind(term, len + 1), r, &explained)
                       : parse_mechanism(term, r)))
            return false;
    }
    return true;
}
