/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/target.h"

#include <string.h>

#include "base/str.h"

enum { WORDS_LEN = 2048 };

/* Everything before the first ^. */
static bool split(const char *text, char words[WORDS_LEN], struct target *t, struct complaint *why)
{
    *t = (struct target){0};
    size_t len = strcspn(text, "^");
    if (!str_copy_span(words, WORDS_LEN, span_of(text, len)))
        return complain_code(why, "number-long", "\"%s\" is too long", QUOTED(text));
    char flags[WORDS_LEN];
    if (!str_copy(flags, sizeof(flags), text + len))
        return complain_code(why, "flag-form", "\"%s\" is too long", QUOTED(text + len));
    for (size_t n = strlen(flags); n > 0 && (flags[n - 1] == ' ' || flags[n - 1] == '\t');)
        flags[--n] = 0;
    return flags_parse(flags, &t->flags, why);
}

bool target_parse(const char *text, struct target *t, struct complaint *why)
{
    char words[WORDS_LEN];
    if (!split(text, words, t, why))
        return false;
    return number_text_parse(str_starts_nocase(words, "FAX=") ? words + 4 : words, t->number, why);
}

bool target_find(const char *text, struct target *t, struct complaint *why)
{
    char words[WORDS_LEN], found[2][NUMBER_TEXT_LEN], number[NUMBER_TEXT_LEN];
    if (!split(text, words, t, why))
        return false;
    size_t count = number_text_find(words, found, 2);
    if (count == 0)
        return complain_code(why, "no-number", "\"%s\" holds no fax number", QUOTED(words));
    if (count > 1)
        return complain_code(
            why, "number-several",
            "\"%s\" holds several numbers, %s and %s%s; put a comma between them if each shall get the "
            "fax",
            QUOTED(words), found[0], found[1], count > 2 ? " and more" : "");
    (void)str_copy(number, sizeof(number), found[0]);
    return number_text_parse(number, t->number, why);
}
