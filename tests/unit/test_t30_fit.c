/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages that the far machine does not take as they are: in fewer pixels, on narrower paper, or those that
 * were made beside them. */
#include "call_pair.h"

#include "bitmap.h"

#include <spandsp.h>

#include "proto/fax_decode.h"
#include "proto/fax_shrink.h"
#include "t30/fit.h"

/* --- the picture --- */

static bool is_black(const struct bitmap *b, uint32_t x, uint32_t y)
{
    return (b->pixels[y * bitmap_row_len(b) + x / 8] >> (7 - x % 8) & 1) != 0;
}

static void blacken(struct bitmap *b, uint32_t x, uint32_t y)
{
    b->pixels[y * bitmap_row_len(b) + x / 8] |= (uint8_t)(0x80 >> x % 8);
}

static struct bitmap white(uint32_t width, uint32_t rows)
{
    return (struct bitmap){width, rows, mem_zalloc((size_t)(width + 7) / 8 * rows)};
}

static struct bitmap shrunk(struct bitmap *from, uint32_t width, struct fax_ratio ratio)
{
    struct bitmap to = white(width, fax_shrunk_rows(from->rows, ratio));
    fax_shrink(&(struct fax_pixels){from->pixels, from->width, from->rows}, width, ratio, to.pixels);
    bitmap_clear(from);
    return to;
}

static const struct {
    uint32_t from, to; /* pixels a line, and rows alike */
} steps[] = {{600, 300}, {600, 400}, {300, 196}, {304, 216}, {304, 256}, {256, 216}};

/* proves: S2.2 */
static void lines_a_pixel_wide_stay(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        uint32_t n = steps[i].from, m = steps[i].to;
        for (uint32_t at = 0; at < n; at++) {
            struct bitmap b = white(n, n);
            for (uint32_t k = 0; k < n; k++) {
                blacken(&b, at, k);
                blacken(&b, k, n - 1 - at);
            }
            b = shrunk(&b, m, (struct fax_ratio){n, m});
            assert_int_equal(b.rows, m);
            uint32_t x = at * m / n, y = (n - 1 - at) * m / n;
            for (uint32_t k = 1; k + 1 < m; k++) {
                assert_true(is_black(&b, x, k) || (x + 1 < m && is_black(&b, x + 1, k)));
                assert_true(is_black(&b, k, y) || (y + 1 < m && is_black(&b, k, y + 1)));
            }
            bitmap_clear(&b);
        }
    }
}

static unsigned per_mille_black(const struct bitmap *b)
{
    unsigned long count = 0;
    for (uint32_t y = 0; y < b->rows; y++)
        for (uint32_t x = 0; x < b->width; x++)
            count += is_black(b, x, y);
    return (unsigned)(count * 1000 / ((unsigned long)b->width * b->rows));
}

/* Dots of six pixels, a third of all. */
static void tones_stay_about_as_dark(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct bitmap b = white(steps[i].from, steps[i].from);
        for (uint32_t y = 0; y < b.rows; y++)
            for (uint32_t x = 0; x < b.width; x++)
                if ((x % 10 < 6) && (y % 10 < 6))
                    blacken(&b, x, y);
        unsigned before = per_mille_black(&b);
        b = shrunk(&b, steps[i].to, (struct fax_ratio){steps[i].from, steps[i].to});
        unsigned after = per_mille_black(&b);
        print_message("%u to %u: %u and %u of 1000\n", steps[i].from, steps[i].to, before, after);
        assert_true(after * 10 >= before * 9 && after * 10 <= before * 14);
        bitmap_clear(&b);
    }
}

static void the_last_rows_count_though_they_are_few(void **state)
{
    assert_int_equal(fax_shrunk_rows(1, (struct fax_ratio){15400, 7700}), 1);
    assert_int_equal(fax_shrunk_rows(301, (struct fax_ratio){2, 1}), 151);
    struct bitmap b = white(8, 3);
    for (uint32_t x = 0; x < 8; x++)
        blacken(&b, x, 2);
    b = shrunk(&b, 8, (struct fax_ratio){2, 1});
    assert_int_equal(b.rows, 2);
    assert_false(is_black(&b, 3, 0));
    assert_true(is_black(&b, 3, 1));
    bitmap_clear(&b);
}

