/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Calls in which single signals are lost or spoilt: what both ends say of them (SPEC D5). */
#include "lossy_wire.h"

#include <spandsp.h>

#include "base/attr.h"
#include "base/str.h"
#include "document.h"

enum { PAGES = 3 };

static struct document document;

static int set_up(void **state)
{
    document_make(&document, PAGES, 60, 10, 7);
    return 0;
}

static int tear_down(void **state)
{
    document_clear(&document);
    return 0;
}

enum mode { T38, T38_ECM, AUDIO, AUDIO_ECM, MODES };
static const char *const mode_names[] = {"T.38", "T.38 with ECM", "audio", "audio with ECM"};

static struct pair_opts opts_of(enum mode mode, size_t page_count)
{
    return (struct pair_opts){.media = mode < AUDIO ? PAIR_T38 : PAIR_PCMU,
                              .pages = document.pages,
                              .page_count = page_count,
                              .ecm = mode % 2 != 0,
                              .max_rate = 14400};
}

/* --- what came --- */

/* Which page it is, from 1; 0: none that was sent. */
static unsigned page_of(const struct pair *p, unsigned received)
{
    struct page got = {p->receiver.page[received].form,
                       span_of(p->receiver.t6[received], p->receiver.t6_len[received])};
    struct bitmap b = bitmap_of_page(&got);
    unsigned number = 0;
    for (unsigned i = 0; i < PAGES; i++)
        if (b.rows == document.bitmaps[i].rows &&
            memcmp(b.pixels, document.bitmaps[i].pixels, bitmap_row_len(&b) * b.rows) == 0)
            number = i + 1;
    bitmap_clear(&b);
    return number;
}

struct arrival {
    unsigned distinct, doubled;
    bool in_order;
};

static struct arrival arrival_of(const struct pair *p)
{
    struct arrival a = {.in_order = true};
    for (unsigned i = 0; i < p->receiver.pages; i++) {
        unsigned number = page_of(p, i);
        if (number == a.distinct + 1)
            a.distinct++;
        else if (number != 0 && number == a.distinct)
            a.doubled++;
        else
            a.in_order = false;
    }
    return a;
}

/* --- what is lost, one by one --- */

enum end { DONE, UNKNOWN, AGAIN };
struct ends {
    enum end sender;
    unsigned confirmed; /* by what the sender heard */
    enum end receiver;  /* DONE: complete */
    unsigned received;
};

struct row {
    const char *what;
    size_t pages;
    struct loss losses[WIRE_LOSSES];
    struct ends plain, ecm;
};

/* A command is another frame with ECM. */
#define COMMAND(name, first, count, how)                                                                     \
    {true, name, first, count, how},                                                                         \
    {                                                                                                        \
        true, "PPS-" name, first, count, how                                                                 \
    }
#define ANSWER(name, first, count, how)                                                                      \
    {                                                                                                        \
        false, name, first, count, how                                                                       \
    }
#define BOTH(...)                                                                                            \
    {__VA_ARGS__},                                                                                           \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

