/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The first directory of a TIFF, in a file of its own or as Exif in a photograph (TIFF 6.0, section 2). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

enum { TIFF_ASCII = 2, TIFF_SHORT = 3 }; /* types of a field */

struct tiff {
    struct span file;
    bool big_endian;
    size_t count; /* its fields, as far as they lie in the file */
    bool whole;   /* all of them do */
    size_t fields;
};

/* False: that is no TIFF. The bytes stay the caller's. */
bool tiff_open(struct span file, struct tiff *t) MUST_USE;
/* Where field i < count begins: its tag (2 bytes), type (2), count (4), value or where that is (4). */
size_t tiff_field(const struct tiff *t, size_t i);
/* The number of 1 to 4 bytes there; 0 outside of the file. */
uint32_t tiff_number(const struct tiff *t, size_t at, unsigned bytes);
