/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/uuencode.h"

#include <string.h>

#include "base/str.h"

enum { LINE_BYTES_MAX = 45 };

static struct span take_line(const char **rest)
{
    size_t len = strcspn(*rest, "\n");
    struct span line = span_of(*rest, len);
    *rest += len + ((*rest)[len] != 0);
    while (line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* "begin 644 name" */
static bool read_begin(struct span line, char name[UUENCODE_NAME_LEN])
{
    static const char word[] = "begin ";
    size_t at = sizeof(word) - 1, digits = 0;
    if (line.len < at || memcmp(line.data, word, at) != 0)
        return false;
    for (; at < line.len && line.data[at] >= '0' && line.data[at] <= '7'; at++)
        digits++;
    return digits >= 3 && digits <= 4 && at + 1 < line.len && line.data[at] == ' ' &&
           str_copy_span(name, UUENCODE_NAME_LEN, span_of(line.data + at + 1, line.len - at - 1));
}

/* Six bits of a character; blanks at the end of a line are often lost. */
static unsigned bits(struct span line, size_t at)
{
    return at < line.len ? (line.data[at] - 32u) & 63u : 0;
}

static bool decode_line(struct span line, struct buf *bytes)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.data[i] < 32 || line.data[i] > 96)
            return false;
    size_t count = bits(line, 0);
    if (line.len == 0 || count > LINE_BYTES_MAX || line.len > 1 + (count + 2) / 3 * 4 + 2)
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t at = 1 + i / 3 * 4 + i % 3;
        unsigned pair = bits(line, at) << 6 | bits(line, at + 1);
        (void)buf_append_byte(bytes, (uint8_t)(pair >> (4 - 2 * (i % 3))));
    }
    return true;
}

/* Behind the begin line. */
static bool decode_block(const char **rest, struct buf *bytes)
{
    while (**rest) {
        struct span line = take_line(rest);
        if (span_equal(line, span_str("end")))
            return true;
        if (!decode_line(line, bytes))
            return false;
    }
    return false;
}

bool uuencode_find(const char *text, size_t from, struct uuencoded *u, struct buf *bytes)
{
    const char *rest = text + from;
    size_t before = bytes->len;
    while (*rest) {
        const char *begin = rest;
        struct span line = take_line(&rest);
        const char *body = rest;
        if (!read_begin(line, u->name))
            continue;
        if (decode_block(&body, bytes) && !bytes->overflow) {
            u->at = (size_t)(begin - text);
            u->len = (size_t)(body - begin);
            return true;
        }
        bytes->len = before;
    }
    return false;
}
