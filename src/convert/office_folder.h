/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A private folder for each office document, below one that is ours alone. */
#pragma once

#include <limits.h>
#include <stdbool.h>

#include "base/attr.h"

/* base/NUMBER, empty; false where it cannot be made. */
bool office_folder_make(const char *base, unsigned number, char path[PATH_MAX]) MUST_USE;
/* With all that is in it; links are removed, never followed. What cannot be removed stays for the next sweep.
 */
void office_folder_remove(const char *path);
/* What a former life left below base. */
void office_folder_sweep(const char *base);
