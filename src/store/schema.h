/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables, as steps from one version to the next. A step that has been released is never changed. */
#pragma once

#include "store/sql.h"

/* Who wants to hear, in words, how far that is. */
struct schema_watch {
    int64_t every_ms;
    void (*told)(const char *text);
};

/* Brings the database to this program's version, each step in a transaction: what cuts it off costs a step,
 * which is taken again. 0, or EPROTO where a newer Faxpost has been here (its version in *found). */
int schema_update(struct sql *s, int *found, const struct schema_watch *watch) MUST_USE;

int schema_version(void);
