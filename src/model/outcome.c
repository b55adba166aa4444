/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model/outcome.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"

void outcome_done(struct outcome *o)
{
    *o = (struct outcome){.verdict = VERDICT_DONE};
}

void outcome_set(struct outcome *o, enum verdict verdict, const char *code, const char *format, ...)
{
    o->verdict = verdict;
    (void)str_copy(o->code, sizeof(o->code), code);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(o->text, sizeof(o->text), format, args);
    va_end(args);
    utf8_clean(o->text);
}
