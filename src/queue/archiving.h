/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Faxes that are at an end are copied to the places of the archive: convert makes the file, role archive
 * brings it there. A copy counts as stored when the place has said so, and not before; until then it is taken
 * again, however often. A place that fails rests, and keeps no other waiting. */
#pragma once

#include "queue/queue.h"
#include "store/archive.h"

/* Each place that wants it gets it; asked again, nothing changes. */
void archive_fax(struct queue *q, const struct fax *f);
void archive_job(struct queue *q, const struct job *j);

/* The settings of a place as role archive takes them; the caller frees. */
char *archive_settings_text(const struct archive_place *p) MUST_USE;
/* What role archive found at the place, noted at the copy. */
void archive_note_check(struct queue *q, struct archive_copy *c, const struct outcome *o);
/* Retention: copies of that box that are too old. How many faxes' copies go. */
unsigned archive_expire(struct queue *q, const struct kept_box *b, bool sent, int days, unsigned most);
