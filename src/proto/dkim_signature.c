/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/dkim_signature.h"

#include "base/str.h"
#include "proto/tag_list.h"

static bool refuse(const char **why, const char *text)
{
    *why = text;
    return false;
}

static int digit64(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool dkim_decode64(struct span text, uint8_t *to, size_t room, size_t *len)
{
    uint32_t bits = 0;
    unsigned digits = 0, pads = 0;
    *len = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            continue;
        int value = c == '=' ? 0 : digit64(c);
        if (value < 0 || (pads > 0 && c != '='))
            return false;
        pads += c == '=';
        bits = bits << 6 | (uint32_t)value;
        if (++digits % 4 != 0)
            continue;
        for (unsigned n = 0; n < 3 - (pads < 3 ? pads : 3); n++) {
            if (*len == room)
                return false;
            to[(*len)++] = (uint8_t)(bits >> (16 - 8 * n));
        }
        bits = 0;
    }
    return digits % 4 == 0 && pads <= 2 && *len > 0;
}

/* ---- tags of a signature ---- */

static bool take_domain(const struct tag_list *tags, const char *name, char out[DNS_NAME_LEN])
{
    struct span value;
    bool valid = tag_find(tags, name, &value) && str_copy_span(out, DNS_NAME_LEN, value) &&
                 strlen(out) == value.len && dns_name_valid(out);
    if (!valid)
        out[0] = 0; /* it goes no further, not into a log either */
    str_lower(out);
    return valid;
}

static bool take_algorithm(const struct tag_list *tags, enum signature_algorithm *a)
{
    *a = tag_is(tags, "a", "ed25519-sha256") ? SIGNATURE_ED25519_SHA256 : SIGNATURE_RSA_SHA256;
    return *a == SIGNATURE_ED25519_SHA256 || tag_is(tags, "a", "rsa-sha256");
}

static bool take_forms(const struct tag_list *tags, struct dkim_signature *s)
{
    struct span value, header;
    if (!tag_find(tags, "c", &value))
        return true; /* simple/simple */
    if (!span_take_until(&value, '/', &header))
        return false;
    s->relaxed_header = span_equal_nocase(header, "relaxed");
    s->relaxed_body = value.data && span_equal_nocase(span_trim(value), "relaxed");
    bool body = !value.data || s->relaxed_body || span_equal_nocase(span_trim(value), "simple");
    return body && (s->relaxed_header || span_equal_nocase(header, "simple"));
}

static bool take_number(const struct tag_list *tags, const char *name, uint64_t most, bool *has,
                        uint64_t *number)
{
    char text[24];
    struct span value;
    *has = tag_find(tags, name, &value);
    *number = 0;
    return !*has || (value.len < sizeof(text) && str_copy_span(text, sizeof(text), value) &&
                     str_to_u64(text, most, number));
}

static bool take_names(const struct tag_list *tags, struct dkim_signature *s)
{
    struct span list, name;
    bool from = false;
    if (!tag_find(tags, "h", &list))
        return false;
    while (span_take_until(&list, ':', &name)) {
        if (name.len == 0 || s->name_count == SIGNATURE_NAMES_MAX)
            return false;
        s->names[s->name_count++] = name;
        from = from || span_equal_nocase(name, "From");
    }
    return from;
}

/* i=: the domain or one below it. */
static bool take_identity(const struct tag_list *tags, struct dkim_signature *s)
{
    char text[600];
    struct span value;
    if (!tag_find(tags, "i", &value))
        return true;
    if (!str_copy_span(text, sizeof(text), value) || !strrchr(text, '@'))
        return false;
    const char *domain = strrchr(text, '@') + 1;
    size_t n = strlen(domain), d = strlen(s->domain);
    s->identity_below = n > d;
    return str_ends_nocase(domain, s->domain) && (n == d || domain[n - d - 1] == '.');
}

static bool parse_mail_tags(const struct tag_list *tags, struct dkim_signature *s, const char **why)
{
    struct span value;
    size_t len;
    if (!tag_find(tags, "bh", &value) || !dkim_decode64(value, s->body_hash, sizeof(s->body_hash), &len) ||
        len != sizeof(s->body_hash))
        return refuse(why, "its body hash is none");
    if (!take_forms(tags, s))
        return refuse(why, "its canonicalization is unknown");
    if (!take_names(tags, s))
        return refuse(why, "it does not sign From");
    if (tag_find(tags, "q", &value) && !span_equal_nocase(value, "dns/txt"))
        return refuse(why, "its key is not in the DNS");
    return true;
}

