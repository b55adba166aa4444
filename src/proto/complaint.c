/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/complaint.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { QUOTED_MOST = 50 };

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static void PRINTF_LIKE(2, 0) put(struct complaint *c, const char *format, va_list args)
{
    int len = vsnprintf(c->text, sizeof(c->text), format, args);
    if (len >= (int)sizeof(c->text)) {
        size_t end = sizeof(c->text) - 1;
        while (end > 0 && is_continuation(c->text[end - 1]))
            end--;
        if (end > 0 && ((unsigned char)c->text[end - 1] & 0x80))
            end--;
        c->text[end] = 0;
    }
}

bool complain(struct complaint *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put(c, format, args);
    va_end(args);
    return false;
}

bool complain_code(struct complaint *c, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put(c, format, args);
    va_end(args);
    c->code = code;
    return false;
}

const char *quoted(const char *text, char room[QUOTED_LEN])
{
    size_t len = strlen(text), n = len;
    if (n > QUOTED_MOST)
        for (n = QUOTED_MOST; n > 0 && is_continuation(text[n]);)
            n--;
    for (size_t i = 0; i < n; i++)
        room[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i];
    (void)strcpy(room + n, n < len ? "..." : "");
    return room;
}
