/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/automatic_mail.h"

#include <string.h>

#include "base/str.h"
#include "proto/mail_header.h"

/* The value up to a comment or a parameter, without blanks around it. */
static struct span first_word(struct span value)
{
    size_t at = 0;
    while (at < value.len && strchr(" \t\r\n", value.data[at]))
        at++;
    size_t end = at;
    while (end < value.len && !strchr(" \t\r\n;(", value.data[end]))
        end++;
    return span_of(value.data + at, end - at);
}

bool mail_is_automatic(struct span head)
{
    struct header_field f;
    while (head.len > 0 && header_next(&head, &f) == HEADER_FIELD) {
        struct span word = first_word(f.value);
        if (header_is(&f, "Return-Path") && span_equal(word, span_str("<>")))
            return true;
        if (header_is(&f, "Auto-Submitted") && word.len > 0 && !span_equal_nocase(word, "no"))
            return true;
    }
    return false;
}
