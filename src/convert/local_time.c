/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/local_time.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/mail_template.h"

/* A zone's name is part of a path. */
static bool harmless(const char *zone)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";
    return zone[0] != 0 && zone[0] != '/' && strspn(zone, letters) == strlen(zone);
}

void local_time_enter(const char *zone)
{
    (void)setenv("TZ", harmless(zone) ? zone : "UTC", 1);
    tzset();
}

static struct tm at(int64_t wall_ms)
{
    time_t t = (time_t)(wall_ms / 1000);
    struct tm tm;
    if (!localtime_r(&t, &tm))
        memset(&tm, 0, sizeof(tm));
    return tm;
}

void local_time_fields(int64_t wall_ms, struct mail_template_time *to)
{
    struct tm tm = at(wall_ms);
    *to = (struct mail_template_time){.year = tm.tm_year + 1900,
                                      .month = tm.tm_mon + 1,
                                      .day = tm.tm_mday,
                                      .hour = tm.tm_hour,
                                      .minute = tm.tm_min,
                                      .second = tm.tm_sec};
}

void local_time_format(char *to, size_t room, const char *format, int64_t wall_ms)
{
    struct tm tm = at(wall_ms);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (strftime(to, room, format, &tm) == 0)
        to[0] = 0;
#pragma GCC diagnostic pop
}

int local_time_zone_minutes(int64_t wall_ms)
{
    return (int)(at(wall_ms).tm_gmtoff / 60);
}
