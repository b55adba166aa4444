/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the index of words (store/search.h) is told beside the words of a fax or job, so that what people ask
 * for most is one entry of the index and not a meeting of long lists: its box, its tenant, and any six digits
 * in a row. An entry is three characters; each of ours is one of a script that no fax has to do with. Pure.
 */
#pragma once

#include "base/buf.h"

enum {
    SEARCH_CODE_BYTES = 9,   /* three characters of UTF-8 */
    SEARCH_DIGITS_LEAST = 5, /* fewer digits have no entry */
    SEARCH_DIGIT_CODES = 11  /* entries that five digits may stand in */
};

/* The entry of a box or tenant. Two may have the same one, though hardly ever. */
void search_code_place(struct span name, char code[SEARCH_CODE_BYTES + 1]);

/* The entry of the last six of these digits; of five: `n` of the SEARCH_DIGIT_CODES they may stand in. */
void search_code_digits(struct span digits, unsigned n, char code[SEARCH_CODE_BYTES + 1]);

/* All entries of a row, separated by blanks; as many as `to` takes. */
void search_codes(struct span tenant, struct span box, struct span words, struct buf *to);
