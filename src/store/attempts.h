/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Attempts: telephone calls, out (with a job) and in (with a fax). An open one belongs to a live call
 * process. */
#pragma once

#include "model/states.h"
#include "store/store.h"

struct attempt {
    struct id id;
    struct id job; /* ID_NONE: a call that came in, unless it polls */
    struct id fax; /* ID_NONE: a call that we placed, unless to poll; of a self-test that comes back: the test
                    */
    bool out;      /* we placed it */
    struct id
        carrier;    /* the attempt in whose call it goes, behind the pages of other jobs; ID_NONE: its own */
    unsigned at;    /* and where its first page stands in what that call sends */
    struct id test; /* ID_NONE unless it is a self-test's (store/self_tests.h) */
    enum attempt_state state;
    unsigned call_instance;
    struct id node; /* whose (nodes.h); attempt_add sets it */
    const char *trunk;
    unsigned ladder; /* rung of queue/retry's ladder, where we placed it */
    bool rung;       /* the far side rang or answered */
    unsigned first_page;
    int64_t started_ms, answered_ms, ended_ms; /* 0: not yet */
    const char *mode;                          /* "t38", "audio", "" */
    unsigned rate;
    bool ecm;
    const char *station_id, *code, *reason, *trace;
};

/* What T.30 said of one confirmed page. */
struct page_stats {
    unsigned page, rate;
    const char *coding;
    bool ecm;
    unsigned resent, bad_rows, duration_ms;
    int64_t confirmed_ms;
    int resolution; /* as it was on the line: enum page_resolution; -1: not known */
};

/* In state open. */
void attempt_add(struct store *s, const struct attempt *t);
bool attempt_find(struct store *s, struct id id, struct arena *a, struct attempt *t);
/* All of this node that are not ended and have a call of their own, oldest first. */
size_t attempt_open_ones(struct store *s, struct id *ids, size_t most);
/* The same of any node. */
size_t attempt_open_of_node(struct store *s, struct id node, struct id *ids, size_t most);
/* Calls of this node whose job somebody wants to end, or one that goes along. */
size_t attempt_cancelled_ones(struct store *s, struct id *ids, size_t most);
/* A call that is not ended, and whose it is. */
struct open_call {
    struct id tenant;
    const char *faxbox, *trunk;
    bool out; /* we placed it */
};
/* Of all nodes. */
size_t attempt_open_calls(struct store *s, struct arena *a, struct open_call **list);
/* How many of this node's each of its first `count` call processes has. */
void attempt_open_of_processes(struct store *s, unsigned *calls, size_t count);
/* The last ones, the oldest of them first. */
size_t attempt_of_job(struct store *s, struct id job, struct id *ids, size_t most);
/* Those that go in that one's call, in their order. */
size_t attempt_carried(struct store *s, struct id carrier, struct id *ids, size_t most);
/* The one that is not ended; ID_NONE where there is none. */
struct id attempt_open_of_job(struct store *s, struct id job);

/* The wall clock was set by that much: beginnings of open attempts go with it, so that durations stay true.
 */
void attempt_shift_times(struct store *s, int64_t by_ms);
void attempt_answered(struct store *s, struct id id, int64_t now_ms);
/* What it turned out to be for as well. */
void attempt_set_fax(struct store *s, struct id id, struct id fax);
void attempt_set_job(struct store *s, struct id id, struct id job);
void attempt_rung(struct store *s, struct id id);
/* The end of the last page may be on its way (D5). */
void attempt_confirming(struct store *s, struct id id);
/* What was said in it, in the place of what was known so far. */
void attempt_set_trace(struct store *s, struct id id, const char *trace);
/* Writes what `t` says of its end; trace "": as it is. A second time nothing happens and false is returned.
 */
bool attempt_end(struct store *s, const struct attempt *t);

/* False where that page is in the journal already. */
bool attempt_page_add(struct store *s, struct id attempt, const struct page_stats *p);
size_t attempt_pages(struct store *s, struct id attempt, struct arena *a, struct page_stats **pages);
/* "fine" and the like; "" where it is not known; static. */
const char *page_stats_resolution(const struct page_stats *p);
