/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost usage: what was sent and received, as CSV. */
#include <stdio.h>
#include <time.h>

#include "base/scope.h"
#include "base/str.h"
#include "cli/api.h"
#include "cli/command.h"

/* The beginning of a day here, in ms; false: it is none. */
static bool day_ms(const char *text, int64_t *ms)
{
    struct tm tm = {.tm_isdst = -1};
    const char *end = strptime(text, "%Y-%m-%d", &tm);
    time_t at = end && !*end ? mktime(&tm) : (time_t)-1;
    *ms = (int64_t)at * 1000;
    return at != (time_t)-1;
}

int run_usage(const struct arguments *a)
{
    static const char *const names[] = {"since", "until"};
    enum { DAYS_MOST = 400 };
    int64_t days_ms[2] = {0};
    struct api api;
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path;
    buf_init(&path, 2000);
    (void)buf_printf(&path, "usage%s?tenant=", argument(a, "json") ? "" : ".csv");
    api_append_escaped(&path, argument(a, "tenant") ? argument(a, "tenant") : "");
    for (size_t i = 0; i < a->operand_count; i++) {
        if (!day_ms(a->operands[i], &days_ms[i]))
            return complain_and(EXIT_USAGE, "\"%.40s\" is no day such as 2026-11-01", a->operands[i]);
        (void)buf_printf(&path, "&%s=%lld", names[i], (long long)days_ms[i]);
    }
    if (a->operand_count == 2 &&
        (days_ms[1] <= days_ms[0] || days_ms[1] - days_ms[0] > DAYS_MOST * 24LL * 3600 * 1000))
        return complain_and(EXIT_USAGE, "the second day has to come after the first, by at most %d days",
                            DAYS_MOST);
    int status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    api_get(&api, buf_text(&path), &answer);
    status = answer.status == 200 ? EXIT_DONE : api_check(&api, &answer);
    if (status == EXIT_DONE)
        (void)printf("%s%s", buf_text(&answer.text), argument(a, "json") ? "\n" : "");
    api_close(&api);
    return status;
}
