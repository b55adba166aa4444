/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A line with what is said of a text, and the text: UTF-8 comes out, whatever they are. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "convert/charset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char said[CHARSET_NAME_MAX + 1], type[200];
    const uint8_t *end = len > 0 ? memchr(data, '\n', len) : NULL;
    struct span text = end ? span_of(end + 1, len - (size_t)(end + 1 - data)) : span_of(data, len);
    struct buf utf8;
    charset_prepare();
    if (!end || !str_copy_span(type, sizeof(type), span_of(data, (size_t)(end - data))))
        type[0] = 0;
    charset_of_type(type, said);
    if (!said[0])
        charset_of_page(text, said);
    buf_init(&utf8, (size_t)16 << 20);
    charset_to_utf8(text, said, len % 2 ? "pl" : "", &utf8);
    if (!utf8_valid(buf_span(&utf8)) || utf8.overflow)
        abort();
    buf_clear(&utf8);
    return 0;
}
