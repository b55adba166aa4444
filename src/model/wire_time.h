/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How long a fax keeps the line busy: a T.38 or G.711 call from its answer to its end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model/page.h"

struct wire_way {
    uint32_t rate; /* bit/s of the image: 14400 or 9600 */
    bool ecm;
};

struct wire_page {
    uint64_t bits; /* of its image as that way codes it, without the header line that a call puts above */
    enum page_resolution resolution;
};

/* Of that page: from the answer to the one before, or to the training, to its own. */
double wire_page_seconds(const struct wire_way *way, const struct wire_page *page);
/* Of the whole call, where nothing is lost. */
double wire_seconds(const struct wire_way *way, const struct wire_page *pages, size_t count);
