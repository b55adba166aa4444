/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Several faxes of a box to one number in one call (`batch` of the box). The first one is called for as ever;
 * others that are due, and would go over the same trunk, go behind it: their attempts name its attempt as the
 * carrier, and are never dialled. The call asks before the last page of each document, so that each ends by
 * what T.30 said of its own pages: done, to be gone on with, or unknown. Those that the call did not come to
 * wait as if it had not been. */
#pragma once

#include "queue/queue.h"

enum { BATCH_MAX = 20 }; /* in one call */

/* What a call brings. */
struct batch {
    struct stored_page *pages; /* of its page set */
    size_t count;
    const char *documents; /* as MSG_send has it; "" where it brings one */
};

/* The pages of j, and behind them those of the others, whose attempts begin with t. */
struct batch batch_begin(struct queue *q, const struct job *j, const struct attempt *t);
/* Whose page is it that t's call says something of? *t becomes that attempt, *page that page of its document.
 */
void batch_find(struct queue *q, struct attempt *t, unsigned *page);
/* Was the one cancelled whose pages go out now, or next? Then the call of t has to end. One that comes later
 * leaves it in peace until then. t: the attempt that has the call. */
bool batch_is_cancelled(struct queue *q, struct id t);
/* Then it ends it. */
void batch_end_if_cancelled(struct queue *q, struct id t);
/* A page of its was confirmed: perhaps the next document is one that was cancelled. */
void batch_page_confirmed(struct queue *q, struct id t);
/* When the pages of t's own document were over, which others may have gone behind: who sent it pays so much
 * of the call, and each of the others what came after. */
int64_t batch_own_end(struct queue *q, struct id t);
/* t has ended, and its own job knows: so do the others. */
void batch_ended(struct queue *q, const struct attempt *t, const struct attempt_end_facts *f);
