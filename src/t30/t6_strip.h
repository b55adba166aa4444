/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A few rows of pixels as T.6 data that other T.6 data can follow. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"

/* pixels: rows of (width + 7) / 8 octets, most significant bit first, black = 1. Appends their T.6 coding to
 * *t6, closed with EOFB and filled to an octet, and tells in *bits how much of it stands before the EOFB.
 * ENOMEM, or EFBIG where t6 may not hold it. */
int t6_strip_encode(const uint8_t *pixels, uint32_t width, uint32_t rows, struct buf *t6,
                    size_t *bits) MUST_USE;
