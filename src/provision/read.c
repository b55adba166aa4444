/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Entries as they were given are read by the rows of provision_fields.c. */
#include "provision/fields.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "proto/mail_template.h"
#include "provision/login_keys.h"
#include "provision/certificates.h"
#include "provision/keys.h"

/* ---- errors ---- */

/* JSON takes UTF-8 only, and a value that was cut may end within a character. */
static const char *clean(char *text)
{
    for (char *c = text; *c && !utf8_valid(span_str(text)); c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    return text;
}

static void add_text(json_t *list, const char *path, const char *format, va_list args)
{
    char text[600], place[PROVISION_PATH_LEN];
    (void)vsnprintf(text, sizeof(text), format, args);
    (void)str_copy(place, sizeof(place), path);
    (void)json_array_append_new(list, json_pack("{s:s, s:s}", "path", clean(place), "text", clean(text)));
}

void provision_error(struct provision_errors *e, const char *path, const char *format, ...)
{
    va_list args;
    if (e->count++ >= PROVISION_ERRORS_MAX)
        return;
    va_start(args, format);
    add_text(e->list, path, format, args);
    va_end(args);
}

void provision_warning(struct provision_errors *e, const char *path, const char *format, ...)
{
    va_list args;
    if (json_array_size(e->warnings) >= PROVISION_ERRORS_MAX)
        return;
    va_start(args, format);
    add_text(e->warnings, path, format, args);
    va_end(args);
}

static const char *type_name(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list",  [JSON_STRING] = "a text",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a number", [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",      [JSON_NULL] = "null"};
    return names[json_typeof(value)];
}

static void list_fields(const struct provision_field *fields, struct buf *to)
{
    for (const struct provision_field *f = fields; f->name; f++)
        (void)buf_printf(to, "%s%s", f == fields ? "" : ", ", f->name);
}

static const struct provision_field *find_field(const struct provision_field *fields, const char *name)
{
    for (; fields->name; fields++)
        if (str_equal(fields->name, name))
            return fields;
    return NULL;
}

/* ---- values ---- */

static json_t *read_text(const struct provision_field *f, const json_t *value, const char *path,
                         struct provision_errors *errors)
{
    char tidy[PROVISION_TEXT_LEN];
    if (!json_is_string(value)) {
        provision_error(errors, path, "is %s; needs %s", type_name(value), f->want);
        return NULL;
    }
    const char *text = json_string_value(value);
    if (strlen(text) != json_string_length(value) || !f->rule(text, tidy)) {
        provision_error(errors, path, "\"%.100s\" is wrong; needs %s", text, f->want);
        return NULL;
    }
    return json_string(tidy);
}

static json_t *read_lines(const struct provision_field *f, const json_t *value, const char *path,
                          struct provision_errors *errors)
{
    size_t len = json_string_length(value);
    if (json_is_string(value) && len <= MAIL_TEMPLATE_COVER_MAX && strlen(json_string_value(value)) == len)
        return json_deep_copy(value);
    provision_error(errors, path, "needs %s; up to %d bytes", f->want, MAIL_TEMPLATE_COVER_MAX);
    return NULL;
}

static json_t *read_flag(const json_t *value, const char *path, struct provision_errors *errors)
{
    if (json_is_boolean(value))
        return json_boolean(json_is_true(value));
    provision_error(errors, path, "is %s; needs true or false", type_name(value));
    return NULL;
}

static json_t *read_whole(const struct provision_field *f, const json_t *value, const char *path,
                          struct provision_errors *errors)
{
    json_int_t n = json_integer_value(value);
    if (json_is_integer(value) && n >= f->least && n <= f->most)
        return json_integer(n);
    provision_error(errors, path, "needs %s", f->want);
    return NULL;
}

static json_t *read_texts(const struct provision_field *f, const json_t *value, const char *path,
                          struct provision_errors *errors)
{
    char member_path[PROVISION_PATH_LEN];
    size_t count = json_array_size(value);
    if (!json_is_array(value) || count < (size_t)f->least || count > (size_t)f->most) {
        provision_error(errors, path, "needs a list of at least %d and at most %d; each is %s", f->least,
                        f->most, f->want);
        return NULL;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        (void)str_format(member_path, sizeof(member_path), "%s[%zu]", path, i);
        json_t *text = read_text(f, json_array_get(value, i), member_path, errors);
        if (text)
            (void)json_array_append_new(list, text);
    }
    return list;
}

/* One {<key>, send, receive}. */
static json_t *read_right(const struct provision_field *f, const json_t *value, const char *path,
                          struct provision_errors *errors)
{
    const struct provision_field rows[] = {
        {.name = f->key, .type = FIELD_TEXT, .rule = f->rule, .want = f->want},
        {.name = "send", .type = FIELD_FLAG},
        {.name = "receive", .type = FIELD_FLAG},
        {.name = NULL},
    };
    char member_path[PROVISION_PATH_LEN];
    if (!json_is_object(value)) {
        provision_error(errors, path, "is %s; needs an object {\"%s\", \"send\", \"receive\"}",
                        type_name(value), f->key);
        return NULL;
    }
    const char *name;
    json_t *member, *right = json_pack("{s:b, s:b}", "send", 1, "receive", 1);
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        (void)str_format(member_path, sizeof(member_path), "%s.%.60s", path, name);
        const struct provision_field *row = find_field(rows, name);
        if (!row)
            provision_error(errors, member_path, "there is no such field; it has %s, send, receive", f->key);
        else
            (void)json_object_set_new(right, name,
                                      row->type == FIELD_FLAG ? read_flag(member, member_path, errors)
                                                              : read_text(row, member, member_path, errors));
    }
    if (json_object_get(value, f->key))
        return right;
    (void)str_format(member_path, sizeof(member_path), "%s.%s", path, f->key);
    provision_error(errors, member_path, "is missing; needs %s", f->want);
    return right;
}

static json_t *read_rights(const struct provision_field *f, const json_t *value, const char *path,
                           struct provision_errors *errors)
{
    char member_path[PROVISION_PATH_LEN];
    if (!json_is_array(value)) {
        provision_error(errors, path, "is %s; needs a list of {\"%s\", \"send\", \"receive\"}",
                        type_name(value), f->key);
        return NULL;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(value); i++) {
        (void)str_format(member_path, sizeof(member_path), "%s[%zu]", path, i);
        json_t *right = read_right(f, json_array_get(value, i), member_path, errors);
        if (right)
            (void)json_array_append_new(list, right);
    }
    return list;
}

static bool is_sealed(const json_t *value, size_t most)
{
    unsigned char box[4096];
    size_t len = 0;
    const json_t *sealed = json_object_get(value, "sealed");
    return json_is_string(sealed) && json_object_size(value) == 1 &&
           sodium_base642bin(box, sizeof(box), json_string_value(sealed), json_string_length(sealed), NULL,
                             &len, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
           len > crypto_box_SEALBYTES && len <= most + crypto_box_SEALBYTES;
}

static json_t *read_password(const struct provision_field *f, const json_t *value, const char *path,
                             struct provision_errors *errors)
{
    if (json_is_string(value) && json_string_length(value) <= (size_t)f->most)
        return json_string_length(value) ? json_pack("{s:O}", "plain", value) : json_string("");
    if (is_sealed(value, (size_t)f->most))
        return json_deep_copy(value);
    /* The value is not repeated: it is, or was meant to be, a secret. */
    provision_error(errors, path, "needs %s; up to %d characters", f->want, f->most);
    return NULL;
}

static json_t *read_login(const struct provision_field *f, const json_t *value, const char *path,
                          struct provision_errors *errors)
{
    const char *text = json_string_value(value);
    if (text && strlen(text) == json_string_length(value) && (!*text || login_password_valid(text)))
        return *text ? json_pack("{s:O}", "plain", value) : json_string("");
    if (is_sealed(value, SCRAM_KEYS_TEXT_LEN))
        return json_deep_copy(value);
    provision_error(errors, path, "needs %s", f->want);
    return NULL;
}

static json_t *read_fax_password(const struct provision_field *f, const json_t *value, const char *path,
                                 struct provision_errors *errors)
{
    char out[PROVISION_TEXT_LEN];
    const char *text = json_string_value(value);
    if (text && strlen(text) == json_string_length(value) && f->rule(text, out))
        return *text ? json_pack("{s:O}", "plain", value) : json_string("");
    if (is_sealed(value, (size_t)f->most))
        return json_deep_copy(value);
    provision_error(errors, path, "needs %s", f->want);
    return NULL;
}

static json_t *read_pin(const struct provision_field *f, const json_t *value, const char *path,
                        struct provision_errors *errors)
{
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    if (text && strlen(text) == len &&
        (len == 0 || (len >= 4 && len <= 12 && strspn(text, "0123456789") == len)))
        return len ? json_pack("{s:O}", "plain", value) : json_string("");
    const char *hash = json_string_value(json_object_get(value, "hash"));
    if (hash && json_object_size(value) == 1 && strlen(hash) < crypto_pwhash_STRBYTES &&
        crypto_pwhash_str_needs_rehash(hash, PIN_HASH_PASSES, PIN_HASH_BYTES) == 0)
        return json_deep_copy(value);
    provision_error(errors, path, "needs %s", f->want);
    return NULL;
}

static json_t *read_shown(const struct provision_field *f, const json_t *value, const char *path,
                          struct provision_errors *errors)
{
    if (json_is_string(value))
        return json_deep_copy(value);
    provision_error(errors, path, "cannot be set; give %s", f->want);
    return NULL;
}

static json_t *read_value(const struct provision_field *f, const json_t *value, const char *path,
                          struct provision_errors *errors)
{
    switch (f->type) {
    case FIELD_TEXT: return read_text(f, value, path, errors);
    case FIELD_LINES: return read_lines(f, value, path, errors);
    case FIELD_WISH:
    case FIELD_FLAG: return read_flag(value, path, errors);
    case FIELD_WHOLE: return read_whole(f, value, path, errors);
    case FIELD_TEXTS: return read_texts(f, value, path, errors);
    case FIELD_RIGHTS: return read_rights(f, value, path, errors);
    case FIELD_PASSWORD: return read_password(f, value, path, errors);
    case FIELD_LOGIN: return read_login(f, value, path, errors);
    case FIELD_PIN: return read_pin(f, value, path, errors);
    case FIELD_FAX_PASSWORD: return read_fax_password(f, value, path, errors);
    case FIELD_KEYS: return provision_read_keys(value, path, errors);
    case FIELD_CERTIFICATES: return provision_read_certificates(value, path, errors);
    case FIELD_PAIR: return provision_read_pair(value, path, errors);
    case FIELD_SHOWN: return read_shown(f, value, path, errors);
    case FIELD_COUNT: break;
    }
    return NULL;
}

json_t *provision_read(enum provision_kind kind, const json_t *entry, const char *path,
                       struct provision_errors *errors)
{
    const struct provision_section *section = &provision_sections[kind];
    char member_path[PROVISION_PATH_LEN];
    SCOPED_BUF struct buf known;
    buf_init(&known, 1024);
    list_fields(section->fields, &known);
    json_t *tidy = json_object();
    if (!json_is_object(entry)) {
        provision_error(errors, path, "is %s; needs an object with %s", type_name(entry), buf_text(&known));
        return tidy;
    }
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)entry, name, value)
    {
        (void)str_format(member_path, sizeof(member_path), "%s.%.60s", path, name);
        const struct provision_field *f = find_field(section->fields, name);
        json_t *read = f ? read_value(f, value, member_path, errors) : NULL;
        if (read)
            (void)json_object_set_new(tidy, name, read);
        else if (!f && !str_equal(name, "absent"))
            provision_error(errors, member_path, "there is no such field; a %s has %s", section->noun,
                            buf_text(&known));
    }
    return tidy;
}

