/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is read on the pages of received faxes (model/page_text.h), and which of them still wait for it. */
#pragma once

#include "store/submissions.h"

struct reading {
    struct id fax;
    unsigned page;
    struct stored_page stored;
};

/* Every page of the fax is to be read, once; those of urgent faxes before others. */
void reading_want(struct store *s, struct id fax, bool urgent);
/* The next page that waits; false where none does. */
bool reading_next(struct store *s, struct reading *r);
/* Is that page still to be read, and which form has it? */
bool reading_open(struct store *s, struct id fax, unsigned page, struct page_form *form);
/* text: well-formed; plain: its words. With the fax's last page its words are found by the search. */
void reading_done(struct store *s, struct id fax, unsigned page, struct span text, const char *plain);
/* It is left as it is. */
void reading_failed(struct store *s, struct id fax, unsigned page);
/* Counts a try that came to nothing, and gives how many there were. */
unsigned reading_tried(struct store *s, struct id fax, unsigned page);
/* Of this fax. */
unsigned reading_left(struct store *s, struct id fax);

enum reading_state { READING_NONE, READING_WAITS, READING_DONE, READING_STATES };
const char *reading_state_name(enum reading_state state); /* "", "waiting", "read" */
enum reading_state reading_of_fax(struct store *s, struct id fax);

/* How many quarters clockwise make the page upright? */
unsigned reading_turned(struct store *s, struct id fax, unsigned page);
/* words[n] is what was read on page n, "" where nothing was; of `count` pages. */
void reading_words(struct store *s, struct id fax, struct arena *a, const char **words, size_t count);

/* Appends the texts of all its pages in their order (each with its end); all_tries: those of the tries before
 * it first, as fax_pages_of_all_tries. False where none of them was read. */
bool reading_texts(struct store *s, struct id fax, bool all_tries, struct arena *a, struct buf *b);