static const struct row rows[] = {
    {"nothing", 3, {{0}}, BOTH(DONE, 3, DONE, 3)},
    {"one answer to EOP", 1, {ANSWER("MCF", 1, 1, SPOILT)}, BOTH(DONE, 1, DONE, 1)},
    {"one answer to EOP, its preamble too", 1, {ANSWER("MCF", 1, 1, LOST)}, BOTH(DONE, 1, DONE, 1)},
    {"two", 1, {ANSWER("MCF", 1, 2, SPOILT)}, BOTH(DONE, 1, DONE, 1)},
    {"two, the preambles too", 1, {ANSWER("MCF", 1, 2, LOST)}, BOTH(DONE, 1, DONE, 1)},
    {"all", 1, {ANSWER("MCF", 1, 9, SPOILT)}, BOTH(UNKNOWN, 0, DONE, 1)},
    {"all, the preambles too", 1, {ANSWER("MCF", 1, 9, LOST)}, BOTH(UNKNOWN, 0, DONE, 1)},
    {"all, and the goodbye",
     1,
     {ANSWER("MCF", 1, 9, LOST), {true, "DCN", 1, 1, LOST}},
     BOTH(UNKNOWN, 0, DONE, 1)},
    {"all of page 2 of 2", 2, {ANSWER("MCF", 2, 9, SPOILT)}, BOTH(UNKNOWN, 1, DONE, 2)},
    {"one answer to MPS", 2, {ANSWER("MCF", 1, 1, SPOILT)}, BOTH(DONE, 2, DONE, 2)},
    {"two answers to MPS", 2, {ANSWER("MCF", 1, 2, LOST)}, BOTH(DONE, 2, DONE, 2)},
    {"all answers to MPS", 2, {ANSWER("MCF", 1, 3, SPOILT)}, BOTH(AGAIN, 0, AGAIN, 1)},
    {"two answers to each",
     2,
     {ANSWER("MCF", 1, 2, SPOILT), ANSWER("MCF", 4, 2, SPOILT)},
     BOTH(DONE, 2, DONE, 2)},
    {"EOP", 1, {COMMAND("EOP", 1, 2, SPOILT)}, BOTH(DONE, 1, DONE, 1)},
    {"EOP, every time", 1, {COMMAND("EOP", 1, 3, SPOILT)}, BOTH(UNKNOWN, 0, AGAIN, 0)},
    {"MPS", 2, {COMMAND("MPS", 1, 2, SPOILT)}, BOTH(DONE, 2, DONE, 2)},
    {"MPS, every time", 2, {COMMAND("MPS", 1, 3, SPOILT)}, BOTH(AGAIN, 0, AGAIN, 0)},
    {"an answer, then EOP",
     1,
     {ANSWER("MCF", 1, 1, LOST), COMMAND("EOP", 2, 1, LOST)},
     BOTH(DONE, 1, DONE, 1)},
    {"an answer, then MPS",
     2,
     {ANSWER("MCF", 1, 1, SPOILT), COMMAND("MPS", 2, 1, SPOILT)},
     BOTH(DONE, 2, DONE, 2)},
    {"the goodbye", 2, {{true, "DCN", 1, 1, LOST}}, BOTH(DONE, 2, DONE, 2)},
    {"CFR", 1, {ANSWER("CFR", 1, 2, LOST)}, BOTH(DONE, 1, DONE, 1)},
    {"a page in the middle", 3, {{true, "image", 2, 1, LOST}}, BOTH(DONE, 3, DONE, 3)},
    {"the first page", 2, {{true, "image", 1, 1, LOST}}, BOTH(DONE, 2, DONE, 2)},
    /* RTN to EOP: libspandsp's sender leaves. */
    {"the last page", 3, {{true, "image", 3, 1, LOST}}, {AGAIN, 2, AGAIN, 2}, {DONE, 3, DONE, 3}},
};

static enum end end_of(const struct session_result *r)
{
    return r->outcome.verdict == VERDICT_DONE ? DONE : r->last_page_uncertain ? UNKNOWN : AGAIN;
}

static void call_by_row(const struct row *row, enum mode mode)
{
    struct pair_opts opts = opts_of(mode, row->pages);
    struct wire w = {.losses = row->losses};
    struct pair p;
    pair_open(&p, &opts);
    wire_use(&w, &p);
    pair_run(&p, 400000);
    struct ends e = opts.ecm ? row->ecm : row->plain;
    struct arrival a = arrival_of(&p);
    struct ends is = {end_of(&p.sender.result), p.sender.result.pages, end_of(&p.receiver.result),
                      a.distinct};
    bool as_expected = is.sender == e.sender && is.confirmed == e.confirmed && is.receiver == e.receiver &&
                       is.received == e.received && a.doubled == 0 && a.in_order;
    if (!as_expected)
        print_error("%s: %s: sender %s, %u pages; receiver %s, %u pages, %u twice\n  sender said %s\n  "
                    "receiver said %s\n",
                    row->what, mode_names[mode], p.sender.result.outcome.code, is.confirmed,
                    p.receiver.result.outcome.code, is.received, a.doubled, p.sender.said, p.receiver.said);
    assert_true(as_expected);
    pair_close(&p);
}

