/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Wall-clock times as the people of one tenant read them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Makes an IANA zone ("Europe/Rome") the one of this process; UTC for "", an unknown or a malformed name.
 * Reads the zone's file, so before the sandbox closes; meant for a worker that serves one tenant. */
void local_time_enter(const char *zone);

struct mail_template_time;
void local_time_fields(int64_t wall_ms, struct mail_template_time *to);

/* strftime of that moment in the zone entered. */
void local_time_format(char *to, size_t room, const char *format, int64_t wall_ms);
int local_time_zone_minutes(int64_t wall_ms); /* east of UTC at that moment */
