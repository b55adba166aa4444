/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The header of a file in a backup. What is read and written again is read as the same. */
#include <stdlib.h>
#include <string.h>

#include "proto/tar_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t block[TAR_BLOCK] = {0}, again[TAR_BLOCK];
    struct tar_header h, same;
    if (size > TAR_BLOCK)
        return 0;
    memcpy(block, data, size);
    if (tar_header_read(block, &h) != TAR_FILE)
        return 0;
    tar_header_write(&h, again);
    if (tar_header_read(again, &same) != TAR_FILE || strcmp(h.name, same.name) != 0 || h.size != same.size ||
        h.mode != same.mode || h.time_s != same.time_s)
        abort();
    return 0;
}
