/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages that came in aslant, and sheets on which nothing is. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/scope.h"
#include "convert/blank.h"
#include "convert/page_png.h"
#include "convert/pdf_writer.h"
#include "convert/skew.h"
#include "convert/t6.h"
#include "test.h"

static const double degree = 3.14159265358979323846 / 180;

static const struct page_form forms[] = {{PAGE_WIDTH_A4, 1143, PAGE_STANDARD},
                                         {PAGE_WIDTH_A4, 2287, PAGE_FINE},
                                         {PAGE_WIDTH_A4, 4573, PAGE_SUPERFINE}};

static uint32_t seed;

static uint32_t pick(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

static uint8_t *white(const struct page_form *form)
{
    return mem_zalloc(t6_row_bytes(form->width) * form->rows + 1);
}

/* In tenths of a millimetre. */
static void box(const struct page_form *form, uint8_t *bits, uint32_t x, uint32_t y, uint32_t width,
                uint32_t height)
{
    uint32_t per_x = page_x_per_metre(form->resolution), per_y = page_y_per_metre(form->resolution);
    uint32_t right = (uint32_t)((uint64_t)(x + width) * per_x / 10000),
             bottom = (uint32_t)((uint64_t)(y + height) * per_y / 10000);
    uint32_t top = (uint32_t)((uint64_t)y * per_y / 10000), left = (uint32_t)((uint64_t)x * per_x / 10000);
    for (uint32_t row = top; row < bottom + (bottom == top) && row < form->rows; row++)
        for (uint32_t i = left; i < right + (right == left) && i < form->width; i++)
            bits[(size_t)row * t6_row_bytes(form->width) + i / 8] |= (uint8_t)(0x80u >> i % 8);
}

/* Lines of words of letters, some with a leg below the line. */
static uint8_t *letter(const struct page_form *form, unsigned lines)
{
    uint8_t *bits = white(form);
    for (unsigned l = 0; l < lines; l++) {
        uint32_t y = 350 + l * 2200 / (lines > 1 ? lines : 1), x = 300, end = 1000 + pick(800);
        while (x < end) {
            uint32_t tall = 14 + 8 * pick(2), leg = pick(8) == 0 ? 7 : 0;
            box(form, bits, x, y + 22 - tall, 4, tall + leg);
            box(form, bits, x, y + 20, 12, 2);
            x += pick(6) == 0 ? 40 : 17;
        }
    }
    return bits;
}

static void turn(struct page_form *form, uint8_t **bits, double angle)
{
    struct page_view v = {.skew = {.angle = -angle}};
    page_view_apply(&v, form, bits);
}

static void angles_are_found(void **state)
{
    static const double degrees[] = {-4.6, -3.1, -1.7, -0.9, -0.4, 0.4, 0.8, 1.3, 2.5, 3.8, 4.7};
    seed = 1;
    for (size_t f = 0; f < ARRAY_LEN(forms); f++)
        for (size_t i = 0; i < ARRAY_LEN(degrees); i++) {
            struct page_form form = forms[f];
            SCOPED_FREE uint8_t *bits = letter(&form, 8 + pick(40));
            turn(&form, &bits, degrees[i] * degree);
            struct skew s = skew_find(&form, bits);
            assert_true(fabs(s.angle / degree - degrees[i]) < 0.15);
            struct page_view v = {.skew = s};
            page_view_apply(&v, &form, &bits);
            assert_true(skew_find(&form, bits).angle == 0);
        }
}

static void what_is_straight_stays(void **state)
{
    seed = 2;
    for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
        const struct page_form form = forms[f];
        for (unsigned lines = 0; lines < 40; lines += 13) {
            SCOPED_FREE uint8_t *bits = letter(&form, lines);
            assert_true(skew_find(&form, bits).angle == 0);
        }
        SCOPED_FREE uint8_t *noise = white(&form), *black = white(&form), *dots = white(&form);
        for (size_t i = 0; i < t6_row_bytes(form.width) * form.rows; i++)
            noise[i] = (uint8_t)pick(256);
        memset(black, 0xff, t6_row_bytes(form.width) * form.rows);
        for (uint32_t y = 200; y < 2800; y += 10) /* a screen of 45 degrees */
            for (uint32_t x = 200 + y % 20 / 2; x < 1900; x += 10)
                box(&form, dots, x, y, 4, 4);
        assert_true(skew_find(&form, noise).angle == 0);
        assert_true(skew_find(&form, black).angle == 0);
        assert_true(skew_find(&form, dots).angle == 0);
    }
}

static size_t ink(const struct page_form *form, const uint8_t *bits)
{
    size_t n = 0;
    for (size_t i = 0; i < t6_row_bytes(form->width) * form->rows; i++)
        n += (size_t)__builtin_popcount(bits[i]);
    return n;
}

