/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* D4: when a job is tried again, and how. Pure: figures in, decision out. */
#pragma once

#include "ipc/message.h"
#include "model/outcome.h"

enum retry_cause { RETRY_BUSY, RETRY_NO_ANSWER, RETRY_PROTOCOL };

enum {
    RETRY_DIALS_MAX = 12,
    RETRY_WINDOW_MS = 3 * 3600 * 1000,
    RETRY_CRASHES_MAX = 5, /* in a row, by our own fault: then the job is held */
};

/* dial_failure: enum dial_failure, -1: the call was answered. */
enum retry_cause retry_cause_of(int dial_failure);

struct retry_facts {
    enum retry_cause cause;
    unsigned tries, max_tries; /* attempts in which T.30 began */
    unsigned dials;
    int64_t since_ms, now_ms; /* since_ms: tried since then */
    int64_t deadline_ms;      /* to be begun before; 0: none */
    uint32_t random;          /* any; makes the jitter */
};

struct retry_decision {
    bool again;
    int64_t at_ms;
    const char *why_not; /* a clause for the report, where not again */
    bool expired;        /* it is time that ran out */
};

struct retry_decision retry_decide(const struct retry_facts *f);
/* o promised another try; now it says why there is none. */
void retry_give_up(struct outcome *o, const char *why_not);

/* The ladder: T.38 with V.17, T.38 without, G.711 with, G.711 without. */
enum { RETRY_RUNGS = 4 };
struct retry_rung {
    bool t38, ecm, v17;
};
struct retry_rung retry_rung(unsigned rung);
/* The rung with the medium of one and the modem of another. */
unsigned retry_rung_like(unsigned medium, unsigned modem);
/* The rung of a job's next attempt: `first` is the one to begin with (0, or what worked before), `failed`
 * counts its attempts that were answered. All four come before one comes again; where G.711 was to be first
 * and failed, T.38 is next. */
unsigned retry_ladder(unsigned first, unsigned failed, bool trunk_has_t38);
