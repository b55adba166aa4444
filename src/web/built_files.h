/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What ui/build.py makes of ui: the files of the browser application, each as it is and gzipped. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct built_file {
    const char *path, *type;
    bool hashed; /* its name changes with what is in it */
    size_t plain_len;
    const char *plain;
    size_t packed_len;
    const char *packed;
};

extern const struct built_file built_files[];
extern const size_t built_file_count;
