/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a transaction changed, for those who look on. The operations of jobs and faxes note it themselves, so
 * that none can be forgotten; the writer takes it before the commit and says it afterwards. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model/id.h"

enum change_kind {
    CHANGE_JOB,
    CHANGE_FAX,
    CHANGE_CALL,   /* of a job or fax */
    CHANGE_STATUS, /* of trunks, of settings */
    CHANGE_MUCH,   /* more than can be told one by one */
    CHANGE_KIND_COUNT
};

enum { CHANGES_MAX = 200 };

struct changes {
    struct {
        enum change_kind kind;
        struct id id;
    } list[CHANGES_MAX];
    size_t count;
    bool much;
};

/* Once, however often it changes. */
void change_note(struct changes *c, enum change_kind kind, struct id id);
