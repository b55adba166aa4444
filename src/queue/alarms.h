/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is wrong now (model/alarm.h): alarm_causes.c looks for it, alarms.c raises, mails and clears. Nothing
 * else raises an alarm, so none is forgotten and none is told twice; a cause that only its finder knows is
 * kept where it looks. */
#pragma once

#include "queue/queue.h"
#include "store/alarms.h"

enum { ALARMS_FOUND_MAX = 200 };

struct alarm_finds {
    struct queue *q;
    const char *node;                    /* of what is found; "": of all of them */
    struct alarm list[ALARMS_FOUND_MAX]; /* code, subject, tenant and text; in the batch's arena */
    size_t count;
};

/* Of mails about the installation: that of the master tenant. */
const char *administrators_language(struct queue *q);
/* All that is wrong. */
void alarms_find(struct alarm_finds *f);

/* A process of that role has taken the place of one that we knew. */
void alarms_note_crash(struct queue *q, enum role role);
