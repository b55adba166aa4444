/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/audit_notes.h"

#include "queue/queue.h"
#include "store/audit.h"

void note_deed(struct queue *q, struct id tenant, const struct doer *d, const char *action,
               const char *subject, const char *detail)
{
    const struct audit a = {.id = id_new(),
                            .at_ms = q->now_ms,
                            .tenant = tenant,
                            .user = d->user,
                            .who = queue_text(q, d->who),
                            .client_ip = d->client_ip,
                            .action = action,
                            .subject = queue_text(q, subject),
                            .detail = queue_text(q, detail)};
    audit_add(&q->store, &a);
}
