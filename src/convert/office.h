/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An office document to a PDF by LibreOffice, in a worker of its own: one document, then the process ends. */
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "model/outcome.h"

/* LibreOffice may be absent: office documents are refused then. */
bool office_installed(void) MUST_USE;

/* May spreadsheets be absent where the rest is there. */
bool office_opens_spreadsheets(void) MUST_USE;

/* Loads LibreOffice's libraries, and starts nothing: in the process that forks the workers, which then have
 * them. Once; later calls do nothing. */
void office_warm(void);

/* Before the worker is shut in: what the process needs of the system for LibreOffice. */
void office_open(void);

/* How the process ends at a document that wants a password. */
enum { OFFICE_EXIT_LOCKED = 6 };

/* In the worker. folder: private, empty, absolute; everything LibreOffice writes goes there. GIVE_UP where it
 * makes no PDF; name: the document's, for the words. */
void office_to_pdf(const char *folder, const char *name, struct span document, struct buf *pdf,
                   struct outcome *outcome);
