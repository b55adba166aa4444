/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Frames that must not reach libspandsp, by name: what the guard says of each, and that a call survives it.
 */
#include "call_pair.h"

#include "document.h"

#include <spandsp.h>

#include "proto/capabilities.h"
#include "t30/guard.h"

#define FRAME(...)   span_of(((uint8_t[]){0xFF, __VA_ARGS__}), sizeof((uint8_t[]){0xFF, __VA_ARGS__}))
#define LONG(n, ...) span_of(((uint8_t[n]){0xFF, __VA_ARGS__}), n)

enum { LAST = 0x13, MORE = 0x03 };

/* Our DIS: V.17, fine, 2D, 255 mm, ECM and T.6. */
static const uint8_t dis[] = {0xFF, LAST, T30_DIS, 0x00, 0x6E | 0x80, 0x79 | 0x80, 0x44 | 0x80};

static const struct guard_context receiving = {.offered = {dis, sizeof(dis)}};
static const struct guard_context receiving_image = {.ecm_image = true, .offered = {dis, sizeof(dis)}};
static const struct guard_context before_dis = {0};
static const struct guard_context sending = {.sender = true};

static void dropped(struct span frame, const struct guard_context *context)
{
    struct guard_decision decision = guard_check(frame, context);
    assert_int_equal(decision.verdict, GUARD_DROP);
    assert_non_null(decision.why);
}

static void passed(struct span frame, const struct guard_context *context)
{
    assert_int_equal(guard_check(frame, context).verdict, GUARD_PASS);
}

static void what_a_machine_says_is_told_in_words(void **state)
{
    char words[CAPABILITIES_LEN];
    capabilities_words(span_of(dis, sizeof(dis)), words);
    assert_string_equal(words, "V.17 V.29 V.27ter, ECM, MR, MMR, fine, B4");
    capabilities_words(FRAME(LAST, T30_DCS | 1, 0x00, 0x46, 0x78, 0x44), words);
    assert_string_equal(words, "V.29 9600, ECM, MMR, fine, A4");
    capabilities_words(FRAME(LAST, T30_DIS, 0x00, 0x10, 0x78), words);
    assert_string_equal(words, "unknown modem, A4");
    capabilities_words(FRAME(LAST, T30_DIS, 0x00), words);
    assert_string_equal(words, "");
    capabilities_words(FRAME(LAST, T30_DCN), words);
    assert_string_equal(words, "");
    uint8_t all[23] = {0xFF, LAST, T30_DIS};
    memset(all + 3, 0xFF, sizeof(all) - 3);
    capabilities_words(span_of(all, sizeof(all)), words);
    assert_non_null(strstr(words, "JBIG"));
    assert_non_null(strstr(words, ", A3")); /* all of it has room */
}

static void what_a_machine_offers_is_dis_or_dtc(void **state)
{
    assert_true(capabilities_offered(span_of(dis, sizeof(dis))));
    assert_true(capabilities_offered(FRAME(LAST, T30_DTC, 0x00, 0x6E, 0x79)));
    assert_true(capabilities_offered(LONG(CAPABILITIES_FRAME_MAX, LAST, T30_DIS)));
    assert_false(capabilities_offered(LONG(CAPABILITIES_FRAME_MAX + 1, LAST, T30_DIS)));
    assert_false(capabilities_offered(FRAME(LAST, T30_DCS | 1, 0x00, 0x46, 0x78)));
    assert_false(capabilities_offered(FRAME(LAST, T30_DIS, 0x00)));
    assert_false(capabilities_offered((struct span){NULL, 0}));
}

static void frames_that_are_none(void **state)
{
    dropped((struct span){NULL, 0}, &receiving);
    dropped(FRAME(LAST), &receiving);
    dropped(FRAME(0x33, T30_DCN), &receiving);
    dropped(span_of("\xFE\x13\xFA", 3), &receiving);
    dropped(LONG(265, LAST, T30_DCN), &receiving);
    passed(FRAME(LAST, T30_DCN), &receiving);
    passed(FRAME(LAST, T30_DCN | 1), &sending);
    dropped(FRAME(MORE, T30_DCN), &receiving);
}

