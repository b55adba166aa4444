/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A MuPDF device between a document and the grey canvas, which draws what has to stay readable in black or
 * white: characters, lines, stencils. A grey word would become a pattern of dots nobody can read. Areas keep
 * their tone. It also notes where pictures lie and refuses those whose size alone would exhaust us. */
#pragma once

#include <mupdf/fitz.h>

#include "convert/bilevel.h"
#include "convert/glyph.h"

struct ink_device;

/* What was met on the way; belongs to the caller and outlives the device. */
struct ink_notes {
    struct bilevel *bilevel; /* images are added here */
    bool giant_image;        /* one was too large; drawing has stopped with an error */
    unsigned marks;          /* things drawn */
    float small_below;       /* in pixels: characters lower than that are counted */
    float scale;             /* pixels here for one of 204 x 196 */
    size_t small;
    struct missing_glyphs *missing; /* NULL: a document's own fonts may be as they like */
};

/* Draws on canvas (grey, no alpha). Throws as MuPDF does. */
fz_device *ink_device_new(fz_context *ctx, fz_pixmap *canvas, struct ink_notes *notes);
