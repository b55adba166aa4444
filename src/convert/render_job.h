/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside render: one document under way, and how it is refused. */
#pragma once

#include <mupdf/fitz.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"
#include "convert/document_title.h"
#include "convert/glyph.h"
#include "convert/page_list.h"
#include "convert/render_opts.h"
#include "model/outcome.h"

struct render_job {
    fz_context *ctx;
    const struct render_opts *o;
    struct span bytes;
    const char *charset; /* of the bytes, as their sender says; "" */
    struct page_list *pages;
    struct outcome *outcome; /* set by who knows the reason; then an exception is thrown or false returned */
    struct small_text *small;
    struct missing_glyphs *missing; /* where letters come from our fonts; else NULL */
    const unsigned *holes;          /* pictures so far that could not be decoded to their end */
    char name[DOCUMENT_TITLE_LEN];  /* begins a sentence */
};

/* Sets GIVE_UP; the words follow the document's name: "is protected by a password. …". */
void job_refuse(struct render_job *job, const char *code, const char *format, ...) PRINTF_LIKE(3, 4);
typedef bool render_draw(struct render_job *job, struct span bytes);
/* Draws what is in the buffer, and frees that even where it is thrown. */
bool job_draw_and_free(struct render_job *job, struct buf *bytes, render_draw *draw) MUST_USE;
/* The same of letters out of our fonts: refused where these lack some. */
bool job_draw_letters(struct render_job *job, struct span bytes, render_draw *draw) MUST_USE;
/* False and refused where one more page is too many. total: pages the document has, 0 where unknown. */
bool job_may_add(struct render_job *job, unsigned total) MUST_USE;
