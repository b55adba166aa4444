/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Image data that is none: the sender's is replaced on its way by what breaks libspandsp's decoder or grows
 * without end. The call ends, with the right cause, and no page of it is taken. */
#include "call_pair.h"

#include "bitmap.h"

#include <spandsp.h>

#include "base/attr.h"
#include "base/str.h"

/* Bits in the order of the line, as '0' and '1': `begin` once at the start of each page, then `again` for
 * ever. */
struct attack {
    const char *begin, *again;
};

static const struct attack *attack;

#define EOL         "000000000001"
#define WHITE_0     "00110101"
#define BLACK_0     "0000110111"
#define WHITE_1728  "010011011" WHITE_0
#define MAKEUP_2560 "000000011111"
#define HORIZONTAL  "001"
#define PASS        "0001"

static unsigned bit_of(size_t at)
{
    size_t begin = strlen(attack->begin);
    const char *bits = at < begin ? attack->begin : attack->again;
    return bits[at < begin ? at : (at - begin) % strlen(attack->again)] == '1';
}

/* T.38 has the first bit of an octet as its most significant one. */
static void replace(uint8_t *octets, size_t len, size_t page_octet)
{
    for (size_t i = 0; i < len; i++) {
        octets[i] = 0;
        for (unsigned bit = 0; bit < 8; bit++)
            octets[i] |= (uint8_t)(bit_of((page_octet + i) * 8 + bit) << (7 - bit));
    }
}

/* Where in the image we are: octet of the frame (ECM), octets of the page that are through. */
static struct {
    size_t frame, page;
    uint8_t number;
} at;

static void replace_frame_part(uint8_t *octets, size_t len)
{
    enum { NUMBER = 3, HEADER = 4 };
    static bool image;
    for (size_t i = 0; i < len; i++, at.frame++) {
        if (at.frame == 2) {
            uint8_t fcf;
            bit_reverse(&fcf, octets + i, 1);
            image = fcf == T4_FCD;
        }
        if (at.frame == NUMBER)
            bit_reverse(&at.number, octets + i, 1);
        if (at.frame >= HEADER && image)
            replace(octets + i, 1, at.number * 256U + at.frame - HEADER);
    }
}

/* IFP of version 0: type, then fields of (present and type, length less one, octets). */
static bool attacks(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    if (!to_receiver || (data[0] & 0x40) == 0 || (data[0] >> 1 & 0x0F) == 0)
        return true;
    if (strstr(p->receiver.said, "CFR") == NULL)
        return true;
    for (size_t i = 2; i < len;) {
        unsigned field = data[i] >> 4 & 7;
        size_t octets = 0;
        if ((data[i++] & 0x80) != 0) {
            octets = ((size_t)data[i] << 8 | data[i + 1]) + 1;
            i += 2;
        }
        if (field == T38_FIELD_HDLC_DATA)
            replace_frame_part(data + i, octets);
        else
            at.frame = 0;
        if (field == T38_FIELD_T4_NON_ECM_DATA || field == T38_FIELD_T4_NON_ECM_SIG_END) {
            replace(data + i, octets, at.page);
            at.page += octets;
        }
        i += octets;
    }
    return true;
}

/* 100 kB of image: more than one block of ECM. */
static struct bitmap bitmap;
static struct buf t6;
static struct page page;

static int set_up(void **state)
{
    unsigned seed = 1;
    bitmap = bitmap_random(PAGE_WIDTH_A4, 400, 1);
    for (size_t i = 0; i < bitmap.rows * bitmap_row_len(&bitmap); i++)
        bitmap.pixels[i] = (uint8_t)(rand_r(&seed) >> 3);
    page = bitmap_page(&bitmap, PAGE_FINE, &t6);
    assert_true(t6.len > 70000);
    return 0;
}

static int tear_down(void **state)
{
    bitmap_clear(&bitmap);
    buf_clear(&t6);
    return 0;
}

static void ends_with(const struct attack *with, bool ecm, const char *code)
{
    struct pair_opts opts = {
        .media = PAIR_T38, .pages = &page, .page_count = 1, .ecm = ecm, .max_rate = 14400};
    struct pair p;
    attack = with;
    memset(&at, 0, sizeof(at));
    pair_open(&p, &opts);
    p.passes = attacks;
    pair_run(&p, 600000);
    assert_string_equal(p.receiver.result.outcome.code, code);
    assert_int_equal(p.receiver.pages, 0);
    assert_int_equal(p.receiver.result.pages, 0);
    assert_int_not_equal(p.sender.result.outcome.verdict, VERDICT_DONE);
    assert_int_equal(p.sender.result.pages, 0);
    pair_close(&p);
}

