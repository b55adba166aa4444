/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Times as a tenant's people write and read them. The time zone database is read for each. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/flags.h"
#include "proto/send_window.h"

/* That moment in the zone (IANA name, "" or unknown: UTC) as wall-clock milliseconds. An hour that a clock
 * change skips is the one after it. */
int64_t tenant_time_wall_ms(const char *zone, const struct flag_time *t);
/* Which day (0: Sunday) and minute of it that moment is there. */
void tenant_time_of_week(const char *zone, int64_t wall_ms, unsigned *day, unsigned *minute);
/* "2026-12-01 08:00" */
enum { TENANT_TIME_LEN = 20 };
void tenant_time_format(const char *zone, int64_t wall_ms, char to[TENANT_TIME_LEN]);
/* The first moment from at_ms on at which the zone's clock shows a time of the window; INT64_MAX: none in two
 * weeks. A time that the clock leaves out is not there; one that it shows twice is of the window both times.
 */
int64_t tenant_time_when_open(const char *zone, const struct send_window *w, int64_t at_ms);
