/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Larger blobs as rows of a part each, where there is no folder that all who read the store could see
 * (PostgreSQL). They go with the row of their blob. */
#pragma once

#include "store/store.h"

enum { BLOB_PART_BYTES = 1 << 19 };

void blob_parts_put(struct store *s, struct id blob, struct span bytes);
/* From the start of a file of so many bytes; EIO where it is shorter. */
int blob_parts_put_file(struct store *s, struct id blob, int fd, uint64_t size) MUST_USE;
/* Appends `size` bytes at `to`; false where a part is gone. */
bool blob_parts_read(struct store *s, struct id blob, uint64_t size, uint8_t *to) MUST_USE;
/* A sealed memory file, offset 0; -1 with errno. */
int blob_parts_open(struct store *s, struct id blob, uint64_t size) MUST_USE;
