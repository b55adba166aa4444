/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/rules.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "model/number_range.h"
#include "proto/cidr.h"
#include "proto/flags.h"
#include "proto/ipp.h"
#include "proto/mail_template.h"
#include "proto/send_window.h"

static bool is_one_line(const char *text)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return false;
    return utf8_valid(span_str(text));
}

static bool consists_of(const char *text, const char *allowed)
{
    return text[strspn(text, allowed)] == 0;
}

static bool copy_lower(const char *in, char out[PROVISION_TEXT_LEN])
{
    if (!str_copy(out, PROVISION_TEXT_LEN, in))
        return false;
    str_lower(out);
    return true;
}

/* ---- texts ---- */

static bool line_of(const char *in, char out[PROVISION_TEXT_LEN], size_t most)
{
    while (*in == ' ')
        in++;
    if (!is_one_line(in) || !str_copy(out, PROVISION_TEXT_LEN, in))
        return false;
    size_t n = strlen(out);
    while (n > 0 && out[n - 1] == ' ')
        out[--n] = 0;
    return n <= most;
}

bool rule_name(const char *in, char out[PROVISION_TEXT_LEN])
{
    return line_of(in, out, 64) && *out;
}

bool rule_line(const char *in, char out[PROVISION_TEXT_LEN])
{
    return line_of(in, out, 120);
}

bool rule_path(const char *in, char out[PROVISION_TEXT_LEN])
{
    return line_of(in, out, PROVISION_TEXT_LEN - 1) &&
           (!*out || (str_starts(out, "/etc/") && !strstr(out, "..")));
}

static bool one_of(const char *in, char out[PROVISION_TEXT_LEN], const char *const *words)
{
    if (!copy_lower(in, out))
        return false;
    for (; *words; words++)
        if (str_equal(out, *words))
            return true;
    return false;
}

bool rule_paper(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"a4", "letter", "legal", NULL});
}

bool rule_no_paper(const char *in, char out[PROVISION_TEXT_LEN])
{
    *out = 0;
    return !*in || rule_paper(in, out);
}

bool rule_blank_pages(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"keep", "mark", "drop", NULL});
}

bool rule_no_printer(const char *in, char out[PROVISION_TEXT_LEN])
{
    char url[IPP_URL_MAX];
    *out = 0;
    return !*in || (ipp_url(in, url) && str_copy(out, PROVISION_TEXT_LEN, in));
}

bool rule_resolution(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"standard", "fine", "superfine", NULL});
}

bool rule_report(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"once", "each", NULL});
}

bool rule_address_case(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"exact", "ignore-case", NULL});
}

bool rule_own_address_case(const char *in, char out[PROVISION_TEXT_LEN])
{
    *out = 0;
    return !*in || rule_address_case(in, out);
}

bool rule_authentication(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"none", "pin", "pgp", "pin+pgp", NULL});
}

bool rule_cover(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"none", "standard", NULL});
}

/* Stands behind ^BILLING= in an address or a subject. */
bool rule_billing_code(const char *in, char out[PROVISION_TEXT_LEN])
{
    size_t len = strlen(in);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)in[i] <= ' ' || in[i] == '^' || in[i] == 0x7f)
            return false;
    return len > 0 && len <= 63 && utf8_valid(span_str(in)) && str_copy(out, PROVISION_TEXT_LEN, in);
}

bool rule_language(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, mail_template_languages);
}

bool rule_no_language(const char *in, char out[PROVISION_TEXT_LEN])
{
    *out = 0;
    return !*in || rule_language(in, out);
}

bool rule_template_name(const char *in, char out[PROVISION_TEXT_LEN])
{
    enum mail_template_kind kind;
    return copy_lower(in, out) && mail_template_kind_parse(out, &kind);
}

bool rule_mail_style(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"standard", "neutral", NULL});
}

bool rule_file_format(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"pdf", "tiff", NULL});
}

/* "CODE=box"; the box's id as boxes have it. */
bool rule_code_route(const char *in, char out[PROVISION_TEXT_LEN])
{
    char box[PROVISION_TEXT_LEN];
    const char *end = strrchr(in, '=');
    if (!end || end == in || str_equal(end, "=") || strlen(in) > 150 || !utf8_valid(span_str(in)) ||
        !rule_box_id(end + 1, box))
        return false;
    for (const char *c = in; c < end; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            return false;
    return str_format(out, PROVISION_TEXT_LEN, "%.*s=%s", (int)(end - in), in, box);
}

bool rule_ocr(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"off", "on", "wait", NULL});
}

