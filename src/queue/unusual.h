/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What may be somebody who makes calls for his own profit over our trunk (D3): many faxes to expensive
 * numbers in an hour, or the first one to a country. Such jobs wait for an administrator. */
#pragma once

#include "queue/queue.h"

/* A job that was just made, or got another number: is held, with an alarm, where it is unusual. */
void hold_if_unusual(struct queue *q, struct id job);
/* Was it held so? Then its sender cannot let it go. */
bool is_held_as_unusual(const struct job *j);
