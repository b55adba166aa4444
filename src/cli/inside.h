/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Files below a folder that is somebody else's to write. */
#pragma once

#include "base/attr.h"

/* "a/b/c" below folder, to be read; no step of it is a symbolic link. flags: of open(2), besides. The
 * descriptor; -1 with errno, ELOOP or ENOTDIR for a link. */
int inside_open(int folder, const char *path, int flags) MUST_USE;
