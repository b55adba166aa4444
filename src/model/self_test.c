/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model/self_test.h"

#include <stdlib.h>

#include "base/str.h"

/* What a line does on a bad day is no trend: three quarters of the rate, half as long again and ten seconds,
 * an eighth of the page's frames, an inch of rows. */
enum { SECONDS_MORE = 10, RESENT_MORE = 10, BAD_ROWS_MORE = 98 };

static int ascending(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return (x > y) - (x < y);
}

static unsigned median(unsigned *list, size_t n)
{
    qsort(list, n, sizeof(*list), ascending);
    return n ? list[n / 2] : 0;
}

static size_t find_usual(const struct self_test_figures *list, size_t n, struct self_test_figures *usual)
{
    unsigned seconds[SELF_TEST_TREND_LOOKS], rate[SELF_TEST_TREND_LOOKS], resent[SELF_TEST_TREND_LOOKS],
        bad_rows[SELF_TEST_TREND_LOOKS];
    size_t count = 0;
    for (size_t i = 1; i < n && i < SELF_TEST_TREND_LOOKS; i++) {
        if (!list[i].good)
            continue;
        seconds[count] = list[i].seconds;
        rate[count] = list[i].rate;
        resent[count] = list[i].resent;
        bad_rows[count++] = list[i].bad_rows;
    }
    *usual = (struct self_test_figures){.good = count > 0,
                                        .seconds = median(seconds, count),
                                        .rate = median(rate, count),
                                        .resent = median(resent, count),
                                        .bad_rows = median(bad_rows, count)};
    return count;
}

static void say(char why[SELF_TEST_WHY_LEN], unsigned is, const char *what, unsigned usual)
{
    (void)str_format(why, SELF_TEST_WHY_LEN, "%u %s, usually %u", is, what, usual);
}

static bool is_worse(const struct self_test_figures *is, const struct self_test_figures *usual,
                     char why[SELF_TEST_WHY_LEN])
{
    if (is->rate * 4 <= usual->rate * 3)
        say(why, is->rate, "bit/s", usual->rate);
    else if (is->resent >= usual->resent + RESENT_MORE)
        say(why, is->resent, "frames sent again", usual->resent);
    else if (is->bad_rows >= usual->bad_rows + BAD_ROWS_MORE)
        say(why, is->bad_rows, "bad rows", usual->bad_rows);
    else if (is->seconds * 2 >= usual->seconds * 3 && is->seconds >= usual->seconds + SECONDS_MORE)
        say(why, is->seconds, "seconds", usual->seconds);
    return *why != 0;
}

struct self_test_judgement self_test_judge(const struct self_test_figures *list, size_t n)
{
    struct self_test_judgement j = {.trend = SELF_TEST_UNKNOWN};
    size_t compared = find_usual(list, n, &j.usual);
    if (n == 0)
        return j;
    if (!list[0].good)
        j.trend = SELF_TEST_BAD;
    else if (compared >= SELF_TEST_TREND_LEAST && is_worse(&list[0], &j.usual, j.why))
        j.trend = SELF_TEST_WORSE;
    else
        j.trend = SELF_TEST_WELL;
    return j;
}

const char *self_test_trend_name(enum self_test_trend trend)
{
    static const char *const names[] = {"unknown", "well", "worse", "failed"};
    return names[trend];
}
