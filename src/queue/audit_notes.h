/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who changed what, noted in the transaction of the change (store/audit.h). */
#pragma once

#include "model/id.h"

struct queue;

struct doer {
    struct id user; /* ID_NONE: somebody at the command line */
    const char *who, *client_ip;
};

/* tenant: whose administrators see it: that of what was changed; ID_NONE: the installation. */
void note_deed(struct queue *q, struct id tenant, const struct doer *d, const char *action,
               const char *subject, const char *detail);
