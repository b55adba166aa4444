/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Files inside of a "winmail.dat" (TNEF, [MS-OXTNEF]), as Outlook wraps them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/span.h"

enum { TNEF_FILES_MAX = 100, TNEF_NAME_LEN = 256 };

struct tnef_file {
    char name[TNEF_NAME_LEN]; /* in the sender's code page, or UTF-8 where it was Unicode; "" where it has
                                 none */
    struct span bytes;        /* borrowed of the input; not given where the file has none */
};

struct tnef {
    struct tnef_file files[TNEF_FILES_MAX];
    size_t count;
};

/* False where it is no TNEF, breaks off, or has more files. One that only carries formatting has no files. */
bool tnef_parse(struct span bytes, struct tnef *t) MUST_USE;
