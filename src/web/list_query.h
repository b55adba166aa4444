/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a list's query asks for: box, q, tag, state (once or several times), since, until, unread, archived,
 * limit, before. */
#pragma once

#include "store/lists.h"
#include "web/request.h"

/* state_name: of the states there are. False where something is wrong, and that is answered. */
bool list_query(struct request *r, const char *(*state_name)(unsigned state), unsigned state_count,
                struct list_filter *f) MUST_USE;
