/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/mail_reason.h"

#include <string.h>

#include "base/str.h"
#include "proto/mail_template_files.h"

/* How much of the code that key speaks for; 0: nothing. */
static size_t covers(const char *key, size_t len, const char *code)
{
    bool whole = strlen(code) == len;
    return strncmp(key, code, len) == 0 && (whole || (len > 0 && key[len - 1] == '-')) ? len : 0;
}

static size_t best_key(const char *keys, size_t len, const char *code)
{
    size_t best = 0;
    for (size_t at = 0, n; at < len; at += n + 1) {
        const char *blank = memchr(keys + at, ' ', len - at);
        n = blank ? (size_t)(blank - keys) - at : len - at;
        size_t found = covers(keys + at, n, code);
        best = found > best ? found : best;
    }
    return best;
}

struct span mail_reason_find(const char *table, const char *code)
{
    struct span words = span_of("", 0);
    size_t best = 0;
    for (const char *line = table; *line;) {
        size_t len = strcspn(line, "\n");
        const char *colon = memchr(line, ':', len);
        size_t found = colon && *line != '#' ? best_key(line, (size_t)(colon - line), code) : 0;
        if (found > best) {
            const char *from = colon + 1 + (colon[1] == ' ');
            words = span_of(from, (size_t)(line + len - from));
            best = found;
        }
        line += len + (line[len] == '\n');
    }
    return words;
}

bool mail_reason(const char *language, const char *code, char to[MAIL_REASON_LEN])
{
    struct span words = span_of("", 0);
    for (const struct mail_template_file *f = mail_template_files; f->name; f++)
        if (str_equal(f->language, "reasons") && str_equal(f->name, language))
            words = mail_reason_find(f->text, code);
    return str_copy_span(to, MAIL_REASON_LEN, words) && words.len > 0;
}