/* proves: D5 */
static void what_an_end_says_of_a_signal_that_is_lost(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (enum mode mode = T38; mode < MODES; mode++)
            call_by_row(&rows[i], mode);
}

/* After EOM, for the next page has another resolution, libspandsp goes on with that page whatever the answer
 * to this one was. */
/* proves: D5 */
static void a_page_that_is_refused_before_a_change_of_resolution_is_not_passed_over(void **state)
{
    for (enum mode mode = T38; mode < MODES; mode++) {
        struct pair_opts opts = opts_of(mode, PAGES);
        struct page pages[PAGES] = {document.pages[0], document.pages[1], document.pages[2]};
        struct loss losses[WIRE_LOSSES] = {{true, "image", 1, 1, LOST}};
        struct wire w = {.losses = losses};
        struct pair p;
        pages[0].form.resolution = PAGE_STANDARD;
        opts.pages = pages;
        pair_open(&p, &opts);
        wire_use(&w, &p);
        pair_run(&p, 400000);
        struct arrival a = arrival_of(&p);
        assert_int_equal(pair_said(&p.receiver, "RTN"), !opts.ecm);
        assert_int_equal(p.sender.result.pages, opts.ecm ? PAGES : 0);
        assert_int_equal(a.distinct, p.sender.result.pages);
        assert_true(a.in_order);
        assert_false(p.sender.result.last_page_uncertain);
        if (!opts.ecm)
            assert_string_equal(p.sender.result.outcome.code, "t30-page-bad");
        pair_close(&p);
    }
}

/* --- who leaves without a word --- */

struct leaving {
    const char *what;
    size_t pages;
    const char *question; /* of a page without ECM; T.38 */
    unsigned times;       /* it was asked when the other machine leaves */
    bool spoilt;          /* something was heard of an answer */
    uint8_t word;         /* that it says; 0: it hangs up */
    enum end sender;
    const char *code;
};

static const struct leaving leavings[] = {
    {"DCN at once, no answer before it", 1, "EOP ", 1, false, T30_DCN, AGAIN, "t30-page-refused"},
    {"DCN after an answer that left no trace", 1, "EOP ", 1, false, T30_DCN, UNKNOWN, "t30-left-unheard"},
    {"DCN to the repeated question", 1, "EOP ", 2, false, T30_DCN, UNKNOWN, "t30-left-unheard"},
    {"DCN after an answer that was spoilt", 1, "EOP ", 1, true, T30_DCN, UNKNOWN, "t30-left-unheard"},
    {"DCN to the repeated MPS", 2, "MPS ", 2, false, T30_DCN, AGAIN, "t30-left-unheard"},
    {"CRP to the repeated question", 1, "EOP ", 2, false, T30_CRP, UNKNOWN, NULL},
    {"it hangs up", 1, "EOP ", 1, false, 0, UNKNOWN, NULL},
    {"it hangs up after MPS", 2, "MPS ", 1, false, 0, AGAIN, NULL},
};

static unsigned times_in(const char *said, const char *word)
{
    unsigned n = 0;
    for (const char *at = said; (at = strstr(at, word)) != NULL; at++)
        n++;
    return n;
}

/* The question is through, the answer is not; or it is, but for its FCS. */
static bool has_waited(const struct pair *p, const struct leaving *l, int64_t asked_ms)
{
    if (l->spoilt)
        return p->sender.dropped != NULL && str_equal(p->sender.dropped, "FCS wrong");
    return p->now_ms >= asked_ms + 1500;
}

