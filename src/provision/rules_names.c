/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/rules.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/str.h"
#include "model/number_range.h"
#include "proto/cidr.h"
#include "provision/rules_inner.h"

/* ---- names of the mail system ---- */

static bool is_label(const char *text, size_t len)
{
    if (len < 1 || len > 63 || text[0] == '-' || text[len - 1] == '-')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!char_is_alpha(text[i]) && !char_is_digit(text[i]) && text[i] != '-')
            return false;
    return true;
}

bool rule_domain(const char *in, char out[PROVISION_TEXT_LEN])
{
    size_t len = strlen(in);
    if (len < 1 || len > 253 || !rules_copy_lower(in, out))
        return false;
    for (const char *label = out;;) {
        size_t n = strcspn(label, ".");
        if (!is_label(label, n))
            return false;
        if (!label[n])
            return true;
        label += n + 1;
    }
}

bool rule_no_domain(const char *in, char out[PROVISION_TEXT_LEN])
{
    *out = 0;
    return !*in || rule_domain(in, out);
}

/* RFC 5321 §4.1.2: dot-string only; quoted local parts have no use here. RFC 6531 lets it be UTF-8. */
static bool is_local_part(const char *text, size_t len)
{
    if (len < 1 || len > 64 || text[0] == '.' || text[len - 1] == '.')
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= ' ' || c == 0x7f || strchr("()<>[]:;@\\,\"", c) || (c == '.' && text[i + 1] == '.'))
            return false;
    }
    return utf8_valid(span_of(text, len));
}

bool rule_address(const char *in, char out[PROVISION_TEXT_LEN])
{
    char domain[PROVISION_TEXT_LEN];
    const char *at = strrchr(in, '@');
    return at && is_local_part(in, (size_t)(at - in)) && rule_domain(at + 1, domain) &&
           str_format(out, PROVISION_TEXT_LEN, "%.*s@%s", (int)(at - in), in, domain);
}

bool rule_no_address(const char *in, char out[PROVISION_TEXT_LEN])
{
    *out = 0;
    return !*in || rule_address(in, out);
}

bool rule_return_address(const char *in, char out[PROVISION_TEXT_LEN])
{
    enum { TOKEN = 36, LOCAL_MAX = 64 };
    const char *star = strchr(in, '*'), *at = strrchr(in, '@');
    return rule_no_address(in, out) && (!star || (!strchr(star + 1, '*') && star < at &&
                                                  (size_t)(at - in) + TOKEN - 1 <= (size_t)LOCAL_MAX));
}

bool rule_entry(const char *in, char out[PROVISION_TEXT_LEN])
{
    char rest[PROVISION_TEXT_LEN];
    bool below = !strchr(in, '@') && str_starts(in, "*.");
    bool good = strchr(in, '@') ? rule_address(in, rest) : rule_domain(below ? in + 2 : in, rest);
    return good && str_format(out, PROVISION_TEXT_LEN, "%s%s", below ? "*." : "", rest);
}

bool rule_custom(const char *in, char out[PROVISION_TEXT_LEN])
{
    *out = 0;
    if (*in && (str_starts(in, "*.") || !rule_entry(in, out)))
        return false;
    str_lower(out);
    return true;
}

bool rule_box_id(const char *in, char out[PROVISION_TEXT_LEN])
{
    /* All digits would read as a telephone number in front of the fax domain (A2). */
    return is_label(in, strlen(in)) && !rules_consists_of(in, "0123456789-") && rules_copy_lower(in, out) &&
           !str_equal(out, "check") && !str_equal(out, "control");
}

void rule_make_box_id(const char *name, char out[PROVISION_TEXT_LEN])
{
    enum { LONGEST = 50 }; /* leaves room for "-2" */
    size_t n = 0;
    bool letter = false;
    for (const char *c = name; *c && n < LONGEST; c++) {
        if (char_is_alpha(*c) || char_is_digit(*c))
            out[n++] = char_lower(*c);
        else if (n > 0 && out[n - 1] != '-')
            out[n++] = '-';
        letter = letter || char_is_alpha(*c);
    }
    while (n > 0 && out[n - 1] == '-')
        n--;
    out[n] = 0;
    if (!letter)
        (void)str_copy(out, PROVISION_TEXT_LEN, "fax");
}

/* ---- numbers ---- */

bool rule_digits(const char *in, char out[PROVISION_TEXT_LEN])
{
    return strlen(in) <= 16 && rules_consists_of(in, "0123456789") && str_copy(out, PROVISION_TEXT_LEN, in);
}

bool rule_number(const char *in, char out[PROVISION_TEXT_LEN])
{
    size_t n = 0;
    for (const char *c = in; *c; c++) {
        if (strchr(" ./-()", *c))
            continue;
        bool fits = char_is_digit(*c) || *c == '*' || *c == '#' || (*c == '+' && n == 0);
        if (!fits || n == 32)
            return false;
        out[n++] = *c;
    }
    out[n] = 0;
    return n > 0 && !str_equal(out, "+");
}

