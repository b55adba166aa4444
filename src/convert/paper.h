/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The papers that faxes are for. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

/* name, text, width and height in millimetres */
#define PAPERS(X)                                                                                            \
    X(A4, "a4", 210, 297)                                                                                    \
    X(LETTER, "letter", 215.9, 279.4)                                                                        \
    X(LEGAL, "legal", 215.9, 355.6)

enum paper {
#define PAPER_ENUM(name, text, width, height) PAPER_##name,
    PAPERS(PAPER_ENUM)
#undef PAPER_ENUM
        PAPER_COUNT
};

bool paper_parse(const char *text, enum paper *paper) MUST_USE;

/* Its size in points. */
void paper_points(enum paper paper, float *width, float *height);