static void leave(struct pair *p, const struct leaving *l)
{
    uint8_t frame[3] = {0xFF, 0x13, l->word}, preamble = T38_IND_V21_PREAMBLE << 1;
    if (l->word == 0) {
        session_hang_up(p->sender.session, p->now_ms);
        return;
    }
    session_receive(p->sender.session, p->now_ms, span_of(&preamble, 1), p->receiver.sequence++);
    pair_inject(p, false, false, span_of(frame, sizeof(frame)));
}

static void call_that_is_left(const struct leaving *l)
{
    struct pair_opts opts = opts_of(T38, l->pages);
    /* Who refuses has not confirmed. */
    bool refuses = l->sender == AGAIN && l->times == 1 && l->word != 0;
    struct loss unheard = ANSWER("MCF", 1, 9, l->spoilt ? SPOILT : LOST);
    struct loss unasked = {true, "EOP", 1, 9, LOST};
    struct loss losses[WIRE_LOSSES] = {refuses ? unasked : unheard};
    struct wire w = {.losses = losses};
    struct pair p;
    pair_open(&p, &opts);
    wire_use(&w, &p);
    int64_t asked_ms = 0;
    for (bool left = false; !p.sender.done && p.now_ms < 400000; pair_step(&p)) {
        if (asked_ms == 0 && times_in(p.sender.said, l->question) == l->times)
            asked_ms = p.now_ms;
        if (left || asked_ms == 0 || !has_waited(&p, l, asked_ms))
            continue;
        leave(&p, l);
        left = true;
    }
    const struct session_result *r = &p.sender.result;
    if (!p.sender.done || end_of(r) != l->sender || (l->code != NULL && !str_equal(r->outcome.code, l->code)))
        fail_msg("%s: %s, %s; said %s", l->what, r->outcome.code,
                 r->last_page_uncertain ? "unknown" : "known", p.sender.said);
    assert_int_equal(r->pages, 0);
    pair_close(&p);
}

/* proves: D5 */
static void who_leaves_after_an_answer_that_was_not_heard_has_not_refused(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(leavings); i++)
        call_that_is_left(&leavings[i]);
}

/* --- whatever is lost --- */

/* NULL, or the claim that is not true. */
static const char *lie_in(const struct pair *p, const struct wire *w, size_t page_count, bool documents)
{
    const struct session_result *sender = &p->sender.result, *receiver = &p->receiver.result;
    bool done = sender->outcome.verdict == VERDICT_DONE, unknown = sender->last_page_uncertain;
    bool complete = receiver->outcome.verdict == VERDICT_DONE;
    struct arrival a = arrival_of(p);
    /* Its answer and then its repeated question are lost without a trace: it may as well be that the next
     * page was. */
    bool untold = w->lost_questions > 0 && w->lost_answers > 0;
    if (!p->sender.done || !p->receiver.done)
        return "the call has an end";
    if (!a.in_order)
        return "the pages are those that were sent, in their order";
    if (sender->pages > a.distinct)
        return "pages that the sender holds for confirmed arrived";
    if (receiver->pages != p->receiver.pages)
        return "the receiver confirmed what it stored";
    if (done && !complete)
        return "sent means received";
    if (complete && a.distinct != page_count)
        return "complete means all pages";
    if (complete && !done && !unknown)
        return "a fax that arrived is not sent again";
    if (unknown && (done || !w->unheard || p->sender.asked != (documents ? sender->pages + 1 : page_count)))
        return "unknown is said only where the last answer was not heard";
    if (documents && !done && !unknown && a.distinct > sender->pages && !untold)
        return "a document that arrived is not sent again";
    if (!done && !unknown && a.distinct > sender->pages && !w->unheard && !(untold && w->wanted_again))
        return "pages whose confirmation came through are not sent again";
    if (a.doubled > 0 && !untold)
        return "no page came twice that could be known to have come";
    if (str_equal(sender->outcome.code, "t30-page-refused"))
        return "nobody refused";
    return NULL;
}

