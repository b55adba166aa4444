/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* No room on the disk, or a disk that takes nothing: nothing new is begun, and what is under way ends on the
 * room that was kept for it (store/reserve.h). Mails, calls and documents are refused in a way that brings
 * them again. */
#pragma once

#include "queue/queue.h"

/* At the beginning of each batch. */
void room_watch(struct queue *q);
/* The work that may be done now. */
unsigned room_allows(const struct queue *q);
/* 0; ENOSPC or EROFS where nothing new may be kept. */
int room_lacks(const struct queue *q);
/* True, with what is told to a person, where that is so. */
bool room_refuses(const struct queue *q, struct outcome *o);
