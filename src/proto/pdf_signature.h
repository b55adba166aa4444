/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where in a PDF its last signature stands, and what that covers (ISO 32000-1 §12.8.1). Only one that covers
 * the whole file is of use: what came later is not signed. */
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"
#include "proto/complaint.h"

struct pdf_signature {
    struct span before, after; /* of it, in the file: what is signed */
    struct buf cms;            /* owned: RFC 5652, with the zeros that fill its place */
};

/* False with a complaint: code "not-signed", or "changed" where bytes of the file are covered by nothing.
 * pdf_signature_clear in any case. */
bool pdf_signature_find(struct span file, struct pdf_signature *s, struct complaint *why) MUST_USE;
void pdf_signature_clear(struct pdf_signature *s);
