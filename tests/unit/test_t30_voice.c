/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Calls to a shared number: who shows no fax machine in time is a person, and no machine is taken for one. */
#include "call_pair.h"

#include <math.h>

#include "base/attr.h"

enum { AFTER_MS = 8000, FRAME = 160 };

static struct pair_opts shared_call(enum voice voice)
{
    struct pair_opts opts = pair_call(PAIR_PCMA, true, 14400, 1);
    opts.voice = voice;
    opts.voice_ms = AFTER_MS;
    return opts;
}

/* What a person at the far end sends and hears. */
static bool a_person_speaks(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    if (to_receiver) /* a buzz of 300 Hz that comes and goes, as vowels do */
        for (size_t i = 0; i < len; i++) {
            int16_t sample = (int16_t)(p->count++ / 2000 % 3 == 0  ? 0
                                       : p->count * 300 / 4000 % 2 ? 6000
                                                                   : -6000);
            law_compress(LAW_PCMA, &sample, 1, data + i);
        }
    return true;
}

/* Frames that the person heard: with the tone of E.180, silent, other ones. */
static struct {
    unsigned tone, silent, other;
} heard;

static bool a_person_listens(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    int16_t samples[FRAME];
    double in_phase = 0, quadrature = 0, power = 0;
    if (to_receiver)
        return a_person_speaks(p, true, data, len);
    assert_int_equal(len, FRAME);
    law_expand(LAW_PCMA, span_of(data, len), samples);
    for (int i = 0; i < FRAME; i++) {
        double angle = 2 * M_PI * 425 / 8000 * i;
        in_phase += samples[i] * cos(angle);
        quadrature += samples[i] * sin(angle);
        power += (double)samples[i] * samples[i];
    }
    double share = power > 0 ? 2 * (in_phase * in_phase + quadrature * quadrature) / FRAME / power : 0;
    heard.silent += power < FRAME * 100.0;
    heard.tone += power >= FRAME * 100.0 && share > 0.9;
    heard.other += power >= FRAME * 100.0 && share <= 0.9;
    return true;
}

static void run_receiver(struct pair *p, int64_t until_ms)
{
    while (!p->receiver.done && p->now_ms < until_ms)
        pair_step(p);
}

static void a_machine_that_calls_is_heard_and_gets_its_fax_through(void **state)
{
    for (int voice = VOICE_FAX; voice < VOICE_COUNT; voice++)
        for (int media = PAIR_PCMU; media <= PAIR_PCMA; media++) {
            struct pair_opts opts = shared_call((enum voice)voice);
            opts.media = (enum pair_media)media;
            struct pair p;
            pair_open(&p, &opts);
            pair_run(&p, 300000);
            pair_assert_delivered(&p, &opts);
            assert_false(p.receiver.forwards);
            pair_close(&p);
        }
}

static void t38_is_a_fax(void **state)
{
    for (int voice = VOICE_HANGUP; voice < VOICE_COUNT; voice++) {
        struct pair_opts opts = shared_call((enum voice)voice);
        struct pair p;
        pair_open(&p, &opts);
        p.passes = a_person_speaks; /* no CNG comes through, then the gateway has heard it */
        while (p.now_ms < 5000)
            pair_step(&p);
        p.passes = NULL;
        pair_use(&p, PAIR_T38);
        pair_run(&p, 300000);
        pair_assert_delivered(&p, &opts);
        pair_close(&p);
    }
}

static void a_person_hears_ringing_and_is_forwarded(void **state)
{
    struct pair_opts opts = shared_call(VOICE_FORWARD);
    struct pair p;
    pair_open(&p, &opts);
    int64_t begun_ms = p.now_ms;
    memset(&heard, 0, sizeof(heard));
    p.passes = a_person_listens;
    while (!p.receiver.forwards && p.now_ms < 60000)
        pair_step(&p);
    assert_true(p.receiver.forwards);
    assert_in_range(p.now_ms - begun_ms, AFTER_MS, AFTER_MS + 200);
    assert_true(heard.tone >= 80 && heard.tone <= 110); /* two rings of a second each */
    assert_true(heard.silent >= 250);
    assert_true(heard.other <= 4); /* edges of the rings */
    assert_string_equal(p.receiver.said, "REFER ");
    session_forwarded(p.receiver.session, p.now_ms, true);
    assert_true(p.receiver.done);
    assert_string_equal(p.receiver.result.outcome.code, "voice-forwarded");
    assert_int_equal(p.receiver.result.pages, 0);
    pair_close(&p);
}

