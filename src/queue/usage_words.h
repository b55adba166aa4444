/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The words, dates and numbers of the daily usage mail, in its reader's language. */
#pragma once

#include <stdint.h>

enum { USAGE_DATE_LEN = 24, USAGE_NUMBER_LEN = 40 };

struct usage_words {
    const char *language;
    const char *title, *faxes_of; /* the day follows */
    const char *sent, *received;
    const char *call, *calls, *faultless, *pages, *minutes;
    const char *causes, *by_tenant;
    char between;         /* day, month and year; 0: 2026-11-21 */
    const char *thousand; /* between groups of three digits */
};

/* English where we have none. */
const struct usage_words *usage_words_in(const char *language);
/* day: 2026-11-21. */
void usage_date(const struct usage_words *w, const char *day, char to[USAGE_DATE_LEN]);
void usage_number(const struct usage_words *w, int64_t n, char to[USAGE_NUMBER_LEN]);
