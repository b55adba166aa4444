/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The header of one file in a tar archive (POSIX.1-1988 ustar, with GNU's binary sizes above 8 GiB). Regular
 * files only, names of at most 99 bytes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

enum { TAR_BLOCK = 512, TAR_NAME_LEN = 100 };

struct tar_header {
    char name[TAR_NAME_LEN];
    unsigned mode; /* permissions */
    uint64_t size;
    int64_t time_s; /* since 1970 */
};

enum tar_word {
    TAR_FILE,
    TAR_END, /* the block of zeros behind the last file */
    TAR_BAD,
};

void tar_header_write(const struct tar_header *h, uint8_t block[TAR_BLOCK]);
enum tar_word tar_header_read(const uint8_t block[TAR_BLOCK], struct tar_header *h) MUST_USE;
/* How many zeros follow a file of that size. */
unsigned tar_padding(uint64_t size);