/* --- the call --- */

/* What the far machine leaves out of its DIS or DTC: bits of an octet. */
enum { NO_FINE, NO_SUPERFINE, NO_300, NO_400, NO_A3, NO_B4, NO_2D, NO_T6, LACKS };
static const struct {
    unsigned octet;
    uint8_t bits;
} lacks[LACKS] = {
    [NO_FINE] = {1, 0x40}, [NO_SUPERFINE] = {5, 0x01}, [NO_300] = {5, 0x02}, [NO_400] = {5, 0x04},
    [NO_A3] = {2, 0x02},   [NO_B4] = {2, 0x01},        [NO_2D] = {1, 0x80},  [NO_T6] = {3, 0x40},
};
static unsigned lacking;      /* 1 << NO_... */
static unsigned lacking_from; /* this DIS on, from 1 */
static uint8_t fcf;
static unsigned octets, dis_said;

static void begin_lacking(unsigned bits, unsigned from)
{
    lacking = bits;
    lacking_from = from;
    octets = dis_said = 0;
}

static void spoil_octet(uint8_t *octet)
{
    uint8_t b = bit_reverse8(*octet);
    if (octets == 2)
        fcf = b;
    dis_said += octets == 2 && (fcf == T30_DIS || fcf == T30_DTC);
    for (unsigned i = 0; i < LACKS; i++)
        if ((fcf == T30_DIS || fcf == T30_DTC) && octets == 3 + lacks[i].octet && (lacking >> i & 1) != 0 &&
            dis_said >= lacking_from)
            b &= (uint8_t)~lacks[i].bits;
    *octet = bit_reverse8(b);
    octets++;
}

static bool is_lacking(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    enum { DATA_OF_V21 = 0xC0, HAS_OCTETS = 0x80, TYPE = 0x70 };
    if (to_receiver || data[0] != DATA_OF_V21)
        return true;
    size_t at = 2;
    for (unsigned field = 0; field < data[1] && at < len; field++) {
        uint8_t head = data[at++];
        size_t count = 0;
        if ((head & HAS_OCTETS) != 0) {
            count = (size_t)(data[at] << 8 | data[at + 1]) + 1;
            at += 2;
        }
        if ((head & TYPE) != 0) /* the FCS: a frame is over */
            octets = 0;
        for (; count > 0 && at < len; count--)
            spoil_octet(&data[at++]);
    }
    return true;
}

/* Of the points of what came, those that are another colour than the same place of the page: edges. */
static unsigned per_mille_other(const struct bitmap *came, const struct bitmap *sent)
{
    unsigned long other = 0;
    for (uint32_t y = 0; y < came->rows; y++)
        for (uint32_t x = 0; x < came->width; x++) {
            uint32_t sx = (uint32_t)(((uint64_t)x * 2 + 1) * sent->width / (2 * came->width));
            uint32_t sy = (uint32_t)(((uint64_t)y * 2 + 1) * sent->rows / (2 * came->rows));
            other += is_black(came, x, y) != is_black(sent, sx, sy);
        }
    return (unsigned)(other * 1000 / ((unsigned long)came->width * came->rows));
}

struct fit_case {
    unsigned lacking;
    struct page_form sent, came;
};

static void arrives_as(const struct fit_case *c, bool ecm, bool polling)
{
    struct bitmap sent = bitmap_random(c->sent.width, c->sent.rows, 5);
    struct buf t6;
    struct page page = bitmap_page(&sent, c->sent.resolution, &t6);
    struct pair_opts opts = {
        .pages = &page, .page_count = 1, .ecm = ecm, .max_rate = 14400, .polling = polling};
    struct pair p;
    begin_lacking(c->lacking, 1);
    pair_open(&p, &opts);
    p.passes = is_lacking;
    pair_run(&p, 300000);
    assert_int_equal(p.sender.result.outcome.verdict, VERDICT_DONE);
    assert_int_equal(p.receiver.pages, 1);
    const struct page_form *form = &p.receiver.page[0].form;
    print_message("%ux%u at %s: came %ux%u at %s\n", c->sent.width, c->sent.rows,
                  page_resolution_name(c->sent.resolution), form->width, form->rows,
                  page_resolution_name(form->resolution));
    assert_int_equal(form->resolution, c->came.resolution);
    assert_int_equal(form->width, c->came.width);
    assert_int_equal(form->rows, c->came.rows);
    assert_memory_equal(&p.sender.page[0].form, form, sizeof(*form));
    struct page got = {*form, span_of(p.receiver.t6[0], p.receiver.t6_len[0])};
    struct bitmap came = bitmap_of_page(&got);
    assert_true(per_mille_other(&came, &sent) < 60);
    bitmap_clear(&came);
    bitmap_clear(&sent);
    buf_clear(&t6);
    pair_close(&p);
}

