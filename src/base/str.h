/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* C strings, locale-free: what the protocols mean by "letter", "digit" and "ignoring case" is ASCII. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

/* Copies what fits, always NUL-terminated. False where text was cut. */
bool str_copy(char *to, size_t room, const char *from);
bool str_copy_span(char *to, size_t room, struct span from);
/* snprintf that says whether the whole text fitted. */
bool str_format(char *to, size_t room, const char *format, ...) PRINTF_LIKE(3, 4);

bool str_equal(const char *a, const char *b);         /* NULL equals NULL only */
bool str_equal_nocase(const char *a, const char *b);  /* ASCII case */
bool span_equal_nocase(struct span a, const char *b); /* ASCII case */
bool str_starts(const char *text, const char *prefix);
bool str_starts_nocase(const char *text, const char *prefix);
bool str_ends_nocase(const char *text, const char *suffix);
bool str_has_line(const char *lines, const char *line); /* a whole one of them */
void str_lower(char *text);                             /* ASCII, in place */

static inline bool char_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool char_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline char char_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Decimal without sign, blanks or leading '+'; false if anything else stands there or it is above max. */
bool str_to_u64(const char *text, uint64_t max, uint64_t *value) MUST_USE;

/* RFC 3629: shortest forms only, no surrogates. */
bool utf8_valid(struct span text);
/* In place: '?' for every byte that belongs to no valid character. */
void utf8_clean(char *text);
