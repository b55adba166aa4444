/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Bitmaps turned by quarters of a circle. A row has whole bytes; the first pixel is the highest bit. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* By half a circle, in place; `len` bytes of rows whose width is a multiple of 8. */
void turn_half(uint8_t *bits, size_t len);
