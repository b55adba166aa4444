/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Glyphs for any character, out of the fonts that are built into MuPDF. */
#pragma once

#include <mupdf/fitz.h>

/* The glyph of c in `font`, else in a built-in font of its script; `found` is the font it is in, owned by
 * MuPDF's context. 0 (an empty box) where no font has it. Throws as MuPDF does. */
int glyph_find(fz_context *ctx, fz_font *font, int c, fz_font **found);