static void until_forwarding(struct pair *p, const struct pair_opts *opts)
{
    pair_open(p, opts);
    p->passes = a_person_speaks;
    while (!p->receiver.forwards && p->now_ms < 60000)
        pair_step(p);
    assert_false(pair_said(&p->receiver, "DIS"));
}

static void a_call_that_nobody_takes_over_is_answered_as_a_fax(void **state)
{
    struct pair_opts opts = shared_call(VOICE_FORWARD);
    struct pair p;
    until_forwarding(&p, &opts);
    p.passes = NULL; /* a machine that was started by hand, and said nothing before */
    session_forwarded(p.receiver.session, p.now_ms, false);
    pair_run(&p, 400000);
    pair_assert_delivered(&p, &opts);
    pair_close(&p);
}

static void a_call_of_which_nobody_tells_is_answered_as_a_fax(void **state)
{
    struct pair_opts opts = shared_call(VOICE_FORWARD);
    struct pair p;
    until_forwarding(&p, &opts);
    while (!pair_said(&p.receiver, "DIS") && p.now_ms < 200000)
        pair_step(&p);
    assert_true(pair_said(&p.receiver, "DIS"));
    session_forwarded(p.receiver.session, p.now_ms, true); /* too late */
    assert_false(p.receiver.done);
    pair_close(&p);
}

static void a_person_is_sent_away_after_a_while(void **state)
{
    struct pair_opts opts = shared_call(VOICE_HANGUP);
    struct pair p;
    pair_open(&p, &opts);
    int64_t begun_ms = p.now_ms;
    p.passes = a_person_speaks;
    run_receiver(&p, 60000);
    assert_true(p.receiver.done);
    assert_true(pair_said(&p.receiver, "DIS")); /* for who starts his machine by hand */
    assert_in_range(p.now_ms - begun_ms, AFTER_MS + 2900, AFTER_MS + 3300);
    assert_string_equal(p.receiver.result.outcome.code, "voice-call");
    assert_null(strstr(p.receiver.result.outcome.text, "send"));
    pair_close(&p);
}

/* The machine's own tone does not come through (its user pressed start by hand), it answers DIS. */
static bool without_cng(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    if (to_receiver && !pair_said(&p->sender, "TSI"))
        memset(data, 0xD5, len);
    return true;
}

static void a_machine_started_by_hand_is_in_time_where_people_are_sent_away(void **state)
{
    struct pair_opts opts = shared_call(VOICE_HANGUP);
    struct pair p;
    pair_open(&p, &opts);
    p.passes = without_cng;
    pair_run(&p, 300000);
    pair_assert_delivered(&p, &opts);
    pair_close(&p);
}

static void a_caller_who_hangs_up_is_no_forwarding(void **state)
{
    struct pair_opts opts = shared_call(VOICE_FORWARD);
    struct pair p;
    pair_open(&p, &opts);
    p.passes = a_person_speaks;
    while (p.now_ms < 4000)
        pair_step(&p);
    assert_in_range(session_due_ms(p.receiver.session), p.now_ms, p.now_ms + 1000);
    session_hang_up(p.receiver.session, p.now_ms);
    assert_true(p.receiver.done);
    assert_string_equal(p.receiver.result.outcome.code, "call-hung-up");
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_machine_that_calls_is_heard_and_gets_its_fax_through),
        cmocka_unit_test(t38_is_a_fax),
        cmocka_unit_test(a_person_hears_ringing_and_is_forwarded),
        cmocka_unit_test(a_call_that_nobody_takes_over_is_answered_as_a_fax),
        cmocka_unit_test(a_call_of_which_nobody_tells_is_answered_as_a_fax),
        cmocka_unit_test(a_person_is_sent_away_after_a_while),
        cmocka_unit_test(a_machine_started_by_hand_is_in_time_where_people_are_sent_away),
        cmocka_unit_test(a_caller_who_hangs_up_is_no_forwarding),
    };
    return cmocka_run_group_tests(tests, pair_set_up, pair_tear_down);
}
