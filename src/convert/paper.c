/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/paper.h"

#include "base/str.h"

static const double points_per_mm = 72 / 25.4;

static const struct {
    const char *name;
    double width_mm, height_mm;
} papers[] = {
#define PAPER_ROW(name, text, width, height) [PAPER_##name] = {text, width, height},
    PAPERS(PAPER_ROW)
#undef PAPER_ROW
};

bool paper_parse(const char *text, enum paper *paper)
{
    for (int i = 0; i < PAPER_COUNT; i++) {
        if (str_equal(text, papers[i].name)) {
            *paper = (enum paper)i;
            return true;
        }
    }
    return false;
}

void paper_points(enum paper paper, float *width, float *height)
{
    *width = (float)(papers[paper].width_mm * points_per_mm);
    *height = (float)(papers[paper].height_mm * points_per_mm);
}
