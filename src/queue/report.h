/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The facts of a finished submission as the text that compose_report carries (messages.def says its form). */
#pragma once

#include "base/buf.h"
#include "store/store.h"

/* What a report says of documents (submission_documents). */
enum { REPORT_DOCUMENTS_MAX = 2999 };

/* only: one of its jobs, or ID_NONE for all. */
void report_of_jobs(struct store *s, struct arena *a, struct id submission, struct id only, struct buf *json);
