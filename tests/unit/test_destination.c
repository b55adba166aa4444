/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the queue learns of the numbers it calls, over real calls of a queue with scripted siblings. */
#include <string.h>

#include "house_clock.h"
#include "queue_steps.h"

#include "base/attr.h"
#include "queue/destination.h"
#include "queue/retry.h"

enum { MINUTE = 60 * 1000 };
static const int64_t day = 24 * 60 * (int64_t)MINUTE;

static int setup(void **state)
{
    int failed = house_setup(state);
    struct house *h = *state;
    clock_begins(h, 1700000000000);
    return failed;
}

/* The waiting job is called again; returns its attempt, answered. rung: what is expected of it. */
static struct id call_again(struct house *h, unsigned rung)
{
    time_passes(10 * MINUTE);
    queue_enter(&h->queue);
    queue_wants(&h->queue, WORK_DIAL);
    struct heard send = house_take(h, &h->call, MSG_send);
    house_answer(h, &h->call, &send, MESSAGE(prepared, .attempt = send.id));
    struct heard dial = house_take(h, &h->line, MSG_dial);
    assert_int_equal(dial.a, retry_rung(rung).t38);
    house_answer(h, &h->line, &dial, MESSAGE(dialled, .attempt = send.id));
    house_tell(h, &h->line, MESSAGE(dial_state, .attempt = send.id, .phase = "answered"));
    return send.id;
}

/* As T.30 has them: address, control, DIS or DTC, what the machine can do. */
static const uint8_t plain_dis[] = {0xFF, 0x13, 0x80, 0x00, 0x0C, 0x01};
static const uint8_t better_dis[] = {0xFF, 0x13, 0x80, 0x00, 0xEE, 0xF9, 0xC4, 0x00};
static const uint8_t dcs[] = {0xFF, 0x13, 0x83, 0x00, 0x46, 0x78, 0x44};

/* The far machine was heard, but the fax did not arrive. dis: its last one. */
static void breaks_off(struct house *h, struct id attempt, struct span dis)
{
    house_ask(h, &h->call,
              MESSAGE(attempt_done, .attempt = attempt, .verdict = VERDICT_RETRY, .code = "t30-hangup",
                      .reason = "It hung up.", .began = 1, .mode = "t38", .dis = dis));
    (void)house_take(h, &h->call, MSG_attempt_done_stored);
}

/* The call ends, no T.30 was heard. */
static void stays_silent(struct house *h, struct id attempt, const char *mode)
{
    house_ask(h, &h->call,
              MESSAGE(attempt_done, .attempt = attempt, .verdict = VERDICT_RETRY, .code = "t30-no-fax-tone",
                      .reason = "No fax machine was heard.", .mode = mode));
    (void)house_take(h, &h->call, MSG_attempt_done_stored);
}

static struct destination known(struct house *h)
{
    return destination_find(&h->queue.store, &h->queue.arena, only_job(h).tenant, "200");
}

/* proves: D4 */
static void voice_twice_where_no_fax_ever_was_is_final(void **state)
{
    struct house *h = *state;
    stays_silent(h, until_answered(h, 1), "audio");
    assert_int_equal(only_job(h).state, JOB_WAITING);
    assert_int_equal(known(h).voices, 1);
    stays_silent(h, call_again(h, 1), "audio");
    const struct job j = only_job(h);
    assert_int_equal(j.state, JOB_FAILED);
    assert_string_equal(j.code, "voice-answers");
    assert_non_null(strstr(j.reason, "Check the number"));
}

/* proves: D4 */
static void fax_machine_that_was_reached_may_be_answered_by_voice(void **state)
{
    struct house *h = *state;
    attempt_ends(h, until_answered(h, 1), VERDICT_RETRY, false); /* T.30 began */
    for (unsigned i = 1; i < 4; i++) {
        stays_silent(h, call_again(h, i), "audio");
        assert_int_equal(only_job(h).state, JOB_WAITING);
    }
    assert_int_equal(known(h).voices, 3);
}

static void mail_again(struct house *h, const char *message_id)
{
    answer_unpack(h, store_mail(h), "ann@example.com", message_id);
    answer_render(h, 1);
}

static void knows(struct house *h, struct span dis)
{
    assert_true(span_equal(known(h).dis, dis));
}

