/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model/call_trace.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* Where the first line at or after `at` begins that is one, its moment and its length with the line feed;
 * NULL: there is none. */
static const char *next_line(const char *at, long long *ms, size_t *len)
{
    while (*at) {
        char *end;
        *len = strcspn(at, "\n");
        *ms = strtoll(at, &end, 10);
        if (end != at && end < at + *len && (str_starts(end, " > ") || str_starts(end, " < ")))
            return at;
        at += *len + (at[*len] == '\n');
    }
    return NULL;
}

static const char *after(const char *line, size_t len)
{
    return line + len + (line[len] == '\n');
}

bool call_trace_merge(struct buf *to, const char *a, const char *b)
{
    long long a_ms, b_ms;
    size_t a_len, b_len;
    bool fits = true;
    a = next_line(a, &a_ms, &a_len);
    b = next_line(b, &b_ms, &b_len);
    while (fits && (a || b)) {
        bool first = a && (!b || a_ms <= b_ms);
        fits = buf_append(to, first ? a : b, first ? a_len : b_len) && buf_append_byte(to, '\n');
        if (first)
            a = next_line(after(a, a_len), &a_ms, &a_len);
        else
            b = next_line(after(b, b_len), &b_ms, &b_len);
    }
    return fits;
}

bool call_trace_has_sip(const char *trace)
{
    return strstr(trace, " > " CALL_TRACE_SIP) || strstr(trace, " < " CALL_TRACE_SIP);
}
