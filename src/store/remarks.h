/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What people write beside a fax that was received or sent: notes, and tags to find it by. Both are there for
 * everybody who sees the fax, are found by the search of words, and go when it goes. */
#pragma once

#include "store/scope.h"

enum { NOTES_OF_ONE = 200, NOTE_BYTES = 2000, TAGS_OF_ONE = 20, TAG_BYTES = 60, TAG_ETAG_LEN = 24 };

struct note {
    struct id id, about; /* a fax or a job */
    int64_t at_ms;
    struct id user;  /* ID_NONE: at the command line */
    const char *who; /* his name then */
    const char *text;
};

void note_add(struct store *s, const struct note *n);
bool note_find(struct store *s, struct id id, struct arena *a, struct note *n);
void note_drop(struct store *s, struct id id);
/* The oldest first; NOTES_OF_ONE at most. */
size_t notes_of(struct store *s, struct id about, struct arena *a, struct note **list);
unsigned note_count(struct store *s, struct id about);

/* In the order of the alphabet; TAGS_OF_ONE at most. */
size_t tags_of(struct store *s, struct id about, struct arena *a, const char **list);
/* These and no others; however a tag is capitalised, it is there once. */
void tags_set(struct store *s, struct id about, struct id tenant, bool sent, const char *const *list,
              size_t count);
/* Changes when the tags do. */
void tags_etag(const char *const *list, size_t count, char etag[TAG_ETAG_LEN]);
/* Tags on what that reader may see, of faxes received or sent, that begin so. */
size_t tags_in_use(struct store *s, const struct scope *w, bool sent, const char *beginning, struct arena *a,
                   const char **list, size_t most);

/* The fax or job is deleted. */
void remarks_forget(struct store *s, struct id about);
