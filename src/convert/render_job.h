/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside render: one document under way, and how it is refused. */
#pragma once

#include <mupdf/fitz.h>

#include "base/attr.h"
#include "base/span.h"
#include "convert/document_title.h"
#include "convert/page_list.h"
#include "convert/render_opts.h"
#include "model/outcome.h"

struct render_job {
    fz_context *ctx;
    const struct render_opts *o;
    struct span bytes;
    struct page_list *pages;
    struct outcome *outcome; /* set by who knows the reason; then an exception is thrown or false returned */
    struct small_text *small;
    const unsigned *holes;         /* pictures so far that could not be decoded to their end */
    char name[DOCUMENT_TITLE_LEN]; /* begins a sentence */
};

/* Sets GIVE_UP; the words follow the document's name: "is protected by a password. …". */
void job_refuse(struct render_job *job, const char *code, const char *format, ...) PRINTF_LIKE(3, 4);
/* False and refused where one more page is too many. total: pages the document has, 0 where unknown. */
bool job_may_add(struct render_job *job, unsigned total) MUST_USE;
