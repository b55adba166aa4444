/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which file stands under a name, and since when. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct file_mark {
    uint64_t device, inode, size; /* all 0: there is none */
    int64_t changed_ns;
};

struct file_mark file_mark_of(const char *path);
bool file_mark_equal(const struct file_mark *a, const struct file_mark *b);
