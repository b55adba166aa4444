/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <string.h>

#include "test.h"

#include "base/attr.h"
#include "queue/retry.h"

static struct retry_facts facts(enum retry_cause cause)
{
    return (struct retry_facts){.cause = cause,
                                .tries = 1,
                                .max_tries = 3,
                                .dials = 1,
                                .since_ms = 1000,
                                .now_ms = 1000,
                                .random = 500};
}

/* proves: D4 */
static void each_cause_has_its_wait_with_jitter(void **state)
{
    static const struct {
        enum retry_cause cause;
        int64_t wait_ms;
    } rows[] = {{RETRY_BUSY, 180000}, {RETRY_NO_ANSWER, 300000}, {RETRY_PROTOCOL, 60000}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct retry_facts f = facts(rows[i].cause);
        assert_int_equal(retry_decide(&f).at_ms - f.now_ms, rows[i].wait_ms);
        f.random = 0;
        assert_int_equal(retry_decide(&f).at_ms - f.now_ms, rows[i].wait_ms / 2);
        f.random = 1000;
        assert_int_equal(retry_decide(&f).at_ms - f.now_ms, rows[i].wait_ms * 3 / 2);
        for (f.random = 0; f.random < 5000; f.random += 7) {
            int64_t wait = retry_decide(&f).at_ms - f.now_ms;
            assert_in_range(wait, rows[i].wait_ms / 2, rows[i].wait_ms * 3 / 2);
        }
    }
}

/* proves: D4 */
static void three_tries_twelve_dials_three_hours(void **state)
{
    struct retry_facts f = facts(RETRY_BUSY);
    f.tries = 2;
    assert_true(retry_decide(&f).again);
    f.tries = 3;
    assert_false(retry_decide(&f).again);
    assert_non_null(strstr(retry_decide(&f).why_not, "tries"));
    f = facts(RETRY_BUSY);
    f.dials = 11;
    assert_true(retry_decide(&f).again);
    f.dials = 12;
    assert_false(retry_decide(&f).again);
    f = facts(RETRY_NO_ANSWER);
    f.now_ms = f.since_ms + RETRY_WINDOW_MS - 300001;
    assert_true(retry_decide(&f).again);
    f.now_ms = f.since_ms + RETRY_WINDOW_MS - 299999;
    assert_false(retry_decide(&f).again);
}

/* proves: D4 */
static void attempts_walk_down_the_ladder(void **state)
{
    static const struct {
        unsigned first;
        bool t38;
        unsigned rungs[5]; /* of the attempts one after the other */
    } rows[] = {
        {0, true, {0, 1, 2, 3, 0}},  {1, true, {1, 2, 3, 0, 1}},
        {2, true, {2, 0, 3, 1, 2}}, /* G.711 that worked once fails: T.38 again */
        {3, true, {3, 1, 2, 0, 3}},  {0, false, {2, 3, 2, 3, 2}},
        {3, false, {3, 2, 3, 2, 3}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (unsigned failed = 0; failed < 5; failed++)
            assert_int_equal(retry_ladder(rows[i].first, failed, rows[i].t38), rows[i].rungs[failed]);
    for (unsigned rung = 0; rung < RETRY_RUNGS; rung++) {
        assert_true(retry_rung(rung).ecm);
        assert_int_equal(retry_rung(rung).t38, rung < 2);
        assert_int_equal(retry_rung(rung).v17, rung % 2 == 0);
    }
}

/* A report said "The call is tried again later. It is not tried again". */
static void who_gives_up_promises_nothing(void **state)
{
    static const struct {
        const char *said, *says;
    } cases[] = {
        {"The number is busy. The call is tried again later.",
         "The number is busy. It is not tried again by itself: x."},
        {"It broke. It is tried again from the first page that was not confirmed. Ask the receiver.",
         "It broke. Ask the receiver. It is not tried again by itself: x."},
        {"It is tried again.", "It is not tried again by itself: x."},
        {"", "It is not tried again by itself: x."},
        {"Busy tried again", "It is not tried again by itself: x."},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct outcome o;
        outcome_set(&o, VERDICT_RETRY, "c", "%s", cases[i].said);
        retry_give_up(&o, "x");
        assert_int_equal(o.verdict, VERDICT_GIVE_UP);
        assert_string_equal(o.code, "c");
        assert_string_equal(o.text, cases[i].says);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cause_has_its_wait_with_jitter),
        cmocka_unit_test(three_tries_twelve_dials_three_hours),
        cmocka_unit_test(attempts_walk_down_the_ladder),
        cmocka_unit_test(who_gives_up_promises_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
