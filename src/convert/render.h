/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A document of any kind we know, to fax pages. Runs in a worker without rights: what it reads is hostile.
 *
 * Pages keep their true size where they fit the paper, else they shrink; they are turned where that shrinks
 * them less; nothing is ever cut off. A fax TIFF keeps its very pixels. */
#pragma once

#include "base/attr.h"
#include "base/span.h"
#include "convert/page_list.h"
#include "convert/render_opts.h"
#include "model/outcome.h"

struct render;

/* Everything that can be made ready before a document is known. memory_max: most bytes MuPDF may hold. */
struct render *render_new(size_t memory_max) MUST_USE;
void render_free(struct render *r); /* NULL is fine */

/* Appends the document's pages. GIVE_UP with code "document-…" where it cannot be done: pages is then as
 * before. */
void render_document(struct render *r, const struct render_opts *o, struct span bytes,
                     struct page_list *pages, struct outcome *outcome);

/* What was met in the last document. */
const struct small_text *render_small_text(const struct render *r);

/* The MuPDF context behind it, for what else is drawn in the same worker. */
struct fz_context *render_context(struct render *r);
