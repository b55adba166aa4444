/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Self-tests: a fax that goes over a trunk to a number of our own and comes back. One row each, in T.38 or in
 * G.711, and what came of it, so that a line that gets worse is seen before a customer's fax fails on it. Its
 * two calls are attempts that name it; it is nobody's job and nobody's fax. */
#pragma once

#include "model/self_test.h"
#include "model/states.h"
#include "store/store.h"

struct self_test {
    struct id id;
    const char *trunk;
    bool t38; /* else G.711 */
    enum self_test_state state;
    bool asked; /* by a person; else it was its time */
    int64_t created_ms, started_ms, ended_ms;
    int64_t until_ms; /* it waits for lines no longer than that */
    unsigned starts;  /* it lost its lines that often, and once more */
    bool arrived;     /* the page is back, and equal */
    struct self_test_figures figures;
    const char *code, *reason; /* why it failed */
    const char *steps;         /* what happened, a line each: milliseconds since the epoch, a blank, words */
};

enum { SELF_TESTS_KEPT = 200 }; /* of a trunk in one mode */

/* All of a trunk that is gone. */
void self_test_forget(struct store *s, const char *trunk);
/* In state waiting. The oldest of its trunk and mode go where there are too many. */
void self_test_add(struct store *s, const struct self_test *t);
bool self_test_find(struct store *s, struct id id, struct arena *a, struct self_test *t);
/* The one that runs; ID_NONE: none does. */
struct id self_test_running(struct store *s);
/* Those that wait, the oldest first. */
size_t self_test_waiting(struct store *s, struct id *ids, size_t most);
/* Has the trunk one that waits or runs? */
bool self_test_under_way(struct store *s, const char *trunk);
bool self_test_waits(struct store *s);
/* When its time came last, and one was made for it; 0: never. */
int64_t self_test_last_timed(struct store *s, const char *trunk);
/* Of that trunk ("": of all) the newest `most` before that id (none: from the newest on). */
size_t self_test_list(struct store *s, const char *trunk, struct id before, struct id *ids, size_t most);
/* Those of one mode that ended good or failed, the newest first. */
size_t self_test_results(struct store *s, const char *trunk, bool t38, struct arena *a,
                         struct self_test *list, size_t most);

/* Moves; panics on one that model/states.h does not allow. Writes all but what it was made with. */
void self_test_set(struct store *s, const struct self_test *t);
void self_test_step(struct store *s, struct id id, int64_t now_ms, const char *words);
/* The call that brings it back, or the one that takes it there (out); ID_NONE: there is none that is not
 * ended. */
struct id self_test_open_call(struct store *s, struct id test, bool out);