bool rule_ocr_language(const char *in, char out[PROVISION_TEXT_LEN])
{
    size_t len = strlen(in);
    for (size_t i = 0; i < len; i++)
        if (!char_is_alpha(in[i]) && (in[i] != '_' || i < 3))
            return false;
    return len >= 3 && len <= 20 && str_copy(out, PROVISION_TEXT_LEN, in);
}

bool rule_answers(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"sender", "nobody", NULL}) || rule_address(in, out);
}

bool rule_report_on(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"always", "failed", "never", NULL});
}

bool rule_window(const char *in, char out[PROVISION_TEXT_LEN])
{
    struct send_window w;
    return copy_lower(in, out) && send_window_parse(out, &w);
}

bool rule_delays(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"late", "first", "never", NULL});
}

bool rule_dmarc(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"require", "prefer", "off", NULL});
}

bool rule_no_dmarc(const char *in, char out[PROVISION_TEXT_LEN])
{
    *out = 0;
    return !*in || rule_dmarc(in, out);
}

bool rule_called_from(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"request", "to", "diversion", NULL});
}

bool rule_caller_from(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"asserted", "from", NULL});
}

bool rule_caller_in(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"from", "asserted", "preferred", NULL});
}

bool rule_srtp(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"auto", "no", "optional", "required", NULL});
}

bool rule_t38_correction(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"auto", "redundancy", "fec", NULL});
}

bool rule_no_box_id(const char *in, char out[PROVISION_TEXT_LEN])
{
    return *in ? rule_box_id(in, out) : str_copy(out, PROVISION_TEXT_LEN, "");
}

bool rule_no_digits(const char *in, char out[PROVISION_TEXT_LEN])
{
    return (!*in || flags_are_digits(in)) && str_copy(out, PROVISION_TEXT_LEN, in);
}

bool rule_voice(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"fax", "hangup", "forward", NULL});
}

bool rule_blocked(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"anonymous", NULL}) || rule_number(in, out);
}

bool rule_transport(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"udp", "tcp", "tls", NULL});
}

bool rule_security(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"auto", "none", "starttls", "implicit", NULL});
}

bool rule_mailbox_protocol(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"imap", "pop3", NULL});
}

bool rule_mailbox_security(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"implicit", "starttls", "none", NULL});
}

bool rule_smime(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"off", "aes-256-gcm", "aes-256-cbc", NULL});
}

bool rule_mailbox_login(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"password", "plain", "scram", "oauth2", NULL});
}

bool rule_oauth_grant(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"refresh_token", "client_credentials", NULL});
}

bool rule_too_large(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"remove", "keep", NULL});
}

static bool printable_ascii(const char *in)
{
    for (; *in; in++)
        if (*in < ' ' || *in > '~')
            return false;
    return true;
}

bool rule_folder(const char *in, char out[PROVISION_TEXT_LEN])
{
    return *in && strlen(in) <= 120 && printable_ascii(in) && str_copy(out, PROVISION_TEXT_LEN, in);
}

/* An authserv-id that is a token (RFC 8601 §2.2); compared ignoring case. */
bool rule_authserv_id(const char *in, char out[PROVISION_TEXT_LEN])
{
    if (strlen(in) > 250 || !printable_ascii(in) || strpbrk(in, " ;()\"<>@,\\"))
        return false;
    if (!str_copy(out, PROVISION_TEXT_LEN, in))
        return false;
    str_lower(out);
    return true;
}

bool rule_scope(const char *in, char out[PROVISION_TEXT_LEN])
{
    return strlen(in) <= 400 && printable_ascii(in) && str_copy(out, PROVISION_TEXT_LEN, in);
}

bool rule_no_ip(const char *in, char out[PROVISION_TEXT_LEN])
{
    uint8_t bytes[16];
    int family = strchr(in, ':') ? AF_INET6 : AF_INET;
    *out = 0;
    if (!*in)
        return true;
    if (inet_pton(family, in, bytes) != 1)
        return false;
    return inet_ntop(family, bytes, out, PROVISION_TEXT_LEN) && !str_equal(out, "0.0.0.0") &&
           !str_equal(out, "::");
}

