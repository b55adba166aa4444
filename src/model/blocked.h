/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lists of callers, such as those who may not fax to a tenant: numbers, beginnings with a * behind, and
 * "anonymous", separated by blanks. + and the digits behind it are not made out of others. */
#pragma once

#include <stdbool.h>

/* The calling number as the trunk shows it; "" where the caller hides it. */
bool caller_is_blocked(const char *list, const char *calling);
/* What the fax machine calls itself (TSI), without its blanks and hyphens; one that says nothing is not
 * anonymous. */
bool station_is_blocked(const char *list, const char *station_id);
