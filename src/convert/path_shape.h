/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a path looks like on the canvas, as far as it says whether it would vanish there: without
 * anti-aliasing its corners are moved to whole pixels, and the two sides of what is thin and aslant fall upon
 * each other. */
#pragma once

#include <stdbool.h>

#include <mupdf/fitz.h>

struct path_shape {
    double length, area; /* of all outlines in pixels; outlines that run the other way count against it */
    unsigned outlines, parts;
    bool slants; /* a part of it is neither level nor upright */
};

/* Rectangles that lie level are left out: MuPDF keeps them. */
struct path_shape path_shape(fz_context *ctx, const fz_path *path, fz_matrix ctm);

/* A filled one that is drawn better as a line along its outlines. */
bool path_shape_is_line(const struct path_shape *s);

/* Pixels. As wide as this a slanting line's sides stay apart by a whole pixel at any angle. */
#define SLANTING_WIDTH_LEAST 1.4143f
