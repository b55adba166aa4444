/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* This server among several that work on one PostgreSQL (doc/adr/015). Does nothing where the store is
 * SQLite. */
#pragma once

#include "queue/queue.h"
#include "store/nodes.h"

/* How often a node writes. One whose row stood still for NODE_LEASE_MS is taken over; before that its parent
 * has hung up its calls (role/children.c). */
enum { NODE_RENEW_MS = 1000 };

/* Ours; "" where there is one server. */
const char *nodes_name(const struct queue *q);
/* Is it for us to clear an alarm that the node of that name found? Those of all are the leader's, and those
 * of a node that is gone. */
bool alarm_is_ours(struct queue *q, const char *node);

/* At the start, before any other work. 0, or an errno with a text. */
int nodes_start(struct queue *q, char error[STORE_ERROR_LEN]) MUST_USE;
void nodes_stop(struct queue *q);
/* At the beginning of each batch. Ends the process where our work is another node's by now. */
void nodes_enter(struct queue *q);
/* Where it is about to be committed, and after that. */
void nodes_before_commit(struct queue *q);
void nodes_after_commit(struct queue *q);
/* The last batch of a life that ends in order. */
void nodes_leave(struct queue *q);

/* Something that others should look at at once: work for which there is no room here, a call of theirs. */
void nodes_tell_others(struct queue *q);
/* Other settings: all of them tell their roles. */
void nodes_settings_changed(struct queue *q);

/* Does this server run that role, and so the work that it does? */
bool nodes_run_role(const struct queue *q, enum role role);
/* For what has to be done once for all: is it ours to do? Two may think so for a moment. */
bool nodes_lead(const struct queue *q);
/* The same where it takes that role. */
bool nodes_lead_with(const struct queue *q, enum role role);
bool nodes_may_call(const struct queue *q); /* it is not being drained */
