/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Polling: who calls fetches a document, who answers sends it. In the pair the sender is the one who was
 * called. */
#include "call_pair.h"

#include <spandsp.h>

#include "base/attr.h"

static const enum pair_media media[] = {PAIR_T38, PAIR_PCMA};

static struct pair_opts polling(enum pair_media how, bool ecm)
{
    struct pair_opts opts = pair_call(how, ecm, 14400, 2);
    opts.polling = true;
    return opts;
}

/* proves: D5 */
static void who_calls_fetches_the_document(void **state)
{
    for (size_t k = 0; k < ARRAY_LEN(media); k++)
        for (int ecm = 0; ecm < 2; ecm++) {
            struct pair_opts opts = polling(media[k], ecm);
            struct pair p;
            pair_open(&p, &opts);
            pair_run(&p, 300000);
            pair_assert_delivered(&p, &opts);
            assert_int_equal(p.sender.polled, 1);
            assert_true(pair_said(&p.receiver, "CIG DTC "));
            assert_true(pair_said(&p.sender, "DCS "));
            assert_false(pair_said(&p.receiver, "DIS "));
            assert_string_equal(p.sender.result.far_id, "+39 02 2");
            assert_string_equal(p.receiver.result.far_id, "+49 30 1");
            pair_close(&p);
        }
}

static void who_answers_takes_an_ordinary_fax_all_the_same(void **state)
{
    struct pair_opts opts = polling(PAIR_T38, true);
    struct pair p;
    pair_open(&p, &opts);
    /* The poller's place is taken by a machine that says DCS at once. */
    while (!pair_said(&p.sender, "DIS "))
        pair_step(&p);
    static const uint8_t dcs[] = {0xFF, 0x13, T30_DCS | 1, 0x00, 0x86, 0x90, 0x00};
    pair_inject(&p, false, false, span_of(dcs, sizeof(dcs)));
    while (!pair_said(&p.sender, "FTT") && !p.sender.done)
        pair_step(&p);
    assert_true(pair_said(&p.sender, "FTT")); /* T.30 waited for the training check */
    assert_int_equal(p.sender.polled, 0);
    pair_close(&p);
}