bool rule_numbers(const char *in, char out[PROVISION_TEXT_LEN])
{
    struct number_range r;
    char text[2 * NUMBER_RANGE_LEN + 3];
    if (!number_range_parse(in, &r)) /* with the sign it would be one very long number */
        return !strstr(in, " - ") && rule_number(in, out);
    number_range_format(&r, text);
    return str_copy(out, PROVISION_TEXT_LEN, text);
}

bool rule_no_number(const char *in, char out[PROVISION_TEXT_LEN])
{
    *out = 0;
    return !*in || rule_number(in, out);
}

bool rule_station_id(const char *in, char out[PROVISION_TEXT_LEN])
{
    return strlen(in) <= 20 && rules_consists_of(in, "0123456789 +") && str_copy(out, PROVISION_TEXT_LEN, in);
}

bool rule_prefixes(const char *in, char out[PROVISION_TEXT_LEN])
{
    size_t n = 0;
    while (*in) {
        in += strspn(in, " ,");
        size_t len = strcspn(in, " ,");
        size_t plus = *in == '+' ? 1 : 0;
        if (len == 0)
            break;
        if (strspn(in + plus, "0123456789") < len - plus || n + len + 2 > PROVISION_TEXT_LEN)
            return false;
        if (n)
            out[n++] = ' ';
        memcpy(out + n, in, len);
        n += len;
        in += len;
    }
    out[n] = 0;
    return true;
}

bool rule_short_numbers(const char *in, char out[PROVISION_TEXT_LEN])
{
    return !strchr(in, '+') && rule_prefixes(in, out);
}

/* ---- hosts ---- */

bool rule_network(const char *in, char out[PROVISION_TEXT_LEN])
{
    struct cidr net;
    return cidr_parse(in, &net) && rules_copy_lower(in, out);
}

bool rule_networks(const char *in, char out[PROVISION_TEXT_LEN])
{
    char word[PROVISION_TEXT_LEN];
    struct cidr net;
    for (const char *at = in; *at;) {
        size_t len = strcspn(at, " ");
        if (len > 0 && (!str_copy_span(word, sizeof(word), span_of(at, len)) || !cidr_parse(word, &net)))
            return false;
        at += len + strspn(at + len, " ");
    }
    return rules_copy_lower(in, out);
}

bool rule_hook_url(const char *in, char out[PROVISION_TEXT_LEN])
{
    char secure[PROVISION_TEXT_LEN];
    if (!str_starts(in, "http://"))
        return *in && rule_no_url(in, out);
    return str_format(secure, sizeof(secure), "https://%.400s", in + strlen("http://")) &&
           rule_no_url(secure, out) && str_copy(out, PROVISION_TEXT_LEN, in);
}

bool rule_web_url(const char *in, char out[PROVISION_TEXT_LEN])
{
    *out = 0;
    if (!*in)
        return true;
    if (!rule_hook_url(in, out))
        return false;
    size_t len = strlen(out);
    if (out[len - 1] == '/')
        out[len - 1] = 0;
    return strchr(strstr(out, "://") + 3, '/') == NULL;
}

bool rule_event(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"fax.received", "fax.sent", "fax.failed", NULL});
}

static bool is_ip(const char *text)
{
    struct in6_addr a;
    return inet_pton(AF_INET, text, &a) == 1 || inet_pton(AF_INET6, text, &a) == 1;
}

bool rule_host(const char *in, char out[PROVISION_TEXT_LEN])
{
    return is_ip(in) ? rules_copy_lower(in, out) : rule_domain(in, out);
}

bool rule_peer(const char *in, char out[PROVISION_TEXT_LEN])
{
    char host[PROVISION_TEXT_LEN], tidy[PROVISION_TEXT_LEN];
    uint64_t port = 0;
    if (!str_starts_nocase(in, "sip:") || !str_copy(host, sizeof(host), in + 4))
        return false;
    bool v6 = host[0] == '[';
    char *end = v6 ? strchr(host, ']') : host + strcspn(host, ":");
    if (!end)
        return false;
    const char *rest = v6 ? end + 1 : end;
    if (*rest && (*rest != ':' || !str_to_u64(rest + 1, 65535, &port) || port == 0))
        return false;
    bool with_port = port != 0;
    *end = 0;
    if (v6 ? !is_ip(host + 1) || !strchr(host + 1, ':') : !rule_host(host, tidy))
        return false;
    if (v6)
        (void)str_format(tidy, sizeof(tidy), "[%.60s]", host + 1);
    return with_port ? str_format(out, PROVISION_TEXT_LEN, "sip:%.400s:%u", tidy, (unsigned)port)
                     : str_format(out, PROVISION_TEXT_LEN, "sip:%.400s", tidy);
}

bool rule_no_peer(const char *in, char out[PROVISION_TEXT_LEN])
{
    *out = 0;
    return *in == 0 || rule_peer(in, out);
}
