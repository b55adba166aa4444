/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is known of the jobs of one submission when they are over, as compose_report brings it (JSON, see
 * messages.def). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/outcome.h"

struct report_attempt {
    int64_t started_ms; /* wall clock */
    uint32_t seconds;
    char mode[16];               /* "t38", "audio" */
    char code[OUTCOME_CODE_LEN]; /* "" where it ended well */
    uint32_t rate;               /* bit/s */
    bool ecm;
    char result[200];
};

struct report_page {
    uint32_t page; /* from 1 */
    int64_t confirmed_ms;
    double seconds;
    uint32_t rate;
    char coding[16];
    char resolution[16]; /* "204 x 196"; "": not known */
    bool ecm;
    uint32_t resent; /* frames or lines sent again */
};

struct report_document {
    char sha256[65]; /* in hexadecimal */
    char name[200];
};

struct report_job {
    char original[500]; /* ORCPT of its mail; "" */
    bool unasked;       /* nobody wants a report for machines of it */
    char number[64];    /* as a person wrote it */
    char dial[64];      /* as it was dialled */
    char state[32];     /* of model/states.h */
    char code[OUTCOME_CODE_LEN];
    char text[OUTCOME_TEXT_LEN];
    char station_id[64];
    uint32_t pages, confirmed;
    struct report_attempt *attempts; /* owned */
    size_t attempt_count;
    struct report_page *page_stats; /* owned */
    size_t page_count;
};

struct report_facts {
    const char *box, *serial, *subject, *misnamed, *language, *envid; /* borrowed */
    int64_t received_ms;
    bool control;            /* answering the mail steers it */
    struct report_job *jobs; /* owned */
    size_t count;
    struct report_document *documents; /* owned; what was sent */
    size_t document_count;
    bool is_signed;
};

/* Fills jobs and documents; the latter are lines "SHA-256 name". False where json is not such an array.
 * report_facts_clear in any case. */
bool report_facts_parse(struct report_facts *f, const char *json, const char *documents) MUST_USE;
void report_facts_clear(struct report_facts *f);

bool report_job_delivered(const struct report_job *j);
/* The word for why it ended as it did. */
const char *report_job_code(const struct report_job *j);
