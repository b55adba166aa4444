/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Dry runs that somebody waits for at a screen (A3): answered when the pages are there. */
#pragma once

#include "queue/queue.h"

/* Answers at once where it is ready. */
void preview_await(struct queue *q, const struct sender *from, struct id submission);
/* It was admitted or refused. */
void preview_ready(struct queue *q, struct id submission);
/* Uploads, previews and keys live for a day. */
void pump_sweep(struct queue *q);
