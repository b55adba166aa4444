/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/trace.h"

#include <stdarg.h>
#include <stdio.h>

enum { NOTES_MAX = 400, NOTE_LEN = 600 };

bool trace_note(struct trace *trace, const char *rule, bool good, const char *format, ...)
{
    char text[NOTE_LEN];
    va_list args;
    if (!trace || json_array_size(trace->notes) >= NOTES_MAX)
        return good;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    json_t *note = json_pack("{s:s, s:b, s:s}", "rule", rule, "good", (int)good, "text", text);
    if (!note) /* cut within a character */
        note = json_pack("{s:s, s:b, s:s}", "rule", rule, "good", (int)good, "text", "(not text)");
    (void)json_array_append_new(trace->notes, note);
    return good;
}
