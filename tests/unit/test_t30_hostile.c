/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Frames of every kind, in lengths that fit and do not, to both sides and at every moment of a call where
 * they are not expected: each call ends, as delivered or with a cause of its own, and no side believes what
 * is not so. */
#include "call_pair.h"

#include "document.h"

#include <spandsp.h>

#include "base/attr.h"
#include "base/str.h"

static struct document document;

static int set_up(void **state)
{
    document_make(&document, 2, 60, 0, 3);
    return 0;
}

static int tear_down(void **state)
{
    document_clear(&document);
    return 0;
}

/* With and without the lowest bit, which says who answered DIS. PPS and EOR go with each question they can
 * carry. */
static const uint8_t kinds[] = {
    T30_DIS, T30_CSI, T30_NSF, T30_DTC,     T30_CIG,     T30_NSC,     T30_PWD, T30_SEP, T30_PSA, T30_CIA,
    T30_ISP, T30_DCS, T30_TSI, T30_NSS,     T30_SUB,     T30_SID,     T30_TSA, T30_IRA, T30_CFR, T30_FTT,
    T30_MPS, T30_EOM, T30_EOP, T30_PRI_MPS, T30_PRI_EOM, T30_PRI_EOP, T30_EOS, T30_PPS, T30_EOR, T30_RR,
    T30_MCF, T30_RTP, T30_RTN, T30_PIP,     T30_PIN,     T30_PPR,     T30_RNR, T30_ERR, T30_CTC, T30_CTR,
    T30_FDM, T30_TNR, T30_TR,  T30_DCN,     T30_CRP,     T30_FNV,     T30_CSA, T4_FCD,  T4_RCP,  T30_NULL};
static const uint8_t second[] = {T30_NULL, T30_MPS, T30_EOM, T30_EOP, T30_EOS, T30_PRI_EOP, T30_PPS, 0xFF};
static const uint16_t lengths[] = {3, 4, 5, 6, 7, 8, 10, 22, 23, 24, 35, 36, 64, 260, 264};

/* When a frame is put in: the words that the side which gets it has said by then. */
static const struct {
    bool to_receiver;
    bool image; /* amid an ECM image, by its modem */
    const char *after;
} moments[] = {
    {true, false, "DIS"},  {true, false, "CFR"},  {true, true, "CFR"},       {true, false, "MCF"},
    {false, false, ""},    {false, false, "DCS"}, {false, false, "PPS-MPS"}, {false, false, "PPS-EOP"},
    {false, false, "MPS"}, {false, false, "EOP"},
};

static bool reached(const struct pair *p, size_t moment)
{
    const struct pair_side *to = moments[moment].to_receiver ? &p->receiver : &p->sender;
    const struct pair_side *from = moments[moment].to_receiver ? &p->sender : &p->receiver;
    if (moments[moment].image)
        return to->hears_image && from->between_frames;
    return strstr(to->said, moments[moment].after) != NULL;
}

/* What no hostile frame may bring about: a page that one side holds for delivered and the other has not. */
static void assert_honest(const struct pair *p)
{
    assert_true(p->receiver.result.pages <= p->receiver.pages);
    if (p->receiver.result.outcome.verdict == VERDICT_DONE)
        assert_true(p->receiver.pages >= 1);
    else
        assert_true(p->receiver.result.outcome.code[0] != 0);
    if (p->sender.result.outcome.verdict != VERDICT_DONE)
        assert_true(p->sender.result.outcome.code[0] != 0);
}

static unsigned put_in[ARRAY_LEN(moments)];

static void one_call(struct span frame, size_t moment, bool ecm)
{
    struct pair_opts opts = {.media = PAIR_T38,
                             .pages = document.pages,
                             .page_count = document.count,
                             .ecm = ecm,
                             .max_rate = 14400};
    struct pair p;
    pair_open(&p, &opts);
    for (int i = 0; i < 30000 && !reached(&p, moment) && !(p.sender.done && p.receiver.done); i++)
        pair_step(&p);
    if (!p.sender.done && !p.receiver.done) {
        put_in[moment]++;
        pair_inject(&p, moments[moment].to_receiver, moments[moment].image, frame);
    }
    pair_run(&p, 15 * 60 * 1000);
    assert_honest(&p);
    pair_close(&p);
}

static void kind_at_moment(uint8_t kind, size_t moment)
{
    unsigned chance = kind * 31U + (unsigned)moment;
    for (size_t n = 0; n < ARRAY_LEN(lengths); n++) {
        uint8_t frame[264] = {0xFF, rand_r(&chance) % 8 == 0 ? 0x03 : 0x13,
                              kind | (uint8_t)(rand_r(&chance) % 2),
                              second[(unsigned)rand_r(&chance) % ARRAY_LEN(second)]};
        if (kind == T4_FCD || kind == T4_RCP || (moments[moment].image && n % 2 == 0)) {
            frame[1] = 0x03;
            frame[2] = kind;
        }
        for (size_t i = 4; i < sizeof(frame); i++)
            frame[i] = (uint8_t)(rand_r(&chance) >> 4);
        one_call(span_of(frame, lengths[n]), moment, rand_r(&chance) % 4 != 0 || moments[moment].image);
    }
}

static void at_moments(bool to_receiver)
{
    for (size_t moment = 0; moment < ARRAY_LEN(moments); moment++) {
        if (moments[moment].to_receiver != to_receiver)
            continue;
        for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
            kind_at_moment(kinds[k], moment);
        assert_true(put_in[moment] > 100);
    }
}

static void any_frame_to_a_receiver(void **state)
{
    at_moments(true);
}

static void any_frame_to_a_sender(void **state)
{
    at_moments(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_frame_to_a_receiver),
        cmocka_unit_test(any_frame_to_a_sender),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
