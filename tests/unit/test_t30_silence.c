/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The far machine falls silent for ever, in every phase of a call: our side ends by its own timers, no later
 * than T.30 says, with the cause that it was. Times are those of the test's clock. */
#include "call_pair.h"

#include "base/attr.h"
#include "base/str.h"

enum mode { T38, T38_ECM, AUDIO, AUDIO_ECM, MODES };
static const char *const mode_names[] = {"T.38", "T.38 with ECM", "audio", "audio with ECM"};
enum { PLAIN = 1 << T38 | 1 << AUDIO, ECM = 1 << T38_ECM | 1 << AUDIO_ECM, ALL = PLAIN | ECM };

/* T.30 §5.4.3.1, the longest that tolerances allow, and what has to be said meanwhile: DIS has 4 s with all
 * that belongs to it, DCS and TCF 6 s, a
 * question 2.5 s. */
enum {
    T0_MS = 65000,
    T1_MS = 40000,
    T2_MS = 7000,
    TRAINING_MS = 3 * (3450 + 6000),
    QUESTION_MS = 3 * (3450 + 2500),
    ANSWER_MS = 3 * (5175 + 2500), /* T4 of a machine that is fed by hand */
    DIS_MS = T2_MS + T1_MS,
    GOODBYE_MS = 2 * T2_MS + 2000,
    CUT_MS = 500, /* so long it may be a hole in the network */
};

/* CHANGES: the second page has another resolution. SPOILT: no block of the image comes through. */
enum how { AS_IT_IS, CHANGES, SPOILT, STORES_SLOWLY };

/* Who falls silent, and when: so long after the n-th frame of that name began its way. PAGE is MPS, or EOM
 * where the resolution changes, or PPS with either. */
static const struct row {
    const char *name;
    bool sender_falls, sender_says;
    const char *frame; /* "": from the beginning */
    unsigned nth;
    int64_t after_ms;
    unsigned modes;
    const char *code;
    unsigned pages; /* of ours, confirmed */
    bool uncertain;
    int64_t limit_ms;
    enum how how;
} rows[] = {
    /* Our sender. */
    {"nobody answers", false, true, "", 0, 0, ALL, "t30-no-fax-tone", 0, false, T0_MS, AS_IT_IS},
    {"at DIS", false, false, "DIS", 1, 0, ALL, "t30-no-answer-from-machine", 0, false, T1_MS, AS_IT_IS},
    {"before CFR", false, true, "DCS", 1, 0, ALL, "t30-no-training-answer", 0, false, TRAINING_MS, AS_IT_IS},
    {"in the page", false, false, "CFR", 1, 1700, ALL, "t30-no-page-answer", 0, false, QUESTION_MS, AS_IT_IS},
    {"before MCF", false, true, "PAGE", 1, 0, ALL, "t30-no-page-answer", 0, false, QUESTION_MS, AS_IT_IS},
    {"before PPR", false, true, "PAGE", 1, 0, 1 << T38_ECM, "t30-no-page-answer", 0, false, QUESTION_MS,
     SPOILT},
    {"after PPR", false, false, "PPR", 2, 2500, 1 << T38_ECM, "t30-no-page-answer", 0, false, QUESTION_MS,
     SPOILT},
    {"before ERR", false, true, "EOR-MPS", 1, 0, 1 << T38_ECM, "t30-silent", 0, false, ANSWER_MS, SPOILT},
    {"after MCF", false, false, "MCF", 1, 1500, ALL, "t30-no-page-answer", 1, true, QUESTION_MS, AS_IT_IS},
    {"before the second DIS", false, false, "MCF", 1, 1500, ALL, "t30-silent", 1, false, DIS_MS, CHANGES},
    {"before the last MCF", false, true, "EOP", 1, 0, ALL, "t30-no-page-answer", 1, true, QUESTION_MS,
     AS_IT_IS},
    {"while not ready", false, true, "RR", 1, 0, ECM, "t30-retries-used-up", 0, false, QUESTION_MS,
     STORES_SLOWLY},
    {"after the last MCF", false, false, "MCF", 2, 1500, ALL, "", 2, false, GOODBYE_MS, AS_IT_IS},
    /* Our receiver. */
    {"nobody speaks", true, false, "", 0, 0, ALL, "t30-retries-used-up", 0, false, T1_MS, AS_IT_IS},
    {"at DCS", true, true, "DCS", 1, 0, ALL, "t30-silent-before-page", 0, false, DIS_MS, AS_IT_IS},
    {"in TCF", true, true, "DCS", 1, 1000, ALL, "t30-silent-before-page", 0, false, DIS_MS, AS_IT_IS},
    {"at CFR", true, false, "CFR", 1, 0, ALL, "t30-silent-before-page", 0, false, DIS_MS, AS_IT_IS},
    {"in its page", true, false, "CFR", 1, 1700, PLAIN, "t30-silent-after-page", 0, false, DIS_MS, AS_IT_IS},
    {"in its page with ECM", true, false, "CFR", 1, 1700, ECM, "t30-no-carrier", 0, false, DIS_MS, AS_IT_IS},
    {"before its question", true, true, "PAGE", 1, 0, ALL, "t30-silent-after-page", 0, false, DIS_MS,
     AS_IT_IS},
    {"at MCF", true, false, "MCF", 1, 0, ALL, "t30-silent-before-next-page", 1, false, DIS_MS, AS_IT_IS},
    {"at MCF to EOM", true, false, "MCF", 1, 0, ALL, "t30-silent-before-page", 1, false, DIS_MS, CHANGES},
    {"at PPR", true, false, "PPR", 1, 0, 1 << T38_ECM, "t30-silent-after-page", 0, false, DIS_MS, SPOILT},
    {"at RNR", true, false, "RNR", 1, 0, ECM, "store-slow", 1, false, DIS_MS, STORES_SLOWLY},
    {"at CRP", true, false, "CRP", 1, 0, PLAIN, "store-slow", 1, false, DIS_MS, STORES_SLOWLY},
    {"in its second page", true, false, "MCF", 1, 1700, PLAIN, "t30-silent-after-page", 1, false, DIS_MS,
     AS_IT_IS},
    {"before its last question", true, true, "EOP", 1, 0, ALL, "t30-silent-after-page", 1, false, DIS_MS,
     AS_IT_IS},
    {"before DCN", true, false, "MCF", 2, 0, ALL, "", 2, false, GOODBYE_MS, AS_IT_IS},
    {"at DCN", true, true, "DCN", 1, 0, ALL, "", 2, false, GOODBYE_MS, AS_IT_IS},
};

