/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is wrong with something a person wrote, in words for that person. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

enum { COMPLAINT_LEN = 400, QUOTED_LEN = 64 };

struct complaint {
    char text[COMPLAINT_LEN]; /* no control characters; whole UTF-8 where the arguments were */
    const char *code;         /* its cause, a word of proto/reasons.def; NULL where nobody translates it */
};

/* Always false, for `return complain(...)`. A text that does not fit is cut. */
bool complain(struct complaint *c, const char *format, ...) PRINTF_LIKE(2, 3);
/* The same with its cause. complain() leaves a cause as it is. */
bool complain_code(struct complaint *c, const char *code, const char *format, ...) PRINTF_LIKE(3, 4);

/* The person's own words for use in a complaint: at most about 50 octets of it, cut between characters,
 * control characters shown as '?'. Returns room. */
const char *quoted(const char *text, char room[QUOTED_LEN]);
/* quoted() into a compound literal that lives until the end of the enclosing block. */
#define QUOTED(text) quoted((text), (char[QUOTED_LEN]){0})
