/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A submission whose pages are all there: may it go (D3's limits of a day)? Then each number has its job
 * (D2); a dry run is answered instead (A3). */
#pragma once

#include "queue/queue.h"

/* Moves the submission, from received. */
void admit_submission(struct queue *q, const struct submission *s, const struct faxbox *box);
/* The same for one that cannot become a fax. Its mail, where it came by one, becomes a dead letter (S4.5). */
void refuse_submission(struct queue *q, const struct submission *s, const struct outcome *o);
/* D3's limits of a day, of pages and minutes: false with the reason where so many more pages are too many. */
bool admission_within_limits(struct queue *q, const struct submission *s, int64_t pages,
                             struct outcome *o) MUST_USE;
