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
    int target;                            /* its place among the numbers of the submission */
    const char *trunk;                     /* it has to go over; "": any */
    const char *billing;                   /* "": none */
    const char *subaddress, *fax_password; /* SUB (SEP where it polls), PWD of T.30; "" */
    enum purpose purpose;
    unsigned priority;     /* 0 to 9, the highest first */
    int64_t not_before_ms; /* when its sender wanted it to go (S4.9 ^AT); 0: at once */
    bool delay_told;       /* its sender was told that it takes long */
    struct id retry_of;    /* the ended job that a person had sent again by this one; ID_NONE: none */
    const char *code, *reason, *station_id;
    const char *cancelled_by; /* "" unless a person cancelled it during a call */
    int64_t deadline_ms;      /* it has to be begun before; 0: no matter when */
    const char *kind;         /* price class of its number, in words */
    const char *released_by;  /* the first of the two that it takes, "" where nobody has yet */
};

/* Of such a priority and below are faxes to many: they go in their own hours, and after others. */
enum { PRIORITY_BULK = 2 };

/* In state waiting. */
void job_add(struct store *s, const struct job *j);
bool job_find(struct store *s, struct id id, struct arena *a, struct job *j);

/* Boxes of which waiting jobs are due. */
struct due_box {
    struct id tenant;
    const char *faxbox;
};
size_t job_due_boxes(struct store *s, int64_t now_ms, struct arena *a, struct due_box **list);
/* Of a box's due jobs the first: by priority, then the longest due; none whose number is being called, or
 * that is bound to one of the trunks `full` (each between line breaks). trunk: the box's, "": any. ID_NONE:
 * there is none. */
struct id job_first_due(struct store *s, const char *faxbox, int64_t now_ms, const char *full,
                        const char *trunk);
/* Of a box's due jobs those to that number, the first ones first. */
size_t job_due_to(struct store *s, const char *faxbox, const char *number, int64_t now_ms, struct id *ids,
                  size_t most);
bool job_number_is_called(struct store *s, const char *number);
/* With a fax of that tenant. */
bool job_number_is_called_for(struct store *s, struct id tenant, const char *number);
/* When the next waiting job is due; INT64_MAX where none waits. */
int64_t job_next_due(struct store *s);
/* Waiting and held ones whose deadline is over, and when the next one is (INT64_MAX: never). */
size_t job_overdue(struct store *s, int64_t now_ms, struct id *ids, size_t most);
int64_t job_next_deadline(struct store *s);
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
/* Stays waiting for an hour at which it may go; that time counts for nothing. */
void job_park(struct store *s, struct id id, int64_t now_ms, int64_t until_ms, const struct outcome *why);
/* Those that were parked or postponed with that code are due now. */
void job_unpark(struct store *s, const char *code, int64_t now_ms);
/* Held ones with that code, to that number. */
size_t job_held_for(struct store *s, struct id tenant, const char *number, const char *code, struct id *ids,
                    size_t most);
/* Writes number, display_number, kind, next_ms, since_ms, not_before_ms, deadline_ms, priority, tries,
 * silent, dials, max_tries and trunk. */
void job_alter(struct store *s, const struct job *j);
/* The first of two has released it. */
void job_half_released(struct store *s, struct id id, const char *by);
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
/* A new one begins behind the pages that an earlier one has brought there; they are not counted again. */
void job_resume(struct store *s, struct id id, unsigned pages);
/* One that waits for a further try is due now. */
void job_hurry(struct store *s, struct id id, int64_t now_ms);
void job_hold(struct store *s, struct id id, const struct outcome *why);
void job_close(struct store *s, struct id id, enum job_state to, int64_t now_ms, const struct outcome *why);

/* The wall clock was set by that much: times of waiting jobs go with it, unless a person named them. */
void job_shift_times(struct store *s, int64_t by_ms);

/* Page `page` (from 0) is at the far side. */
void job_page_confirmed(struct store *s, struct id id, unsigned page);
/* The password of an ended job is not kept, only that it had one. */
#define JOB_PASSWORD_GONE "-"
/* One of an open job that has 1 to `most` bytes; false: there is none. */
bool job_password_up_to(struct store *s, size_t most, struct arena *a, struct id *job, const char **password);
void job_set_password(struct store *s, struct id id, const char *password);
/* What it polled has come, so many pages: none is missing. */
void job_fetched(struct store *s, struct id id, unsigned pages);
/* Writes tries, silent, dials, crashes and station_id. */
void job_count(struct store *s, const struct job *j);

/* ---- history ---- */

enum { JOB_EVENTS_MAX = 100 }; /* of one job; later ones are not written */

struct job_event {
    int64_t at_ms;
    const char *who, *what;
};

/* What a person did with it. */
void job_event_add(struct store *s, struct id job, int64_t now_ms, const char *who, const char *what);
size_t job_events(struct store *s, struct id job, struct arena *a, struct job_event **list);

/* ---- what is unusual (D3) ---- */

/* Jobs of the tenant to numbers of these price classes that were made since then. */
unsigned job_count_kinds(struct store *s, struct id tenant, const char *kind, const char *other_kind,
                         int64_t since_ms);
/* Did ever a fax of the tenant arrive at a number that begins so? */
bool job_reached_prefix(struct store *s, struct id tenant, const char *prefix);
