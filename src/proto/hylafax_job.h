/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* HylaFAX's description of a job (its sendq(5)): "tag:value" lines. */
#pragma once

#include <stdint.h>
#include <stdbool.h>

#include "base/attr.h"
#include "base/span.h"

enum { HYLAFAX_TEXT_LEN = 200, HYLAFAX_PATH_LEN = 100, HYLAFAX_DOCUMENTS_MAX = 20 };
/* Of `state`. */
enum { HYLAFAX_DONE = 7, HYLAFAX_FAILED = 8 };

struct hylafax_document {
    char kind[12];               /* "postscript", "pdf", "tiff", "fax" ... */
    char path[HYLAFAX_PATH_LEN]; /* as it stands there; nothing is known of it */
};

struct hylafax_job {
    unsigned state;
    unsigned pages;                 /* that arrived */
    int64_t begin_s, kill_s;        /* since 1970; 0: not said */
    char number[HYLAFAX_TEXT_LEN];  /* as people see it */
    char subject[HYLAFAX_TEXT_LEN]; /* jobtag */
    char station[HYLAFAX_TEXT_LEN]; /* csi: what the far machine called itself */
    char status[HYLAFAX_TEXT_LEN];
    struct hylafax_document documents[HYLAFAX_DOCUMENTS_MAX];
    size_t count;
};

/* False: it has no state or no number. Texts are cut, documents beyond the most left out. */
bool hylafax_job_read(struct span file, struct hylafax_job *j) MUST_USE;
