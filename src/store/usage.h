/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What somebody has used up: pages and minutes of a day (D3), wrong PINs (S2.9). */
#pragma once

#include "store/store.h"

struct usage {
    int64_t pages;        /* of faxes that wait, and those that arrived of ended ones */
    int64_t telephone_ms; /* of all its calls, from answer to end */
};

/* Of all submissions of the tenant since then whose sender is this address, or another of the same user. */
struct usage usage_of_sender(struct store *s, struct id tenant, const char *sender, int64_t since_ms);

/* What a box sent and received, to be billed. */
struct usage_row {
    const char *box, *billing;
    bool received;
    int64_t faxes;               /* asked for, or received */
    int64_t delivered;           /* of these; all of the received ones */
    int64_t pages, telephone_ms; /* pages that arrived; from answer to end of all calls */
};
enum { USAGE_ROWS_MOST = 20000 };

/* What was made or came in since then and before until_ms, by box and billing code, the sent ones first. Of a
 * million faxes that takes seconds, so it is added up in slices. */
struct usage_sum {
    struct id tenant;
    int64_t sent_ms, received_ms; /* what was before has been added */
    int64_t until_ms;
    struct usage_row *rows; /* sorted; more than USAGE_ROWS_MOST: it has ended before all was added */
    size_t count, room;
    struct arena arena;
};
void usage_begin(struct usage_sum *u, struct id tenant, int64_t since_ms, int64_t until_ms);
/* Adds one slice; false: there is none left. */
bool usage_add(struct store *s, struct usage_sum *u) MUST_USE;
void usage_end(struct usage_sum *u);

/* Wrong PINs of one sender for a box; sender "": of everybody together. */
struct pin_failures {
    unsigned count;
    int64_t since_ms; /* of the first that is counted */
    int64_t until_ms; /* no PIN is taken before */
};
struct pin_failures pin_failures_find(struct store *s, const char *box, const char *sender);
void pin_failures_set(struct store *s, const char *box, const char *sender, const struct pin_failures *f);
/* Those of before that time that lock nobody out any more. */
void pin_failures_sweep(struct store *s, int64_t before_ms);
void pin_failures_forget(struct store *s, const char *box, const char *sender);
