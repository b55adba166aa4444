/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The states of everything that has some, their names (in the store, the API and logs) and their legal moves.
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

/* A mail that came in: its bytes are durable. */
#define MAIL_IN_STATES(X)                                                                                    \
    X(RECEIVED, "received") /* to be unpacked */                                                             \
    X(ROUTED, "routed")     /* became one submission for each box it names */                                \
    X(REFUSED, "refused")   /* answered, and kept as a dead letter with the reason */

/* A request to send one document to one or several numbers from one box. */
#define SUBMISSION_STATES(X)                                                                                 \
    X(RECEIVED, "received") /* documents are stored, to be rendered */                                       \
    X(ADMITTED, "admitted") /* pages are stored, each number has its job */                                  \
    X(REFUSED, "refused")   /* its sender was told why */                                                    \
    X(FINISHED, "finished") /* all jobs are at an end and the report is made */

#define JOB_STATES(X)                                                                                        \
    X(WAITING, "waiting")     /* for its time */                                                             \
    X(HELD, "held")           /* for a person */                                                             \
    X(CALLING, "calling")     /* has an open attempt */                                                      \
    X(DONE, "done")           /* T.30 confirmed every page */                                                \
    X(FAILED, "failed")       /* will not be tried again */                                                  \
    X(UNKNOWN, "unknown")     /* the last confirmation may be lost: never sent again by itself */            \
    X(CANCELLED, "cancelled") /* by a person */                                                              \
    X(EXPIRED, "expired")     /* its time ran out */

#define ATTEMPT_STATES(X)                                                                                    \
    X(OPEN, "open")             /* belongs to a live call process */                                         \
    X(CONFIRMING, "confirming") /* the end of the last page has been or may have been sent */                \
    X(ENDED, "ended")

#define FAX_STATES(X)                                                                                        \
    X(RECEIVING, "receiving")                                                                                \
    X(COMPLETE, "complete")                                                                                  \
    X(PARTIAL, "partial") /* some pages, then the transmission broke off */                                  \
    X(EMPTY, "empty")     /* a call without a page */

#define MAIL_OUT_STATES(X)                                                                                   \
    X(COMPOSING, "composing") /* what it says is stored, its bytes are not made yet */                       \
    X(WAITING, "waiting")                                                                                    \
    X(HELD, "held")                                                                                          \
    X(SENT, "sent")                                                                                          \
    X(FAILED, "failed")                                                                                      \
    X(RETURNED, "returned") /* taken by the mail server, and came back */

/* What one server calls over. No more are used, so no more can be made (provision/check.c). */
enum { TRUNKS_MAX = 256 };

/* How it is with a trunk. */
#define TRUNK_STATES(X)                                                                                      \
    X(UNCHECKED, "unchecked") /* nobody asks it anything */                                                  \
    X(TRYING, "trying")                                                                                      \
    X(UP, "up")                                                                                              \
    X(DOWN, "down")

/* A fax over a trunk back to ourselves (store/self_tests.h). */
#define SELF_TEST_STATES(X)                                                                                  \
    X(WAITING, "waiting") /* for lines that nobody else needs */                                             \
    X(RUNNING, "running")                                                                                    \
    X(GOOD, "good") /* the page came back, every pixel of it */                                              \
    X(FAILED, "failed")                                                                                      \
    X(SKIPPED, "skipped") /* no line was free for it, or we were stopped: it says nothing of the trunk */

/* What a submission and its jobs are for. */
enum purpose {
    PURPOSE_SEND,   /* we call and send its pages */
    PURPOSE_POLL,   /* we call and fetch what the far machine holds ready; it has no pages */
    PURPOSE_POLLED, /* its pages are held ready for callers who poll; a job is one of them */
};
/* "send", "poll", "polled". */
const char *purpose_name(enum purpose p);

#define STATE_ENUMS(Prefix, prefix, LIST)                                                                    \
    enum prefix##_state{LIST(STATE_ENUM_##Prefix) Prefix##_STATE_COUNT};                                     \
    const char *prefix##_state_name(enum prefix##_state s);                                                  \
    /* Is that a legal move? Staying is none. */                                                             \
    bool prefix##_may_move(enum prefix##_state from, enum prefix##_state to)

#define STATE_ENUM_MAIL_IN(name, text)    MAIL_IN_##name,
#define STATE_ENUM_SUBMISSION(name, text) SUBMISSION_##name,
#define STATE_ENUM_JOB(name, text)        JOB_##name,
#define STATE_ENUM_ATTEMPT(name, text)    ATTEMPT_##name,
#define STATE_ENUM_FAX(name, text)        FAX_##name,
#define STATE_ENUM_MAIL_OUT(name, text)   MAIL_OUT_##name,
#define STATE_ENUM_TRUNK(name, text)      TRUNK_##name,
#define STATE_ENUM_SELF_TEST(name, text)  SELF_TEST_##name,

STATE_ENUMS(MAIL_IN, mail_in, MAIL_IN_STATES);
STATE_ENUMS(SUBMISSION, submission, SUBMISSION_STATES);
STATE_ENUMS(JOB, job, JOB_STATES);
STATE_ENUMS(ATTEMPT, attempt, ATTEMPT_STATES);
STATE_ENUMS(FAX, fax, FAX_STATES);
STATE_ENUMS(MAIL_OUT, mail_out, MAIL_OUT_STATES);
STATE_ENUMS(TRUNK, trunk, TRUNK_STATES);
STATE_ENUMS(SELF_TEST, self_test, SELF_TEST_STATES);

bool job_is_final(enum job_state s);
