/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The document that a box holds ready for callers who poll (T.30): put there, given to an incoming call, and
 * what becomes of it. Each delivery is a job of its submission, made before the first page goes out. */
#pragma once

#include "queue/queue.h"
#include "store/config.h"

void on_offer(void *context, const struct sender *from, struct msg_offer *m);
void on_polled(void *context, const struct sender *from, struct msg_polled *m);

/* Its pages are there. */
void offer_admitted(struct queue *q, const struct submission *s);
/* Where no box holds it any more, and no call sends it, it ends. */
void offer_retire(struct queue *q, const struct submission *s);
/* Fills in what an incoming call to the box may be polled for; its page set, or -1: nothing. */
int offer_prepare(struct queue *q, const struct faxbox *box, struct msg_receive *m);