enum { FINER = 1 << NO_SUPERFINE | 1 << NO_300 | 1 << NO_400, A3 = PAGE_WIDTH_A3 };

static const struct fit_case cases[] = {
    {FINER, {1728, 400, PAGE_SUPERFINE}, {1728, 200, PAGE_FINE}},
    {FINER, {3456, 401, PAGE_DPI400}, {1728, 201, PAGE_FINE}},
    {FINER, {2592, 400, PAGE_DPI300}, {1728, 261, PAGE_FINE}},
    {1 << NO_400, {3456, 400, PAGE_DPI400}, {1728, 400, PAGE_SUPERFINE}},
    {FINER | 1 << NO_FINE, {3456, 400, PAGE_DPI400}, {1728, 100, PAGE_STANDARD}},
    {FINER | 1 << NO_FINE, {2592, 400, PAGE_DPI300}, {1728, 131, PAGE_STANDARD}},
    {1 << NO_FINE, {1728, 200, PAGE_FINE}, {1728, 100, PAGE_STANDARD}},
    {1 << NO_A3 | 1 << NO_B4, {PAGE_WIDTH_A3, 400, PAGE_FINE}, {1728, 285, PAGE_FINE}},
    {1 << NO_A3 | 1 << NO_B4, {PAGE_WIDTH_B4, 400, PAGE_STANDARD}, {1728, 338, PAGE_STANDARD}},
    {1 << NO_A3 | 1 << NO_B4 | 1 << NO_400,
     {2 * PAGE_WIDTH_A3, 400, PAGE_DPI400},
     {1728, 285, PAGE_SUPERFINE}},
    {0, {3456, 400, PAGE_DPI400}, {3456, 400, PAGE_DPI400}},
};

static void pages_come_as_the_far_machine_takes_them(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        arrives_as(&cases[i], i % 2 == 0, false);
}

static void who_polls_gets_them_so_as_well(void **state)
{
    for (size_t i = 0; i < 3; i++)
        arrives_as(&cases[i], i % 2 == 0, true);
}

/* More than are made while one DIS is heard: T.30 hears the next. */
static void many_pages_go_behind_a_later_dis(void **state)
{
    enum { MANY = 40 };
    struct bitmap sent = bitmap_random(3456, 80, 6);
    struct buf t6;
    struct page page = bitmap_page(&sent, PAGE_DPI400, &t6), pages[MANY];
    for (unsigned i = 0; i < MANY; i++)
        pages[i] = page;
    struct pair_opts opts = {.pages = pages, .page_count = MANY, .first = 5, .ecm = true, .max_rate = 14400};
    struct pair p;
    begin_lacking(FINER, 1);
    pair_open(&p, &opts);
    p.passes = is_lacking;
    pair_run(&p, 1800000);
    assert_int_equal(p.sender.result.outcome.verdict, VERDICT_DONE);
    assert_int_equal(p.receiver.pages, MANY - 5);
    for (unsigned i = 0; i < p.receiver.pages; i++)
        assert_int_equal(p.receiver.page[i].form.rows, 40);
    print_message("%s\n", p.receiver.said);
    assert_non_null(strstr(p.receiver.said, "DIS CSI DIS CFR"));
    bitmap_clear(&sent);
    buf_clear(&t6);
    pair_close(&p);
}

/* --- a DIS that is not the first --- */

static bool loses_what_answers_the_first(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    return is_lacking(p, to_receiver, data, len) && (!to_receiver || dis_said >= 2);
}

