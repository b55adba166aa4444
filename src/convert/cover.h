/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The cover page: a template (of the tenant, or as shipped) filled with names, numbers, date, pages, and the
 * mail's words where they are wanted. */
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "convert/render_opts.h"
#include "ipc/message.h"
#include "model/outcome.h"

/* How such a page is rendered: whatever a value holds, it is a web page or plain text. */
struct cover_page {
    struct buf bytes;
    bool html;
};
void cover_page_opts(const struct cover_page *page, struct render_opts *o);

/* facts: JSON as queue/covers.h makes it; the moment is written in the zone of local_time.h. Appends a
 * document for render_document, of which the first page counts. False with an outcome. */
bool cover_write(struct cover_page *to, const struct msg_render *ask, const char *facts,
                 struct outcome *outcome) MUST_USE;

/* The same with the examples of all variables, for who writes the template. */
bool cover_example(struct cover_page *to, const char *template, int64_t at_ms,
                   struct outcome *outcome) MUST_USE;
