/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Received faxes and jobs as people look for them, the newest first, a page at a time. However many there
 * are, a page costs the same: every list is read along an index, and words are looked up in one
 * (store/search.h). Reads only. */
#pragma once

#include "model/states.h"
#include "store/scope.h"

enum { LIST_WORDS_MIN = 3, LIST_WORDS_MAX = 200, LIST_ANY = -1 };

struct list_filter {
    struct scope scope;
    const char *box;     /* of this one alone; "": of all */
    const char *words;   /* part of a number, station id, name, subject or file name; "": all */
    const char *tag;     /* that it carries; "" or NULL: any or none */
    unsigned states;     /* a bit for each; 0: all */
    int archived;        /* enum fax_place, LIST_ANY; faxes only */
    struct id unread_by; /* not read by this user; ID_NONE: all; faxes only */
    /* When the call came in or the job was made, wall clock: since_ms <= then < until_ms; 0: no limit. */
    int64_t since_ms, until_ms;
    struct id before; /* the last one of the page before; ID_NONE: the newest */
    size_t most;
};

/* Ids, `most` at most. */
size_t list_faxes(struct store *s, const struct list_filter *f, struct id *ids);
size_t list_jobs(struct store *s, const struct list_filter *f, struct id *ids);
