/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "house_clock.h"

int64_t wall_ms;
static int64_t steady_ms;

static int64_t wall(void)
{
    return wall_ms;
}

static int64_t steady(void)
{
    return steady_ms;
}

void clock_begins(struct house *h, int64_t at_ms)
{
    wall_ms = at_ms;
    steady_ms = 1000;
    clock_goes_on(h);
}

void clock_goes_on(struct house *h)
{
    h->queue.wall_clock = wall;
    h->queue.steady_clock = steady;
    h->queue.steady_ms = 0;
}

void time_passes(int64_t ms)
{
    wall_ms += ms;
    steady_ms += ms;
}
