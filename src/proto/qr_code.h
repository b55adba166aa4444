/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* QR codes (ISO/IEC 18004) of short texts: versions 1 to 5, level M (15 % of it may be lost), bytes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

enum { QR_SIZE_MAX = 37, QR_TEXT_MAX = 84 };

struct qr_code {
    unsigned size;                       /* modules a side, without the four of white that belong around it */
    bool dark[QR_SIZE_MAX][QR_SIZE_MAX]; /* rows from the top */
};

/* False where the text is longer than QR_TEXT_MAX. */
bool qr_encode(const char *text, struct qr_code *q) MUST_USE;
