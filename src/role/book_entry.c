/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/book_entry.h"

#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/str.h"
#include "proto/ldap_account.h"
#include "role/fetch_house.h"

enum { VALUES_MOST = 500, VALUE_MOST = 500 };

/* What stands in our ids for a value that is no text: "hex:" and its bytes. */
bool book_id_bytes(const char *subject, uint8_t room[BOOK_ID_MAX], struct span *value)
{
    size_t len = strlen(subject);
    *value = span_str(subject);
    if (!str_starts(subject, "hex:"))
        return true;
    len = (len - 4) / 2;
    *value = span_of(room, len);
    return len <= BOOK_ID_MAX && hex_parse(subject + 4, room, len);
}

size_t book_attributes(const json_t *settings, const char *list[BOOK_ATTRIBUTES_MOST])
{
    size_t n = 0, i;
    json_t *one;
    list[n++] = fetch_setting(settings, "attribute_id");
    list[n++] = fetch_setting(settings, "attribute_name");
    list[n++] = fetch_setting(settings, "attribute_groups");
    json_array_foreach(json_object_get(settings, "attribute_addresses"), i, one)
    {
        if (n < BOOK_ATTRIBUTES_MOST)
            list[n++] = json_string_value(one);
    }
    return n;
}

static bool is_printable(struct span value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] <= ' ' || value.data[i] > '~')
            return false;
    return value.len > 0;
}

/* NULL: it cannot be kept. */
static json_t *id_json(struct span value)
{
    char hex[2 * BOOK_ID_MAX + 1];
    if (value.len > BOOK_ID_MAX || value.len == 0)
        return NULL;
    if (is_printable(value))
        return json_stringn((const char *)value.data, value.len);
    hex_format(value.data, value.len, hex);
    return json_sprintf("hex:%s", hex);
}

static json_t *text_json(struct span value)
{
    bool text =
        value.len > 0 && value.len <= VALUE_MOST && utf8_valid(value) && !memchr(value.data, 0, value.len);
    return text ? json_stringn((const char *)value.data, value.len) : NULL;
}

static bool is_address_attribute(const json_t *settings, struct span name)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(settings, "attribute_addresses"), i, one)
    {
        if (span_equal_nocase(name, json_string_value(one)))
            return true;
    }
    return false;
}

/* Active Directory writes SMTP:a@b and smtp:c@d into proxyAddresses; what else stands there is no mail. */
static void add_address(json_t *list, struct span value)
{
    const char *colon = memchr(value.data, ':', value.len);
    if (colon) {
        size_t n = (size_t)(colon - (const char *)value.data);
        if (!span_equal_nocase(span_of(value.data, n), "smtp"))
            return;
        value = span_of(value.data + n + 1, value.len - n - 1);
    }
    json_t *text = text_json(value);
    for (size_t i = 0; text && i < json_array_size(list); i++)
        if (str_equal_nocase(json_string_value(json_array_get(list, i)), json_string_value(text))) {
            json_decref(text);
            text = NULL;
        }
    if (text)
        (void)json_array_append_new(list, text);
}

static void take_attribute(const json_t *settings, json_t *person, struct span name, struct span values)
{
    struct span value;
    for (unsigned n = 0; n < VALUES_MOST && ldap_next_value(&values, &value); n++) {
        if (value.len == 0)
            continue;
        if (span_equal_nocase(name, fetch_setting(settings, "attribute_id")) &&
            !json_object_get(person, "id"))
            (void)json_object_set_new(person, "id", id_json(value));
        if (span_equal_nocase(name, fetch_setting(settings, "attribute_name")) &&
            !json_object_get(person, "name"))
            (void)json_object_set_new(person, "name", text_json(value));
        if (span_equal_nocase(name, fetch_setting(settings, "attribute_groups")))
            (void)json_array_append_new(json_object_get(person, "groups"), text_json(value));
        if (is_address_attribute(settings, name))
            add_address(json_object_get(person, "addresses"), value);
    }
}

json_t *book_person(const json_t *settings, const struct ldap_message *m)
{
    struct span attributes = m->attributes, name, values;
    json_t *person = json_pack("{s:[], s:[]}", "addresses", "groups");
    while (ldap_next_attribute(&attributes, &name, &values))
        take_attribute(settings, person, name, values);
    return person;
}

bool book_entry_is_locked(const struct ldap_message *m)
{
    struct span attributes = m->attributes, name, values, value;
    while (ldap_next_attribute(&attributes, &name, &values))
        if (ldap_next_value(&values, &value) && ldap_account_is_locked_by(name, value, clock_wall_ms()))
            return true;
    return false;
}
