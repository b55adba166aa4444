/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The cover page: a template (of the tenant, or as shipped) filled with names, numbers, date, pages, and the
 * mail's words where they are wanted. */
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "ipc/message.h"
#include "model/outcome.h"

/* facts: JSON as queue/covers.h makes it; the moment is written in the zone of local_time.h. Appends a
 * document for render_document, HTML or plain text, of which the first page counts. False with an outcome. */
bool cover_write(struct buf *to, const struct msg_render *ask, const char *facts,
                 struct outcome *outcome) MUST_USE;

/* The same with the examples of all variables, for who writes the template. */
bool cover_example(struct buf *to, const char *template, int64_t at_ms, struct outcome *outcome) MUST_USE;
