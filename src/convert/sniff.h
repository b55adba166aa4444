/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a document really is: its first bytes decide, never its name or the type its sender gave it. */
#pragma once

#include "base/span.h"

/* kind, what a person calls it */
#define DOCUMENT_KINDS(X)                                                                                    \
    X(EMPTY, "an empty file")                                                                                \
    X(PDF, "a PDF")                                                                                          \
    X(TIFF, "a TIFF picture")                                                                                \
    X(TEXT, "plain text")                                                                                    \
    X(MAIL, "a mail")                                                                                        \
    X(HTML, "a web page (HTML)")                                                                             \
    X(RTF, "a rich text document (RTF)")                                                                     \
    X(JPEG, "a JPEG picture")                                                                                \
    X(PNG, "a PNG picture")                                                                                  \
    X(GIF, "a GIF picture")                                                                                  \
    X(BMP, "a BMP picture")                                                                                  \
    X(WEBP, "a WebP picture")                                                                                \
    X(HEIC, "a HEIC picture")                                                                                \
    X(AVIF, "an AVIF picture")                                                                               \
    X(POSTSCRIPT, "a PostScript document")                                                                   \
    X(OPENDOCUMENT, "an OpenDocument file (LibreOffice)")                                                    \
    X(OOXML, "an Office document (docx, xlsx, pptx)")                                                        \
    X(OLE, "an old Office document (doc, xls, ppt)")                                                         \
    X(ZIP, "a ZIP archive")                                                                                  \
    X(ARCHIVE, "an archive")                                                                                 \
    X(PROGRAM, "a program")                                                                                  \
    X(UNKNOWN, "in a format we do not know")

enum document_kind {
#define DOCUMENT_KIND_ENUM(name, text) DOCUMENT_##name,
    DOCUMENT_KINDS(DOCUMENT_KIND_ENUM)
#undef DOCUMENT_KIND_ENUM
        DOCUMENT_KIND_COUNT
};

enum document_kind sniff(struct span bytes);
const char *document_kind_name(enum document_kind k);
