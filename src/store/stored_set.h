/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Stored pages as they travel to another role (model/page_set.h). */
#pragma once

#include "store/submissions.h"

/* A sealed memory file; -1 with errno: ENOENT where a page is gone, which only a reader meets, EFBIG where
 * they are too much for one set. */
int stored_set(struct store *s, const struct stored_page *pages, size_t count) MUST_USE;