static bool parse_dkim_tags(const struct tag_list *tags, struct dkim_signature *s, const char **why)
{
    bool has_time;
    uint64_t signed_s, expires_s;
    if (!tag_is(tags, "v", "1"))
        return refuse(why, "its version is unknown");
    if (!take_identity(tags, s))
        return refuse(why, "its identity lies outside its domain");
    if (!take_number(tags, "l", UINT64_MAX / 2, &s->has_length, &s->length) ||
        !take_number(tags, "t", UINT64_C(1) << 40, &has_time, &signed_s) ||
        !take_number(tags, "x", UINT64_C(1) << 40, &s->has_expiry, &expires_s) ||
        (has_time && s->has_expiry && expires_s <= signed_s))
        return refuse(why, "one of its numbers is none");
    s->expires_s = (int64_t)expires_s;
    return parse_mail_tags(tags, s, why);
}

static bool parse_arc_tags(const struct tag_list *tags, enum signature_kind kind, struct dkim_signature *s,
                           const char **why)
{
    bool has;
    uint64_t instance;
    struct span value;
    if (!take_number(tags, "i", 50, &has, &instance) || instance == 0)
        return refuse(why, "its instance is none");
    s->instance = (unsigned)instance;
    if (kind == SIGNATURE_ARC_MESSAGE)
        return parse_mail_tags(tags, s, why);
    s->relaxed_header = true;
    if (tag_find(tags, "h", &value)) /* §4.1.3: MUST fail */
        return refuse(why, "a seal names no header fields");
    s->chain = tag_is(tags, "cv", "none") ? 'n' : tag_is(tags, "cv", "pass") ? 'p' : 'f';
    return true;
}

bool dkim_signature_parse(struct span body, enum signature_kind kind, struct dkim_signature *s,
                          const char **why)
{
    struct tag_list tags;
    struct span value;
    memset(s, 0, sizeof(*s));
    if (!tag_list_parse(body, &tags))
        return refuse(why, "it cannot be read");
    if (!take_domain(&tags, "d", s->domain) || !take_domain(&tags, "s", s->selector))
        return refuse(why, "it names no key");
    if (!take_algorithm(&tags, &s->algorithm))
        return refuse(why, "its algorithm does not count any more, or not yet");
    if (!tag_find(&tags, "b", &value) || !dkim_decode64(value, s->value, sizeof(s->value), &s->value_len))
        return refuse(why, "it holds no signature");
    return kind == SIGNATURE_DKIM ? parse_dkim_tags(&tags, s, why) : parse_arc_tags(&tags, kind, s, why);
}

bool dkim_find_value(struct span body, struct span *value)
{
    struct span rest = body, piece, name;
    while (rest.data) {
        const uint8_t *begin = rest.data;
        if (!span_take_until(&rest, ';', &piece))
            return false;
        const uint8_t *end = rest.data ? rest.data - 1 : body.data + body.len;
        struct span tag = span_of(begin, (size_t)(end - begin));
        if (!span_take_until(&tag, '=', &name) || !tag.data || !span_equal(name, span_str("b")))
            continue;
        *value = tag;
        return true;
    }
    return false;
}

/* ---- key ---- */

static bool list_has(struct span list, const char *word, bool *star)
{
    struct span one;
    bool has = false;
    while (span_take_until(&list, ':', &one)) {
        has = has || span_equal_nocase(one, word);
        *star = *star || span_equal(one, span_str("*"));
    }
    return has;
}

bool dkim_key_parse(struct span text, struct dkim_key *k, const char **why)
{
    struct tag_list tags;
    struct span value;
    bool star = false, none = false;
    memset(k, 0, sizeof(*k));
    if (!tag_list_parse(text, &tags) ||
        (tag_find(&tags, "v", &value) && !span_equal(value, span_str("DKIM1"))))
        return refuse(why, "its key cannot be read");
    k->ed25519 = tag_is(&tags, "k", "ed25519");
    if (!k->ed25519 && tag_find(&tags, "k", &value) && !span_equal_nocase(value, "rsa"))
        return refuse(why, "its key is of an unknown kind");
    if (tag_find(&tags, "h", &value) && !list_has(value, "sha256", &none))
        return refuse(why, "its key is for another hash");
    if (tag_find(&tags, "s", &value) && !list_has(value, "email", &star) && !star)
        return refuse(why, "its key is not for mail");
    if (tag_find(&tags, "t", &value)) {
        if (list_has(value, "y", &none))
            return refuse(why, "its key is on trial");
        k->exact = list_has(value, "s", &none);
    }
    if (!tag_find(&tags, "p", &value) || value.len == 0)
        return refuse(why, "its key was taken back");
    return dkim_decode64(value, k->bytes, sizeof(k->bytes), &k->len) || refuse(why, "its key cannot be read");
}
