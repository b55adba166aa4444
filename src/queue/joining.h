/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A received fax that broke off waits a little for its sender's second try (`join_seconds` of its box); then
 * both are one mail, the pages of the first try in front. Who tries again mostly begins with the first page,
 * or with the one that was not confirmed; which, no machine says, so all pages are kept. Without a second try
 * its mail goes alone. */
#pragma once

#include "queue/queue.h"

enum { JOINED_TRIES_MAX = 3 };

/* A call comes in: what broke off before waits for its end. */
void join_call_begins(struct queue *q, const struct faxbox *box, const char *calling);
/* The fax has pages and is closed, its mails are not made yet: is it the second try of another one? */
void join_to_first_try(struct queue *q, struct id fax);
/* The call is over, and its mails are there where it brought pages: what still waits is given its time. */
void join_call_ended(struct queue *q, struct id fax);
