/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "bitmap.h"

#include "base/attr.h"
#include "base/str.h"
#include "t30/font.h"
#include "t30/header.h"

#define COLUMNS(width) ((width) / FONT_CELL_WIDTH)

static const struct header_line line = {"2026-11-21 09:03",
                                        "Stadtverwaltung K\xc3\xb6ln, +49 221 5550100",
                                        "To: +49 30 5550200",
                                        2,
                                        5,
                                        "en",
                                        false};

static unsigned black_pixels(const struct bitmap *b, uint32_t first, uint32_t rows)
{
    unsigned n = 0;
    for (size_t i = first * bitmap_row_len(b); i < (first + rows) * bitmap_row_len(b); i++)
        n += (unsigned)__builtin_popcount(b->pixels[i]);
    return n;
}

/* Reads a character back: the code whose cell stands there, 0 where none does. */
static int character_at(const struct bitmap *b, enum page_resolution r, unsigned column)
{
    static const uint16_t *const cells[] = {font_standard, font_fine, font_superfine};
    static const unsigned rows[] = {FONT_ROWS_STANDARD, FONT_ROWS_FINE, FONT_ROWS_SUPERFINE};
    for (int c = FONT_FIRST; c <= FONT_LAST; c++) {
        bool same = true;
        for (unsigned row = 0; row < rows[r] && same; row++) {
            const uint8_t *p = b->pixels + row * bitmap_row_len(b) + 2 * column;
            same = (p[0] << 8 | p[1]) == cells[r][(unsigned)(c - FONT_FIRST) * rows[r] + row];
        }
        if (same)
            return c;
    }
    return 0;
}

static void read_line(const struct bitmap *b, enum page_resolution r, char *to)
{
    unsigned columns = b->width / FONT_CELL_WIDTH;
    for (unsigned i = 0; i < columns; i++)
        to[i] = (char)character_at(b, r, i);
    to[columns] = 0;
}

static struct bitmap with_header(const struct page *page, const struct header_line *h)
{
    SCOPED_BUF struct buf t6;
    struct page with;
    buf_init(&t6, PAGE_BYTES_MAX);
    assert_int_equal(header_put_above(page, h, &t6, &with), 0);
    assert_int_equal(with.form.rows, page->form.rows + header_rows(page->form.resolution));
    assert_int_equal(with.form.width, page->form.width);
    return bitmap_of_page(&with);
}

/* The rows of the page are the same to the bit, whatever the length of the line is in bits. */
static void the_page_below_is_untouched(void **state)
{
    bool shifts[8] = {false};
    for (unsigned i = 0; i < 60; i++) {
        enum page_resolution r = (enum page_resolution)(i % (PAGE_SUPERFINE + 1));
        uint32_t width = i % 5 == 4 ? PAGE_WIDTH_B4 : i % 7 == 6 ? PAGE_WIDTH_A3 : PAGE_WIDTH_A4;
        struct bitmap body = bitmap_random(width, 50 + i, i);
        if (i % 2)
            memset(body.pixels, 0xFF, bitmap_row_len(&body)); /* a first row unlike the white one above it */
        SCOPED_BUF struct buf t6;
        struct page page = bitmap_page(&body, r, &t6);
        struct header_line h = line;
        h.page = i * i;
        struct bitmap all = with_header(&page, &h);
        uint32_t top = header_rows(r);
        assert_int_equal(all.rows, body.rows + top);
        assert_memory_equal(all.pixels + top * bitmap_row_len(&all), body.pixels,
                            bitmap_row_len(&body) * body.rows);
        assert_in_range(black_pixels(&all, 0, top), 2000, 60000);
        assert_int_equal(black_pixels(&all, top - 1, 1), 0);
        size_t bits;
        SCOPED_BUF struct buf strip;
        buf_init(&strip, 1 << 20);
        assert_true(
            fax_encode(FAX_CODING_T6, 0, &(struct fax_pixels){all.pixels, width, top}, &strip, &bits));
        shifts[bits % 8] = true;
        bitmap_clear(&all);
        bitmap_clear(&body);
    }
    for (unsigned i = 0; i < 8; i++)
        assert_true(shifts[i]);
}

static void the_line_reads_as_it_was_given(void **state)
{
    struct bitmap body = bitmap_random(PAGE_WIDTH_A4, 20, 1);
    SCOPED_BUF struct buf t6;
    for (unsigned r = 0; r <= PAGE_SUPERFINE; r++) {
        struct page page = bitmap_page(&body, (enum page_resolution)r, &t6);
        struct bitmap all = with_header(&page, &line);
        char text[COLUMNS(PAGE_WIDTH_A4) + 1];
        read_line(&all, (enum page_resolution)r, text);
        assert_string_equal(text, " 2026-11-21 09:03  Stadtverwaltung K\xf6ln, +49 221 5550100"
                                  "                    To: +49 30 5550200  page 2 of 5 ");
        bitmap_clear(&all);
        buf_clear(&t6);
    }
    bitmap_clear(&body);
}

