/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What people want of the archive. */
#pragma once

#include "queue/queue.h"

/* Was it a person's errand? Then it is answered. */
bool archive_wish_done(struct queue *q, const struct msg_archive_done *m, const struct outcome *o);
