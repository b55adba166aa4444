/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a PDF needs beside its pages to be one for archives: PDF/A-2, level B (ISO 19005-2). */
#pragma once

#include "base/buf.h"
#include "convert/pdf_writer.h"

/* Appends created_ms in o's zone: by form, as strftime reads it, and the offset with these after its hours
 * and after its minutes. */
void pdf_date(struct buf *b, const struct pdf_opts *o, const char *form, const char *after_hours,
              const char *after_minutes);
/* Appends an XMP packet with the title, date and producer of the file's information dictionary (§6.6.2). */
void pdf_archive_metadata(struct buf *b, const struct pdf_opts *o);
/* Appends an ICC profile of grey (§6.2.3; ICC.1:2001-04), which says how light its tones are meant. */
void pdf_archive_profile(struct buf *b);
