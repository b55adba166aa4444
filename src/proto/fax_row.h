/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A row of pixels as the places where its colour changes: what coder and decoder work on. Inside fax_encode
 * and fax_decode. */
#pragma once

#include <stdint.h>

#include "proto/fax_code.h"

/* Places behind the last change that read as "at the end of the row", and four that may hold anything. */
enum { FAX_SENTINELS = 4, FAX_SPARE = 4 };

struct fax_row {
    /* Pixels that differ from the one before them, ascending; the one before the first is white: those at an
     * even index turn black. `count` of them, then sentinels. */
    uint16_t *changes;
    uint32_t count;
};

/* What a row as wide as that needs for its changes. */
static inline size_t fax_row_places(uint32_t width)
{
    return width + FAX_SENTINELS + FAX_SPARE;
}

static inline void fax_row_end(struct fax_row *r, uint32_t width)
{
    for (unsigned i = 0; i < FAX_SENTINELS; i++)
        r->changes[r->count + i] = (uint16_t)width;
}
