/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    (void)clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_mono_ms(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_boot_ms(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

int64_t clock_wall_ms(void)
{
    return read_clock(CLOCK_REALTIME);
}

void clock_format_utc(int64_t wall_ms, char text[CLOCK_TEXT_LEN])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    int64_t ms = wall_ms % 1000;
    struct tm tm;
    (void)gmtime_r(&seconds, &tm);
    size_t n = strftime(text, CLOCK_TEXT_LEN, "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(text + n, CLOCK_TEXT_LEN - n, ".%03dZ", (int)(ms < 0 ? 0 : ms));
}
