/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One line an event, to standard error:
 *
 *     2026-11-21T08:00:00.123Z line[4711] warning 0192f…: the trunk "pbx" does not answer OPTIONS
 *
 * Under systemd (JOURNAL_STREAM names our standard error) the time is left out and a <priority> put in front.
 * Control characters are written as \xNN, so nobody can forge a line. Never pass a secret or a document. */
#pragma once

#include "base/attr.h"

/* ALERT: somebody has to come now; it is for what can be told in no other way. */
enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR, LOG_LEVEL_ALERT };

/* `role` is kept, not copied. Lines below `least` are dropped. */
void log_open(const char *role, enum log_level least);

/* about: the id of the job, call or mail the line speaks of, or NULL. */
void log_line(enum log_level level, const char *about, const char *format, ...) PRINTF_LIKE(3, 4);

#define log_debug(about, ...)   log_line(LOG_LEVEL_DEBUG, about, __VA_ARGS__)
#define log_info(about, ...)    log_line(LOG_LEVEL_INFO, about, __VA_ARGS__)
#define log_warning(about, ...) log_line(LOG_LEVEL_WARNING, about, __VA_ARGS__)
#define log_error(about, ...)   log_line(LOG_LEVEL_ERROR, about, __VA_ARGS__)
#define log_alert(about, ...)   log_line(LOG_LEVEL_ALERT, about, __VA_ARGS__)
