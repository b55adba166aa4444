/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model/states.h"

#define STATE_NAME(name, text) text,

/* Row = from, bits = to. */
#define STATE_FUNCTIONS(Prefix, prefix, LIST)                                                                \
    const char *prefix##_state_name(enum prefix##_state s)                                                   \
    {                                                                                                        \
        static const char *const names[] = {LIST(STATE_NAME)};                                               \
        return names[s];                                                                                     \
    }                                                                                                        \
    bool prefix##_may_move(enum prefix##_state from, enum prefix##_state to)                                 \
    {                                                                                                        \
        return prefix##_moves[from] >> to & 1;                                                               \
    }

#define TO(state) (1u << (state))

static const unsigned mail_in_moves[MAIL_IN_STATE_COUNT] = {
    [MAIL_IN_RECEIVED] = TO(MAIL_IN_ROUTED) | TO(MAIL_IN_REFUSED),
    [MAIL_IN_ROUTED] = TO(MAIL_IN_REFUSED),   /* its document failed */
    [MAIL_IN_REFUSED] = TO(MAIL_IN_RECEIVED), /* a person wants it looked at again */
};

static const unsigned submission_moves[SUBMISSION_STATE_COUNT] = {
    [SUBMISSION_RECEIVED] = TO(SUBMISSION_ADMITTED) | TO(SUBMISSION_REFUSED),
    [SUBMISSION_ADMITTED] = TO(SUBMISSION_FINISHED),
};

static const unsigned job_moves[JOB_STATE_COUNT] = {
    [JOB_WAITING] = TO(JOB_CALLING) | TO(JOB_HELD) | TO(JOB_CANCELLED) | TO(JOB_EXPIRED) | TO(JOB_FAILED),
    [JOB_HELD] = TO(JOB_WAITING) | TO(JOB_CANCELLED) | TO(JOB_EXPIRED),
    [JOB_CALLING] = TO(JOB_WAITING) | TO(JOB_HELD) | TO(JOB_DONE) | TO(JOB_FAILED) | TO(JOB_UNKNOWN) |
                    TO(JOB_CANCELLED) | TO(JOB_EXPIRED),
};

static const unsigned attempt_moves[ATTEMPT_STATE_COUNT] = {
    [ATTEMPT_OPEN] = TO(ATTEMPT_CONFIRMING) | TO(ATTEMPT_ENDED),
    [ATTEMPT_CONFIRMING] = TO(ATTEMPT_ENDED),
};

static const unsigned fax_moves[FAX_STATE_COUNT] = {
    [FAX_RECEIVING] = TO(FAX_COMPLETE) | TO(FAX_PARTIAL) | TO(FAX_EMPTY),
};

static const unsigned mail_out_moves[MAIL_OUT_STATE_COUNT] = {
    [MAIL_OUT_COMPOSING] = TO(MAIL_OUT_WAITING) | TO(MAIL_OUT_FAILED),
    /* A bounce may overtake the answer that the mail was taken. */
    [MAIL_OUT_WAITING] = TO(MAIL_OUT_SENT) | TO(MAIL_OUT_FAILED) | TO(MAIL_OUT_HELD) | TO(MAIL_OUT_RETURNED),
    [MAIL_OUT_SENT] = TO(MAIL_OUT_RETURNED),
    [MAIL_OUT_RETURNED] = TO(MAIL_OUT_WAITING),
    [MAIL_OUT_HELD] = TO(MAIL_OUT_WAITING),
    [MAIL_OUT_FAILED] = TO(MAIL_OUT_WAITING) | TO(MAIL_OUT_COMPOSING),
};

/* Whatever the network does. */
#define ANY_TRUNK_STATE (TO(TRUNK_UNCHECKED) | TO(TRUNK_TRYING) | TO(TRUNK_UP) | TO(TRUNK_DOWN))
static const unsigned trunk_moves[TRUNK_STATE_COUNT] = {
    [TRUNK_UNCHECKED] = ANY_TRUNK_STATE & ~TO(TRUNK_UNCHECKED),
    [TRUNK_TRYING] = ANY_TRUNK_STATE & ~TO(TRUNK_TRYING),
    [TRUNK_UP] = ANY_TRUNK_STATE & ~TO(TRUNK_UP),
    [TRUNK_DOWN] = ANY_TRUNK_STATE & ~TO(TRUNK_DOWN),
};

static const unsigned self_test_moves[SELF_TEST_STATE_COUNT] = {
    [SELF_TEST_WAITING] = TO(SELF_TEST_RUNNING) | TO(SELF_TEST_FAILED) | TO(SELF_TEST_SKIPPED),
    [SELF_TEST_RUNNING] =
        TO(SELF_TEST_WAITING) | TO(SELF_TEST_GOOD) | TO(SELF_TEST_FAILED) | TO(SELF_TEST_SKIPPED),
};

STATE_FUNCTIONS(MAIL_IN, mail_in, MAIL_IN_STATES)
STATE_FUNCTIONS(SUBMISSION, submission, SUBMISSION_STATES)
STATE_FUNCTIONS(JOB, job, JOB_STATES)
STATE_FUNCTIONS(ATTEMPT, attempt, ATTEMPT_STATES)
STATE_FUNCTIONS(FAX, fax, FAX_STATES)
STATE_FUNCTIONS(MAIL_OUT, mail_out, MAIL_OUT_STATES)
STATE_FUNCTIONS(TRUNK, trunk, TRUNK_STATES)
STATE_FUNCTIONS(SELF_TEST, self_test, SELF_TEST_STATES)

bool job_is_final(enum job_state s)
{
    return job_moves[s] == 0;
}

const char *purpose_name(enum purpose p)
{
    return p == PURPOSE_SEND ? "send" : p == PURPOSE_POLL ? "poll" : "polled";
}
