/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/file_mark.h"

#include <sys/stat.h>

static const int64_t ns_per_s = 1000 * 1000 * 1000;

struct file_mark file_mark_of(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return (struct file_mark){0};
    return (struct file_mark){
        .device = st.st_dev,
        .inode = st.st_ino,
        .size = (uint64_t)st.st_size,
        .changed_ns = (int64_t)st.st_ctim.tv_sec * ns_per_s + st.st_ctim.tv_nsec,
    };
}

bool file_mark_equal(const struct file_mark *a, const struct file_mark *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->changed_ns == b->changed_ns;
}
