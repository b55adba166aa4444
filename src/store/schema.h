/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables, as steps from one version to the next. A step that has been released is never changed. */
#pragma once

#include "store/sql.h"

/* Brings the database to this program's version, each step in a transaction. 0, or EPROTO where a newer
 * Faxpost has been here (its version in *found). */
int schema_update(struct sql *s, int *found) MUST_USE;

int schema_version(void);
