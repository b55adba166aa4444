/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/csv.h"

#include <string.h>

#include "base/str.h"

struct field {
    char *to;
    size_t len;
};

static void put(struct field *f, char c)
{
    if (c && f->len + 1 < CSV_FIELD_LEN)
        f->to[f->len++] = c;
}

static void end(struct field *f)
{
    size_t from = 0;
    while (f->len > 0 && strchr(" \t", f->to[f->len - 1]))
        f->len--;
    while (from < f->len && strchr(" \t", f->to[from]))
        from++;
    memmove(f->to, f->to + from, f->len - from);
    f->to[f->len - from] = 0;
}

/* Of the row that begins there. */
static char separator_of(struct span text)
{
    bool quoted = false, semicolon = false;
    for (size_t i = 0; i < text.len && (quoted || text.data[i] != '\n'); i++) {
        if (text.data[i] == '"')
            quoted = !quoted;
        else if (!quoted && text.data[i] == ',')
            return ',';
        semicolon = semicolon || (!quoted && text.data[i] == ';');
    }
    return semicolon ? ';' : ',';
}

/* One field up to its separator or the row's end; what comes behind it is *at then. */
static void read_field(struct span text, size_t *at, char separator, struct field *f)
{
    bool quoted = false;
    for (; *at < text.len; (*at)++) {
        char c = (char)text.data[*at];
        bool twice = c == '"' && *at + 1 < text.len && text.data[*at + 1] == '"';
        if (quoted && twice)
            put(f, (char)text.data[(*at)++]);
        else if (c == '"' && (quoted || f->len == 0))
            quoted = !quoted;
        else if (!quoted && (c == separator || c == '\n'))
            break;
        else if (c != '\r')
            put(f, c);
    }
    end(f);
}

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

bool csv_next(struct span *rest, struct csv_row *row)
{
    size_t at = 0;
    char spare[CSV_FIELD_LEN];
    row->count = 0;
    if (rest->len >= 3 && memcmp(rest->data, BYTE_ORDER_MARK, 3) == 0)
        *rest = span_of(rest->data + 3, rest->len - 3);
    if (rest->len == 0)
        return false;
    const char separator = separator_of(*rest);
    for (;;) {
        struct field f = {row->count < CSV_FIELDS ? row->fields[row->count] : spare, 0};
        read_field(*rest, &at, separator, &f);
        row->count += row->count < CSV_FIELDS;
        if (at >= rest->len || rest->data[at] == '\n')
            break;
        at++;
    }
    if (row->count == 1 && !*row->fields[0])
        row->count = 0;
    at = at < rest->len ? at + 1 : at;
    *rest = span_of(rest->data + at, rest->len - at);
    return true;
}

void csv_put(struct buf *to, bool first, const char *text)
{
    bool formula = *text && strchr("=+-@\t\r", *text) && text[1 + strspn(text + 1, "0123456789 ()/.")] != 0;
    (void)buf_append_str(to, first ? "" : ",");
    bool quoted = formula || strpbrk(text, ",;\"\r\n") != NULL || str_starts(text, BYTE_ORDER_MARK);
    (void)buf_append_str(to, quoted ? "\"" : "");
    (void)buf_append_str(to, formula ? "'" : "");
    for (const char *c = text; *c; c++)
        (void)buf_append_str(to, *c == '"' ? "\"\"" : (const char[]){*c, 0});
    (void)buf_append_str(to, quoted ? "\"" : "");
}