/* One bit a row. */
static void t6_of_rows_without_end(void **state)
{
    ends_with(&(struct attack){"", "1"}, true, "page-too-large");
}

static void t4_of_65000_rows_of_nothing(void **state)
{
    ends_with(&(struct attack){EOL "1" WHITE_1728, EOL "01"}, false, "page-too-large");
}

/* Each run takes a place in a buffer as long as a row, and no pixel. */
static void t6_of_runs_of_no_length(void **state)
{
    ends_with(&(struct attack){"", HORIZONTAL WHITE_0 BLACK_0}, true, "page-impossible");
}

static void t4_of_runs_of_no_length(void **state)
{
    ends_with(&(struct attack){EOL "1", WHITE_0 BLACK_0}, false, "page-impossible");
}

/* Each takes two runs of the row above, past its last one too. */
static void t6_that_passes_the_end_of_the_row(void **state)
{
    ends_with(&(struct attack){"", PASS}, true, "page-impossible");
}

static void t6_of_a_run_without_end(void **state)
{
    ends_with(&(struct attack){HORIZONTAL, MAKEUP_2560}, true, "page-impossible");
}

/* Any codes in any order, some kinds more than others: whatever comes of it, nothing breaks. */
static void codes_of_all_kinds(void **state)
{
    static const char *const codes[] = {"1",       "011",      "010",       "000011", "000010", "0000011",
                                        "0000010", HORIZONTAL, PASS,        WHITE_0,  BLACK_0,  "000111",
                                        "010",     "11",       MAKEUP_2560, EOL "0",  EOL "1",  "0000001111"};
    for (unsigned seed = 1; seed <= 40; seed++) {
        char again[6000] = "";
        unsigned chance = seed, kinds = 2 + seed % 5, kind[6];
        for (unsigned i = 0; i < kinds; i++)
            kind[i] = (unsigned)rand_r(&chance) % ARRAY_LEN(codes);
        for (size_t len = 0; len < sizeof(again) - 20; len = strlen(again))
            (void)str_copy(again + len, 20, codes[kind[(unsigned)rand_r(&chance) % kinds]]);
        struct pair_opts opts = {
            .media = PAIR_T38, .pages = &page, .page_count = 1, .ecm = seed % 2 == 0, .max_rate = 14400};
        struct pair p;
        attack = &(struct attack){seed % 2 == 0 ? "" : EOL "1", again};
        memset(&at, 0, sizeof(at));
        pair_open(&p, &opts);
        p.passes = attacks;
        pair_run(&p, 600000);
        pair_close(&p);
    }
}

/* The most runs that a row can have, its first one empty: 1 pixel black, 1 white. */
static void row_of_single_pixels_is_a_picture(void **state)
{
    struct bitmap fine = bitmap_random(PAGE_WIDTH_A4, 60, 1);
    memset(fine.pixels, 0xAA, fine.rows * bitmap_row_len(&fine));
    for (size_t row = 0; row < fine.rows; row += 3)
        memset(fine.pixels + row * bitmap_row_len(&fine), row % 2 ? 0xFF : 0x55, bitmap_row_len(&fine));
    SCOPED_BUF struct buf coded;
    struct page pages[] = {bitmap_page(&fine, PAGE_FINE, &coded)};
    for (int ecm = 0; ecm < 2; ecm++) {
        struct pair_opts opts = {
            .media = PAIR_T38, .pages = pages, .page_count = 1, .ecm = ecm != 0, .max_rate = 14400};
        struct pair p;
        pair_open(&p, &opts);
        pair_run(&p, 600000);
        pair_assert_delivered(&p, &opts);
        pair_close(&p);
    }
    bitmap_clear(&fine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(t6_of_rows_without_end),
        cmocka_unit_test(t4_of_65000_rows_of_nothing),
        cmocka_unit_test(t6_of_runs_of_no_length),
        cmocka_unit_test(t4_of_runs_of_no_length),
        cmocka_unit_test(t6_that_passes_the_end_of_the_row),
        cmocka_unit_test(t6_of_a_run_without_end),
        cmocka_unit_test(codes_of_all_kinds),
        cmocka_unit_test(row_of_single_pixels_is_a_picture),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
