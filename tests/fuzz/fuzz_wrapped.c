/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What mail programs wrap files and words in: TNEF, uuencode, HTML. What is found lies within what was given,
 * and words of HTML are text. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "proto/html_text.h"
#include "proto/tnef.h"
#include "proto/uuencode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_tnef(const uint8_t *data, size_t size)
{
    struct tnef *t = mem_alloc(sizeof(*t));
    uint8_t *copy = mem_dup(data, size); /* without NUL: reads past the end are seen */
    if (tnef_parse(span_of(copy, size), t))
        for (size_t i = 0; i < t->count; i++)
            if (t->files[i].bytes.data < copy ||
                t->files[i].bytes.data + t->files[i].bytes.len > copy + size ||
                !memchr(t->files[i].name, 0, TNEF_NAME_LEN))
                abort();
    free(copy);
    free(t);
}

static void try_text(const char *text, size_t len)
{
    struct uuencoded u;
    SCOPED_BUF struct buf bytes, words;
    buf_init(&bytes, len + 1);
    buf_init(&words, 4 * len + 16);
    for (size_t from = 0; uuencode_find(text, from, &u, &bytes); from = u.at + u.len)
        if (u.at < from || u.at + u.len > len || u.len == 0)
            abort();
    html_text(text, &words);
    if (utf8_valid(span_of(text, len)) && !words.overflow && !utf8_valid(buf_span(&words)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_tnef(data, size);
    char *text = mem_alloc(size + 1);
    memcpy(text, data, size);
    text[size] = 0;
    try_text(text, strlen(text));
    free(text);
    return 0;
}
