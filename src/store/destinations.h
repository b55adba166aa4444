/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What was learned of the machines that we call (D4): one row a number and tenant. */
#pragma once

#include "store/store.h"

struct destination {
    struct id tenant;
    const char *number; /* normalised */
    unsigned calls;     /* answered or not, our own crashes left out */
    unsigned delivered; /* faxes that arrived whole */
    unsigned voices;    /* answered calls in a row in which no fax machine was heard */
    int64_t last_ms;    /* the last call's end */
    int64_t reached_ms; /* a fax machine was heard there last; 0: never */
    unsigned rung;      /* of queue/retry's ladder, by which the last whole fax went ... */
    int64_t rung_ms;    /* ... and when; 0: none did */
};

/* All zero but tenant and number, where nothing is known. `number` stays the caller's. */
struct destination destination_find(struct store *s, struct id tenant, const char *number);
void destination_set(struct store *s, const struct destination *d);