static void fcd_of_3_bytes(void **state)
{
    dropped(FRAME(MORE, T4_FCD), &receiving_image);
    dropped(FRAME(MORE, T4_FCD, 0), &receiving_image);
    passed(FRAME(MORE, T4_FCD, 0, 0), &receiving_image);
    passed(LONG(260, MORE, T4_FCD), &receiving_image);
    dropped(LONG(261, MORE, T4_FCD), &receiving_image);
    dropped(LONG(260, LAST, T4_FCD), &receiving_image);
    dropped(LONG(260, MORE, T4_FCD), &receiving);
    dropped(LONG(260, MORE, T4_FCD), &sending);
    passed(FRAME(MORE, T4_RCP), &receiving_image);
    dropped(FRAME(MORE, T4_RCP), &receiving);
}

static void dcs_with_a_rate_not_in_the_table(void **state)
{
    static const uint8_t legal[] = {0x20, 0x28, 0x24, 0x04, 0x2C, 0x0C, 0x08, 0x00};
    for (unsigned rate = 0; rate < 16; rate++) {
        uint8_t octet = (uint8_t)(rate << 2);
        struct span dcs = FRAME(LAST, T30_DCS | 1, 0x00, octet, 0x00);
        struct span ctc = FRAME(LAST, T30_CTC | 1, 0x00, octet);
        bool good = memchr(legal, octet, sizeof(legal)) != NULL;
        assert_int_equal(guard_check(dcs, &receiving).verdict, good ? GUARD_PASS : GUARD_DROP);
        assert_int_equal(guard_check(dcs, &before_dis).verdict, good ? GUARD_PASS : GUARD_DROP);
        assert_int_equal(guard_check(ctc, &receiving).verdict, good ? GUARD_PASS : GUARD_DROP);
    }
    dropped(FRAME(LAST, T30_CTC | 1, 0x00), &receiving);
}

static void dcs_with_width_code_3(void **state)
{
    dropped(span_of("\xff\x13\x83\x60\x22\x03", 6), &receiving);
    dropped(FRAME(LAST, T30_DCS | 1, 0x00, 0x20, 0x03), &receiving);
    dropped(FRAME(LAST, T30_DCS | 1, 0x00, 0x20, 0x03), &before_dis);
    passed(FRAME(LAST, T30_DCS | 1, 0x00, 0x20, 0x01), &receiving);
    dropped(FRAME(LAST, T30_DCS | 1, 0x00, 0x20, 0x02), &receiving); /* not offered */
}

static void dcs_that_is_too_long(void **state)
{
    passed(LONG(22, LAST, T30_DCS | 1, 0x00, 0x20), &receiving);
    dropped(LONG(23, LAST, T30_DCS | 1, 0x00, 0x20), &receiving);
    dropped(LONG(100, LAST, T30_DCS | 1, 0x00, 0x20), &receiving);
    dropped(FRAME(LAST, T30_DCS | 1, 0x00, 0x20), &receiving);
}

static void dcs_that_asks_for_what_was_not_offered(void **state)
{
    static const uint8_t slow[] = {0xFF, LAST, T30_DIS, 0x00, 0x0E, 0x00};
    const struct guard_context v29 = {.offered = {slow, sizeof(slow)}};
    passed(FRAME(LAST, T30_DCS | 1, 0x00, 0x04, 0x00), &v29);
    dropped(FRAME(LAST, T30_DCS | 1, 0x00, 0x20, 0x00), &v29);
    dropped(FRAME(LAST, T30_DCS | 1, 0x00, 0x04, 0x80, 0x04), &v29);                   /* ECM */
    passed(FRAME(LAST, T30_DCS | 1, 0x00, 0x20, 0x80, 0x04), &receiving);              /* ECM */
    passed(FRAME(LAST, T30_DCS | 1, 0x00, 0x20, 0x80, 0x44), &receiving);              /* ECM and T.6 */
    dropped(FRAME(LAST, T30_DCS | 1, 0x00, 0x20, 0x80, 0x80, 0x80, 0x04), &receiving); /* 400 x 400 dpi */
    struct span t85 = LONG(13, LAST, T30_DCS | 1, 0, 0x20, 0x80, 0x84, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20);
    dropped(t85, &receiving);
}

