/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Numbering plans of the countries we ship, as far as it takes to tell apart what costs nothing special from
 * what does. Entered from general knowledge of the numbering plans (ITU-T E.164 has the form, each country's
 * regulator the ranges), not copied from a list and not checked against one. What they do not know counts as
 * international, so an omission costs a refused fax, never a bill. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

enum number_kind {
    NUMBER_EXTENSION, /* one of the tenant's own */
    NUMBER_NATIONAL,
    NUMBER_MOBILE,
    NUMBER_INTERNATIONAL,
    NUMBER_PREMIUM, /* costs more than a call to a subscriber, or may */
    NUMBER_EMERGENCY,
};

/* pattern: leading digits, 'x' stands for any. The longest one that matches counts. */
struct country_range {
    const char *pattern;
    enum number_kind kind;
};

struct country {
    const char *iso;       /* ISO 3166-1 */
    const char *code;      /* without + */
    const char *trunk;     /* digit before a national number, "" for none */
    bool trunk_kept;       /* the zero is part of the international number (Italy) */
    const char *outward;   /* before an international number */
    size_t least, most;    /* digits of a national number without the trunk digit */
    bool closed;           /* every call needs the whole national number: no area codes to leave out */
    const char *emergency; /* separated by blanks */
    const char
        *short_premium; /* patterns of short numbers dialled as they are, with their length: 'x' to the end */
    const struct country_range *ranges;
    size_t range_count;
};

/* NULL where we ship no table for it. Case does not matter. */
const struct country *country_find(const char *iso) MUST_USE;
/* The country whose code begins these digits (E.164 without +); NULL for one we ship no table for. */
const struct country *country_of_e164(const char *digits) MUST_USE;
/* Digits of the country code at the beginning of these (E.164 without +). */
size_t country_code_len(const char *digits);
/* "DE, AT, ..." for a complaint. */
const char *country_list(void);

/* The range of a national number (no trunk digit, except where trunk_kept); NULL: none knows it. */
const struct country_range *country_range_find(const struct country *c, const char *national) MUST_USE;
/* Does the pattern match the first digits? */
bool country_pattern_begins(const char *pattern, const char *digits);
/* Is that one of the short numbers which cost more? */
bool country_is_short_premium(const struct country *c, const char *digits);
