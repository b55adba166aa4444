/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A received fax is looked at before anybody is told of it, where its box has a reason to: codes on it may
 * lead it to another box of the tenant, and what looks like junk that somebody reported goes into quarantine.
 * Whatever comes of the look, the fax is in a box afterwards. */
#pragma once

#include "queue/queue.h"

/* The fax has come to its end, with pages: it is looked at, or told of at once. */
void look_begin(struct queue *q, const struct fax *f);
/* Its mails are made, and it is printed and read. */
void fax_is_told(struct queue *q, struct id fax); /* ending.c */
/* Somebody calls it junk, or no junk. Idempotent. */
void look_junk(struct queue *q, const struct fax *f);
void look_no_junk(struct queue *q, const struct fax *f);