static void frames_of_the_other_side(void **state)
{
    static const uint8_t of_receiver[] = {T30_CFR, T30_FTT, T30_CTR, T30_MCF, T30_RTP,
                                          T30_RTN, T30_PIP, T30_PIN, T30_RNR, T30_ERR};
    static const uint8_t of_sender[] = {T30_MPS, T30_EOM, T30_EOP, T30_RR, T30_EOS};
    for (size_t i = 0; i < sizeof(of_receiver); i++) {
        passed(FRAME(LAST, of_receiver[i]), &sending);
        dropped(FRAME(LAST, of_receiver[i]), &receiving);
        dropped(FRAME(MORE, of_receiver[i]), &sending);
    }
    for (size_t i = 0; i < sizeof(of_sender); i++) {
        passed(FRAME(LAST, of_sender[i] | 1), &receiving);
        dropped(FRAME(LAST, of_sender[i] | 1), &sending);
    }
    dropped(FRAME(LAST, T30_DTC, 0, 0, 0), &sending);
    dropped(FRAME(MORE, T30_CIG, '1'), &sending);
    dropped(FRAME(MORE, T30_NSC, 1, 2, 3), &sending);
    dropped(LONG(30, MORE, T30_TSA | 1), &receiving);
    dropped(LONG(30, MORE, T30_CSA), &sending);
    dropped(FRAME(LAST, 0x01), &receiving);
}

static void lengths_that_are_fixed(void **state)
{
    passed(FRAME(LAST, T30_PPS | 1, T30_EOP, 0, 0, 0), &receiving);
    dropped(FRAME(LAST, T30_PPS | 1, T30_EOP, 0, 0), &receiving);
    dropped(FRAME(LAST, T30_PPS | 1, T30_EOP, 0, 0, 0, 0), &receiving);
    passed(LONG(35, LAST, T30_PPR), &sending);
    dropped(LONG(34, LAST, T30_PPR), &sending);
    dropped(LONG(36, LAST, T30_PPR), &sending);
    dropped(FRAME(LAST, T30_EOR | 1), &receiving);
    passed(FRAME(LAST, T30_EOR | 1, T30_EOP), &receiving);
    dropped(FRAME(LAST, T30_FNV), &sending);
    passed(FRAME(LAST, T30_FNV, 0), &sending);
    passed(LONG(6, LAST, T30_DIS), &sending);
    passed(LONG(22, LAST, T30_DIS), &sending);
    dropped(LONG(23, LAST, T30_DIS), &sending);
    dropped(LONG(5, LAST, T30_DIS), &sending);
    passed(LONG(23, MORE, T30_CSI), &sending);
    dropped(LONG(24, MORE, T30_CSI), &sending);
    passed(LONG(23, MORE, T30_TSI | 1), &receiving);
    dropped(LONG(24, MORE, T30_TSI | 1), &receiving);
    dropped(LONG(24, MORE, T30_SUB | 1), &receiving);
}

static void non_standard_facilities_stay_with_us(void **state)
{
    assert_int_equal(guard_check(FRAME(MORE, T30_NSF), &sending).verdict, GUARD_KEEP);
    assert_int_equal(guard_check(LONG(40, MORE, T30_NSF), &sending).verdict, GUARD_KEEP);
    assert_int_equal(guard_check(FRAME(MORE, T30_NSS | 1, 1, 2, 3), &receiving).verdict, GUARD_KEEP);
}

