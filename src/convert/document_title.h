/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How a document is called where a sentence about it begins: its name in quotes, cut between characters where
 * it is long, or "The document". */
#pragma once

enum { DOCUMENT_TITLE_LEN = 120 };

void document_title(char to[DOCUMENT_TITLE_LEN], const char *name);
