/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* libtiff over memory instead of a file, and without its messages on standard error. */
#pragma once

#include <stdint.h>
#include <tiffio.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"

struct tiff_memory {
    struct span in;  /* reading: borrowed */
    struct buf *out; /* writing: what is written goes here; reads back what is in it */
    uint64_t at;
};

/* mode as TIFFClientOpen's ("r", "w", with further letters). NULL where it is no TIFF. TIFFClose it before m
 * goes. */
TIFF *tiff_memory_open(struct tiff_memory *m, const char *mode) MUST_USE;