json_t *words_json(const char *words)
{
    json_t *list = json_array();
    while (*words) {
        size_t len = strcspn(words, " ");
        if (len > 0)
            (void)json_array_append_new(list, json_stringn(words, len));
        words += len + (words[len] == ' ');
    }
    return list;
}

static json_t *standard_value(const struct provision_field *f)
{
    switch (f->type) {
    case FIELD_FLAG: return json_boolean(str_equal(f->standard, "true"));
    case FIELD_WHOLE: return json_integer(atoi(f->standard));
    case FIELD_TEXTS: return words_json(f->standard);
    case FIELD_KEYS:
    case FIELD_CERTIFICATES:
    case FIELD_RIGHTS: return json_array();
    case FIELD_PAIR:
    case FIELD_TEXT:
    case FIELD_LOGIN:
    case FIELD_PIN:
    case FIELD_FAX_PASSWORD:
    case FIELD_PASSWORD: return json_string(f->standard);
    case FIELD_LINES:
    case FIELD_SHOWN:
    case FIELD_COUNT:
    case FIELD_WISH: break;
    }
    return NULL;
}

json_t *provision_standard(enum provision_kind kind, const char *name)
{
    const struct provision_field *f = find_field(provision_sections[kind].fields, name);
    return f && f->standard ? standard_value(f) : NULL;
}

void provision_complete(enum provision_kind kind, json_t *entry, const char *path,
                        struct provision_errors *errors)
{
    char member_path[PROVISION_PATH_LEN];
    for (const struct provision_field *f = provision_sections[kind].fields; f->name; f++) {
        if (json_object_get(entry, f->name))
            continue;
        if (provision_field_is_made(f))
            continue;
        if (f->standard) {
            (void)json_object_set_new(entry, f->name, standard_value(f));
            continue;
        }
        (void)str_format(member_path, sizeof(member_path), "%s.%s", path, f->name);
        provision_error(errors, member_path, "is missing in a new %s; needs %s",
                        provision_sections[kind].noun, f->want);
    }
}
