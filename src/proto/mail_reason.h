/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an outcome's code means, in the language of a mail: share/templates/reasons. An outcome's own text is
 * English and knows the file, the box and the number; these words are for a person who reads no English. */
#pragma once

#include "base/attr.h"
#include "base/span.h"

enum { MAIL_REASON_LEN = 401 };

/* The words of a code in such a table: its own line, else the longest "code-" that it begins with. Empty:
 * none. */
struct span mail_reason_find(const char *table, const char *code);
/* As shipped. False, and "" in to: none for that code in that language, or English. */
bool mail_reason(const char *language, const char *code, char to[MAIL_REASON_LEN]);
