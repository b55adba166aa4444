/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside render: one document under way, and the canvas each of its pages is drawn on. */
#pragma once

#include <mupdf/fitz.h>

#include "convert/document_title.h"
#include "convert/render.h"
#include "convert/sniff.h"

struct tiff; /* libtiff calls it TIFF */

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

/* What is drawn on one page. */
struct drawing {
    float width, height; /* points */
    void (*draw)(fz_context *ctx, void *context, fz_device *device, fz_matrix ctm);
    void *context;
};

/* Paper in points. */
void paper_points(enum paper paper, float *width, float *height);
/* Draws, makes it black and white, codes it and adds it. Throws as MuPDF does; false where it was refused. */
bool canvas_add_page(struct render_job *job, const struct drawing *d) MUST_USE;

/* One file each: appends the pages. Throw as MuPDF does; false where refused. */
bool render_pdf(struct render_job *job) MUST_USE;
bool render_text(struct render_job *job) MUST_USE;
bool render_html(struct render_job *job) MUST_USE;
bool render_mail(struct render_job *job) MUST_USE;
bool render_tiff(struct render_job *job) MUST_USE;
bool render_tiff_picture(struct render_job *job, struct tiff *tiff) MUST_USE; /* tiff: an open TIFF */
bool render_picture(struct render_job *job, enum document_kind kind) MUST_USE;
bool render_webp(struct render_job *job) MUST_USE;
bool render_heif(struct render_job *job) MUST_USE;
/* job->bytes by what is in them, whatever kind: for a document inside another one. */
bool render_kind(struct render_job *job) MUST_USE;
/* All pages of an open document. */
bool render_pages(struct render_job *job, fz_document *doc) MUST_USE;
/* Any document that MuPDF reads; magic: its MIME type. */
bool render_by_mupdf(struct render_job *job, const char *magic) MUST_USE;
