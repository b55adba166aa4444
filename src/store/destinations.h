/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What was learned of the machines that we call (D4), and which of them nobody shall call: one row a number
 * and tenant. */
#pragma once

#include "store/store.h"

/* How long it counts which rung worked; then the quickest way is tried again. */
enum { DESTINATION_RUNG_MS = 7 * 24 * 3600 * 1000 };

struct destination {
    struct id tenant;
    const char *number;                  /* normalised */
    unsigned calls;                      /* answered or not, our own crashes left out */
    unsigned delivered;                  /* faxes that arrived whole */
    unsigned voices;                     /* answered calls in a row in which no fax machine was heard */
    int64_t last_ms;                     /* the last call's end; 0: none was made */
    int64_t reached_ms;                  /* a fax machine was heard there last; 0: never */
    unsigned rung;                       /* of queue/retry's ladder, by which the last whole fax went ... */
    int64_t rung_ms;                     /* ... and when; 0: none did */
    const char *station_id;              /* as the machine called itself last */
    struct span dis;                     /* its last DIS or DTC, whole frame (T.30 §5.3); empty: none came */
    const char *last_code, *last_reason; /* why the last call failed; "" where it did not */
    int64_t locked_ms;                   /* 0: it is not */
    const char *locked_by, *lock_reason;
};

/* All zero or "" but tenant and number, where nothing is known. `number` stays the caller's. */
struct destination destination_find(struct store *s, struct arena *a, struct id tenant, const char *number);
void destination_set(struct store *s, const struct destination *d);
/* Nothing is known of it any more. */
void destination_delete(struct store *s, struct id tenant, const char *number);
/* Tenants that know the number. */
size_t destination_tenants(struct store *s, const char *number, struct id *tenants, size_t most);
/* Those that were last called before that time and that nobody has locked. */
void destinations_forget(struct store *s, int64_t before_ms);

/* ---- a list for people ---- */

struct destination_cursor {
    struct id tenant;   /* ID_NONE: of all */
    const char *number; /* "": all; else this one */
    bool locked;        /* only those */
    int64_t before_ms;  /* called (or locked) before */
    size_t most;
};

/* The last called first (of locked ones: the last locked). Texts are the arena's. */
size_t destination_list(struct store *s, struct arena *a, const struct destination_cursor *c,
                        struct destination **list);
