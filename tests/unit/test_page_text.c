/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What was read on a page: written, read again, refused where it is not as it should be, and laid over the
 * page in a PDF. */
#include <stdio.h>
#include <string.h>

#include "test.h"

#include "base/str.h"
#include "convert/pdf_text.h"
#include "convert/pdf_writer.h"
#include "convert/t6.h"
#include "model/page_text.h"

static const struct page_form form = {PAGE_WIDTH_A4, 2200, PAGE_FINE};

static void put(struct buf *b, uint32_t x, uint32_t y, uint32_t width, uint32_t height, const char *text)
{
    page_text_put(b, &form, &(struct page_word){x, y, width, height, span_str(text)});
}

static void words_come_back_as_they_were(void **state)
{
    SCOPED_BUF struct buf b, plain;
    struct page_word w;
    buf_init(&b, PAGE_TEXT_BYTES_MAX);
    buf_init(&plain, PAGE_TEXT_BYTES_MAX);
    put(&b, 10, 20, 300, 40, "Befund");
    put(&b, 0, 0, 1728, 2200, "Müller");
    struct span rest = buf_span(&b);
    assert_true(page_text_valid(rest, &form));
    assert_true(page_text_next(&rest, &form, &w));
    assert_int_equal(w.x, 10);
    assert_int_equal(w.y, 20);
    assert_int_equal(w.width, 300);
    assert_int_equal(w.height, 40);
    assert_memory_equal(w.text.data, "Befund", 6);
    assert_true(page_text_next(&rest, &form, &w));
    assert_false(page_text_next(&rest, &form, &w));
    page_text_plain(&plain, buf_span(&b), &form);
    assert_string_equal(buf_text(&plain), "Befund Müller");
}

/* A page is a stranger's, and so is what is read on it. */
static void words_are_cleaned_clipped_and_bounded(void **state)
{
    SCOPED_BUF struct buf b;
    char word[300];
    buf_init(&b, 4 * PAGE_TEXT_BYTES_MAX);
    put(&b, 10, 10, 5, 5,
        "a\x1b[2J\n\r \f\x7f"
        "b");
    assert_string_equal(buf_text(&b), "10 10 5 5 a[2Jb\n");
    buf_reset(&b);
    put(&b, 1700, 2190, 400, 400, "edge");
    assert_string_equal(buf_text(&b), "1700 2190 28 10 edge\n");
    buf_reset(&b);
    put(&b, 1728, 0, 5, 5, "beside");
    put(&b, 0, 2200, 5, 5, "below");
    put(&b, 5, 5, 0, 5, "thin");
    put(&b, 5, 5, 5, 5, " \n");
    put(&b, 5, 5, 5, 5, "\xc3");
    assert_int_equal(b.len, 0);
    memset(word, 'x', sizeof(word) - 1);
    word[sizeof(word) - 1] = 0;
    memcpy(word + PAGE_TEXT_WORD_MAX - 1, "\xc3\xa4", 2); /* cut within a character */
    for (int i = 0; i < 4000; i++)
        put(&b, 5, 5, 5, 5, word);
    assert_true(b.len > PAGE_TEXT_BYTES_MAX / 2 && b.len <= PAGE_TEXT_BYTES_MAX);
    assert_true(page_text_valid(buf_span(&b), &form));
}

