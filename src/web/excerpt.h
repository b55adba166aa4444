/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Why a search found a fax: what stands around its words in a text. */
#pragma once

#include "base/arena.h"

enum { EXCERPT_BEFORE = 50, EXCERPT_AFTER = 110 }; /* bytes around the first word, at most */

/* question: words between blanks, as somebody typed them; those of less than three bytes are passed over, for
 * the search knows none. In one line, "…" where it was cut; in the arena. NULL where none of them stands in
 * it; case counts beyond ASCII. */
const char *excerpt_of(struct arena *a, const char *text, const char *question);
