/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Received faxes on their way to a printer: the durable queue of what is to be printed. */
#pragma once

#include "store/store.h"

/* Numbers are those of the table. */
#define PRINT_STATES(X)                                                                                      \
    X(WAITING, "waiting") /* for its next try */                                                             \
    X(TAKEN, "printing")  /* the printer has it; it is asked what became of it */                            \
    X(DONE, "printed")                                                                                       \
    X(FAILED, "failed")

enum print_state {
#define ENUM(name, text) PRINT_##name,
    PRINT_STATES(ENUM)
#undef ENUM
        PRINT_STATE_COUNT
};
const char *print_state_name(enum print_state state);

struct print {
    struct id id, fax;
    const char *faxbox;   /* whose printer */
    const char *asked_by; /* a person; "": the box has all of its faxes printed */
    enum print_state state;
    int64_t created_ms, next_ms, ended_ms;
    unsigned tries;
    bool begun;           /* the printer may have it already */
    unsigned format, dpi; /* enum ipp_format of proto/ipp.h; dpi: of raster */
    unsigned job;         /* the printer's own number of it */
    const char *code, *reason;
};

/* A new one. What a box has printed by itself is so once for each fax; the same id is one. The format is that
 * of the box's last one. */
void print_add(struct store *s, const struct print *p);
bool print_find(struct store *s, struct id id, struct arena *a, struct print *p);
void print_set(struct store *s, const struct print *p);
/* Those that have their turn, the longest due first. */
size_t print_due(struct store *s, int64_t now_ms, struct id *ids, size_t most);
int64_t print_next_due(struct store *s); /* INT64_MAX: none waits */
/* The newest first. */
size_t print_of_fax(struct store *s, struct id fax, struct id *ids, size_t most);

/* What a box prints by itself of that fax and no printer has seen yet; and all of what it does. */
unsigned print_unbegun(struct store *s, struct id fax);
unsigned print_own(struct store *s, struct id fax);
/* What nobody has begun: at that time; not at all. */
void print_delay(struct store *s, struct id fax, int64_t until_ms);
void print_withdraw(struct store *s, struct id fax);

void print_shift_times(struct store *s, int64_t by_ms);

/* Boxes whose printer needs somebody: faxes were given up since `since_ms`, or have waited since before
 * `waiting_ms`. */
struct print_trouble {
    const char *faxbox, *reason; /* of one of them */
    struct id tenant;
    int64_t failed, waiting;
};
size_t print_troubles(struct store *s, struct arena *a, int64_t since_ms, int64_t waiting_ms,
                      struct print_trouble **list);
