/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Jobs whose time runs out before they could be begun. */
#pragma once

#include "queue/queue.h"

/* why_not: a clause for the report. */
void job_expire(struct queue *q, const struct job *j, const char *why_not);
