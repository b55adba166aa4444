/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Our coder and decoder of fax pages against libtiff's, both ways: every run length in both colours, noise of
 * every density, rows that differ a little, any width. And the decoder alone, with data that is none. */
#include <string.h>

#include "test.h"
#include "tiff_coder.h"

#include "base/mem.h"
#include "base/scope.h"
#include "model/page.h"
#include "proto/fax_decode.h"
#include "proto/fax_encode.h"

enum { ROWS_MAX = 3000, WIDTH_MAX = PAGE_WIDTH_A3 };

static uint8_t bits[WIDTH_MAX / 8 * ROWS_MAX], back[WIDTH_MAX / 8 * ROWS_MAX];

static const uint32_t widths[] = {PAGE_WIDTH_A4, PAGE_WIDTH_B4, PAGE_WIDTH_A3, 1729, 63, 1};

static size_t assert_coding(enum fax_coding coding, uint32_t width, uint32_t rows)
{
    return assert_coded_alike(coding, &(struct fax_pixels){bits, width, rows});
}

static void assert_round_trip(uint32_t width, uint32_t rows)
{
    for (unsigned coding = 0; coding < FAX_CODING_COUNT; coding++)
        (void)assert_coding((enum fax_coding)coding, width, rows);
}

static void set_run(uint32_t width, uint32_t row, uint32_t from, uint32_t to)
{
    for (uint32_t x = from; x < to; x++)
        bits[row * fax_row_bytes(width) + x / 8] |= (uint8_t)(0x80 >> x % 8);
}

/* Row n: n white, then black; or n black, then white. A white row between makes each coded by itself. */
static void every_run_of_both_colours(void **state)
{
    for (size_t w = 0; w < ARRAY_LEN(widths); w++) {
        for (unsigned black = 0; black < 2; black++) {
            uint32_t width = widths[w];
            memset(bits, 0, sizeof(bits));
            for (uint32_t n = 0; n <= width; n++) {
                uint32_t end = 100 + n < width ? 100 + n : width;
                set_run(width, n, black ? (end > 100 ? 100 : 0) : n, black ? end : width);
            }
            assert_round_trip(width, width + 1);
            /* Alternating with white, so that vertical modes do not hide the run codes. */
            for (uint32_t n = 0; n + 1 <= width; n += 2)
                memset(bits + n * fax_row_bytes(width), 0, fax_row_bytes(width));
            assert_round_trip(width, width + 1);
        }
    }
}

static uint32_t seed;

static uint32_t next_random(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

/* Bits behind the width are white, as libtiff leaves them. */
static void trim(uint32_t width, uint32_t rows)
{
    for (uint32_t y = 0; width % 8 && y < rows; y++)
        bits[y * fax_row_bytes(width) + width / 8] &= (uint8_t) ~(0xff >> width % 8);
}

static void make_noise(unsigned density, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bits[i] = 0;
        for (unsigned k = 0; k < 8; k++)
            bits[i] |= (uint8_t)((next_random() % 256 < density / 2 + (density == 1)) << k);
    }
}

static void noise_of_every_density(void **state)
{
    for (unsigned density = 1; density <= 256; density *= 2) {
        seed = density;
        for (size_t w = 0; w < ARRAY_LEN(widths); w++) {
            make_noise(density, fax_row_bytes(widths[w]) * 200);
            trim(widths[w], 200);
            assert_round_trip(widths[w], 200);
        }
    }
}

/* Edges that wander by up to four pixels a row: the vertical modes, pass mode where strokes end. */
static void make_strokes(uint32_t width, uint32_t rows)
{
    uint32_t at[20];
    for (unsigned i = 0; i < 20; i++)
        at[i] = i * 80 + 20;
    for (uint32_t y = 0; y < rows; y++)
        for (unsigned i = 0; i < 20; i++) {
            uint32_t right = at[i] + next_random() % 9, left = next_random() % 9;
            at[i] = right > left ? right - left : 0;
            if (next_random() % 10 < 8 && at[i] + 10 < width)
                set_run(width, y, at[i], at[i] + 1 + next_random() % 9);
        }
}

static void wandering_edges(void **state)
{
    memset(bits, 0, sizeof(bits));
    seed = 7;
    make_strokes(PAGE_WIDTH_A4, 2000);
    assert_round_trip(PAGE_WIDTH_A4, 2000);
}

/* Strokes, boxes, noise in a corner: what pages are made of, at any width and height. */
static void a_thousand_random_pages(void **state)
{
    for (unsigned n = 0; n < 1000; n++) {
        seed = n;
        uint32_t width = n % 3 ? PAGE_WIDTH_A4 : 1 + next_random() % WIDTH_MAX,
                 rows = 1 + next_random() % 120;
        memset(bits, 0, fax_row_bytes(width) * rows);
        if (n % 5 == 0)
            make_noise(1 + next_random() % 255, fax_row_bytes(width) * (rows / 3));
        for (unsigned i = 0; i < n % 40; i++) {
            uint32_t x = next_random() % width, to = x + next_random() % 200, y = next_random() % rows;
            for (uint32_t h = next_random() % 30; h > 0 && y < rows; h--, y++)
                set_run(width, y, x, to < width ? to : width);
        }
        if (n % 2)
            make_strokes(width, rows);
        trim(width, rows);
        (void)assert_coding((enum fax_coding)(n % FAX_CODING_COUNT), width, rows);
    }
}

