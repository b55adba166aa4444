/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a TIFF's first page says of itself in words. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/span.h"

enum { TIFF_DESCRIPTION_LEN = 400, TIFF_DATE_LEN = 20 };

struct tiff_tags {
    char description[TIFF_DESCRIPTION_LEN]; /* ImageDescription, cut; "": none */
    char date[TIFF_DATE_LEN]; /* DateTime, "2026:11:22 15:04:05" in the zone of its maker; "": none */
};

/* False: that is no TIFF, or its first directory lies outside of it. */
bool tiff_tags_read(struct span file, struct tiff_tags *t) MUST_USE;
