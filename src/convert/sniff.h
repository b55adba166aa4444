/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a document really is: its first bytes decide, never its name or the type its sender gave it. */
#pragma once

#include "base/attr.h"
#include "base/span.h"

/* kind, what a person calls it, and in one word of any language */
#define DOCUMENT_KINDS(X)                                                                                    \
    X(EMPTY, "an empty file", "empty")                                                                       \
    X(PDF, "a PDF", "PDF")                                                                                   \
    X(TIFF, "a TIFF picture", "TIFF")                                                                        \
    X(TEXT, "plain text", "text")                                                                            \
    X(MAIL, "a mail", "mail")                                                                                \
    X(HTML, "a web page (HTML)", "HTML")                                                                     \
    X(RTF, "a rich text document (RTF)", "RTF")                                                              \
    X(JPEG, "a JPEG picture", "JPEG")                                                                        \
    X(PNG, "a PNG picture", "PNG")                                                                           \
    X(GIF, "a GIF picture", "GIF")                                                                           \
    X(BMP, "a BMP picture", "BMP")                                                                           \
    X(WEBP, "a WebP picture", "WebP")                                                                        \
    X(HEIC, "a HEIC picture", "HEIC")                                                                        \
    X(AVIF, "an AVIF picture", "AVIF")                                                                       \
    X(POSTSCRIPT, "a PostScript document", "PostScript")                                                     \
    X(OPENDOCUMENT, "an OpenDocument file (LibreOffice)", "OpenDocument")                                    \
    X(OOXML, "an Office document (docx, xlsx, pptx)", "Office")                                              \
    X(OLE, "an old Office document (doc, xls, ppt)", "Office 97")                                            \
    X(ZIP, "a ZIP archive", "ZIP")                                                                           \
    X(ARCHIVE, "an archive", "archive")                                                                      \
    X(PROGRAM, "a program", "program")                                                                       \
    X(UNKNOWN, "in a format we do not know", "unknown")

enum document_kind {
#define DOCUMENT_KIND_ENUM(name, text, word) DOCUMENT_##name,
    DOCUMENT_KINDS(DOCUMENT_KIND_ENUM)
#undef DOCUMENT_KIND_ENUM
        DOCUMENT_KIND_COUNT
};

enum document_kind sniff(struct span bytes);
const char *document_kind_name(enum document_kind k);
/* The word for it where the ending of the file's name promises something else ("letter.pdf" that is a JPEG);
 * NULL where it does not, or where it says nothing. */
const char *document_misnamed(const char *name, enum document_kind k);
/* Is it one of those words, or ""? */
bool document_word_known(const char *word) MUST_USE;
