/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages in two resolutions: the far machine's DIS decides which of them go out. */
#include "call_pair.h"

#include "bitmap.h"

#include <spandsp.h>

/* Bits of the DIS's sixth octet (T.30 table 2, bits 41 to 43) that the far machine leaves out. */
enum { NO_SUPERFINE = 1, NO_300 = 2, NO_400 = 4, OCTET = 3 + 5 };
static uint8_t lacking;
static uint8_t fcf;
static unsigned octets;

static void pass_octet(uint8_t *octet)
{
    uint8_t b = bit_reverse8(*octet);
    if (octets == 2)
        fcf = b;
    if ((fcf == T30_DIS || fcf == T30_DTC) && octets == OCTET)
        b &= (uint8_t)~lacking;
    *octet = bit_reverse8(b);
    octets++;
}

/* T.38's fields (ITU-T T.38 §7): octets, and between them the ends of frames. */
static bool leaves_out(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
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
        if ((head & TYPE) != 0)
            octets = 0;
        for (; count > 0 && at < len; count--)
            pass_octet(&data[at++]);
    }
    return true;
}

enum { PAGES = 3 };

struct document_twice {
    struct bitmap bitmaps[2 * PAGES];
    struct buf t6[2 * PAGES];
    struct page wanted[PAGES], lower[PAGES];
};

static void make(struct document_twice *d, const struct page_form *form)
{
    for (unsigned i = 0; i < PAGES; i++) {
        d->bitmaps[i] = bitmap_random(form->width, form->rows, i + 1);
        d->bitmaps[PAGES + i] = bitmap_random(PAGE_WIDTH_A4, 70, i + 20);
        d->wanted[i] = bitmap_page(&d->bitmaps[i], form->resolution, &d->t6[i]);
        d->lower[i] = bitmap_page(&d->bitmaps[PAGES + i], PAGE_FINE, &d->t6[PAGES + i]);
    }
}

static void clear(struct document_twice *d)
{
    for (unsigned i = 0; i < 2 * PAGES; i++) {
        bitmap_clear(&d->bitmaps[i]);
        buf_clear(&d->t6[i]);
    }
}

static void send(const struct page_form *form, uint8_t lacks, bool polling, bool ecm, bool lower)
{
    struct document_twice d;
    make(&d, form);
    const struct pair_opts opts = {.pages = d.wanted,
                                   .lower = d.lower,
                                   .page_count = PAGES,
                                   .first = polling ? 0 : 1,
                                   .ecm = ecm,
                                   .max_rate = 14400,
                                   .polling = polling};
    struct pair_opts went = opts;
    struct pair p;
    lacking = lacks;
    octets = 0;
    pair_open(&p, &opts);
    p.passes = leaves_out;
    pair_run(&p, 900000);
    went.pages = lower ? d.lower : d.wanted;
    pair_assert_delivered(&p, &went);
    for (unsigned i = 0; i < p.sender.pages; i++)
        assert_memory_equal(&p.sender.page[i].form, &went.pages[opts.first + i].form, sizeof(*form));
    pair_close(&p);
    clear(&d);
}

/* proves: S2.2 */
static void pages_go_as_the_far_machine_takes_them(void **state)
{
    static const struct {
        struct page_form wanted;
        uint8_t lacks;
        bool lower;
    } cases[] = {{{3456, 90, PAGE_DPI400}, 0, false},
                 {{3456, 90, PAGE_DPI400}, NO_400, true},
                 {{3456, 90, PAGE_DPI400}, NO_300, false},
                 {{3456, 90, PAGE_DPI400}, NO_SUPERFINE, true},
                 {{2592, 90, PAGE_DPI300}, NO_400 | NO_SUPERFINE, false},
                 {{2592, 90, PAGE_DPI300}, NO_300, true},
                 {{1728, 90, PAGE_SUPERFINE}, NO_400 | NO_300, false},
                 {{1728, 90, PAGE_SUPERFINE}, NO_SUPERFINE, true}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        send(&cases[i].wanted, cases[i].lacks, false, i % 2 == 0, cases[i].lower);
}

static void who_polls_gets_what_he_takes(void **state)
{
    static const struct page_form form = {3456, 90, PAGE_DPI400};
    send(&form, 0, true, true, false);
    send(&form, NO_400, true, true, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_go_as_the_far_machine_takes_them),
        cmocka_unit_test(who_polls_gets_what_he_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
