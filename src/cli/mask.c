/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/mask.h"

#include <stdbool.h>
#include <string.h>

#include "base/attr.h"
#include "base/scope.h"
#include "base/str.h"

enum { DIGITS_LEAST = 7, FIRST_KEPT = 3, LAST_KEPT = 2, TEXT_MAX = 1 << 22 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* How long the number is that begins there, and how many digits it has. */
static size_t number_length(const char *text, size_t *digits)
{
    size_t len = 0;
    *digits = 0;
    for (size_t i = 0; text[i] && (is_digit(text[i]) || strchr(" /()-", text[i])); i++)
        if (is_digit(text[i])) {
            ++*digits;
            len = i + 1;
        }
    return len;
}

/* "2026-11-22" */
static size_t date_length(const char *text)
{
    static const char form[] = "0000-00-00";
    for (size_t i = 0; form[i]; i++)
        if (form[i] == '0' ? !is_digit(text[i]) : text[i] != form[i])
            return 0;
    return is_digit(text[strlen(form)]) ? 0 : strlen(form);
}

static void put_number(const char *text, size_t len, size_t digits, struct buf *to)
{
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        if (is_digit(text[i]) && ++at > FIRST_KEPT && at <= digits - LAST_KEPT)
            (void)buf_append_byte(to, '.');
        else
            (void)buf_append_byte(to, (uint8_t)text[i]);
    }
}

static bool is_local_part(char c)
{
    return is_letter(c) || is_digit(c) || (c && strchr(".!#$%&'*+/=?^_`{|}~-", c));
}

/* Of the local part that begins there; 0: no address does. */
static size_t address_length(const char *text)
{
    size_t n = 0;
    while (is_local_part(text[n]))
        n++;
    return n > 0 && text[n] == '@' && (is_letter(text[n + 1]) || is_digit(text[n + 1])) ? n : 0;
}

void mask_text(const char *text, struct buf *to)
{
    for (const char *at = text; *at;) {
        bool begins = at == text || (!is_local_part(at[-1]) && at[-1] != '@');
        bool alone = at == text || (!is_digit(at[-1]) && !is_letter(at[-1]));
        size_t digits = 0, len = begins ? address_length(at) : 0;
        if (len > 0) {
            (void)buf_printf(to, "%c...", *at);
            at += len;
            continue;
        }
        len = alone ? date_length(at) : 0;
        if (len > 0) {
            (void)buf_append(to, at, len);
            at += len;
            continue;
        }
        len = alone && is_digit(*at) ? number_length(at, &digits) : 0;
        if (len > 0 && digits >= DIGITS_LEAST && !is_letter(at[len])) {
            put_number(at, len, digits, to);
            at += len;
            continue;
        }
        (void)buf_append_byte(to, (uint8_t)*at++);
    }
}

/* ---- JSON ---- */

static bool is_secret(const char *name)
{
    static const char *const parts[] = {"password",    "secret", "pin",  "key",        "token",
                                        "certificate", "sealed", "hash", "code_routes"};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (strstr(name, parts[i]))
            return true;
    return false;
}

static bool is_empty(const json_t *value)
{
    return json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

/* Before and behind its host a webhook's URL often has a password. */
static json_t *mask_url(const char *url)
{
    const char *scheme_end = strstr(url, "://");
    if (!scheme_end)
        return json_string("(set)");
    const char *host = scheme_end + 3, *end = host + strcspn(host, "/?#");
    const char *at = memrchr(host, '@', (size_t)(end - host));
    bool more = *end || at;
    host = at ? at + 1 : host;
    return json_sprintf("%.*s://%.*s%s", (int)(scheme_end - url), url, (int)(end - host), host,
                        more ? "/..." : "");
}

static json_t *mask_value(const char *name, const json_t *value)
{
    if (is_secret(name) && !json_is_boolean(value) && !json_is_number(value))
        return json_string(is_empty(value) ? "(empty)" : "(set)");
    return str_equal(name, "url") && json_is_string(value) ? mask_url(json_string_value(value))
                                                           : mask_json(value);
}

static json_t *mask_object(const json_t *object)
{
    const char *name;
    json_t *value, *masked = json_object();
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        (void)json_object_set_new(masked, name, mask_value(name, value));
    }
    return masked;
}

json_t *mask_json(const json_t *value)
{
    if (json_is_object(value))
        return mask_object(value);
    if (json_is_array(value)) {
        json_t *list = json_array();
        for (size_t i = 0; i < json_array_size(value); i++)
            (void)json_array_append_new(list, mask_json(json_array_get(value, i)));
        return list;
    }
    if (!json_is_string(value))
        return json_deep_copy(value);
    SCOPED_BUF struct buf text;
    buf_init(&text, TEXT_MAX);
    mask_text(json_string_value(value), &text);
    return json_string(buf_text(&text));
}
