/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Our coder of T.6 against libtiff's decoder: every run length in both colours, noise of every density, rows
 * that differ a little, all widths. */
#include <string.h>

#include "test.h"

#include "base/mem.h"
#include "base/scope.h"
#include "convert/t6.h"

enum { ROWS_MAX = 3000 };

static uint8_t bits[PAGE_WIDTH_A3 / 8 * ROWS_MAX], back[PAGE_WIDTH_A3 / 8 * ROWS_MAX];

static const uint32_t widths[] = {PAGE_WIDTH_A4, PAGE_WIDTH_B4, PAGE_WIDTH_A3};

static size_t assert_round_trip(uint32_t width, uint32_t rows)
{
    const struct page_form form = {width, rows, PAGE_FINE};
    SCOPED_BUF struct buf t6;
    buf_init(&t6, PAGE_BYTES_MAX);
    assert_true(t6_encode(&form, bits, &t6));
    const struct page page = {form, buf_span(&t6)};
    assert_int_equal(t6_decode(&page, back), rows);
    assert_memory_equal(back, bits, t6_row_bytes(width) * rows);
    return t6.len;
}

static void set_run(uint32_t width, uint32_t row, uint32_t from, uint32_t to)
{
    for (uint32_t x = from; x < to; x++)
        bits[row * (width / 8) + x / 8] |= (uint8_t)(0x80 >> x % 8);
}

/* Row n: n white, then black; or n black, then white. A white row between makes each coded by itself. */
static void every_run_of_both_colours(void **state)
{
    for (size_t w = 0; w < ARRAY_LEN(widths); w++) {
        for (unsigned black = 0; black < 2; black++) {
            memset(bits, 0, sizeof(bits));
            for (uint32_t n = 0; n <= widths[w]; n++)
                set_run(widths[w], n, black ? 100 : n,
                        black ? (100 + n < widths[w] ? 100 + n : widths[w]) : widths[w]);
            (void)assert_round_trip(widths[w], widths[w] + 1);
            /* Alternating with white, so that vertical modes do not hide the run codes. */
            for (uint32_t n = 0; n + 1 <= widths[w]; n += 2)
                memset(bits + n * (widths[w] / 8), 0, widths[w] / 8);
            (void)assert_round_trip(widths[w], widths[w] + 1);
        }
    }
}

static uint32_t seed;

static uint32_t next_random(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

static void noise_of_every_density(void **state)
{
    for (unsigned density = 1; density <= 256; density *= 2) {
        seed = density;
        for (size_t i = 0; i < sizeof(bits); i++) {
            bits[i] = 0;
            for (unsigned k = 0; k < 8; k++)
                bits[i] |= (uint8_t)((next_random() % 256 < density / 2 + (density == 1)) << k);
        }
        for (size_t w = 0; w < ARRAY_LEN(widths); w++)
            (void)assert_round_trip(widths[w], 200);
    }
}

/* Edges that wander by up to four pixels a row: the vertical modes, pass mode where strokes end. */
static void wandering_edges(void **state)
{
    memset(bits, 0, sizeof(bits));
    seed = 7;
    uint32_t at[20];
    for (unsigned i = 0; i < 20; i++)
        at[i] = i * 80 + 20;
    for (uint32_t y = 0; y < 2000; y++)
        for (unsigned i = 0; i < 20; i++) {
            uint32_t right = at[i] + next_random() % 9, left = next_random() % 9;
            at[i] = right > left ? right - left : 0;
            if (next_random() % 10 < 8 && at[i] + 10 < PAGE_WIDTH_A4)
                set_run(PAGE_WIDTH_A4, y, at[i], at[i] + 1 + next_random() % 9);
        }
    (void)assert_round_trip(PAGE_WIDTH_A4, 2000);
}

static void extremes(void **state)
{
    memset(bits, 0, sizeof(bits));
    /* One bit a white row and three bytes of EOFB. */
    assert_int_equal(assert_round_trip(PAGE_WIDTH_A4, 800), 103);
    memset(bits, 0xff, sizeof(bits));
    (void)assert_round_trip(PAGE_WIDTH_A4, 1);
    (void)assert_round_trip(PAGE_WIDTH_A3, 300);
    memset(bits, 0x55, sizeof(bits));
    (void)assert_round_trip(PAGE_WIDTH_A4, 300);
    for (uint32_t y = 0; y < 300; y++)
        memset(bits + y * 216, y % 2 ? 0x55 : 0xaa, 216);
    (void)assert_round_trip(PAGE_WIDTH_A4, 300);
}

static void page_that_does_not_fit_is_refused(void **state)
{
    const struct page_form form = {PAGE_WIDTH_A4, 300, PAGE_FINE};
    SCOPED_BUF struct buf t6;
    buf_init(&t6, 50);
    memset(bits, 0x55, sizeof(bits));
    assert_false(t6_encode(&form, bits, &t6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_run_of_both_colours),
        cmocka_unit_test(noise_of_every_density),
        cmocka_unit_test(wandering_edges),
        cmocka_unit_test(extremes),
        cmocka_unit_test(page_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
