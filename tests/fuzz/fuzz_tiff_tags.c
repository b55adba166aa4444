/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts end within their room, and nothing is read beside the file. */
#include <stdlib.h>
#include <string.h>

#include "proto/tiff_tags.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tiff_tags t;
    bool read = tiff_tags_read(span_of(data, size), &t);
    if (strnlen(t.description, sizeof(t.description)) == sizeof(t.description) ||
        strnlen(t.date, sizeof(t.date)) == sizeof(t.date) || (!read && (*t.description || *t.date)))
        abort();
    return 0;
}
