/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which row of routes.c an address is. */
#pragma once

#include "web/request.h"

/* Of r->path: sets route and is_get, with what stands in the path; or, where only the method is wrong, which
 * ones there are (allow). */
void match_route(struct request *r, const char *method);