bool rule_no_url(const char *in, char out[PROVISION_TEXT_LEN])
{
    *out = 0;
    if (!*in)
        return true;
    return str_starts(in, "https://") && (char_is_alpha(in[8]) || char_is_digit(in[8]) || in[8] == '[') &&
           strlen(in) <= 400 && printable_ascii(in) && !strpbrk(in, " \"<>\\") &&
           str_copy(out, PROVISION_TEXT_LEN, in);
}

bool rule_auth(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out,
                  (const char *const[]){"auto", "plain", "login", "cram-md5", "scram-sha-1", "scram-sha-256",
                                        "xoauth2", "oauthbearer", NULL});
}

bool rule_on_off(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"on", "off", NULL});
}

bool rule_role(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"user", "tenant", "installation", NULL});
}

bool rule_setup(const char *in, char out[PROVISION_TEXT_LEN])
{
    return one_of(in, out, (const char *const[]){"open", "finished", NULL});
}

bool rule_no_name(const char *in, char out[PROVISION_TEXT_LEN])
{
    return line_of(in, out, 64);
}

/* In one order, each once: the same choice is the same text. */
bool rule_allow(const char *in, char out[PROVISION_TEXT_LEN])
{
    static const char *const words[] = {"plain", "tls1.1", "tls1.0"};
    char text[PROVISION_TEXT_LEN];
    bool chosen[ARRAY_LEN(words)] = {false};
    if (!copy_lower(in, text))
        return false;
    char *rest = text;
    for (char *word; (word = strsep(&rest, " ,")) != NULL;) {
        size_t i = 0;
        while (*word && i < ARRAY_LEN(words) && !str_equal(word, words[i]))
            i++;
        if (*word && i == ARRAY_LEN(words))
            return false;
        if (*word)
            chosen[i] = true;
    }
    *out = 0;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (chosen[i])
            (void)strcat(strcat(out, *out ? " " : ""), words[i]);
    return true;
}

bool rule_country(const char *in, char out[PROVISION_TEXT_LEN])
{
    bool two = char_is_alpha(in[0]) && char_is_alpha(in[1]) && !in[2];
    if (!str_copy(out, PROVISION_TEXT_LEN, in))
        return false;
    for (char *c = out; two && *c; c++)
        *c = (char)(char_lower(*c) - 'a' + 'A');
    return two || !*out;
}

bool rule_zone(const char *in, char out[PROVISION_TEXT_LEN])
{
    static const char folder[] = "/usr/share/zoneinfo";
    char path[PROVISION_TEXT_LEN + sizeof(folder)];
    if (!*in || *in == '/' || strstr(in, "..") || !str_copy(out, PROVISION_TEXT_LEN, in) ||
        !consists_of(in, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/"))
        return false;
    /* Without the database nobody can say which names there are. */
    return access(folder, R_OK | X_OK) != 0 ||
           (str_format(path, sizeof(path), "%s/%s", folder, in) && access(path, R_OK) == 0);
}

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
    if (len < 1 || len > 253 || !copy_lower(in, out))
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
    return is_label(in, strlen(in)) && !consists_of(in, "0123456789-") && copy_lower(in, out) &&
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
    return strlen(in) <= 16 && consists_of(in, "0123456789") && str_copy(out, PROVISION_TEXT_LEN, in);
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
    return strlen(in) <= 20 && consists_of(in, "0123456789 +") && str_copy(out, PROVISION_TEXT_LEN, in);
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
    return cidr_parse(in, &net) && copy_lower(in, out);
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
    return copy_lower(in, out);
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
    return one_of(in, out, (const char *const[]){"fax.received", "fax.sent", "fax.failed", NULL});
}

static bool is_ip(const char *text)
{
    struct in6_addr a;
    return inet_pton(AF_INET, text, &a) == 1 || inet_pton(AF_INET6, text, &a) == 1;
}

bool rule_host(const char *in, char out[PROVISION_TEXT_LEN])
{
    return is_ip(in) ? copy_lower(in, out) : rule_domain(in, out);
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
