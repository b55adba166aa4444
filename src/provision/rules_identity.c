/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Values of directories and of what they call their people. */
#include <string.h>

#include "base/str.h"
#include "proto/ldap_filter.h"
#include "provision/rules.h"

bool rule_long_line(const char *in, char out[PROVISION_TEXT_LEN])
{
    for (const char *c = in; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return false;
    return strlen(in) <= 500 && utf8_valid(span_str(in)) && str_copy(out, PROVISION_TEXT_LEN, in);
}

bool rule_directory_security(const char *in, char out[PROVISION_TEXT_LEN])
{
    if (!str_copy(out, PROVISION_TEXT_LEN, in))
        return false;
    str_lower(out);
    return str_equal(out, "implicit") || str_equal(out, "starttls");
}

bool rule_directory_filter(const char *in, char out[PROVISION_TEXT_LEN])
{
    uint8_t bytes[LDAP_FILTER_MAX];
    struct ber_writer w = ber_writer_of(bytes, sizeof(bytes));
    return rule_long_line(in, out) && ldap_filter_write(in, &w);
}

/* RFC 4512 §2.5: a name or numbers with dots; options such as ;lang-de. */
bool rule_attribute(const char *in, char out[PROVISION_TEXT_LEN])
{
    size_t len = strlen(in);
    for (size_t i = 0; i < len; i++)
        if (!char_is_alpha(in[i]) && !char_is_digit(in[i]) && !strchr("-.;_", in[i]))
            return false;
    return len >= 1 && len <= 64 && str_copy(out, PROVISION_TEXT_LEN, in);
}

bool rule_box_group(const char *in, char out[PROVISION_TEXT_LEN])
{
    char box[PROVISION_TEXT_LEN], id[PROVISION_TEXT_LEN], rest[PROVISION_TEXT_LEN];
    const char *end = strchr(in, '=');
    return end && end[1] && rule_long_line(end + 1, rest) &&
           str_copy_span(box, sizeof(box), span_of(in, (size_t)(end - in))) && rule_box_id(box, id) &&
           str_format(out, PROVISION_TEXT_LEN, "%s=%s", id, rest);
}