static void every_frame_has_a_name(void **state)
{
    assert_string_equal(guard_frame_name(FRAME(LAST, T30_DCS | 1)), "DCS");
    assert_string_equal(guard_frame_name(FRAME(LAST, T30_PPS | 1, T30_EOP, 0, 0, 0)), "PPS-EOP");
    assert_string_equal(guard_frame_name(FRAME(LAST, 0x01)), "?");
    assert_string_equal(guard_frame_name(FRAME(LAST)), "?");
}

/* --- in a call --- */

static struct document document;

static int set_up(void **state)
{
    document_make(&document, 1, 400, 0, 3);
    return 0;
}

static int tear_down(void **state)
{
    document_clear(&document);
    return 0;
}

static bool in_an_image(const struct pair *p)
{
    return p->receiver.hears_image && p->sender.between_frames;
}

static bool after_dis(const struct pair *p)
{
    return strstr(p->receiver.said, "DIS") != NULL && p->sender.said[0] == 0 && p->receiver.between_frames;
}

/* One hostile frame at the given moment: it is dropped and the call goes on. */
static void call_survives(struct span frame, bool image, bool (*moment)(const struct pair *p))
{
    struct pair_opts opts = {
        .media = PAIR_T38, .pages = document.pages, .page_count = 1, .ecm = true, .max_rate = 14400};
    struct pair p;
    pair_open(&p, &opts);
    while (!moment(&p))
        pair_step(&p);
    pair_inject(&p, true, image, frame);
    pair_run(&p, 300000);
    assert_non_null(p.receiver.dropped);
    pair_assert_delivered(&p, &opts);
    pair_close(&p);
}

static void a_call_survives_fcd_of_3_bytes(void **state)
{
    call_survives(FRAME(MORE, T4_FCD), true, in_an_image);
}

static void a_call_survives_dcs_with_an_unknown_rate(void **state)
{
    call_survives(FRAME(LAST, T30_DCS | 1, 0x00, 0x3C, 0x00), false, after_dis);
}

static void a_call_survives_dcs_with_width_code_3(void **state)
{
    call_survives(span_of("\xff\x13\x83\x60\x22\x03", 6), false, after_dis);
}

static void a_call_survives_a_long_dcs(void **state)
{
    call_survives(LONG(100, LAST, T30_DCS | 1, 0x00, 0x20), false, after_dis);
}

static void a_call_survives_ctc_with_an_unknown_rate(void **state)
{
    call_survives(FRAME(LAST, T30_CTC | 1, 0x00, 0x3C), false, after_dis);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_machine_says_is_told_in_words),
        cmocka_unit_test(what_a_machine_offers_is_dis_or_dtc),
        cmocka_unit_test(frames_that_are_none),
        cmocka_unit_test(fcd_of_3_bytes),
        cmocka_unit_test(dcs_with_a_rate_not_in_the_table),
        cmocka_unit_test(dcs_with_width_code_3),
        cmocka_unit_test(dcs_that_is_too_long),
        cmocka_unit_test(dcs_that_asks_for_what_was_not_offered),
        cmocka_unit_test(frames_of_the_other_side),
        cmocka_unit_test(lengths_that_are_fixed),
        cmocka_unit_test(non_standard_facilities_stay_with_us),
        cmocka_unit_test(every_frame_has_a_name),
        cmocka_unit_test(a_call_survives_fcd_of_3_bytes),
        cmocka_unit_test(a_call_survives_dcs_with_an_unknown_rate),
        cmocka_unit_test(a_call_survives_dcs_with_width_code_3),
        cmocka_unit_test(a_call_survives_a_long_dcs),
        cmocka_unit_test(a_call_survives_ctc_with_an_unknown_rate),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
