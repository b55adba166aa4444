/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is wrong, and what was (model/alarm.h). At most one alarm of a code and subject is open; one that was
 * cleared stays for a while, to be looked at. */
#pragma once

#include "store/reports.h"

struct alarm {
    struct id id;
    const char *code, *subject;
    struct id tenant; /* whose it is; ID_NONE: the installation's */
    const char *node; /* whose, of several (nodes.h): who found it; "": all of them's */
    const char *text; /* what was found */
    int64_t raised_ms;
    int64_t cleared_ms; /* 0: it is open */
    int64_t mailed_ms;  /* 0: not yet */
};

void alarm_raise(struct store *s, const struct alarm *a);
void alarm_set_text(struct store *s, struct id id, const char *text);
void alarm_clear(struct store *s, struct id id, int64_t now_ms);
void alarm_set_mailed(struct store *s, struct id id, int64_t now_ms);
/* Open ones of the scope's tenant (all of them without one), the oldest first; those of the installation for
 * who is limited to no tenant. */
size_t alarms_open(struct store *s, const struct scope *w, struct arena *arena, struct alarm **list);
/* All, the newest first. */
size_t alarms_list(struct store *s, const struct scope *w, const struct report_cursor *c, struct arena *arena,
                   struct alarm **list);
bool alarm_is_open(struct store *s, struct id id);
/* When one of that code and subject was mailed last; 0: never. */
int64_t alarm_last_mailed(struct store *s, const char *code, const char *subject);
/* Those that were cleared before that. */
void alarms_forget(struct store *s, int64_t before_ms);