static void what_is_no_text_of_the_page_is_refused(void **state)
{
    static const char *const bad[] = {"1 1 1 1 word",
                                      "1 1 1 1 \n",
                                      "1 1 1 word\n",
                                      "-1 1 1 1 word\n",
                                      "1 1 1 1 two words\n",
                                      "1728 1 1 1 word\n",
                                      "1 2200 1 1 word\n",
                                      "1 1 1728 1 word\n",
                                      "1 1 0 1 word\n",
                                      "1 1 1 1 w\x01rd\n",
                                      "1 1 1 1 w\xffrd\n",
                                      "99999999999 1 1 1 word\n",
                                      "\n",
                                      "1 1 1 1 good\n\f",
                                      " 1 1 1 1 word\n",
                                      "4294967297 1 1 1 word\n"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(page_text_valid(span_str(bad[i]), &form));
    assert_true(page_text_valid(span_str(""), &form));
}

static void texts_of_pages_are_told_apart(void **state)
{
    struct span rest = span_str("1 1 1 1 one\n\f\f1 1 1 1 three\n\f"), text;
    assert_true(page_text_next_page(&rest, &text));
    assert_int_equal(text.len, 12);
    assert_true(page_text_next_page(&rest, &text));
    assert_int_equal(text.len, 0);
    assert_true(page_text_next_page(&rest, &text));
    assert_false(page_text_next_page(&rest, &text));
}

/* More characters than one font of a PDF has codes for; what it says is read by a PDF reader in e2e/reading.
 */
static void fonts_have_room_for_every_character(void **state)
{
    struct pdf_fonts fonts = {0};
    SCOPED_BUF struct buf text, b;
    buf_init(&text, PAGE_TEXT_BYTES_MAX);
    buf_init(&b, PDF_TEXT_BYTES_MAX);
    for (unsigned i = 0; i < 600; i++) {
        const char character[] = {(char)(0xe4 + i / 4096), (char)(0x80 | ((i >> 6) & 0x3f)),
                                  (char)(0x80 | (i & 0x3f)), 0};
        put(&text, i, i, 20, 20, character);
    }
    pdf_fonts_add(&fonts, buf_span(&text), &form);
    assert_int_equal(fonts.count, 600);
    assert_int_equal(pdf_fonts_objects(&fonts), 1 + 3 * 2);
    pdf_text_put(&b, &fonts, buf_span(&text), &(struct pdf_text_page){&form, 600, 800, 0});
    assert_non_null(strstr(buf_text(&b), "/T2 "));
    assert_non_null(strstr(buf_text(&b), "3 Tr"));
    buf_reset(&b);
    for (size_t i = 0; i < pdf_fonts_objects(&fonts); i++)
        (void)pdf_fonts_object(&b, &fonts, i, 100);
    assert_non_null(strstr(buf_text(&b), "<01> <4000>"));
    assert_non_null(strstr(buf_text(&b), "/LastChar 90/"));
    pdf_fonts_clear(&fonts);
}

/* Its words stand the other way round too. */
static void page_on_its_head_is_turned(void **state)
{
    static const struct page_form one = {PAGE_WIDTH_A4, 1, PAGE_FINE};
    SCOPED_BUF struct buf pdf, plain, t6;
    struct span text = span_str("turned\n728 1000 100 200 word\n");
    const uint8_t bits[PAGE_WIDTH_A4 / 8] = {0xf0};
    buf_init(&pdf, 1 << 20);
    buf_init(&plain, PAGE_TEXT_BYTES_MAX);
    buf_init(&t6, 1000);
    assert_true(page_text_valid(text, &form));
    page_text_plain(&plain, text, &form);
    assert_string_equal(buf_text(&plain), "word");
    assert_int_equal(page_text_take_turned(&text), 2);
    assert_int_equal(page_text_take_turned(&text), 0);
    assert_true(t6_encode(&one, bits, &t6));
    const struct page page = {form, buf_span(&t6)};
    const struct page_view view = {.quarters = 2};
    assert_true(pdf_write(&pdf, &(struct pdf_opts){.title = "", .texts = &text, .views = &view}, &page, 1));
    const char *contents = memmem(pdf.data, pdf.len, "-1 0 0 -1 ", 10);
    assert_non_null(memmem(pdf.data, pdf.len, "/Rotate 180", 11));
    assert_non_null(contents);
    double x, y;
    assert_int_equal(sscanf(contents, "-1 0 0 -1 %lf %lf Tm", &x, &y), 2);
    assert_true(x > 290 && x < 293 && y > 440 && y < 453); /* its upper right corner, in points */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_come_back_as_they_were),
        cmocka_unit_test(words_are_cleaned_clipped_and_bounded),
        cmocka_unit_test(what_is_no_text_of_the_page_is_refused),
        cmocka_unit_test(texts_of_pages_are_told_apart),
        cmocka_unit_test(fonts_have_room_for_every_character),
        cmocka_unit_test(page_on_its_head_is_turned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
