/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Faxes that are at an end are copied to the places of the archive: convert makes the file, role archive
 * brings it there. A copy counts as stored when the place has said so, and not before; until then it is taken
 * again, however often. A place that fails rests, and keeps no other waiting. */
#pragma once

#include "queue/queue.h"
#include "store/archive.h"

/* Each place that wants it gets it, or that one alone; asked again, nothing changes. */
void archive_fax(struct queue *q, const struct fax *f, const char *only);
void archive_job(struct queue *q, const struct job *j, const char *only);
/* A step: places get what ended before they were there, a little at a time (archive_filling.c). */
void archive_fill(struct queue *q, struct archive_place *places, size_t count);

/* Asks role archive to do `what` at p, whose settings and mark are put into it; the request. */
uint64_t archive_ask_place(struct queue *q, struct archive_place *p, struct msg_archive_do what);
/* What box and tenant hold now stays, where it was to be deleted. */
void archive_keep_what_is_held(struct queue *q);
/* How the place did; one that fails rests. */
void archive_note_place(struct queue *q, struct archive_place *p, const struct outcome *o);
/* What role archive found at the place, noted at the copy. */
void archive_note_check(struct queue *q, struct archive_copy *c, const struct outcome *o);
/* Retention: copies of that box that are too old. How many faxes' copies go. */
unsigned archive_expire(struct queue *q, const struct kept_box *b, bool sent, int days, unsigned most);
