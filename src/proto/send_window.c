/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/send_window.h"

#include <string.h>

#include "base/str.h"

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " ");
}

static bool take_day(const char **at, unsigned *day)
{
    static const char *const names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
    for (unsigned i = 0; i < ARRAY_LEN(names); i++)
        if (str_starts(*at, names[i])) {
            *at += 3;
            *day = i;
            return true;
        }
    return false;
}

/* "mon-fri,sun"; fri-mon goes over the end of the week. */
static bool take_days(const char **at, unsigned *days)
{
    *days = 0;
    if (char_is_digit(**at)) {
        *days = 0x7f;
        return true;
    }
    do {
        unsigned first, last;
        *at += **at == ',';
        if (!take_day(at, &first))
            return false;
        last = first;
        if (**at == '-') {
            ++*at;
            if (!take_day(at, &last))
                return false;
        }
        for (unsigned day = first;; day = (day + 1) % 7) {
            *days |= 1u << day;
            if (day == last)
                break;
        }
    } while (**at == ',');
    return true;
}

static bool take_minute(const char **at, unsigned *minute)
{
    const char *c = *at;
    if (!char_is_digit(c[0]) || !char_is_digit(c[1]) || c[2] != ':' || !char_is_digit(c[3]) ||
        !char_is_digit(c[4]))
        return false;
    unsigned hour = (unsigned)(c[0] - '0') * 10 + (unsigned)(c[1] - '0');
    unsigned of_hour = (unsigned)(c[3] - '0') * 10 + (unsigned)(c[4] - '0');
    *at += 5;
    *minute = hour * 60 + of_hour;
    return of_hour < 60 && *minute <= MINUTES_A_DAY;
}

static bool take_span(const char **at, struct window_span *s)
{
    *at = skip_blanks(*at);
    if (!take_days(at, &s->days))
        return false;
    *at = skip_blanks(*at);
    if (!take_minute(at, &s->from) || **at != '-')
        return false;
    ++*at;
    if (!take_minute(at, &s->to) || s->from == MINUTES_A_DAY)
        return false;
    s->to += s->to <= s->from ? MINUTES_A_DAY : 0;
    *at = skip_blanks(*at);
    return true;
}

bool send_window_parse(const char *text, struct send_window *w)
{
    *w = (struct send_window){.count = 0};
    text = skip_blanks(text);
    while (*text) {
        if (w->count == WINDOW_SPANS_MAX || !take_span(&text, &w->spans[w->count++]) ||
            (*text && *text != ';'))
            return false;
        text = skip_blanks(text + (*text == ';'));
    }
    return true;
}

/* From minute `at` of the week to the beginning of the span on that day; 0: within it. */
static unsigned until(const struct window_span *s, unsigned day, unsigned at)
{
    unsigned begins = day * MINUTES_A_DAY + s->from, length = s->to - s->from;
    unsigned since = (at + MINUTES_A_WEEK - begins) % MINUTES_A_WEEK;
    return since < length ? 0 : MINUTES_A_WEEK - since;
}

unsigned send_window_opens_in(const struct send_window *w, unsigned day, unsigned minute)
{
    unsigned best = w->count > 0 ? MINUTES_A_WEEK : 0;
    for (size_t i = 0; i < w->count; i++)
        for (unsigned d = 0; d < 7; d++) {
            unsigned wait = w->spans[i].days >> d & 1u
                                ? until(&w->spans[i], d, (day % 7) * MINUTES_A_DAY + minute % MINUTES_A_DAY)
                                : MINUTES_A_WEEK;
            best = wait < best ? wait : best;
        }
    return best;
}
