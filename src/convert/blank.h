/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Received pages on which nothing is. */
#pragma once

#include <stdbool.h>

#include "model/page.h"

/* Is it a sheet on which nobody wrote? Specks, shadows along the edges and the header line that the sender's
 * machine put above it are nothing; one word is something, and so is one thin line. bits: as t6_decode gives
 * them. */
bool page_is_blank(const struct page_form *form, const uint8_t *bits);