/* What stands at the very edge, as header lines do, is still on the page. */
static void nothing_is_cut_off(void **state)
{
    seed = 3;
    for (int i = -4; i <= 4; i++) {
        struct page_form form = forms[1];
        SCOPED_FREE uint8_t *bits = letter(&form, 30);
        turn(&form, &bits, i * degree);
        box(&form, bits, 0, 5, 2150, 20);
        box(&form, bits, 0, 2930, 2150, 20);
        size_t before = ink(&form, bits);
        struct page_view v = {.skew = skew_find(&form, bits)};
        assert_true((v.skew.angle != 0) == (i != 0));
        page_view_apply(&v, &form, &bits);
        assert_true(fabs((double)ink(&form, bits) - (double)before) < (double)before / 200);
    }
}

static void quarters_come_round(void **state)
{
    seed = 4;
    for (unsigned q = 0; q < 4; q++) {
        struct page_form form = forms[1];
        SCOPED_FREE uint8_t *bits = letter(&form, 20);
        SCOPED_FREE uint8_t *same = mem_dup(bits, t6_row_bytes(form.width) * form.rows);
        box(&form, bits, 1900, 100, 100, 100); /* at the upper right */
        page_view_apply(&(struct page_view){.quarters = q}, &form, &bits);
        assert_true((form.rows < form.width) == (q % 2 != 0));
        uint32_t x = q == 0 || q == 1 ? form.width * 9 / 10 : form.width / 12,
                 y = q == 0 || q == 3 ? form.rows / 20 : form.rows * 19 / 20;
        if (q == 1)
            x = form.width * 19 / 20, y = form.rows * 9 / 10;
        if (q == 3)
            x = form.width / 20, y = form.rows / 12;
        assert_true(bits[(size_t)y * t6_row_bytes(form.width) + x / 8] == 0xff);
    }
}

/* The pixels of the PDF are those that came; it is turned by its contents. */
static void pdf_keeps_every_pixel(void **state)
{
    struct page_form form = forms[1];
    seed = 5;
    SCOPED_FREE uint8_t *bits = letter(&form, 30);
    SCOPED_BUF struct buf t6, pdf;
    buf_init(&t6, PAGE_BYTES_MAX);
    buf_init(&pdf, PAGE_BYTES_MAX);
    turn(&form, &bits, 2 * degree);
    assert_true(t6_encode(&form, bits, &t6));
    const struct page page = {form, buf_span(&t6)};
    const struct page_view view = {.skew = skew_find(&form, bits)};
    assert_true(pdf_write(&pdf, &(struct pdf_opts){.title = "", .views = &view}, &page, 1));
    assert_non_null(memmem(pdf.data, pdf.len, t6.data, t6.len));
    const char *turn_back = memmem(pdf.data, pdf.len, "q 0.99", 6);
    double c, s, back, again;
    assert_non_null(turn_back);
    assert_int_equal(sscanf(turn_back, "q %lf %lf %lf %lf", &c, &s, &back, &again), 4);
    assert_true(fabs(s - sin(2 * degree)) < 0.003 && fabs(s + back) < 1e-6 && fabs(c - again) < 1e-6);
}

/* ---- blank ---- */

static void specks_shadows_and_a_header_are_nothing(void **state)
{
    seed = 6;
    for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
        SCOPED_FREE uint8_t *bits = white(&forms[f]);
        assert_true(page_is_blank(&forms[f], bits));
        for (int i = 0; i < 100; i++)
            box(&forms[f], bits, pick(2150), pick(2950), 1, 1);
        box(&forms[f], bits, 0, 0, 20, 2970);
        box(&forms[f], bits, 2120, 0, 30, 2970);
        for (uint32_t x = 100; x < 2000; x += 17)
            box(&forms[f], bits, x, 10, 8, 25);
        assert_true(page_is_blank(&forms[f], bits));
    }
}

static void a_word_or_a_line_is_something(void **state)
{
    for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
        SCOPED_FREE uint8_t *word = white(&forms[f]), *across = white(&forms[f]), *down = white(&forms[f]);
        for (uint32_t x = 1000; x < 1090; x += 17) /* 6 letters of 8 points */
            box(&forms[f], word, x, 1500, 4, 20), box(&forms[f], word, x, 1518, 12, 2);
        box(&forms[f], across, 200, 1500, 1700, 1);
        box(&forms[f], down, 1000, 300, 1, 2400);
        assert_false(page_is_blank(&forms[f], word));
        assert_false(page_is_blank(&forms[f], across));
        assert_false(page_is_blank(&forms[f], down));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(angles_are_found),
        cmocka_unit_test(what_is_straight_stays),
        cmocka_unit_test(nothing_is_cut_off),
        cmocka_unit_test(quarters_come_round),
        cmocka_unit_test(pdf_keeps_every_pixel),
        cmocka_unit_test(specks_shadows_and_a_header_are_nothing),
        cmocka_unit_test(a_word_or_a_line_is_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
