/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the server says to a person, in his language: share/sayings. English is what the source writes; a row
 * knows such a sentence by its words, finds the names and figures in it, and has it in the other languages,
 * under a code that stays. Pure and bounded. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

enum { SAYING_VALUES_MAX = 9, SAYING_ENGLISH_MAX = 2000, SAYING_MAX = 4000 };

/* What stood at a {name}. {name!} is itself a row, or the sentence is none of this row; {name?} may be one.
 */
struct saying_value {
    struct span name, text;
    bool phrase; /* it is to be said in the language, too */
};

struct saying {
    struct span code;
    struct span rows; /* "de: ..." and so on, a line each */
    unsigned count;
    struct saying_value values[SAYING_VALUES_MAX]; /* text: of the sentence that was given */
};

/* The languages, NULL behind the last; English is the first. */
extern const char *const saying_languages[];

/* False: nobody has put these words into rows, and they stay English. */
bool saying_find(struct span english, struct saying *found);
/* The whole in that language. False: there is no row, and nothing was written; or it does not fit. */
bool saying_in(const char *language, struct span english, struct buf *to);

/* The same with the rows of this table; NULL: those that are built in. For tests. */
bool saying_find_by(const char *table, struct span english, struct saying *found);
bool saying_by(const char *table, const char *language, struct span english, struct buf *to);