static void assert_told_as_they_came(const struct pair *p, unsigned pages)
{
    assert_int_equal(p->sender.result.outcome.verdict, VERDICT_DONE);
    assert_int_equal(p->receiver.pages, pages);
    for (unsigned i = 0; i < pages; i++) {
        print_message("page %u: told as %ux%u at %s, came as %ux%u at %s\n", i + 1,
                      p->sender.page[i].form.width, p->sender.page[i].form.rows,
                      page_resolution_name(p->sender.page[i].form.resolution), p->receiver.page[i].form.width,
                      p->receiver.page[i].form.rows,
                      page_resolution_name(p->receiver.page[i].form.resolution));
        assert_memory_equal(&p->sender.page[i].form, &p->receiver.page[i].form, sizeof(struct page_form));
    }
}

/* T.30 says the same DCS again, and sends what it opened at the first. */
static void a_dis_that_changes_while_our_answer_is_lost_changes_no_page(void **state)
{
    struct bitmap sent = bitmap_random(3456, 80, 6);
    struct buf t6;
    struct page page = bitmap_page(&sent, PAGE_DPI400, &t6);
    struct pair_opts opts = {.pages = &page, .page_count = 1, .ecm = true, .max_rate = 14400};
    struct pair p;
    begin_lacking(FINER, 2);
    pair_open(&p, &opts);
    p.passes = loses_what_answers_the_first;
    pair_run(&p, 600000);
    assert_true(dis_said >= 2);
    assert_told_as_they_came(&p, 1);
    bitmap_clear(&sent);
    buf_clear(&t6);
    pair_close(&p);
}

/* Another resolution takes a new beginning (EOM), and so a new DIS, which counts. */
static void a_dis_that_changes_between_pages_changes_the_next(void **state)
{
    struct bitmap bits[2] = {bitmap_random(1728, 80, 7), bitmap_random(1728, 80, 8)};
    struct buf t6[2];
    struct page pages[2] = {bitmap_page(&bits[0], PAGE_FINE, &t6[0]),
                            bitmap_page(&bits[1], PAGE_SUPERFINE, &t6[1])};
    struct pair_opts opts = {.pages = pages, .page_count = 2, .ecm = true, .max_rate = 14400};
    struct pair p;
    begin_lacking(FINER, 2);
    pair_open(&p, &opts);
    p.passes = is_lacking;
    pair_run(&p, 600000);
    assert_int_equal(dis_said, 2);
    assert_told_as_they_came(&p, 2);
    assert_int_equal(p.receiver.page[1].form.resolution, PAGE_FINE);
    for (unsigned i = 0; i < 2; i++) {
        bitmap_clear(&bits[i]);
        buf_clear(&t6[i]);
    }
    pair_close(&p);
}

/* To a machine that knows T.4 1-D alone, as the oldest do. */
static void pages_go_in_one_dimension(void **state)
{
    for (int ecm = 0; ecm < 2; ecm++) {
        struct pair_opts opts = pair_call(PAIR_T38, ecm != 0, 14400, 2);
        struct pair p;
        begin_lacking(1 << NO_2D | 1 << NO_T6, 1);
        pair_open(&p, &opts);
        p.passes = is_lacking;
        pair_run(&p, 300000);
        pair_assert_delivered(&p, &opts);
        assert_int_equal(p.receiver.page[0].coding, CODING_T4_1D);
        assert_int_equal(p.receiver.page[1].coding, CODING_T4_1D);
        assert_int_equal(p.receiver.page[0].ecm, ecm != 0);
        pair_close(&p);
    }
}

/* --- pages that were made in two resolutions: the DIS decides which of them go out --- */

enum { PAGES = 3 };

struct document_twice {
    struct bitmap bitmaps[2 * PAGES];
    struct buf t6[2 * PAGES];
    struct page wanted[PAGES], lower[PAGES];
};

/* As convert makes them. */
static void make_twice(struct document_twice *d, const struct page_form *form)
{
    enum page_resolution less = form->resolution == PAGE_DPI400 ? PAGE_SUPERFINE : PAGE_FINE;
    for (unsigned i = 0; i < PAGES; i++) {
        d->bitmaps[i] = bitmap_random(form->width, form->rows, i + 1);
        d->bitmaps[PAGES + i] = bitmap_random(PAGE_WIDTH_A4, 70, i + 20);
        d->wanted[i] = bitmap_page(&d->bitmaps[i], form->resolution, &d->t6[i]);
        d->lower[i] = bitmap_page(&d->bitmaps[PAGES + i], less, &d->t6[PAGES + i]);
    }
}

