/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Glyphs for any character, out of the fonts that are built into MuPDF. */
#pragma once

#include <mupdf/fitz.h>
#include <stdbool.h>

/* Characters that have no sign of their own: joiners, marks of direction, selectors of a variant. */
bool glyph_is_unseen(int c);

/* Characters that were to be drawn and are in none of the fonts. */
enum { MISSING_GLYPHS_KEPT = 3 };
struct missing_glyphs {
    int characters[MISSING_GLYPHS_KEPT]; /* the first ones, each once */
    size_t kept, count;
};
void missing_glyph_note(struct missing_glyphs *m, int c);
/* Appends them: "U+E000, U+1FAE1 (🫡)". */
void missing_glyphs_name(const struct missing_glyphs *m, char *to, size_t room);

/* The glyph of c in `font`, else in a built-in font of its script; `found` is the font it is in, owned by
 * MuPDF's context. 0 (an empty box) where no font has it. Throws as MuPDF does. */
int glyph_find(fz_context *ctx, fz_font *font, int c, fz_font **found);
