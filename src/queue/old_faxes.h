/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Faxes that another fax server had (store/old_faxes.h) come in by the API: each of uploads, which are
 * rendered first. In memory until then: whoever asked asks again after our restart, and the same fax is taken
 * once. */
#pragma once

#include "queue/queue.h"

void on_old_fax(void *context, const struct sender *from, struct msg_old_fax *m);
/* Is it a document of one? Then it is seen to. */
bool old_fax_rendered(struct queue *q, struct msg_rendered *m, const struct outcome *o);
void old_faxes_forget(struct queue *q);
