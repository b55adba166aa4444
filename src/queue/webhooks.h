/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Webhooks: what happens is noted for each in the transaction in which it happens, and told by mailout
 * afterwards, again and again, later each time, until it is taken or given up. */
#pragma once

#include "store/webhooks.h"

struct queue;

#define HOOK_RECEIVED "fax.received"
#define HOOK_SENT     "fax.sent"
#define HOOK_FAILED   "fax.failed"

/* about: a fax (HOOK_RECEIVED) or a job. Noting it twice tells it once. */
void hooks_note(struct queue *q, const char *event, struct id tenant, struct id about);

/* A test that a person waits for. */
