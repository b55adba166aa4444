/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A signature inside a PDF (ISO 32000-1 §12.8.1, adbe.pkcs7.detached): MuPDF writes the file with a mark
 * where it will stand, then its bytes are signed around that place. */
#pragma once

#include <mupdf/pdf.h>

#include "base/attr.h"
#include "base/buf.h"

enum { REPORT_MARK_LEN = 8192 };

/* Random, so that nothing a stranger had drawn is taken for it. */
struct report_mark {
    char place[REPORT_MARK_LEN + 1];
    int range;
};

void report_mark_make(struct report_mark *m);
/* An invisible signature on that page. Throws as MuPDF does. */
void report_mark_add(fz_context *ctx, pdf_document *doc, pdf_obj *page, const struct report_mark *m);
/* pdf: a whole file with the mark. key, certificate: PEM, EC or RSA. False where it cannot be signed; pdf is
 * of no use then. */
bool report_sign(struct buf *pdf, const struct report_mark *m, struct span key,
                 const char *certificate) MUST_USE;
