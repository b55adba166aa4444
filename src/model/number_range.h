/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Many telephone numbers in one entry: "+49305550100-+49305550199", or all that begin alike: "+493055501*".
 * Pure. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

enum { NUMBER_RANGE_LEN = 24, NUMBER_RANGE_DIGITS = 20, NUMBER_RANGE_PREFIX_LEAST = 2 };

struct number_range {
    char low[NUMBER_RANGE_LEN];  /* digits, perhaps with a + before them */
    char high[NUMBER_RANGE_LEN]; /* as long as low; "": low is the beginning of them all */
};

/* As people write it: blanks and . / - ( ) may stand inside of a number. Between two numbers without + the
 * sign has blanks around it. False: it is no such entry, but maybe one number. */
bool number_range_parse(const char *text, struct number_range *r) MUST_USE;
/* One number as a range. */
bool number_range_of(const char *number, struct number_range *r) MUST_USE;
/* "+1-+2", "1 - 2", "+1*". */
void number_range_format(const struct number_range *r, char text[2 * NUMBER_RANGE_LEN + 3]);
/* Is there a number that both have? */
bool number_range_meet(const struct number_range *a, const struct number_range *b);
