/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/flags.h"

#include <stddef.h>
#include <string.h>

#include "base/str.h"

enum kind { KIND_NONE, KIND_COUNT, KIND_TEXT, KIND_DIGITS, KIND_TIME };

static const struct row {
    const char *name, *example;
    enum kind kind;
    unsigned least, most, group;
} rows[FLAG_COUNT] = {
#define FLAG_ROW(name, example, kind, least, most, group)                                                    \
    [FLAG_##name] = {#name, example, KIND_##kind, least, most, group},
    FLAGS(FLAG_ROW)
#undef FLAG_ROW
};

static const struct row *find(struct span name)
{
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (span_equal_nocase(name, rows[i].name))
            return &rows[i];
    return NULL;
}

static bool complain_unknown(struct complaint *why, const char *name)
{
    char known[COMPLAINT_LEN] = "";
    size_t used = 0;
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        const char *equals = *rows[i].example ? "=" : "";
        if (str_format(known + used, sizeof(known) - used, " ^%s%s%s", rows[i].name, equals, rows[i].example))
            used += strlen(known + used);
    }
    return complain_code(why, "flag-unknown", "there is no flag ^%s; the known ones are%s", QUOTED(name),
                         known);
}

bool flags_are_digits(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && len <= FLAG_DIGITS_MAX && strspn(text, "0123456789*#") == len;
}

/* "20261201T0800" */
static bool parse_time(const char *text, struct flag_time *t)
{
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (strlen(text) != 13 || (text[8] != 'T' && text[8] != 't'))
        return false;
    for (size_t i = 0; i < 13; i++)
        if (i != 8 && !char_is_digit(text[i]))
            return false;
#define PAIR(at) ((unsigned)(text[at] - '0') * 10 + (unsigned)(text[(at) + 1] - '0'))
    *t = (struct flag_time){PAIR(0) * 100 + PAIR(2), PAIR(4), PAIR(6), PAIR(9), PAIR(11)};
#undef PAIR
    bool leap = t->year % 4 == 0 && (t->year % 100 != 0 || t->year % 400 == 0);
    return t->year >= 2000 && t->month >= 1 && t->month <= 12 && t->day >= 1 &&
           t->day <= days[t->month - 1] && (t->month != 2 || t->day < 29 || leap) && t->hour < 24 &&
           t->minute < 60;
}

/* Of those that take a text. */
static char *text_field(struct flags *f, enum flag flag)
{
    switch ((int)flag) {
    case FLAG_PORT: return f->port;
    case FLAG_COMPANY: return f->company;
    case FLAG_TEMPLATE: return f->template_name;
    case FLAG_SUB: return f->subaddress;
    case FLAG_PWD: return f->password;
    case FLAG_SEP: return f->selective;
    default: return f->billing;
    }
}

static bool take_argument(struct flags *f, enum flag flag, const char *argument, struct complaint *why)
{
    const struct row *r = &rows[flag];
    uint64_t n = 0;
    if (r->kind == KIND_NONE)
        return *argument ? complain_code(why, "flag-argument", "the flag ^%s takes no argument", r->name)
                         : true;
    if (r->kind == KIND_TIME)
        return parse_time(argument, &f->at) ||
               complain_code(why, "flag-argument",
                             "\"%s\" is no time; ^AT takes year, month, day, T, hour and minute as in ^AT=%s",
                             QUOTED(argument), r->example);
    if (r->kind == KIND_DIGITS)
        return flags_are_digits(argument)
                   ? str_copy(text_field(f, flag), FLAG_TEXT_LEN, argument)
                   : complain_code(why, "flag-argument",
                                   "the flag ^%s needs 1 to %u of digits, * and #: ^%s=%s", r->name, r->most,
                                   r->name, r->example);
    if (r->kind == KIND_TEXT)
        return (strlen(argument) >= r->least && str_copy(text_field(f, flag), FLAG_TEXT_LEN, argument)) ||
               complain_code(why, "flag-argument",
                             "the flag ^%s needs an argument of %u to %u characters: ^%s=%s", r->name,
                             r->least, r->most, r->name, r->example);
    if (!str_to_u64(argument, r->most, &n) || n < r->least)
        return complain_code(why, "flag-argument", "the flag ^%s needs a number from %u to %u, not \"%s\"",
                             r->name, r->least, r->most, QUOTED(argument));
    *(flag == FLAG_RETRIES ? &f->retries : &f->priority) = (unsigned)n;
    return true;
}

static bool take(struct flags *f, const struct row *r, const char *argument, struct complaint *why)
{
    enum flag flag = (enum flag)(r - rows);
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        if (!flags_has(f, (enum flag)i))
            continue;
        if (i == flag)
            return complain_code(why, "flag-conflict", "the flag ^%s is given twice", r->name);
        if (r->group != 0 && rows[i].group == r->group)
            return complain_code(why, "flag-conflict", "the flags ^%s and ^%s contradict each other",
                                 rows[i].name, r->name);
    }
    f->given |= 1u << flag;
    return take_argument(f, flag, argument, why);
}

bool flags_parse(const char *text, struct flags *f, struct complaint *why)
{
    *f = (struct flags){0};
    while (*text == '^') {
        char one[2 * FLAG_TEXT_LEN];
        const char *name = text + 1;
        size_t len = strcspn(name, "^");
        text = name + len;
        if (!str_copy_span(one, sizeof(one), span_of(name, len)))
            return complain_code(why, "flag-form", "the flag ^%s is too long", QUOTED(one));
        char *argument = strchr(one, '=');
        size_t name_len = argument ? (size_t)(argument - one) : len;
        const struct row *r = find(span_of(one, name_len));
        if (!r) {
            one[name_len] = 0;
            return complain_unknown(why, one);
        }
        if (!take(f, r, argument ? argument + 1 : "", why))
            return false;
    }
    return *text == 0 || complain_code(why, "flag-form", "flags begin with ^, not with \"%s\"", QUOTED(text));
}

static bool has_group(const struct flags *f, unsigned group)
{
    for (size_t i = 0; group != 0 && i < FLAG_COUNT; i++)
        if (flags_has(f, (enum flag)i) && rows[i].group == group)
            return true;
    return false;
}

void flags_join(struct flags *f, const struct flags *more)
{
    const struct flags own = *f;
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        enum flag flag = (enum flag)i;
        if (!flags_has(more, flag) || flags_has(&own, flag) || has_group(&own, rows[i].group))
            continue;
        f->given |= 1u << i;
        if (rows[i].kind == KIND_TEXT || rows[i].kind == KIND_DIGITS)
            (void)str_copy(text_field(f, flag), FLAG_TEXT_LEN,
                           text_field((struct flags *)(uintptr_t)more, flag));
        else if (flag == FLAG_RETRIES)
            f->retries = more->retries;
        else if (flag == FLAG_PRIORITY)
            f->priority = more->priority;
        else if (flag == FLAG_AT)
            f->at = more->at;
    }
}

bool flags_hide_password(char *text, size_t len)
{
    static const char flag[] = "^PWD=";
    enum { FLAG_LEN = sizeof(flag) - 1 };
    bool found = false;
    for (size_t i = 0; i + FLAG_LEN < len; i++) {
        if (text[i] != '^' || strncasecmp(text + i, flag, FLAG_LEN) != 0)
            continue;
        for (i += FLAG_LEN; i < len && (char_is_digit(text[i]) || text[i] == '*' || text[i] == '#'); i++) {
            text[i] = 'x';
            found = true;
        }
        i--;
    }
    return found;
}
