/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The words on received pages are read (OCR), page by page, one at a time and behind all other work. */
#pragma once

#include "queue/queue.h"

/* A fax has come to its end; its mails are in the store. Where its box wants that, its pages are to be read,
 * and its mails wait for it. */
void reading_begin(struct queue *q, struct id fax);
/* What was read on these pages so far, as a memory file; -1 where nothing was. The caller closes it. */
int reading_to_file(struct queue *q, struct id fax) MUST_USE;
