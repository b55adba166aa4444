/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/tenant_time.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The zone is a property of the process in C. The threads of this one sync files: they look at no zone and no
 * environment. */
static void enter(const char *zone)
{
    (void)setenv("TZ", *zone ? zone : "UTC", 1);
    tzset();
}

static char *remember(void)
{
    const char *own = getenv("TZ");
    return own ? strdup(own) : NULL;
}

static void leave(char *own)
{
    if (own)
        (void)setenv("TZ", own, 1);
    else
        (void)unsetenv("TZ");
    tzset();
    free(own);
}

int64_t tenant_time_wall_ms(const char *zone, const struct flag_time *t)
{
    struct tm tm = {.tm_year = (int)t->year - 1900,
                    .tm_mon = (int)t->month - 1,
                    .tm_mday = (int)t->day,
                    .tm_hour = (int)t->hour,
                    .tm_min = (int)t->minute,
                    .tm_isdst = -1};
    char *own = remember();
    enter(zone);
    int64_t seconds = (int64_t)mktime(&tm);
    leave(own);
    return seconds * 1000;
}

static struct tm local(const char *zone, int64_t wall_ms)
{
    struct tm tm;
    time_t t = (time_t)(wall_ms / 1000);
    char *own = remember();
    enter(zone);
    if (!localtime_r(&t, &tm))
        memset(&tm, 0, sizeof(tm));
    leave(own);
    return tm;
}

void tenant_time_of_week(const char *zone, int64_t wall_ms, unsigned *day, unsigned *minute)
{
    struct tm tm = local(zone, wall_ms);
    *day = (unsigned)tm.tm_wday;
    *minute = (unsigned)(tm.tm_hour * 60 + tm.tm_min);
}

void tenant_time_format(const char *zone, int64_t wall_ms, char to[TENANT_TIME_LEN])
{
    struct tm tm = local(zone, wall_ms);
    if (strftime(to, TENANT_TIME_LEN, "%Y-%m-%d %H:%M", &tm) == 0)
        to[0] = 0;
}

enum { MINUTE_MS = 60 * 1000, DAYS_LOOKED_AT = 15 };
/* A clock is set by less than this. Closer to an opening each minute is looked at. */
enum { LEAP_MINUTES = 180 };

int64_t tenant_time_when_open(const char *zone, const struct send_window *w, int64_t at_ms)
{
    char *own = remember();
    const int64_t last = at_ms + DAYS_LOOKED_AT * 24LL * 3600 * 1000;
    int64_t found = INT64_MAX;
    enter(zone);
    while (found == INT64_MAX && at_ms < last) {
        struct tm tm;
        time_t t = (time_t)(at_ms / 1000);
        if (!localtime_r(&t, &tm))
            break;
        unsigned wait =
            send_window_opens_in(w, (unsigned)tm.tm_wday, (unsigned)(tm.tm_hour * 60 + tm.tm_min));
        if (wait == 0)
            found = at_ms;
        else
            at_ms = at_ms - at_ms % MINUTE_MS +
                    (wait > LEAP_MINUTES ? wait - LEAP_MINUTES : 1) * (int64_t)MINUTE_MS;
    }
    leave(own);
    return found;
}
