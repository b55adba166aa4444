/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whose fax is called next: of the tenant that has the fewest calls, and among such ones they take turns, so
 * that nobody waits for the thousand faxes of another. Within a tenant by priority, then the longest due.
 * Pure. */
#pragma once

#include <stddef.h>

#include "model/id.h"

/* The first fax of a box. */
struct turn {
    struct id tenant;
    unsigned load; /* calls of the tenant that are under way */
    unsigned priority;
    int64_t next_ms;
    bool none; /* it has none that could go */
};

/* last: the tenant that had its turn before (ID_NONE: nobody). n where none can go. */
size_t turn_choose(const struct turn *list, size_t n, struct id last);
