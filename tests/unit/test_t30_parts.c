/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The small parts of a fax call: how it ended in words, its course, the law of its samples. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include <spandsp.h>

#include "base/attr.h"
#include "base/str.h"
#include "t30/companding.h"
#include "t30/completion.h"
#include "t30/course.h"

static void every_t30_code_has_its_own_words(void **state)
{
    for (int fate = FATE_SENT; fate <= FATE_RECEIVED; fate++) {
        struct outcome all[T30_ERR_CSA_UNACCEPTABLE + 1];
        for (int code = 0; code <= T30_ERR_CSA_UNACCEPTABLE; code++) {
            completion_outcome(code, (enum fate)fate, &all[code]);
            assert_true(str_starts(all[code].code, "t30-"));
            assert_int_not_equal(all[code].verdict, VERDICT_DONE);
            assert_true(strlen(all[code].text) > 20 && strlen(all[code].text) < OUTCOME_TEXT_LEN - 1);
            for (int other = 0; other < code; other++) {
                assert_string_not_equal(all[code].code, all[other].code);
                assert_string_not_equal(all[code].text, all[other].text);
            }
        }
        struct outcome unknown;
        completion_outcome(4711, (enum fate)fate, &unknown);
        assert_string_equal(unknown.code, all[T30_ERR_OK].code);
        completion_outcome(-1, (enum fate)fate, &unknown);
        assert_string_equal(unknown.code, all[T30_ERR_OK].code);
    }
}

static void every_ending_of_ours_has_words(void **state)
{
    for (int e = ENDING_NONE + 1; e <= ENDING_FILE; e++) {
        struct outcome sent, received;
        ending_outcome((enum ending)e, FATE_SENT, &sent);
        ending_outcome((enum ending)e, FATE_RECEIVED, &received);
        if (e == ENDING_VOICE || e == ENDING_FORWARDED)
            continue; /* there was no fax */
        assert_int_not_equal(sent.verdict, VERDICT_DONE);
        assert_true(sent.code[0] != 0 && strlen(sent.text) > 20);
        assert_true(strlen(sent.text) < OUTCOME_TEXT_LEN - 1 && strlen(received.text) < OUTCOME_TEXT_LEN - 1);
        assert_string_equal(sent.code, received.code);
        assert_non_null(strstr(received.text, "the sender has to send the rest again"));
        assert_int_equal(strstr(sent.text, "It is tried again") != NULL, sent.verdict == VERDICT_RETRY);
    }
}

static void says(struct course *c, uint8_t fcf, uint8_t fcf2)
{
    uint8_t frame[7] = {0xFF, 0x13, fcf, fcf2};
    course_sends(c, span_of(frame, (fcf & 0xFE) == T30_PPS ? 7 : 3));
}

static void hears(struct course *c, uint8_t fcf)
{
    uint8_t frame[3] = {0xFF, 0x13, fcf};
    course_hears(c, span_of(frame, 3));
}

/* proves: D5 */
static void only_an_unanswered_eop_leaves_the_outcome_open(void **state)
{
    static const uint8_t answers[] = {T30_MCF, T30_RTN, T30_PPR, T30_RNR, T30_DCN, T30_PIN, T30_CRP};
    for (size_t i = 0; i < sizeof(answers); i++) {
        struct course c = {0};
        says(&c, T30_PPS | 1, T30_EOP);
        assert_false(c.question_sent); /* it is not out yet */
        course_sent(&c);
        assert_true(c.question_sent);
        hears(&c, answers[i]);
        assert_false(c.question_sent);
    }
    /* Asked twice: perhaps the first answer was lost, and DCN is the goodbye of a machine that has the page.
     */
    struct course twice = {0};
    for (int i = 0; i < 2; i++) {
        says(&twice, T30_EOP | 1, 0);
        course_sent(&twice);
    }
    hears(&twice, T30_DCN);
    assert_true(twice.question_sent);
    struct course c = {0};
    says(&c, T30_PPS | 1, T30_MPS);
    course_sent(&c);
    assert_false(c.question_sent);
    says(&c, T30_EOP | 1, 0);
    course_sent(&c);
    assert_true(c.question_sent);
    hears(&c, T30_RNR);
    says(&c, T30_RR | 1, 0); /* asks for the same page again */
    course_sent(&c);
    assert_true(c.question_sent);
    course_confirmed(&c);
    assert_false(c.question_sent);
    says(&c, T30_DCN | 1, 0);
    course_sent(&c);
    assert_false(c.question_sent);
}

static void a_course_has_phases(void **state)
{
    struct course c = {0};
    assert_string_equal(course_phase_name(c.phase), "connecting");
    hears(&c, T30_DIS);
    assert_int_equal(c.phase, COURSE_NEGOTIATING);
    course_sends_image(&c, 1000); /* training */
    hears(&c, T30_CFR);
    assert_int_equal(c.phase, COURSE_PAGE);
    assert_int_equal(c.image_bits, 0);
    course_sends_image(&c, 80);
    says(&c, T30_MPS | 1, 0);
    assert_int_equal(c.phase, COURSE_CONFIRMING);
    course_confirmed(&c);
    assert_int_equal(c.phase, COURSE_PAGE);
    assert_int_equal(c.image_bits, 0);
    says(&c, T30_EOP | 1, 0);
    course_confirmed(&c);
    assert_int_equal(c.phase, COURSE_ENDING);
}

static void samples_survive_both_laws(void **state)
{
    for (int law = LAW_PCMU; law <= LAW_PCMA; law += LAW_PCMA - LAW_PCMU) {
        for (int sample = -32000; sample <= 32000; sample += 77) {
            int16_t in = (int16_t)sample, out;
            uint8_t octet;
            law_compress((enum law)law, &in, 1, &octet);
            law_expand((enum law)law, span_of(&octet, 1), &out);
            assert_true(abs(out - sample) <= abs(sample) / 16 + 16);
        }
    }
    for (int sample = INT16_MIN; sample <= INT16_MAX; sample++) {
        int16_t in = (int16_t)sample;
        uint8_t octet;
        law_compress(LAW_PCMA, &in, 1, &octet);
        assert_int_equal(octet, linear_to_alaw(in));
        law_compress(LAW_PCMU, &in, 1, &octet);
        assert_int_equal(octet, linear_to_ulaw(in));
    }
    /* G.711 tables 2a and 1a: silence. */
    int16_t silence = 0;
    uint8_t octet;
    law_compress(LAW_PCMU, &silence, 1, &octet);
    assert_int_equal(octet, 0xFF);
    law_compress(LAW_PCMA, &silence, 1, &octet);
    assert_int_equal(octet, 0xD5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_t30_code_has_its_own_words),
        cmocka_unit_test(every_ending_of_ours_has_words),
        cmocka_unit_test(only_an_unanswered_eop_leaves_the_outcome_open),
        cmocka_unit_test(a_course_has_phases),
        cmocka_unit_test(samples_survive_both_laws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