static struct {
    const struct row *row;
    char frame[20];
    unsigned seen;
    int64_t falls_ms; /* 0: the frame has not come yet */
    bool cut;         /* not even packets of silence come */
} fall;

static void on_sent(struct pair *p, bool by_sender, const char *name)
{
    if (by_sender == fall.row->sender_says && str_equal(name, fall.frame) && ++fall.seen == fall.row->nth)
        fall.falls_ms = p->now_ms + fall.row->after_ms;
}

static bool passes(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    bool silent = fall.falls_ms != 0 && p->now_ms >= fall.falls_ms && to_receiver == fall.row->sender_falls;
    bool data_of_image = p->media == PAIR_T38 && (data[0] & 0x40) != 0 && pair_is_image(span_of(data, len));
    if (fall.row->how == SPOILT && to_receiver && data_of_image && pair_said(&p->receiver, "CFR"))
        return false;
    if (silent && p->media != PAIR_T38)
        memset(data, 0xFF, len); /* silence, in PCMU */
    return !silent || (p->media != PAIR_T38 && !fall.cut);
}

static const char *frame_of(const struct row *r, bool ecm)
{
    bool page = str_equal(r->frame, "PAGE");
    if (!page && !str_equal(r->frame, "EOP"))
        return r->frame;
    const char *word = !page ? "EOP" : r->how == CHANGES ? "EOM" : "MPS";
    (void)str_format(fall.frame, sizeof(fall.frame), "%s%s", ecm ? "PPS-" : "", word);
    return fall.frame;
}