static void what_is_too_long_is_cut_and_the_page_number_stays(void **state)
{
    struct bitmap body = bitmap_random(PAGE_WIDTH_A4, 20, 1);
    SCOPED_BUF struct buf t6;
    struct page page = bitmap_page(&body, PAGE_FINE, &t6);
    char x[300], y[300], text[COLUMNS(PAGE_WIDTH_A4) + 1];
    memset(x, 'x', sizeof(x) - 1);
    memset(y, 'y', sizeof(y) - 1);
    x[299] = y[299] = 0;
    struct header_line h = {"2026-11-21 09:03", x, "To: 1", 4294967295, 4294967295, "en", false};
    struct bitmap all = with_header(&page, &h);
    read_line(&all, PAGE_FINE, text);
    assert_true(str_ends_nocase(text, "x  To: 1  page 4294967295 of 4294967295 "));
    bitmap_clear(&all);
    h = (struct header_line){x, x, y, 1, 0, "en", false};
    all = with_header(&page, &h);
    read_line(&all, PAGE_FINE, text);
    assert_true(str_starts(text, " xxxxxxxxxxxxxxxxxxxxxxxxxxx  yyyy"));
    assert_true(str_ends_nocase(text, "yy  page 1 "));
    bitmap_clear(&all);
    bitmap_clear(&body);
}

static void the_first_page_of_a_second_call_says_so_in_the_language_of_its_box(void **state)
{
    static const char *const says[][2] = {
        {"en", "  continued, page 3 of 12 "},
        {"de", "  Fortsetzung, Seite 3 von 12 "},
        {"it", "  continua, pagina 3 di 12 "},
        {"fr", "  suite, page 3 sur 12 "},
        {"es", "  continuaci\xf3n, p\xe1gina 3 de 12 "},
        {"tlh", "  continued, page 3 of 12 "},
    };
    struct bitmap body = bitmap_random(PAGE_WIDTH_A4, 20, 1);
    SCOPED_BUF struct buf t6;
    struct page page = bitmap_page(&body, PAGE_STANDARD, &t6);
    for (size_t i = 0; i < ARRAY_LEN(says); i++) {
        struct header_line h = {"2026-11-21 09:03", "A", "B", 3, 12, says[i][0], true};
        struct bitmap all = with_header(&page, &h);
        char text[COLUMNS(PAGE_WIDTH_A4) + 1];
        read_line(&all, PAGE_STANDARD, text);
        assert_true(str_ends_nocase(text, says[i][1]));
        bitmap_clear(&all);
    }
    bitmap_clear(&body);
}

static void any_bytes_are_a_line(void **state)
{
    struct bitmap body = bitmap_random(PAGE_WIDTH_A4, 20, 1);
    SCOPED_BUF struct buf t6;
    struct page page = bitmap_page(&body, PAGE_STANDARD, &t6);
    /* A dash, Han, a control character, three kinds of broken UTF-8. */
    struct header_line h = {"",
                            "a\xe2\x80\x93"
                            "b\xe4\xb8\xad\x07\x1b"
                            "c\xff\x80"
                            "d\xe2\x80"
                            "e\xc3",
                            "",
                            1,
                            1,
                            "",
                            false};
    struct bitmap all = with_header(&page, &h);
    char text[COLUMNS(PAGE_WIDTH_A4) + 1];
    read_line(&all, PAGE_STANDARD, text);
    assert_true(str_starts(text, "   a-b?  c?d?e?  "));
    bitmap_clear(&all);
    bitmap_clear(&body);
}

static void a_page_at_its_limit_goes_without(void **state)
{
    struct bitmap body = bitmap_random(PAGE_WIDTH_A4, 20, 1);
    SCOPED_BUF struct buf t6;
    SCOPED_BUF struct buf out;
    struct page page = bitmap_page(&body, PAGE_FINE, &t6), with;
    buf_init(&out, 100);
    assert_int_equal(header_put_above(&page, &line, &out, &with), EFBIG);
    page.form.rows = PAGE_ROWS_MAX - 10;
    assert_int_equal(header_put_above(&page, &line, &out, &with), ERANGE);
    bitmap_clear(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_below_is_untouched),
        cmocka_unit_test(the_line_reads_as_it_was_given),
        cmocka_unit_test(what_is_too_long_is_cut_and_the_page_number_stays),
        cmocka_unit_test(the_first_page_of_a_second_call_says_so_in_the_language_of_its_box),
        cmocka_unit_test(any_bytes_are_a_line),
        cmocka_unit_test(a_page_at_its_limit_goes_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
