/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The built-in cover page: names, numbers, date, pages, and the mail's words where they are wanted. One page.
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "model/outcome.h"

/* facts: JSON as queue/covers.h makes it; pages: of the fax, this one counted; created_ms: wall clock,
 * written in the zone of local_time.h. Appends plain text for render_document. False with an outcome. */
bool cover_write(struct buf *to, const char *facts, unsigned pages, int64_t created_ms,
                 struct outcome *outcome) MUST_USE;
