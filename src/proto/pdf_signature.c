/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/pdf_signature.h"

#include <string.h>

#include "base/hex.h"
#include "base/str.h"

enum { CMS_BYTES_MAX = 1 << 20 };

static const char range_word[] = "/ByteRange";

static const uint8_t *last_range(struct span file)
{
    const uint8_t *found = NULL, *at = file.data, *end = file.data + file.len;
    while ((at = memmem(at, (size_t)(end - at), range_word, strlen(range_word))) != NULL)
        found = at++;
    return found;
}

/* A whole number after blanks; the rest begins behind it. */
static bool take_number(struct span *rest, size_t *n)
{
    size_t i = 0, digits = 0;
    while (i < rest->len && strchr(" \t\r\n", rest->data[i]) && rest->data[i])
        i++;
    for (*n = 0; i < rest->len && char_is_digit((char)rest->data[i]) && digits < 12; i++, digits++)
        *n = *n * 10 + (size_t)(rest->data[i] - '0');
    *rest = span_of(rest->data + i, rest->len - i);
    return digits > 0;
}

static bool read_range(struct span file, const uint8_t *at, size_t numbers[4])
{
    struct span rest =
        span_of(at + strlen(range_word), file.len - (size_t)(at - file.data) - strlen(range_word));
    while (rest.len > 0 && *rest.data == ' ')
        rest = span_of(rest.data + 1, rest.len - 1);
    if (rest.len == 0 || *rest.data != '[')
        return false;
    rest = span_of(rest.data + 1, rest.len - 1);
    for (int i = 0; i < 4; i++)
        if (!take_number(&rest, &numbers[i]))
            return false;
    return true;
}

static bool read_place(struct span place, struct buf *cms)
{
    if (place.len < 4 || place.len % 2 != 0 || place.data[0] != '<' || place.data[place.len - 1] != '>')
        return false;
    for (size_t i = 1; i + 1 < place.len; i += 2) {
        const char two[3] = {(char)place.data[i], (char)place.data[i + 1], 0};
        uint8_t byte;
        if (!hex_parse(two, &byte, 1) || !buf_append_byte(cms, byte))
            return false;
    }
    return true;
}

bool pdf_signature_find(struct span file, struct pdf_signature *s, struct complaint *why)
{
    size_t n[4];
    memset(s, 0, sizeof(*s));
    buf_init(&s->cms, CMS_BYTES_MAX);
    const uint8_t *at = last_range(file);
    if (!at)
        return complain_code(why, "not-signed", "it carries no signature");
    bool whole =
        read_range(file, at, n) && n[0] == 0 && n[1] < n[2] && n[2] <= file.len && n[3] == file.len - n[2];
    if (!whole || !read_place(span_of(file.data + n[1], n[2] - n[1]), &s->cms))
        return complain_code(why, "changed",
                             "it was changed after it was signed: its signature does not cover all of it");
    s->before = span_of(file.data, n[1]);
    s->after = span_of(file.data + n[2], n[3]);
    return true;
}

void pdf_signature_clear(struct pdf_signature *s)
{
    buf_clear(&s->cms);
}
