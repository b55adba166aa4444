/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/at_time.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

enum { WORD_LEN = 16, DAY_S = 24 * 3600, COUNT_MAX = 1000, DAYS_MAX = 366 };

static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                     "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const days[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

/* The next run of letters, of digits, or a sign; "" at the end. */
static void take_word(const char **rest, char word[WORD_LEN])
{
    size_t n = 0;
    const char *c = *rest;
    while (*c == ' ' || *c == '\t' || *c == ',')
        c++;
    bool digits = char_is_digit(*c), letters = char_is_alpha(*c);
    while (*c && n + 1 < WORD_LEN &&
           (n == 0 || (digits && char_is_digit(*c)) || (letters && char_is_alpha(*c))))
        word[n++] = (char)tolower((unsigned char)*c++);
    word[n] = 0;
    *rest = c;
}

/* By its first three letters: -1 for none of them. */
static int find(const char *const names[], size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(word) >= 3 && strncmp(names[i], word, 3) == 0)
            return (int)i;
    return -1;
}

static bool take_number(const char **rest, int most, int *n)
{
    char word[WORD_LEN];
    take_word(rest, word);
    *n = atoi(word);
    return char_is_digit(word[0]) && strlen(word) <= 4 && *n <= most;
}

/* Behind "now": nothing, or "+ 30 minutes". */
static bool add_span(const char *rest, time_t now, time_t *at)
{
    static const struct {
        const char *name;
        int seconds;
    } units[] = {{"min", 60}, {"hou", 3600}, {"day", DAY_S}, {"wee", 7 * DAY_S}, {"mon", 30 * DAY_S}};
    char word[WORD_LEN];
    int n;
    take_word(&rest, word);
    *at = now;
    if (!*word)
        return true;
    if (!str_equal(word, "+") || !take_number(&rest, COUNT_MAX, &n))
        return false;
    take_word(&rest, word);
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (strncmp(word, units[i].name, 3) == 0 &&
            (int64_t)n * units[i].seconds <= (int64_t)DAYS_MAX * DAY_S) {
            *at = now + (time_t)n * units[i].seconds;
            return true;
        }
    return false;
}

/* "14:30", "2:30 pm", "1430". `word` gets what follows. */
static bool take_clock(const char **rest, struct tm *t, char word[WORD_LEN])
{
    int hour, minute = 0;
    if (!take_number(rest, 2400, &hour))
        return false;
    take_word(rest, word);
    if (str_equal(word, ":")) {
        if (!take_number(rest, 59, &minute))
            return false;
        take_word(rest, word);
    } else if (hour > 24) {
        minute = hour % 100;
        hour /= 100;
    }
    bool pm = str_equal(word, "pm"), am = str_equal(word, "am");
    if ((pm || am) && (hour < 1 || hour > 12))
        return false;
    if (pm || am) {
        hour = hour % 12 + (pm ? 12 : 0);
        take_word(rest, word);
    }
    t->tm_hour = hour;
    t->tm_min = minute;
    t->tm_sec = 0;
    return hour <= 23 && minute <= 59;
}

static time_t moment(const struct tm *day, int more_days)
{
    struct tm t = *day;
    t.tm_mday += more_days;
    t.tm_isdst = -1;
    return mktime(&t);
}

/* The day: today or tomorrow, a day of the week, or of the year. */
static bool take_day(const char *rest, char word[WORD_LEN], time_t now, struct tm *t, time_t *at)
{
    int month = find(months, ARRAY_LEN(months), word), weekday = find(days, ARRAY_LEN(days), word);
    if (weekday >= 0) {
        *at = moment(t, (weekday - t->tm_wday + 7) % 7);
        if (*at < now)
            *at = moment(t, (weekday - t->tm_wday + 7) % 7 + 7);
    } else if (month >= 0) {
        if (!take_number(&rest, 31, &t->tm_mday) || t->tm_mday < 1)
            return false;
        t->tm_mon = month;
        *at = moment(t, 0);
        if (*at < now) {
            t->tm_year++;
            *at = moment(t, 0);
        }
    } else {
        *at = moment(t, 0);
        if (*at < now)
            *at = moment(t, 1);
        return !*word || str_equal(word, "today") || str_equal(word, "tomorrow");
    }
    return true;
}

bool at_time_parse(const char *text, time_t now, time_t *at)
{
    const char *rest = text;
    char word[WORD_LEN];
    struct tm t;
    if (!localtime_r(&now, &t))
        return false;
    take_word(&rest, word);
    if (str_equal(word, "now"))
        return add_span(rest, now, at);
    rest = text;
    if (!take_clock(&rest, &t, word))
        return false;
    if (str_equal(word, "tomorrow")) {
        *at = moment(&t, 1);
        return true;
    }
    return take_day(rest, word, now, &t, at) && *at != (time_t)-1;
}
