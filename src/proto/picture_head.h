/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the heads of picture files say and their decoders do not tell us: which way is up. Any bytes are fine.
 */
#pragma once

#include "base/span.h"

/* The orientation in an EXIF block (CIPA DC-008, a TIFF file of one directory, "Exif\0\0" before it or not):
 * 1 to 8 as there, 1 where it says none. */
unsigned exif_orientation(struct span exif);

/* The same of a PNG (third edition, chunk eXIf). */
unsigned png_orientation(struct span png);

/* A PNG's pixels in memory as its header says: width and height, 0 where it has no header. */
void png_size(struct span png, uint32_t *width, uint32_t *height);

/* Is the last chunk of a PNG, the end marker of a JPEG, the trailer of a GIF there? A file that was cut off
 * has none, and decoders draw grey instead of what is missing without a word. What follows the end does not
 * matter. */
bool png_ends(struct span png);
bool jpeg_ends(struct span jpeg);
bool gif_ends(struct span gif);
/* A BMP has no end: are there as many bytes as its header asks for? */
bool bmp_ends(struct span bmp);
