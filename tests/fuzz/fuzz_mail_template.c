/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* First line: the values. The rest: a template. What passes the check can be filled, in one line where one is
 * due. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "proto/mail_template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fill(enum mail_template_kind kind, const char *template, const char *value)
{
    struct mail_template_value list[40];
    size_t n = 0;
    for (const struct mail_template_variable *v = mail_template_variables(kind); v->name && n < 40; v++)
        list[n++] = (struct mail_template_value){v->name, value, {2026, 11, 21, 8, 0, 0}};
    const struct mail_template_values each[] = {{.list = list, .count = n}, {.list = list, .count = n}};
    const struct mail_template_values all = {.list = list, .count = n, .each = each, .each_count = 2};
    struct mail_template_error e = {0, ""};
    struct mail_words w;
    bool good = mail_template_check(kind, template, &e);
    if (!good && (e.line == 0 || !e.text[0]))
        abort();
    bool filled = mail_template_fill(kind, template, &all, &w);
    if (filled && !good)
        abort();
    if (filled && (strpbrk(buf_text(&w.subject), "\r\n") || strpbrk(buf_text(&w.file), "\r\n/\\\"") ||
                   buf_text(&w.file)[0] == '.'))
        abort();
    mail_words_clear(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED_FREE char *text = mem_zalloc(size + 1);
    if (size > 0)
        memcpy(text, data, size);
    char *template = strchr(text, '\n');
    if (!template)
        return 0;
    *template ++ = 0;
    for (int kind = 0; kind < MAIL_TEMPLATE_KINDS; kind++)
        fill((enum mail_template_kind)kind, template, text);
    return 0;
}
