/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The letters of the header line: one cell a character of Latin-1, drawn at build time by font_gen.c for each
 * resolution, so that a line is as high on paper in all of them (4 mm). */
#pragma once

#include <stdint.h>

#include "model/page.h"

enum { FONT_CELL_WIDTH = 16 }; /* pixels: 12.75 characters an inch */
enum { FONT_ROWS_STANDARD = 16, FONT_ROWS_FINE = 32, FONT_ROWS_SUPERFINE = 64 };
enum { FONT_FIRST = 0x20, FONT_LAST = 0xFF, FONT_CELLS = FONT_LAST - FONT_FIRST + 1 };

/* A cell is so many rows of 16 pixels, the leftmost in the highest bit, black = 1. */
extern const uint16_t font_standard[FONT_CELLS * FONT_ROWS_STANDARD];
extern const uint16_t font_fine[FONT_CELLS * FONT_ROWS_FINE];
extern const uint16_t font_superfine[FONT_CELLS * FONT_ROWS_SUPERFINE];
