/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What happened, counted since the installation began, for who watches it (web/metrics.c). Counted in the
 * transaction of what is counted, by the operation that does it, so that nothing is counted twice and no
 * count goes back when rows are deleted. */
#pragma once

#include "store/store.h"

enum counter {
    COUNT_FAXES_SENT,     /* label: state that the job ended in */
    COUNT_PAGES_SENT,     /* confirmed by the far side */
    COUNT_FAXES_RECEIVED, /* label: state that it ended in */
    COUNT_PAGES_RECEIVED,
    COUNT_CALLS, /* label: trunk and direction */
    COUNT_MAILS_IN,
    COUNT_MAILS_REFUSED, /* came in and became no fax */
    COUNT_MAILS_OUT,     /* label: state that it ended in */
    COUNTER_COUNT
};

void counter_add(struct store *s, enum counter c, const char *label, int64_t n);

struct counter_row {
    const char *label;
    int64_t value;
};
/* In the order of their labels; in the arena. */
size_t counter_rows(struct store *s, enum counter c, struct arena *a, struct counter_row **list);