static void extremes(void **state)
{
    memset(bits, 0, sizeof(bits));
    /* One bit a white row and three bytes of EOFB. */
    assert_int_equal(assert_coding(FAX_CODING_T6, PAGE_WIDTH_A4, 800), 103);
    assert_round_trip(PAGE_WIDTH_A4, 800);
    memset(bits, 0xff, sizeof(bits));
    assert_round_trip(PAGE_WIDTH_A4, 1);
    assert_round_trip(PAGE_WIDTH_A3, 300);
    /* T.6 alone: libtiff has no room for that many runs in a row of T.4. */
    memset(bits, 0x55, sizeof(bits));
    (void)assert_coding(FAX_CODING_T6, PAGE_WIDTH_A4, 300);
    for (uint32_t y = 0; y < 300; y++)
        memset(bits + y * 216, y % 2 ? 0x55 : 0xaa, 216);
    (void)assert_coding(FAX_CODING_T6, PAGE_WIDTH_A4, 300);
}

static void page_that_does_not_fit_is_refused(void **state)
{
    SCOPED_BUF struct buf t6;
    buf_init(&t6, 50);
    memset(bits, 0x55, sizeof(bits));
    assert_false(fax_encode(FAX_CODING_T6, 0, &(struct fax_pixels){bits, PAGE_WIDTH_A4, 300}, &t6, NULL));
}

/* ---- damage ---- */

static void strokes_as(enum fax_coding coding, uint32_t rows, struct buf *data)
{
    memset(bits, 0, sizeof(bits));
    seed = 11;
    make_strokes(PAGE_WIDTH_A4, rows);
    buf_init(data, PAGE_BYTES_MAX);
    assert_true(fax_encode(coding, 4, &(struct fax_pixels){bits, PAGE_WIDTH_A4, rows}, data, NULL));
}

/* A row that is none is the row above it once more, and so are those that are coded by it; from the next row
 * that is coded alone on all is well. */
static void bad_rows_repeat_the_row_above(void **state)
{
    enum { ROWS = 400, LEN = PAGE_WIDTH_A4 / 8 };
    for (unsigned n = 0; n < 200; n++) {
        enum fax_coding coding = n % 2 ? FAX_CODING_2D : FAX_CODING_1D;
        SCOPED_BUF struct buf data;
        strokes_as(coding, ROWS, &data);
        memcpy(data.data + data.len / 2 + n, "\xff\x00\x40\x10\x04\x01", 6); /* no code, and no EOL */
        struct fax_decoded d = fax_decode(coding, PAGE_WIDTH_A4, ROWS + 9, buf_span(&data), back);
        assert_in_range(d.bad, 1, 5);
        assert_in_range(d.rows, ROWS - 1, ROWS + 1); /* where the EOL between two rows is gone */
        assert_false(d.whole);
        uint32_t first = 0, last = d.rows - 1;
        while (memcmp(back + first * LEN, bits + first * LEN, LEN) == 0)
            first++;
        while (last > first && memcmp(back + last * LEN, bits + (last + ROWS - d.rows) * LEN, LEN) == 0)
            last--;
        assert_in_range(first, 100, 300);
        assert_in_range(last - first + 1, 1, d.bad + 1); /* the row above may be spoilt without a sign */
        assert_memory_equal(back + last * LEN, back + (last - 1) * LEN, LEN);
    }
}

static void page_cut_off_keeps_its_upper_rows(void **state)
{
    enum { ROWS = 300, LEN = PAGE_WIDTH_A4 / 8 };
    SCOPED_BUF struct buf data;
    strokes_as(FAX_CODING_T6, ROWS, &data);
    uint32_t before = 0;
    for (size_t len = 0; len < data.len - 3; len += 97) {
        memset(back, 0x5a, sizeof(back));
        struct fax_decoded d = fax_decode(FAX_CODING_T6, PAGE_WIDTH_A4, ROWS, span_of(data.data, len), back);
        assert_in_range(d.rows, before, ROWS);
        assert_false(d.whole && d.rows < ROWS);
        assert_memory_equal(back, bits, d.rows * LEN);
        for (size_t i = d.rows * LEN; i < ROWS * LEN; i++)
            assert_int_equal(back[i], 0);
        before = d.rows;
    }
    assert_in_range(before, ROWS / 2, ROWS);
}

/* Megabytes of zeros, of ones, of nothing but EOLs end in no time. */
static void bombs_are_harmless(void **state)
{
    enum { LEN = 4 << 20, ROWS = 3000 };
    static const uint8_t patterns[][3] = {{0, 0, 0}, {255, 255, 255}, {0, 16, 1}, {0x10, 0x10, 0x10}};
    SCOPED_FREE uint8_t *data = mem_alloc(LEN);
    for (size_t p = 0; p < ARRAY_LEN(patterns); p++) {
        for (size_t i = 0; i < LEN; i++)
            data[i] = patterns[p][i % 3];
        for (unsigned coding = 0; coding < FAX_CODING_COUNT; coding++) {
            struct fax_decoded d =
                fax_decode((enum fax_coding)coding, PAGE_WIDTH_A3, ROWS, span_of(data, LEN), back);
            assert_true(d.rows <= ROWS && d.bad <= d.rows);
        }
    }
    assert_int_equal(fax_decode(FAX_CODING_T6, PAGE_WIDTH_A4, 10, span_of(NULL, 0), back).rows, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_run_of_both_colours),
        cmocka_unit_test(noise_of_every_density),
        cmocka_unit_test(wandering_edges),
        cmocka_unit_test(a_thousand_random_pages),
        cmocka_unit_test(extremes),
        cmocka_unit_test(page_that_does_not_fit_is_refused),
        cmocka_unit_test(bad_rows_repeat_the_row_above),
        cmocka_unit_test(page_cut_off_keeps_its_upper_rows),
        cmocka_unit_test(bombs_are_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
