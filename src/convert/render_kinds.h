/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside render: a kind of document each. They append its pages; throw as MuPDF does; false where refused. */
#pragma once

#include "convert/render_job.h"
#include "convert/sniff.h"

struct tiff; /* libtiff calls it TIFF */

/* Whatever is in job->bytes. A mail holds further documents. */
bool render_any(struct render_job *job) MUST_USE;

bool render_pdf(struct render_job *job) MUST_USE;
bool render_text(struct render_job *job) MUST_USE;
bool render_html(struct render_job *job) MUST_USE;
bool render_tiff(struct render_job *job) MUST_USE;
bool render_tiff_picture(struct render_job *job, struct tiff *tiff) MUST_USE; /* tiff: an open TIFF */
bool render_picture(struct render_job *job, enum document_kind kind) MUST_USE;
bool render_webp(struct render_job *job) MUST_USE;
bool render_heif(struct render_job *job) MUST_USE;
/* All pages of an open document. */
bool render_pages(struct render_job *job, fz_document *doc) MUST_USE;
/* A web page in UTF-8. */
bool render_laid_out(struct render_job *job, struct span html) MUST_USE;
/* Any document that MuPDF reads; magic: its MIME type. */
bool render_by_mupdf(struct render_job *job, const char *magic) MUST_USE;