static void what_the_machine_can_do_is_known_until_it_is_forgotten(void **state)
{
    struct house *h = *state;
    const struct span plain = span_of(plain_dis, sizeof(plain_dis));
    const struct span better = span_of(better_dis, sizeof(better_dis));
    breaks_off(h, until_answered(h, 1), plain);
    knows(h, plain);
    breaks_off(h, call_again(h, 1), span_of("", 0)); /* it said none this time */
    knows(h, plain);
    breaks_off(h, call_again(h, 2), better);
    knows(h, better);
    mail_again(h, "<2@example.com>");
    breaks_off(h, call_again(h, 0), span_of(dcs, sizeof(dcs))); /* a fallen call process says anything */
    knows(h, better);
    house_ask(h, &h->web,
              MESSAGE(destination_wish, .tenant = "", .number = "200", .wish = DESTINATION_LOCK,
                      .reason = "it moved", .user = "ann"));
    assert_int_equal(house_take(h, &h->web, MSG_destination_wished).a, 200);
    knows(h, better);
    house_ask(h, &h->web,
              MESSAGE(destination_wish, .tenant = "", .number = "200", .wish = DESTINATION_FORGET,
                      .reason = "", .user = "ann"));
    assert_int_equal(house_take(h, &h->web, MSG_destination_wished).a, 200);
    assert_true(known(h).locked_ms > 0);
    assert_int_equal(known(h).dis.len, 0);
}

/* Silence on T.38 is a media path that does not work: the next call goes another way. */
static void silence_on_t38_is_no_voice_and_walks_down_the_ladder(void **state)
{
    struct house *h = *state;
    stays_silent(h, until_answered(h, 1), "t38");
    stays_silent(h, call_again(h, 1), "t38");
    (void)call_again(h, 2);
    assert_int_equal(known(h).voices, 0);
    assert_int_equal(only_job(h).silent, 2);
    assert_int_equal(only_job(h).tries, 0);
}

static void call_that_a_person_cancelled_is_no_voice(void **state)
{
    struct house *h = *state;
    struct id attempt = until_answered(h, 1);
    house_ask(h, &h->web, MESSAGE(cancel, .job = only_job(h).id, .user = "ann"));
    stays_silent(h, attempt, "audio");
    assert_int_equal(only_job(h).state, JOB_CANCELLED);
    assert_int_equal(known(h).voices, 0);
}

static unsigned rung_of(struct house *h, struct id attempt)
{
    static struct arena a;
    struct attempt t;
    arena_clear(&a);
    assert_true(attempt_find(&h->queue.store, attempt, &a, &t));
    return t.ladder;
}

/* proves: D4 */
static void what_worked_is_tried_first_for_a_week(void **state)
{
    static const struct {
        const char *id;
        int64_t later;
        unsigned rung;
    } rows[] = {
        {"<2@example.com>", MINUTE, 2}, {"<3@example.com>", 6 * day, 2}, {"<4@example.com>", 2 * day, 0}};
    struct house *h = *state;
    stays_silent(h, until_answered(h, 1), "t38");
    stays_silent(h, call_again(h, 1), "t38");
    struct id attempt = call_again(h, 2);
    confirm_page(h, attempt, 0);
    attempt_ends(h, attempt, VERDICT_DONE, false);
    assert_int_equal(known(h).rung, 2);
    assert_int_equal(known(h).delivered, 1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        time_passes(rows[i].later);
        mail_again(h, rows[i].id);
        attempt = call_again(h, rows[i].rung);
        assert_int_equal(rung_of(h, attempt), rows[i].rung);
        confirm_page(h, attempt, 0);
        attempt_ends(h, attempt, VERDICT_DONE, false);
    }
    assert_int_equal(known(h).calls, 6);
}

/* G.711 worked for this number and does no more: the other way is tried before the slower G.711. */
static void g711_that_fails_moves_to_t38(void **state)
{
    struct house *h = *state;
    stays_silent(h, until_answered(h, 1), "t38");
    stays_silent(h, call_again(h, 1), "t38");
    struct id attempt = call_again(h, 2);
    confirm_page(h, attempt, 0);
    attempt_ends(h, attempt, VERDICT_DONE, false);
    time_passes(MINUTE);
    mail_again(h, "<2@example.com>");
    static const unsigned rungs[] = {2, 0, 3};
    for (size_t i = 0; i < ARRAY_LEN(rungs); i++) {
        attempt = call_again(h, rungs[i]);
        assert_int_equal(rung_of(h, attempt), rungs[i]);
        attempt_ends(h, attempt, VERDICT_RETRY, false);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, house_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(voice_twice_where_no_fax_ever_was_is_final),
        CASE(fax_machine_that_was_reached_may_be_answered_by_voice),
        CASE(what_the_machine_can_do_is_known_until_it_is_forgotten),
        CASE(silence_on_t38_is_no_voice_and_walks_down_the_ladder),
        CASE(call_that_a_person_cancelled_is_no_voice),
        CASE(what_worked_is_tried_first_for_a_week),
        CASE(g711_that_fails_moves_to_t38),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
