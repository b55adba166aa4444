/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Faxes of another fax server, which were sent or received before: kept and found like ours, and never
 * called, mailed or counted. */
#pragma once

#include "model/page.h"
#include "store/store.h"

struct old_fax {
    struct id id; /* old_fax_id */
    struct id tenant;
    const char *faxbox;
    const char *number;     /* who called, or what was dialled; "": not known */
    const char *station_id; /* of the far machine */
    const char *subject;    /* sent ones */
    const char *source;     /* where it comes from: "hylafax recvq/fax000000001.tif" */
    int64_t at_ms, ended_ms;
    bool delivered;     /* sent ones; received ones are complete */
    unsigned pages;     /* sent ones: that arrived */
    const char *reason; /* why not */
};

/* The same moment and source are the same fax. It sorts among the others by that moment. */
struct id old_fax_id(int64_t at_ms, const char *source);
bool old_fax_exists(struct store *s, struct id id);
/* What is found by words is found the newest first as long as the newest are added first. */
void old_fax_add_received(struct store *s, const struct old_fax *f, const struct page *pages, size_t count);
/* A submission of that id and its job, both at an end; documents are the caller's to add. pages: of these. */
void old_fax_add_sent(struct store *s, const struct old_fax *f, size_t pages);
