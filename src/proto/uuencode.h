/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Files that old mail programs put between the words of a mail: "begin 644 name", lines of six bits a
 * character, "end" (POSIX uuencode). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"

enum { UUENCODE_NAME_LEN = 256 };

struct uuencoded {
    size_t at, len; /* of the whole block in the text */
    char name[UUENCODE_NAME_LEN];
};

/* The first whole block at or behind `from`; its bytes are appended. False where there is none. A block with
 * a line that is none of its kind is words, not a file. */
bool uuencode_find(const char *text, size_t from, struct uuencoded *u, struct buf *bytes) MUST_USE;
