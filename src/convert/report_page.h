/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The report of a finished submission as a PDF of one A4 page: the first page's picture, the result in words,
 * a table of its pages and one of the calls. */
#pragma once

#include <mupdf/fitz.h>

#include "base/attr.h"
#include "base/buf.h"
#include "convert/report_facts.h"
#include "convert/report_signature.h"
#include "model/page.h"

/* first: the first page that was sent, or NULL; mark: NULL where nothing is to be signed. Appends the file;
 * false where MuPDF could not make it. */
bool report_draw(fz_context *ctx, const struct report_facts *f, const struct page *first,
                 const struct report_mark *mark, struct buf *b) MUST_USE;

/* The same, signed by the secret that lies in the vault, if one does. A report that cannot be signed goes
 * without: to be told matters more. f: says afterwards whether it is signed. */
bool report_make(fz_context *ctx, struct report_facts *f, const struct page *first, const char *certificate,
                 struct buf *b) MUST_USE;
