/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Telephone numbers: as people write them (S2.8), as the tenant's telephone system would understand them
 * (E.164, D3), and whether the tenant's dial plan lets them be called. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "proto/complaint.h"
#include "proto/country.h"

enum {
    NUMBER_TEXT_LEN = 64, /* as written, with NUL */
    NUMBER_LEN = 20,      /* "+" and at most 15 digits (E.164 §6.2.1), or an extension, with NUL */
    NUMBER_DIGITS_MIN = 3,
};

/* The text as a whole is one number: digits and + space . / - ( ), at least three digits, + only in front.
 * Blanks around it are dropped. False with a complaint; letters get one of their own. */
bool number_text_parse(const char *text, char number[NUMBER_TEXT_LEN], struct complaint *why) MUST_USE;

/* Numbers inside of other words: maximal runs of the same characters with at least three digits. Writes the
 * first `most` of them, trimmed and cut to size, to found; returns how many there are in all. */
size_t number_text_find(const char *text, char (*found)[NUMBER_TEXT_LEN], size_t most);

/* How a tenant dials. Texts are borrowed; "" where there is none. */
struct number_plan {
    const char *country;        /* ISO 3166-1: IT DE AT CH FR ES GB US */
    const char *area_code;      /* with or without trunk digit; put before numbers that lack one */
    const char *outside_prefix; /* what the telephone system wants before outside numbers; people may write it
                                   or not */
    const char *allow,
        *deny; /* prefixes, blanks between: "+44 +4930", extensions without +; "+" is every outside number */
    const char *emergency; /* never dialled, besides the country's and D3's own */
    /* Is that one of the tenant's own extensions? May be NULL. */
    bool (*is_extension)(void *context, const char *digits);
    void *context;
};

struct number {
    char dial[NUMBER_LEN]; /* "+15035550123", or an extension's digits */
    enum number_kind kind;
};

/* text: what number_text_parse or number_text_find gave. False with a complaint: no such number, or two
 * readings. */
bool number_normalise(const struct number_plan *p, const char *text, struct number *n,
                      struct complaint *why) MUST_USE;

/* One that is never dialled, whatever a tenant's country (D3). */
bool number_is_emergency(const char *digits);

/* D3: the longest prefix of allow and deny decides, deny where both are equal. Where none matches: emergency
 * never, premium and international not, all else yes. A prefix shorter than the premium range itself does not
 * open it. */
bool number_may_dial(const struct number_plan *p, const struct number *n, struct complaint *why) MUST_USE;

/* As it is dialled inside the tenant's country: "0301234567" (with trunk digit), "0044..." abroad, an
 * extension as it is. No outside prefix. to: at least NUMBER_TEXT_LEN. */
void number_format_national(const struct number_plan *p, const char *dial, char to[NUMBER_TEXT_LEN]);

const char *number_kind_name(enum number_kind kind);
