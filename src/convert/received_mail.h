/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The mail that brings a received fax: subject, body and file name are rules (SPEC S2.15, S2.16, S2.17) that
 * other programs read, as shipped; a tenant may have a template of its own. Times in the zone of
 * local_time.h. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "proto/mail_template.h"

struct received_facts {
    const char *serial;         /* of the tenant or the installation */
    const char *outside_prefix; /* "" or what one dials for an outside line */
    const char *calling;        /* national form; "" where the caller is anonymous */
    const char *called;         /* the number that was reached */
    const char *station_id;     /* as the other machine says */
    const char *box;            /* name */
    int64_t answered_ms;        /* wall clock */
    uint32_t seconds;           /* answer to the end of the last page */
    uint32_t pages;
    uint32_t earlier_pages; /* of these, those of a call before that broke off */
    bool partial;
    const char *blank;                            /* pages on which nothing is, "3, 7"; NULL: none */
    bool dropped; /* those are not in the file */ /* the transmission broke off after these pages */
    uint64_t faxid;
};

enum { RECEIVED_NUMBER_LEN = 64 };

/* What may stand in a file name or header: [0-9+*#A-Za-z] of the number, nothing else. */
void received_clean_number(char to[RECEIVED_NUMBER_LEN], const char *number);

/* False where it is no template. mail_words_clear in any case. */
bool received_words(struct mail_words *words, const char *template, const struct received_facts *f) MUST_USE;