/* As a machine without superfine gets them. */
static void make_lower_fine(struct document_twice *d)
{
    for (unsigned i = 0; i < PAGES; i++) {
        buf_clear(&d->t6[PAGES + i]);
        d->bitmaps[PAGES + i] = shrunk(&d->bitmaps[PAGES + i], PAGE_WIDTH_A4, (struct fax_ratio){2, 1});
        d->lower[i] = bitmap_page(&d->bitmaps[PAGES + i], PAGE_FINE, &d->t6[PAGES + i]);
    }
}

static void clear_both(struct document_twice *d)
{
    for (unsigned i = 0; i < 2 * PAGES; i++) {
        bitmap_clear(&d->bitmaps[i]);
        buf_clear(&d->t6[i]);
    }
}

static void send_twice(const struct page_form *form, unsigned bits, bool polling, bool ecm, bool lower)
{
    struct document_twice d;
    make_twice(&d, form);
    const struct pair_opts opts = {.pages = d.wanted,
                                   .lower = d.lower,
                                   .page_count = PAGES,
                                   .first = polling ? 0 : 1,
                                   .ecm = ecm,
                                   .max_rate = 14400,
                                   .polling = polling};
    struct pair_opts went = opts;
    struct pair p;
    begin_lacking(bits, 1);
    pair_open(&p, &opts);
    p.passes = is_lacking;
    pair_run(&p, 900000);
    if (lower && d.lower[0].form.resolution == PAGE_SUPERFINE && (bits & 1 << NO_SUPERFINE))
        make_lower_fine(&d);
    went.pages = lower ? d.lower : d.wanted;
    pair_assert_delivered(&p, &went);
    for (unsigned i = 0; i < p.sender.pages; i++)
        assert_memory_equal(&p.sender.page[i].form, &went.pages[opts.first + i].form, sizeof(*form));
    pair_close(&p);
    clear_both(&d);
}

/* proves: S2.2 */
static void those_pages_go_that_the_far_machine_takes(void **state)
{
    static const struct {
        struct page_form wanted;
        unsigned bits;
        bool lower;
    } twice[] = {{{3456, 90, PAGE_DPI400}, 0, false},
                 {{3456, 90, PAGE_DPI400}, 1 << NO_400, true},
                 {{3456, 90, PAGE_DPI400}, 1 << NO_300, false},
                 {{3456, 90, PAGE_DPI400}, 1 << NO_SUPERFINE, true},
                 {{2592, 90, PAGE_DPI300}, 1 << NO_400 | 1 << NO_SUPERFINE, false},
                 {{2592, 90, PAGE_DPI300}, 1 << NO_300, true},
                 {{1728, 90, PAGE_SUPERFINE}, 1 << NO_400 | 1 << NO_300, false},
                 {{1728, 90, PAGE_SUPERFINE}, 1 << NO_SUPERFINE, true}};
    for (size_t i = 0; i < ARRAY_LEN(twice); i++)
        send_twice(&twice[i].wanted, twice[i].bits, false, i % 2 == 0, twice[i].lower);
}

static void who_polls_gets_those_that_he_takes(void **state)
{
    static const struct page_form form = {3456, 90, PAGE_DPI400};
    send_twice(&form, 0, true, true, false);
    send_twice(&form, 1 << NO_400, true, true, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_a_pixel_wide_stay),
        cmocka_unit_test(tones_stay_about_as_dark),
        cmocka_unit_test(the_last_rows_count_though_they_are_few),
        cmocka_unit_test(pages_come_as_the_far_machine_takes_them),
        cmocka_unit_test(who_polls_gets_them_so_as_well),
        cmocka_unit_test(pages_go_in_one_dimension),
        cmocka_unit_test(those_pages_go_that_the_far_machine_takes),
        cmocka_unit_test(who_polls_gets_those_that_he_takes),
        cmocka_unit_test(many_pages_go_behind_a_later_dis),
        cmocka_unit_test(a_dis_that_changes_while_our_answer_is_lost_changes_no_page),
        cmocka_unit_test(a_dis_that_changes_between_pages_changes_the_next),
    };
    return cmocka_run_group_tests(tests, pair_set_up, pair_tear_down);
}