static struct {
    unsigned hit, images, done, unknown, failed, doubled;
} seen;

static void count(const struct pair *p, const struct wire *w)
{
    bool done = p->sender.result.outcome.verdict == VERDICT_DONE,
         unknown = p->sender.result.last_page_uncertain;
    seen.hit += w->hit;
    seen.images += w->lost_images;
    seen.done += done;
    seen.unknown += unknown;
    seen.failed += !done && !unknown;
    seen.doubled += arrival_of(p).doubled;
}

/* documents: each page is a document of its own (a batch), so that its last question is asked of it. */
static void call_by_seed(unsigned seed, bool documents)
{
    static const bool ends[PAGES] = {true, true, true};
    struct pair_opts opts = opts_of(seed % MODES, 1 + seed / MODES % PAGES);
    opts.ends = documents ? ends : NULL;
    struct wire w = {.seed = seed, .chance = 3 + seed / 12 % 5, .image_chance = seed / 60 % 2 == 0 ? 0 : 6};
    struct pair p;
    pair_open(&p, &opts);
    wire_use(&w, &p);
    for (int64_t end = p.now_ms + 400000; (!p.sender.done || !p.receiver.done) && p.now_ms < end;)
        pair_step(&p);
    const char *lie = lie_in(&p, &w, opts.page_count, documents);
    if (lie != NULL)
        print_error(
            "seed %u, %s, %zu pages: not true that %s\n  sender %s, %u pages%s; receiver %s, %u pages\n"
            "  sender said %s\n  receiver said %s\n",
            seed, mode_names[seed % MODES], opts.page_count, lie, p.sender.result.outcome.code,
            p.sender.result.pages, p.sender.result.last_page_uncertain ? ", the last unknown" : "",
            p.receiver.result.outcome.code, p.receiver.pages, p.sender.said, p.receiver.said);
    if (getenv("LOST_GO_ON") == NULL)
        assert_null(lie);
    count(&p, &w);
    pair_close(&p);
}

static void call_by_seeds(unsigned calls, bool documents)
{
    /* One seed alone: LOST_SEED=n. */
    const char *only = getenv("LOST_SEED"), *form = getenv("FAXPOST_TESTS");
    memset(&seen, 0, sizeof(seen));
    calls = form != NULL && str_equal(form, "long") ? 10000 : calls;
    if (only != NULL) {
        call_by_seed((unsigned)atoi(only), documents);
        return;
    }
    for (unsigned seed = 1; seed <= calls; seed++)
        call_by_seed(seed, documents);
    print_message("%u frames and %u pages lost in %u calls: %u done, %u unknown, %u failed, %u pages twice\n",
                  seen.hit, seen.images, calls, seen.done, seen.unknown, seen.failed, seen.doubled);
    /* The wire was bad enough to see all of it. */
    assert_true(seen.hit > calls && seen.images > 0);
    assert_true(seen.done > calls / 4 && seen.unknown > calls / 50 && seen.failed > calls / 20);
}

/* proves: D5 */
static void no_loss_makes_an_end_say_what_is_not_so(void **state)
{
    call_by_seeds(600, false);
}

/* proves: D5 */
static void no_loss_makes_a_document_of_several_say_what_is_not_so(void **state)
{
    call_by_seeds(200, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_end_says_of_a_signal_that_is_lost),
        cmocka_unit_test(a_page_that_is_refused_before_a_change_of_resolution_is_not_passed_over),
        cmocka_unit_test(who_leaves_after_an_answer_that_was_not_heard_has_not_refused),
        cmocka_unit_test(no_loss_makes_an_end_say_what_is_not_so),
        cmocka_unit_test(no_loss_makes_a_document_of_several_say_what_is_not_so),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
