/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/rules.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "proto/flags.h"
#include "proto/ipp.h"
#include "proto/mail_template.h"
#include "proto/send_window.h"
#include "provision/rules_inner.h"

static bool is_one_line(const char *text)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return false;
    return utf8_valid(span_str(text));
}

bool rules_consists_of(const char *text, const char *allowed)
{
    return text[strspn(text, allowed)] == 0;
}

bool rules_copy_lower(const char *in, char out[PROVISION_TEXT_LEN])
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

bool rules_one_of(const char *in, char out[PROVISION_TEXT_LEN], const char *const *words)
{
    if (!rules_copy_lower(in, out))
        return false;
    for (; *words; words++)
        if (str_equal(out, *words))
            return true;
    return false;
}

bool rule_paper(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"a4", "letter", "legal", NULL});
}

bool rule_no_paper(const char *in, char out[PROVISION_TEXT_LEN])
{
    *out = 0;
    return !*in || rule_paper(in, out);
}

bool rule_blank_pages(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"keep", "mark", "drop", NULL});
}

bool rule_auto_off(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"auto", "off", NULL});
}

bool rule_no_printer(const char *in, char out[PROVISION_TEXT_LEN])
{
    char url[IPP_URL_MAX];
    *out = 0;
    return !*in || (ipp_url(in, url) && str_copy(out, PROVISION_TEXT_LEN, in));
}

bool rule_resolution(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out,
                        (const char *const[]){"standard", "fine", "superfine", "300dpi", "400dpi", NULL});
}

bool rule_report(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"once", "each", NULL});
}

bool rule_address_case(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"exact", "ignore-case", NULL});
}

bool rule_own_address_case(const char *in, char out[PROVISION_TEXT_LEN])
{
    *out = 0;
    return !*in || rule_address_case(in, out);
}

bool rule_authentication(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"none", "pin", "pgp", "pin+pgp", NULL});
}

bool rule_cover(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"none", "standard", NULL}) ||
           (rules_copy_lower(in, out) && mail_template_cover_name_good(out));
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
    return rules_one_of(in, out, mail_template_languages);
}

bool rule_no_language(const char *in, char out[PROVISION_TEXT_LEN])
{
    *out = 0;
    return !*in || rule_language(in, out);
}

bool rule_template_name(const char *in, char out[PROVISION_TEXT_LEN])
{
    enum mail_template_kind kind;
    return rules_copy_lower(in, out) && mail_template_kind_parse(out, &kind);
}

bool rule_mail_style(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"standard", "neutral", NULL});
}

bool rule_file_format(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"pdf", "tiff", NULL});
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
    return rules_one_of(in, out, (const char *const[]){"off", "on", "wait", NULL});
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
    return rules_one_of(in, out, (const char *const[]){"sender", "nobody", NULL}) || rule_address(in, out);
}

bool rule_report_on(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"always", "failed", "never", NULL});
}

bool rule_notify_received(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"each", "never", NULL});
}

bool rule_notify_sent(const char *in, char out[PROVISION_TEXT_LEN])
{
    out[0] = 0;
    return !*in || rule_report_on(in, out);
}

bool rule_notify_delays(const char *in, char out[PROVISION_TEXT_LEN])
{
    out[0] = 0;
    return !*in || rules_one_of(in, out, (const char *const[]){"never", NULL});
}

bool rule_window(const char *in, char out[PROVISION_TEXT_LEN])
{
    struct send_window w;
    return rules_copy_lower(in, out) && send_window_parse(out, &w);
}

bool rule_delays(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"late", "first", "never", NULL});
}

bool rule_dmarc(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"require", "prefer", "off", NULL});
}

bool rule_no_dmarc(const char *in, char out[PROVISION_TEXT_LEN])
{
    *out = 0;
    return !*in || rule_dmarc(in, out);
}

bool rule_called_from(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"request", "to", "diversion", NULL});
}

bool rule_caller_from(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"asserted", "from", NULL});
}

bool rule_caller_in(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"from", "asserted", "preferred", NULL});
}

bool rule_srtp(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"auto", "no", "optional", "required", NULL});
}

bool rule_t38_correction(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"auto", "redundancy", "fec", NULL});
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
    return rules_one_of(in, out, (const char *const[]){"fax", "hangup", "forward", NULL});
}

bool rule_blocked(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"anonymous", NULL}) || rule_number(in, out);
}

bool rule_transport(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"udp", "tcp", "tls", NULL});
}

bool rule_security(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"auto", "none", "starttls", "implicit", NULL});
}

bool rule_mailbox_protocol(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"imap", "pop3", NULL});
}

bool rule_mailbox_security(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"implicit", "starttls", "none", NULL});
}

bool rule_smime(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"off", "aes-256-gcm", "aes-256-cbc", NULL});
}

bool rule_mailbox_login(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"password", "plain", "scram", "oauth2", NULL});
}

bool rule_oauth_grant(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"refresh_token", "client_credentials", NULL});
}

bool rule_too_large(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"remove", "keep", NULL});
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
    return rules_one_of(in, out,
                        (const char *const[]){"auto", "plain", "login", "cram-md5", "scram-sha-1",
                                              "scram-sha-256", "xoauth2", "oauthbearer", NULL});
}

bool rule_on_off(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"on", "off", NULL});
}

bool rule_role(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"user", "tenant", "installation", NULL});
}

bool rule_setup(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"open", "finished", NULL});
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
    if (!rules_copy_lower(in, text))
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
        !rules_consists_of(in, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/"))
        return false;
    /* Without the database nobody can say which names there are. */
    return access(folder, R_OK | X_OK) != 0 ||
           (str_format(path, sizeof(path), "%s/%s", folder, in) && access(path, R_OK) == 0);
}
