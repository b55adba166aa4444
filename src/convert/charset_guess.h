/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The character set of a text of which nobody says it, and which is no UTF-8. Many languages are told by
 * uchardet; those of the west of Europe by their letters, for that takes a word with an accent for Czech. */
#pragma once

#include "convert/charset.h"

/* Always names one; what the text then means is not sure. language: as charset_to_utf8. */
void charset_guess(struct span text, const char *language, char name[CHARSET_NAME_MAX + 1]);
