/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Subaddress and password of an ordinary fax: they arrive, and no fax goes without them where its sender
 * wanted them. */
#include "call_pair.h"

#include <spandsp.h>

#include "base/attr.h"

static const enum pair_media media[] = {PAIR_T38, PAIR_PCMA};

/* proves: D5 */
static void both_arrive_before_the_first_page(void **state)
{
    static const char *const texts[][2] = {{"4711", ""}, {"", "99*#"}, {"12345678901234567890", "0"}};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        for (size_t k = 0; k < ARRAY_LEN(media); k++) {
            struct pair_opts opts = pair_call(media[k], true, 14400, 2);
            struct session_progress seen;
            struct pair p;
            opts.subaddress = texts[i][0];
            opts.password = opts.wanted = texts[i][1];
            pair_open(&p, &opts);
            while (p.receiver.pages == 0 && !p.receiver.done)
                pair_step(&p);
            session_progress(p.receiver.session, &seen);
            assert_string_equal(seen.subaddress, texts[i][0]);
            pair_run(&p, 300000);
            pair_assert_delivered(&p, &opts);
            assert_int_equal(pair_said(&p.sender, "SUB "), *texts[i][0] != 0);
            assert_int_equal(pair_said(&p.sender, "PWD "), *texts[i][1] != 0);
            pair_close(&p);
        }
}

static void who_does_not_know_the_password_is_sent_away_before_his_page(void **state)
{
    static const char *const said[] = {"", "1235", "123", "12345"};
    for (size_t i = 0; i < ARRAY_LEN(said); i++)
        for (size_t k = 0; k < ARRAY_LEN(media); k++) {
            struct pair_opts opts = pair_call(media[k], true, 14400, 1);
            struct pair p;
            opts.password = said[i];
            opts.wanted = "1234";
            pair_open(&p, &opts);
            while (!p.receiver.done)
                pair_step(&p);
            assert_string_equal(p.receiver.result.outcome.code, "station-password");
            assert_int_equal(p.receiver.pages, 0);
            assert_false(pair_said(&p.receiver, "CFR"));
            pair_close(&p);
        }
}

/* A machine that announces neither: the bits go out of its DIS on the way. */
static bool forgets_both(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    return to_receiver;
}

static void a_machine_that_takes_none_gets_no_fax(void **state)
{
    /* FF 13 DIS: V.17, ECM, 2-D, no octet beyond the fourth. */
    static const uint8_t dis[] = {0xFF, 0x13, T30_DIS, 0x00, 0xEE, 0xB8, 0x04};
    static const char *const texts[][3] = {
        {"4711", "", "t30-no-subaddress"}, {"", "1234", "t30-no-password"}, {"1", "2", "t30-no-subaddress"}};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 1);
        struct pair p;
        opts.subaddress = texts[i][0];
        opts.password = texts[i][1];
        pair_open(&p, &opts);
        p.passes = forgets_both;
        while (p.now_ms < 5000)
            pair_step(&p);
        pair_inject(&p, false, false, span_of(dis, sizeof(dis)));
        while (!p.sender.done)
            pair_step(&p);
        assert_string_equal(p.sender.result.outcome.code, texts[i][2]);
        assert_int_equal(p.sender.result.outcome.verdict, VERDICT_GIVE_UP);
        assert_false(pair_said(&p.sender, "DCS"));
        pair_close(&p);
    }
}

/* proves: D8 */
static void what_strangers_say_is_made_text(void **state)
{
    static const uint8_t sub[] = {0xFF, 0x03, T30_SUB | 1, ' ', 0x07, '<', 0xFF, ' ', ' '};
    static const uint8_t tsi[] = {0xFF, 0x03, T30_TSI | 1};
    struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 1);
    struct session_progress seen;
    struct pair p;
    pair_open(&p, &opts);
    while (!pair_said(&p.receiver, "DIS"))
        pair_step(&p);
    pair_inject(&p, true, false, span_of(sub, sizeof(sub)));
    pair_inject(&p, true, false, span_of(tsi, sizeof(tsi)));
    pair_run(&p, 400000);
    session_progress(p.receiver.session, &seen);
    assert_string_equal(seen.subaddress, "?<?");
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_arrive_before_the_first_page),
        cmocka_unit_test(who_does_not_know_the_password_is_sent_away_before_his_page),
        cmocka_unit_test(a_machine_that_takes_none_gets_no_fax),
        cmocka_unit_test(what_strangers_say_is_made_text),
    };
    return cmocka_run_group_tests(tests, pair_set_up, pair_tear_down);
}
