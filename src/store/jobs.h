/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Jobs: one document to one number. */
#pragma once

#include "model/outcome.h"
#include "model/states.h"
#include "store/store.h"

struct job {
    struct id id;
    struct id submission;
    struct id tenant;
    const char *faxbox;
    const char *number;         /* normalised: what is dialled, and one call at a time to it (D4) */
    const char *display_number; /* as the sender wrote it */
    enum job_state state;
    int64_t created_ms, next_ms, ended_ms;
    int64_t since_ms;          /* it is tried since then: created, or released (D4's three hours) */
    unsigned pages, confirmed; /* confirmed: pages 0..confirmed-1 are at the far side, durably known */
    unsigned tries;            /* attempts in which T.30 began */
    unsigned silent;           /* answered calls in which it did not */
    unsigned dials;
    unsigned crashes; /* attempts in a row that our own crash ended */
    unsigned max_tries;
    int target;            /* its place among the numbers of the submission */
    const char *trunk;     /* it has to go over; "": any */
    const char *billing;   /* "": none */
    unsigned priority;     /* 0 to 9, the highest first */
    int64_t not_before_ms; /* when its sender wanted it to go (S4.9 ^AT); 0: at once */
    bool delay_told;       /* its sender was told that it takes long */
    struct id retry_of;    /* the ended job that a person had sent again by this one; ID_NONE: none */
    const char *code, *reason, *station_id;
    const char *cancelled_by; /* "" unless a person cancelled it during a call */
};

/* In state waiting. */
void job_add(struct store *s, const struct job *j);
bool job_find(struct store *s, struct id id, struct arena *a, struct job *j);

/* Waiting jobs whose time has come and to whose number no call is open: the highest priority first, then the
 * longest due; one a number. */
size_t job_due(struct store *s, int64_t now_ms, struct id *ids, size_t most);
/* When the next waiting job is due; INT64_MAX where none waits. */
int64_t job_next_due(struct store *s);
/* Jobs of the submission in its order. */
size_t job_of_submission(struct store *s, struct id submission, struct id *ids, size_t most);
unsigned job_unfinished(struct store *s, struct id submission);

/* Moves; panics on one that model/states.h does not allow. */
void job_start_call(struct store *s, struct id id);
void job_wait_again(struct store *s, const struct job *j, int64_t next_ms, const struct outcome *why);
/* Stays waiting, for another reason until another time. */
void job_postpone(struct store *s, struct id id, int64_t next_ms, const struct outcome *why);
/* waiting or held -> waiting, until a time that a person chose. */
void job_put_off(struct store *s, struct id id, int64_t until_ms, const struct outcome *why);
/* Its sender was told that it takes long. */
void job_delay_told(struct store *s, struct id id);
/* Did a person have it sent again? */
bool job_has_retry(struct store *s, struct id id);
/* By which job. */
bool job_retry(struct store *s, struct id id, struct id *retry);
/* The running call is being ended; the job is cancelled when it has. */
void job_cancel_wanted(struct store *s, struct id id, const char *by);
/* held -> waiting, due now, with all its tries again. */
void job_release(struct store *s, struct id id, int64_t now_ms);
void job_hold(struct store *s, struct id id, const struct outcome *why);
void job_close(struct store *s, struct id id, enum job_state to, int64_t now_ms, const struct outcome *why);

/* The wall clock was set by that much: times of waiting jobs go with it. */
void job_shift_times(struct store *s, int64_t by_ms);

/* Page `page` (from 0) is at the far side. */
void job_page_confirmed(struct store *s, struct id id, unsigned page);
/* Writes tries, silent, dials, crashes and station_id. */
void job_count(struct store *s, const struct job *j);
