/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A moment without calls, for which the parent waits to begin anew (adr/010): our own calls wait from then
 * on, and after a while those of others are refused. Mails are taken as ever. */
#pragma once

#include "queue/queue.h"

void on_await_quiet(void *context, const struct msg_await_quiet *m);
/* After each batch is durable: tells the parent what is left. */
void quiet_look(struct queue *q);
bool quiet_may_dial(const struct queue *q);
/* An incoming call comes too late. */
bool quiet_refuses(const struct queue *q);
