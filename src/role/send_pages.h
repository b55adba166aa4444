/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The pages of a `send` message as they go on the line: taken out of their page set, each below its header
 * line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "ipc/message.h"
#include "model/page.h"

struct send_pages {
    struct page *list; /* owned: the pages from m->first on */
    size_t count;
    struct page *lower; /* as many: the same for a machine that takes no finer ones; NULL: they are for all */
    struct buf *t6;     /* owned: the data of all */
    bool *ends;         /* owned: which of them end a document; NULL where there is one document */
};

/* 0; EPROTO where the page set is none or does not have the pages that m says, or an errno of reading it.
 * send_pages_clear is needed in any case. */
int send_pages_read(struct send_pages *p, const struct msg_send *m) MUST_USE;
void send_pages_clear(struct send_pages *p);
