/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A text that may be a row of share/sayings, in a language that a header asks for. Its values are of the
 * text. */
#include <stdlib.h>
#include <string.h>

#include "proto/accept_language.h"
#include "proto/saying.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED_BUF struct buf words;
    struct saying s;
    char header[200];
    buf_init(&words, SAYING_MAX);
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t len = end ? (size_t)(end - data) : 0;
    if (!end || len >= sizeof(header))
        return 0;
    memcpy(header, data, len);
    header[len] = 0;
    const char *language = accept_language(header, saying_languages);
    const struct span text = span_of(end + 1, size - len - 1);
    bool known = saying_find(text, &s);
    for (unsigned i = 0; known && i < s.count; i++) {
        const struct span v = s.values[i].text;
        if (v.len > 0 && (v.data < text.data || v.data + v.len > text.data + text.len))
            abort();
    }
    if (language && saying_in(language, text, &words) != known)
        abort(); /* each row has every language */
    return 0;
}
