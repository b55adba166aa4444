/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who changed what, noted in the transaction of the change (store/audit.h). */
#pragma once

#include "model/id.h"

struct queue;

struct doer {
    struct id user, tenant; /* ID_NONE: somebody at the command line */
    const char *who, *client_ip;
};

void note_deed(struct queue *q, const struct doer *d, const char *action, const char *subject,
               const char *detail);
