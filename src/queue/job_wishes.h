/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a person does with a job, by the API or by answering a mail. Each returns an HTTP status: below 300 it
 * is done; else o says why not. user: who asks, for people to read. */
#pragma once

#include "queue/queue.h"

/* 202: a call is under way and is being ended. */
unsigned job_wish_cancel(struct queue *q, struct id job, const char *user, struct outcome *o);
unsigned job_wish_hold(struct queue *q, struct id job, const char *user, struct outcome *o);
/* until_ms: wall clock; then it goes on by itself. */
unsigned job_wish_hold_until(struct queue *q, struct id job, int64_t until_ms, const char *user,
                             struct outcome *o);
/* administrator: may let go what was held as unusual, or for a lock that is gone. 202: noted, and a second
 * one has to say so too. */
unsigned job_wish_release(struct queue *q, struct id job, const char *user, bool administrator,
                          struct outcome *o);
/* Another number, time, priority, number of tries or trunk, by an administrator; messages.def has what m
 * says. */
unsigned job_wish_alter(struct queue *q, const struct msg_alter *m, const char *user, struct outcome *o);
/* A new job for the pages and number of an ended one that was not delivered, and that none has taken the
 * place of. Its box, number, limits and the rights of `sender` are looked at anew; "": who sent it at first.
 */
unsigned job_wish_again(struct queue *q, const struct msg_again *m, struct outcome *o);
