/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool str_copy_span(char *to, size_t room, struct span from)
{
    size_t n = from.len < room ? from.len : room - 1;
    if (n > 0)
        memcpy(to, from.data, n);
    to[n] = 0;
    return n == from.len;
}

bool str_copy(char *to, size_t room, const char *from)
{
    return str_copy_span(to, room, span_str(from));
}

bool str_format(char *to, size_t room, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(to, room, format, args);
    va_end(args);
    return len >= 0 && (size_t)len < room;
}

bool str_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool span_equal_nocase(struct span a, const char *b)
{
    size_t len = strlen(b);
    if (a.len != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (char_lower((char)a.data[i]) != char_lower(b[i]))
            return false;
    return true;
}

bool str_equal_nocase(const char *a, const char *b)
{
    return span_equal_nocase(span_str(a), b);
}

bool str_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_starts_nocase(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);
    return strlen(text) >= len && span_equal_nocase(span_of(text, len), prefix);
}

bool str_ends_nocase(const char *text, const char *suffix)
{
    size_t all = strlen(text), len = strlen(suffix);
    return all >= len && str_equal_nocase(text + all - len, suffix);
}

bool str_has_line(const char *lines, const char *line)
{
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        if (span_equal(span_of(lines, len), span_str(line)))
            return true;
        lines += len + (lines[len] != 0);
    }
    return false;
}

void str_lower(char *text)
{
    for (; *text; text++)
        *text = char_lower(*text);
}

bool str_to_u64(const char *text, uint64_t max, uint64_t *value)
{
    uint64_t n = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        if (!char_is_digit(*text))
            return false;
        uint64_t digit = (uint64_t)(*text - '0');
        if (digit > max || n > (max - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *value = n;
    return true;
}

/* Length of the sequence that starts with `lead`, 0 if none does; *low and *high bound its second byte. */
static size_t utf8_length(uint8_t lead, uint8_t *low, uint8_t *high)
{
    *low = 0x80;
    *high = 0xbf;
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef) {
        if (lead == 0xe0)
            *low = 0xa0; /* shorter form exists */
        if (lead == 0xed)
            *high = 0x9f; /* surrogates */
        return 3;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        if (lead == 0xf0)
            *low = 0x90;
        if (lead == 0xf4)
            *high = 0x8f; /* above U+10FFFF */
        return 4;
    }
    return 0;
}

/* Length of the valid character at the start of text; 0 where there is none. */
static size_t utf8_first(struct span text)
{
    uint8_t low, high;
    size_t len = utf8_length(text.data[0], &low, &high);
    if (len == 0 || len > text.len)
        return 0;
    for (size_t k = 1; k < len; k++) {
        uint8_t c = text.data[k];
        if (k == 1 ? c < low || c > high : c < 0x80 || c > 0xbf)
            return 0;
    }
    return len;
}

bool utf8_valid(struct span text)
{
    for (size_t i = 0, len; i < text.len; i += len) {
        len = utf8_first(span_of(text.data + i, text.len - i));
        if (len == 0)
            return false;
    }
    return true;
}

void utf8_clean(char *text)
{
    for (size_t i = 0, n = strlen(text), len; i < n; i += len) {
        len = utf8_first(span_of(text + i, n - i));
        if (len == 0) {
            text[i] = '?';
            len = 1;
        }
    }
}