static void a_document_that_wants_a_password_goes_to_who_knows_it(void **state)
{
    static const struct {
        const char *said[2], *wanted[2];
        const char *code; /* of the caller */
    } rows[] = {
        {{"77", "1234"}, {"77", "1234"}, ""},
        {{"", "1234"}, {"", "1234"}, ""},
        {{"77", ""}, {"77", ""}, ""},
        {{"", "1"}, {"", ""}, ""}, /* more than was wanted */
        {{"78", "1234"}, {"77", "1234"}, "t30-poll-denied"},
        {{"77", ""}, {"77", "1234"}, "t30-poll-denied"},
        {{"", ""}, {"", "1234"}, "t30-poll-denied"},
        {{"77", ""}, {"", ""}, "t30-no-selective-polling"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t k = 0; k < ARRAY_LEN(media); k++) {
            struct pair_opts opts = polling(media[k], true);
            struct pair p;
            opts.selective = rows[i].said[0];
            opts.poll_password = rows[i].said[1];
            opts.wanted_selective = rows[i].wanted[0];
            opts.wanted_poll_password = rows[i].wanted[1];
            pair_open(&p, &opts);
            while (!p.receiver.done && p.now_ms < 300000)
                pair_step(&p);
            assert_string_equal(p.receiver.result.outcome.code, rows[i].code);
            if (*rows[i].code == 0) {
                pair_run(&p, 300000);
                pair_assert_delivered(&p, &opts);
                assert_int_equal(pair_said(&p.receiver, "SEP "), *rows[i].said[0] != 0);
                assert_int_equal(pair_said(&p.receiver, "PWD "), *rows[i].said[1] != 0);
            } else {
                assert_int_equal(p.receiver.result.outcome.verdict, VERDICT_GIVE_UP);
                assert_int_equal(p.sender.polled, 0);
                assert_false(pair_said(&p.sender, "DCS"));
                assert_int_equal(p.receiver.pages, 0);
            }
            if (strcmp(rows[i].code, "t30-poll-denied") == 0) {
                pair_run(&p, 60000);
                assert_string_equal(p.sender.result.outcome.code, "poll-refused");
            }
            pair_close(&p);
        }
}

static void a_machine_that_holds_nothing_ready_says_so(void **state)
{
    for (size_t k = 0; k < ARRAY_LEN(media); k++) {
        struct pair_opts opts = polling(media[k], true);
        struct pair p;
        opts.nothing_there = true;
        pair_open(&p, &opts);
        while (!p.receiver.done && p.now_ms < 100000)
            pair_step(&p);
        assert_string_equal(p.receiver.result.outcome.code, "t30-nothing-to-poll");
        assert_false(pair_said(&p.receiver, "DTC"));
        pair_close(&p);
    }
}

/* proves: D5 */
static void nothing_goes_out_before_it_is_stored_who_gets_it(void **state)
{
    for (size_t k = 0; k < ARRAY_LEN(media); k++) {
        struct pair_opts opts = polling(media[k], true);
        struct pair p;
        pair_open(&p, &opts);
        p.polled_store_ms = 2000;
        while (p.sender.polled == 0)
            pair_step(&p);
        size_t pages = p.receiver.pages;
        while (p.sender.polled_at_ms != 0) {
            pair_step(&p);
            assert_true(p.sender.polled_at_ms == 0 || strchr(p.sender.modems, '>') == NULL);
        }
        assert_int_equal(pages, 0);
        pair_run(&p, 300000);
        pair_assert_delivered(&p, &opts);
        pair_close(&p);
        pair_open(&p, &opts);
        p.polled_store_ms = 500;
        p.polled_fails = true;
        pair_run(&p, 300000);
        assert_string_equal(p.sender.result.outcome.code, "store-failed");
        assert_false(p.sender.result.last_page_uncertain);
        assert_int_equal(p.receiver.pages, 0);
        pair_close(&p);
    }
}

static unsigned to_lose;
static bool both_ways;

static bool loses_the_first_frames(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    return to_lose == 0 || !pair_said(&p->receiver, "CIG") ||
           (to_receiver && (!both_ways || !pair_said(&p->receiver, "DTC")));
}

static void counts(struct pair *p, bool by_sender, const char *name)
{
    if (!by_sender && strcmp(name, "CIG") == 0 && pair_said(&p->receiver, "DTC") && to_lose > 0)
        to_lose--;
}

/* libspandsp would say DIS when its timer for the answer is over. */
static void a_command_that_was_lost_is_said_again(void **state)
{
    for (size_t k = 0; k < 2 * ARRAY_LEN(media); k++) {
        struct pair_opts opts = polling(media[k / 2], true);
        struct pair p;
        both_ways = k % 2 != 0;
        to_lose = both_ways ? 1 : 2;
        pair_open(&p, &opts);
        p.passes = loses_the_first_frames;
        p.on_sent_frame = counts;
        pair_run(&p, 300000);
        pair_assert_delivered(&p, &opts);
        assert_int_equal(p.sender.polled, 1);
        assert_false(pair_said(&p.receiver, "DIS"));
        pair_close(&p);
    }
}

static bool never_arrives(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    return to_receiver;
}

static void who_is_not_heard_gives_up(void **state)
{
    for (size_t k = 0; k < ARRAY_LEN(media); k++) {
        struct pair_opts opts = polling(media[k], true);
        struct pair p;
        pair_open(&p, &opts);
        p.passes = never_arrives;
        while (!p.receiver.done && p.now_ms < 200000)
            pair_step(&p);
        assert_true(p.receiver.done);
        assert_int_equal(p.receiver.result.outcome.verdict, VERDICT_RETRY);
        assert_int_equal(p.receiver.pages, 0);
        pair_close(&p);
    }
}

/* A stranger's DIS, over and over, keeps no call. */
static void a_machine_that_only_introduces_itself_is_left(void **state)
{
    static const uint8_t dis[] = {0xFF, 0x13, T30_DIS, 0x01, 0xEE, 0xB8, 0x04};
    struct pair_opts opts = polling(PAIR_T38, true);
    struct pair p;
    pair_open(&p, &opts);
    p.passes = never_arrives;
    for (int64_t next = 4000; !p.receiver.done && p.now_ms < 300000; pair_step(&p))
        if (p.now_ms >= next) {
            pair_inject(&p, true, false, span_of(dis, sizeof(dis)));
            next = p.now_ms + 4000;
        }
    assert_true(p.receiver.done);
    assert_true(p.now_ms < 120000);
    pair_close(&p);
}

/* DTC where it means something else: before DIS, and in the middle of a fax. */
static void a_command_out_of_turn_is_dropped(void **state)
{
    static const uint8_t dtc[] = {0xFF, 0x13, T30_DTC, 0x00, 0xEE, 0xB8, 0x04};
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 1);
    struct pair p;
    pair_open(&p, &opts); /* an ordinary fax: its receiver has nothing to poll */
    while (!pair_said(&p.receiver, "DIS"))
        pair_step(&p);
    pair_inject(&p, true, false, span_of(dtc, sizeof(dtc)));
    pair_run(&p, 300000);
    pair_assert_delivered(&p, &opts);
    assert_string_equal(p.receiver.dropped, "frame of the wrong side");
    pair_close(&p);
    opts = polling(PAIR_T38, true);
    pair_open(&p, &opts);
    while (p.receiver.pages == 0)
        pair_step(&p);
    pair_inject(&p, false, false, span_of(dtc, sizeof(dtc)));
    pair_run(&p, 300000);
    pair_assert_delivered(&p, &opts);
    assert_int_equal(p.sender.polled, 1);
    assert_non_null(p.sender.dropped);
    pair_close(&p);
}

/* A re-INVITE before the first page: T.30 begins anew, and so does polling. */
static void another_medium_begins_anew(void **state)
{
    struct pair_opts opts = polling(PAIR_PCMU, true);
    struct pair p;
    pair_open(&p, &opts);
    while (p.sender.polled == 0)
        pair_step(&p);
    pair_use(&p, PAIR_T38);
    pair_run(&p, 300000);
    pair_assert_delivered(&p, &opts);
    assert_int_equal(p.sender.polled, 2);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_calls_fetches_the_document),
        cmocka_unit_test(who_answers_takes_an_ordinary_fax_all_the_same),
        cmocka_unit_test(a_document_that_wants_a_password_goes_to_who_knows_it),
        cmocka_unit_test(a_machine_that_holds_nothing_ready_says_so),
        cmocka_unit_test(nothing_goes_out_before_it_is_stored_who_gets_it),
        cmocka_unit_test(a_command_that_was_lost_is_said_again),
        cmocka_unit_test(who_is_not_heard_gives_up),
        cmocka_unit_test(a_machine_that_only_introduces_itself_is_left),
        cmocka_unit_test(a_command_out_of_turn_is_dropped),
        cmocka_unit_test(another_medium_begins_anew),
    };
    return cmocka_run_group_tests(tests, pair_set_up, pair_tear_down);
}
