/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/ldap_message.h"

#include "base/str.h"

enum {
    BIND = 0x60,
    UNBIND = 0x42,
    SEARCH = 0x63,
    EXTENDED = 0x77,
    SIMPLE = 0x80,
    REQUEST_NAME = 0x80,
    CONTROLS = 0xa0,
    VERSION = 3,
    WHOLE_SUBTREE = 2,
};
#define STARTTLS "1.3.6.1.4.1.1466.20037"
#define PAGED    "1.2.840.113556.1.4.319"

static size_t open_message(struct ber_writer *w, uint32_t id)
{
    size_t at = ber_open(w, BER_SEQUENCE);
    ber_put_number(w, BER_INTEGER, id);
    return at;
}

void ldap_put_bind(struct ber_writer *w, uint32_t id, const char *dn, const char *password)
{
    size_t whole = open_message(w, id);
    size_t bind = ber_open(w, BIND);
    ber_put_number(w, BER_INTEGER, VERSION);
    ber_put(w, BER_OCTETS, span_str(dn));
    ber_put(w, SIMPLE, span_str(password));
    ber_close(w, bind);
    ber_close(w, whole);
}

void ldap_put_starttls(struct ber_writer *w, uint32_t id)
{
    size_t whole = open_message(w, id);
    size_t extended = ber_open(w, EXTENDED);
    ber_put(w, REQUEST_NAME, span_str(STARTTLS));
    ber_close(w, extended);
    ber_close(w, whole);
}

void ldap_put_unbind(struct ber_writer *w, uint32_t id)
{
    size_t whole = open_message(w, id);
    ber_put(w, UNBIND, span_str(""));
    ber_close(w, whole);
}

static void put_page(struct ber_writer *w, const struct ldap_search *s)
{
    size_t controls = ber_open(w, CONTROLS), control = ber_open(w, BER_SEQUENCE);
    ber_put(w, BER_OCTETS, span_str(PAGED));
    size_t value = ber_open(w, BER_OCTETS), inner = ber_open(w, BER_SEQUENCE);
    ber_put_number(w, BER_INTEGER, s->page);
    ber_put(w, BER_OCTETS, s->cookie);
    ber_close(w, inner);
    ber_close(w, value);
    ber_close(w, control);
    ber_close(w, controls);
}

void ldap_put_search(struct ber_writer *w, uint32_t id, const struct ldap_search *s)
{
    static const uint8_t no = 0;
    size_t whole = open_message(w, id), search = ber_open(w, SEARCH);
    ber_put(w, BER_OCTETS, span_str(s->base));
    ber_put_number(w, BER_ENUMERATED, WHOLE_SUBTREE);
    ber_put_number(w, BER_ENUMERATED, 0); /* aliases are entries */
    ber_put_number(w, BER_INTEGER, s->most);
    ber_put_number(w, BER_INTEGER, 0);
    ber_put(w, BER_BOOLEAN, span_of(&no, 1));
    ber_put_raw(w, s->filter);
    size_t list = ber_open(w, BER_SEQUENCE);
    for (size_t i = 0; i < s->attribute_count; i++)
        ber_put(w, BER_OCTETS, span_str(s->attributes[i]));
    ber_close(w, list);
    ber_close(w, search);
    if (s->page > 0)
        put_page(w, s);
    ber_close(w, whole);
}

/* ---- answers ---- */

static bool read_result(struct span body, struct ldap_message *m)
{
    struct span code, dn;
    return ber_take_tag(&body, BER_ENUMERATED, &code) && ber_number(code, &m->result) &&
           ber_take_tag(&body, BER_OCTETS, &dn) && ber_take_tag(&body, BER_OCTETS, &m->text);
}

/* The cookie of RFC 2696, where there is one. */
static bool read_controls(struct span controls, struct ldap_message *m)
{
    struct span control, type, value, inner, size;
    uint8_t tag;
    while (controls.len > 0) {
        if (!ber_take_tag(&controls, BER_SEQUENCE, &control) || !ber_take_tag(&control, BER_OCTETS, &type))
            return false;
        if (!span_equal(type, span_str(PAGED)))
            continue;
        do {
            if (!ber_take(&control, &tag, &value))
                return false;
        } while (tag != BER_OCTETS);
        if (!ber_take_tag(&value, BER_SEQUENCE, &inner) || !ber_take_tag(&inner, BER_INTEGER, &size) ||
            !ber_take_tag(&inner, BER_OCTETS, &m->cookie))
            return false;
    }
    return true;
}

static bool read_message(struct span whole, struct ldap_message *m)
{
    struct span id, body, controls;
    uint8_t tag;
    *m = (struct ldap_message){0};
    if (!ber_take_tag(&whole, BER_INTEGER, &id) || !ber_number(id, &m->id) ||
        !ber_take(&whole, &m->operation, &body))
        return false;
    if (whole.len > 0 &&
        (!ber_take(&whole, &tag, &controls) || (tag == CONTROLS && !read_controls(controls, m))))
        return false;
    if (m->operation == LDAP_ENTRY)
        return ber_take_tag(&body, BER_OCTETS, &m->dn) && ber_take_tag(&body, BER_SEQUENCE, &m->attributes);
    return m->operation == LDAP_REFERENCE || read_result(body, m);
}

enum ldap_step ldap_read(struct span in, struct ldap_message *m, size_t *used)
{
    struct span value;
    size_t len = ber_length(in);
    if (len > LDAP_MESSAGE_MAX)
        return LDAP_BAD;
    if (len == 0 || len > in.len)
        return LDAP_MORE;
    *used = len;
    return ber_take_tag(&in, BER_SEQUENCE, &value) && read_message(value, m) ? LDAP_ONE : LDAP_BAD;
}

bool ldap_next_attribute(struct span *attributes, struct span *name, struct span *values)
{
    struct span one;
    return ber_take_tag(attributes, BER_SEQUENCE, &one) && ber_take_tag(&one, BER_OCTETS, name) &&
           ber_take_tag(&one, BER_SET, values);
}

bool ldap_next_value(struct span *values, struct span *value)
{
    return ber_take_tag(values, BER_OCTETS, value);
}

const char *ldap_result_text(uint32_t result)
{
    static const struct {
        uint32_t result;
        const char *text;
    } texts[] = {
        {1, "it has an error of its own"},
        {3, "it took too long"},
        {4, "there are more entries than it gives"},
        {7, "it does not take a password in this way"},
        {8, "it wants a better login"},
        {11, "there are more entries than an administrator of it allows"},
        {13, "it wants TLS"},
        {32, "there is nothing below that base"},
        {34, "a DN is written wrong"},
        {49, "the DN or the password is wrong"},
        {50, "this account may not read that"},
        {51, "it is busy"},
        {52, "it is away"},
        {53, "it does not do that"},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (texts[i].result == result)
            return texts[i].text;
    return "it refused";
}
