/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The steps of an outgoing mail through the queue, on a clock of its own; the mail servers are what mailout
 * says of them. */
#pragma once

#include "house_clock.h"
#include "queue_steps.h"

#include "store/outbox.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

/* A house that sends by SMTP and has the mail server "main". */
int post_setup(void **state);
/* Time passes, and the queue's timer comes due. */
void pass(struct house *h, int64_t ms);
void add_server(struct house *h, const char *name, struct id tenant, bool fallback);
void set_fallback(struct house *h); /* the tenant's fallback address: desk@example.com */

/* A mail is ready to go. */
struct id post(struct house *h, struct id tenant, const char *kind, const char *recipient);
/* What came of a question of the queue. */
void say(struct house *h, const struct heard *asked, enum verdict verdict, enum delivery_fault fault);
struct mail_out look(struct house *h, struct id mail);
/* A person asks; the status. */
uint32_t wish(struct house *h, struct id mail, enum mail_wish what);
/* One mail waits since the main server is away. */
void main_is_away(struct house *h);
