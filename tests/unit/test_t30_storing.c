/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages are stored before they are confirmed, and before the next begins: whole fax calls over stores that
 * are slow or fail. */
#include "call_pair.h"

#include <string.h>

static void storing_takes(const struct pair_opts *opts, int64_t sender_ms, int64_t receiver_ms,
                          struct pair *p)
{
    pair_open(p, opts);
    p->sender_store_ms = sender_ms;
    p->receiver_store_ms = receiver_ms;
    pair_run(p, 600000);
    pair_assert_delivered(p, opts);
}

/* proves: D5 */
static void a_second_of_storing_costs_no_retry(void **state)
{
    static const enum pair_media media[] = {PAIR_T38, PAIR_PCMU};
    for (int i = 0; i < 4; i++) {
        for (int64_t ms = 500; ms <= 1500; ms += 500) {
            struct pair_opts opts = pair_call(media[i % 2], i < 2, 14400, 2);
            struct pair p;
            storing_takes(&opts, ms, ms, &p);
            assert_false(pair_said(&p.receiver, "RNR"));
            assert_null(strstr(strstr(p.sender.said, i < 2 ? "PPS-MPS" : "MPS") + 3,
                               i < 2 ? "PPS-MPS" : "MPS")); /* asked once */
            pair_close(&p);
        }
    }
}

static void slow_storing_is_bridged_with_rnr_in_ecm(void **state)
{
    static const enum pair_media media[] = {PAIR_T38, PAIR_PCMA};
    for (int i = 0; i < 2; i++) {
        struct pair_opts opts = pair_call(media[i], true, 14400, 2);
        struct pair p;
        storing_takes(&opts, 100, 9000, &p);
        assert_true(pair_said(&p.receiver, "RNR"));
        assert_true(pair_said(&p.sender, "RR"));
        pair_close(&p);
    }
}

static void slow_storing_is_bridged_with_crp_without_ecm(void **state)
{
    static const enum pair_media media[] = {PAIR_T38, PAIR_PCMA};
    for (int i = 0; i < 2; i++) {
        struct pair_opts opts = pair_call(media[i], false, 14400, 2);
        struct pair p;
        storing_takes(&opts, 100, 6000, &p);
        assert_false(pair_said(&p.receiver, "RNR"));
        assert_true(pair_said(&p.receiver, "CRP"));
        assert_true(pair_said(&p.sender, "MPS MPS"));
        pair_close(&p);
    }
}

/* proves: D5 */
static void a_page_that_cannot_be_stored_is_not_confirmed(void **state)
{
    for (int i = 0; i < 6; i++) {
        struct pair_opts opts = pair_call(i % 2 ? PAIR_PCMU : PAIR_T38, i < 4, 14400, 3);
        struct pair p;
        pair_open(&p, &opts);
        p.receiver_store_fails = 2;
        p.receiver_store_ms = i < 2 ? 0 : 700;
        pair_run(&p, 300000);
        assert_string_equal(p.receiver.result.outcome.code, "store-failed");
        assert_int_equal(p.receiver.result.pages, 1);
        assert_int_equal(p.sender.result.outcome.verdict, VERDICT_RETRY);
        assert_int_equal(p.sender.result.pages, 1);
        assert_false(p.sender.result.last_page_uncertain);
        assert_true(pair_said(&p.receiver, "DCN"));
        pair_close(&p);
    }
}

static void a_confirmation_that_cannot_be_stored_ends_the_call(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 3);
    struct pair p;
    pair_open(&p, &opts);
    p.sender_store_fails = 1;
    p.sender_store_ms = 300;
    pair_run(&p, 300000);
    assert_string_equal(p.sender.result.outcome.code, "store-failed");
    assert_int_equal(p.sender.result.pages, 1);
    assert_int_equal(p.receiver.result.pages, 1);
    assert_int_equal(p.receiver.result.outcome.verdict, VERDICT_RETRY);
    pair_close(&p);
}

static void a_store_that_never_answers_ends_the_call(void **state)
{
    for (int i = 0; i < 2; i++) {
        struct pair_opts opts = pair_call(PAIR_T38, i == 0, 14400, 2);
        struct pair p;
        pair_open(&p, &opts);
        p.receiver_store_ms = 1000000;
        pair_run(&p, 300000);
        assert_string_equal(p.receiver.result.outcome.code, "store-slow");
        assert_int_equal(p.receiver.result.pages, 0);
        assert_int_equal(p.sender.result.pages, 0);
        assert_int_equal(p.sender.result.outcome.verdict, VERDICT_RETRY);
        pair_close(&p);
    }
}

/* proves: D5 */
static void the_last_question_waits_until_that_is_stored(void **state)
{
    static const int64_t times_ms[] = {500, 1500, 2400};
    for (int i = 0; i < 12; i++) {
        struct pair_opts opts = pair_call(i % 2 ? PAIR_PCMA : PAIR_T38, i / 2 % 2, 14400, 2);
        struct pair p;
        pair_open(&p, &opts);
        p.ask_ms = times_ms[i / 4];
        pair_run(&p, 300000);
        pair_assert_delivered(&p, &opts);
        assert_int_equal(p.sender.asked, 2);
        pair_close(&p);
    }
}

static void a_question_that_is_never_stored_is_never_asked(void **state)
{
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 1);
    struct pair p;
    pair_open(&p, &opts);
    p.ask_ms = 1000000;
    pair_run(&p, 300000);
    assert_string_equal(p.sender.result.outcome.code, "store-slow");
    assert_false(p.sender.result.last_page_uncertain);
    assert_int_equal(p.receiver.result.pages, 0);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_of_storing_costs_no_retry),
        cmocka_unit_test(slow_storing_is_bridged_with_rnr_in_ecm),
        cmocka_unit_test(slow_storing_is_bridged_with_crp_without_ecm),
        cmocka_unit_test(a_page_that_cannot_be_stored_is_not_confirmed),
        cmocka_unit_test(a_confirmation_that_cannot_be_stored_ends_the_call),
        cmocka_unit_test(a_store_that_never_answers_ends_the_call),
        cmocka_unit_test(the_last_question_waits_until_that_is_stored),
        cmocka_unit_test(a_question_that_is_never_stored_is_never_asked),
    };
    return cmocka_run_group_tests(tests, pair_set_up, pair_tear_down);
}