static void run(const struct row *r, enum mode mode, bool cut)
{
    const int64_t limit_ms = r->limit_ms + (cut ? CUT_MS : 0);
    bool ecm = mode % 2 != 0;
    struct pair_opts opts = pair_call(mode < AUDIO ? PAIR_T38 : PAIR_PCMU, ecm, 14400, 2);
    struct page two[2] = {opts.pages[0], opts.pages[1]};
    two[1].form.resolution = r->how == CHANGES ? PAGE_STANDARD : two[1].form.resolution;
    opts.pages = two;
    struct pair p;
    pair_open(&p, &opts);
    p.receiver_store_ms = r->how != STORES_SLOWLY ? 0 : ecm ? 9000 : 6000;
    p.on_sent_frame = on_sent;
    p.passes = passes;
    fall.row = r;
    fall.cut = cut;
    fall.seen = 0;
    fall.falls_ms = r->nth == 0 ? p.now_ms : 0;
    (void)str_copy(fall.frame, sizeof(fall.frame), frame_of(r, ecm));
    struct pair_side *ours = r->sender_falls ? &p.receiver : &p.sender;
    while (!ours->done && p.now_ms < 600000)
        pair_step(&p);
    int64_t took_ms = p.now_ms - fall.falls_ms;
    bool good = ours->done && fall.falls_ms != 0 && took_ms >= 0 && took_ms <= limit_ms &&
                str_equal(ours->result.outcome.code, r->code) && ours->result.pages == r->pages &&
                ours->result.last_page_uncertain == r->uncertain;
    if (!good)
        fail_msg("%s %s, %s, %s: %s after %lld of %lld ms, %u pages%s",
                 r->sender_falls ? "sender" : "receiver", cut ? "is cut off" : "falls silent", r->name,
                 mode_names[mode], fall.falls_ms == 0 ? "it never did" : ours->result.outcome.code,
                 (long long)took_ms, (long long)limit_ms, ours->result.pages,
                 ours->result.last_page_uncertain ? ", uncertain" : "");
    pair_close(&p);
}

/* proves: D5 */
static void a_far_machine_that_falls_silent_costs_no_more_than_t30_says(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (int mode = 0; mode < MODES; mode++)
            if ((rows[i].modes >> mode & 1) != 0)
                run(&rows[i], (enum mode)mode, false);
}

/* No packet comes any more: what is missing is not concealed for ever. */
static void a_wire_that_is_cut_costs_no_more_than_t30_says(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (int mode = AUDIO; mode < MODES; mode++)
            if ((rows[i].modes >> mode & 1) != 0)
                run(&rows[i], (enum mode)mode, true);
}

/* T1 is 35 s +-5 s: who starts his machine by hand has the time. */
enum { BY_HAND_MS = 28000 };

static bool begins_late(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    if (p->now_ms > BY_HAND_MS)
        return true;
    if (p->media != PAIR_T38)
        memset(data, 0xFF, len);
    return p->media != PAIR_T38;
}

static void a_machine_that_is_started_late_is_waited_for(void **state)
{
    for (int mode = 0; mode < MODES; mode++) {
        struct pair_opts opts = pair_call(mode < AUDIO ? PAIR_T38 : PAIR_PCMU, mode % 2 != 0, 14400, 1);
        struct pair p;
        pair_open(&p, &opts);
        p.passes = begins_late;
        pair_run(&p, 200000);
        pair_assert_delivered(&p, &opts);
        pair_close(&p);
    }
}

/* The wire is cut after the last MCF, or just before: BYE comes at once. */
/* proves: D5 */
static void a_hang_up_is_success_from_the_last_mcf_on(void **state)
{
    for (int mode = 0; mode < MODES; mode++) {
        struct pair_opts opts = pair_call(mode < AUDIO ? PAIR_T38 : PAIR_PCMU, mode % 2 != 0, 14400, 1);
        for (int heard = 0; heard < 2; heard++) {
            struct pair p;
            pair_open(&p, &opts);
            while (heard ? p.sender.pages == 0 : !pair_said(&p.receiver, "MCF"))
                pair_step(&p);
            session_hang_up(p.sender.session, p.now_ms);
            session_hang_up(p.receiver.session, p.now_ms);
            assert_string_equal(p.sender.result.outcome.code, heard ? "" : "call-hung-up");
            assert_int_equal(p.sender.result.last_page_uncertain, !heard);
            assert_string_equal(p.receiver.result.outcome.code, "");
            pair_close(&p);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_far_machine_that_falls_silent_costs_no_more_than_t30_says),
        cmocka_unit_test(a_wire_that_is_cut_costs_no_more_than_t30_says),
        cmocka_unit_test(a_machine_that_is_started_late_is_waited_for),
        cmocka_unit_test(a_hang_up_is_success_from_the_last_mcf_on),
    };
    return cmocka_run_group_tests(tests, pair_set_up, pair_tear_down);
}
