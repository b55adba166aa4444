/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The index of words: any three letters or digits in a row find their fax or job (SQLite's FTS5 with
 * trigrams; PostgreSQL has pg_trgm). Rows are numbered as they are added, so that the newest are found first,
 * and carry tenant, box and numbers (store/search_codes.h), so that what others have costs nobody time.
 * Nothing rests on it: who may see what is judged by the rows themselves. */
#pragma once

#include "store/scope.h"

/* A fax or job that was added, or of which more is known now. */
void search_add_fax(struct store *s, struct id fax);
void search_update_fax(struct store *s, struct id fax);
void search_drop_fax(struct store *s, struct id fax);
void search_add_job(struct store *s, struct id job);
void search_update_job(struct store *s, struct id job);
void search_drop_job(struct store *s, struct id job);

/* What to ask the index for: each blank-separated word of at least three characters, the first few, has to be
 * there. It finds all that fit and some that do not; search_patterns are for LIKE ... ESCAPE '!' on the
 * words of what was found, and decide; of PostgreSQL they are the question. "": what is looked for is too
 * short. Without words: all that is in those places. In the arena. */
enum { SEARCH_PATTERNS = 4 };
const char *search_match(struct store *s, struct arena *a, const struct scope *w, const char *box,
                         const char *words);

void search_patterns(struct store *s, struct arena *a, const char *words,
                     const char *patterns[SEARCH_PATTERNS]);

/* Is one of the words a number of which the index has an entry? Few rows have it. */
bool search_has_code(struct arena *a, const char *words);

bool search_is_ascii(struct span text);

/* Numbers of those with low <= id < high that come after `before` in a list (ID_NONE: all). */
struct search_range {
    int64_t low, high; /* both included */
};
void search_fax_range(struct store *s, const struct id *low, const struct id *high, struct id before,
                      struct search_range *r);
void search_job_range(struct store *s, const struct id *low, const struct id *high, struct id before,
                      struct search_range *r);
