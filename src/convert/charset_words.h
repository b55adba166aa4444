/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Do the letters beyond ASCII of a text make words of one language that Latin letters are written in? So is
 * told whether a text was read in the right character set: in a wrong one there are letters of several
 * languages, capitals behind small letters, and signs inside of words. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/span.h"

struct written {
    const char *language;    /* "pl" (ISO 639-1) */
    const char *charsets[2]; /* of Windows and of ISO 8859, as iconv knows them */
    const char *letters;     /* beyond ASCII, small ones and capitals */
};

extern const struct written written_languages[];
extern const size_t written_languages_count;

/* "pl", "pl-PL", "PL": the language, or the one of that country; NULL: none that is known here. */
const struct written *written_in(const char *tag);

/* How many such letters there are; 0 also where they make no words. utf8: well-formed; of that language,
 * NULL: of any one. */
size_t words_of_language(struct span utf8, const struct written *language) MUST_USE;
