/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* TIFFs, text, web pages and mails to fax pages, and what tells them apart. */
#include <string.h>

#include "render_bench.h"

#include "base/scope.h"
#include "base/str.h"
#include "convert/sniff.h"
#include "convert/tiff_memory.h"

/* ---- TIFF ---- */

/* Pages whose pixels tell them apart. */
static void fill_bits(uint8_t *bits, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++)
        bits[i] = (i / 216) % 7 < 3 ? (uint8_t)((i * 37 + seed) % 5 ? 0 : 0x3c) : 0;
}

struct tiff_form {
    uint32_t width, rows;
    float x, y;
    uint16_t compression, photometric, fill;
};

static void add_tiff_page(TIFF *t, const struct tiff_form *f, const uint8_t *bits)
{
    (void)TIFFSetField(t, TIFFTAG_IMAGEWIDTH, f->width);
    (void)TIFFSetField(t, TIFFTAG_IMAGELENGTH, f->rows);
    (void)TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 1);
    (void)TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1);
    (void)TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, 100);
    (void)TIFFSetField(t, TIFFTAG_COMPRESSION, f->compression);
    (void)TIFFSetField(t, TIFFTAG_PHOTOMETRIC, f->photometric);
    (void)TIFFSetField(t, TIFFTAG_FILLORDER, f->fill);
    (void)TIFFSetField(t, TIFFTAG_XRESOLUTION, (double)f->x);
    (void)TIFFSetField(t, TIFFTAG_YRESOLUTION, (double)f->y);
    (void)TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
    for (uint32_t y = 0; y < f->rows; y++)
        assert_int_equal(TIFFWriteScanline(t, (void *)(uintptr_t)(bits + y * t6_row_bytes(f->width)), y, 0),
                         1);
    assert_int_equal(TIFFWriteDirectory(t), 1);
}

static void fax_tiff_keeps_its_pixels(void **state)
{
    static const struct tiff_form forms[] = {
        {1728, 1100, 204, 98, COMPRESSION_CCITTFAX3, PHOTOMETRIC_MINISWHITE, FILLORDER_MSB2LSB},
        {1728, 2200, 204, 196, COMPRESSION_CCITTFAX4, PHOTOMETRIC_MINISWHITE, FILLORDER_LSB2MSB},
        {1728, 500, 200, 200, COMPRESSION_LZW, PHOTOMETRIC_MINISBLACK, FILLORDER_MSB2LSB}};
    static const enum page_resolution expected[] = {PAGE_STANDARD, PAGE_FINE, PAGE_FINE};
    SCOPED_BUF struct buf file;
    buf_init(&file, 1 << 22);
    struct tiff_memory memory = {.out = &file};
    TIFF *t = tiff_memory_open(&memory, "w");
    static uint8_t bits[3][216 * 2200];
    for (unsigned i = 0; i < 3; i++) {
        fill_bits(bits[i], sizeof(bits[i]), i);
        add_tiff_page(t, &forms[i], bits[i]);
    }
    TIFFClose(t);
    struct result r = render(buf_span(&file));
    assert_string_equal(r.outcome.text, "");
    assert_int_equal(r.pages.count, 3);
    for (unsigned i = 0; i < 3; i++) {
        struct pixels x = decode(&r.pages.pages[i]);
        assert_int_equal(x.form.resolution, expected[i]);
        assert_int_equal(x.form.rows, forms[i].rows);
        size_t len = 216 * (size_t)forms[i].rows;
        for (size_t k = 0; k < len && forms[i].photometric == PHOTOMETRIC_MINISBLACK; k++)
            x.bits[k] = (uint8_t)~x.bits[k];
        assert_memory_equal(x.bits, bits[i], len);
        free(x.bits);
    }
    page_list_clear(&r.pages);
}

static void make_tiff(struct buf *file, const struct tiff_form *f, const uint8_t *bits)
{
    buf_init(file, 1 << 22);
    struct tiff_memory memory = {.out = file};
    TIFF *t = tiff_memory_open(&memory, "w");
    add_tiff_page(t, f, bits);
    TIFFClose(t);
}

static void finer_tiff_is_joined_to_the_lines_asked_for(void **state)
{
    static const struct tiff_form form = {
        1728, 5, 204, 196, COMPRESSION_CCITTFAX4, PHOTOMETRIC_MINISWHITE, FILLORDER_MSB2LSB};
    SCOPED_BUF struct buf file;
    static uint8_t bits[216 * 5];
    memset(bits + 216, 0xff, 10);
    memset(bits + 216 * 4, 0xff, 20);
    make_tiff(&file, &form, bits);
    struct result r = render_as(
        &(struct render_opts){.name = "", .resolution = PAGE_STANDARD, .pages_max = 1}, buf_span(&file));
    struct pixels x = decode(&r.pages.pages[0]);
    assert_int_equal(x.form.rows, 3);
    assert_int_equal(darkness(&x, 0, 0, 80, 1), 100);
    assert_int_equal(darkness(&x, 0, 1, 1728, 2), 0);
    assert_int_equal(darkness(&x, 0, 2, 160, 3), 100);
    clear(&r, &x);
}

/* 408 x 391: its own pixels where they are asked for, else pairs of columns and rows are joined. */
static void tiff_of_400_dpi_keeps_its_pixels_or_is_joined(void **state)
{
    static const struct tiff_form form = {
        3456, 8, 408, 391, COMPRESSION_CCITTFAX4, PHOTOMETRIC_MINISWHITE, FILLORDER_MSB2LSB};
    static const struct {
        enum page_resolution asked, got;
        uint32_t width, rows;
    } cases[] = {{PAGE_DPI400, PAGE_DPI400, 3456, 8},
                 {PAGE_SUPERFINE, PAGE_SUPERFINE, 1728, 8},
                 {PAGE_FINE, PAGE_FINE, 1728, 4},
                 {PAGE_STANDARD, PAGE_STANDARD, 1728, 2}};
    SCOPED_BUF struct buf file;
    static uint8_t bits[432 * 8];
    bits[432 * 3 + 100] = 0x10; /* pixel 803 of row 3 */
    make_tiff(&file, &form, bits);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct result r = render_as(
            &(struct render_opts){.name = "", .resolution = cases[i].asked, .pages_max = 1}, buf_span(&file));
        struct pixels x = decode(&r.pages.pages[0]);
        assert_int_equal(x.form.resolution, cases[i].got);
        assert_int_equal(x.form.width, cases[i].width);
        assert_int_equal(x.form.rows, cases[i].rows);
        uint32_t column = 803 * cases[i].width / 3456, row = 3 * cases[i].rows / 8;
        assert_int_equal(darkness(&x, column, row, column + 1, row + 1), 100);
        assert_int_equal(changes(&x), 2);
        clear(&r, &x);
    }
}

static void other_tiff_is_scaled(void **state)
{
    static const struct tiff_form form = {
        2480, 3508, 300, 300, COMPRESSION_CCITTFAX4, PHOTOMETRIC_MINISWHITE, FILLORDER_MSB2LSB};
    SCOPED_BUF struct buf file;
    static uint8_t bits[310 * 3508];
    memset(bits, 0xff, 310 * 300); /* the uppermost inch is black */
    make_tiff(&file, &form, bits);
    struct result r = render(buf_span(&file));
    assert_string_equal(r.outcome.text, "");
    assert_in_range(r.pages.pages[0].form.rows, 2285, 2288);
    struct pixels x = decode(&r.pages.pages[0]);
    assert_int_equal(darkness(&x, 30, 2, 1690, 190), 100);
    assert_int_equal(darkness(&x, 0, 200, 1728, 2280), 0);
    clear(&r, &x);
}

/* ---- text ---- */

/* The same words, however they are coded, are the same pixels. */
/* proves: S2.10 */
static void text_is_read_in_each_coding(void **state)
{
    static const struct span codings[] = {
        {(const uint8_t *)"Gr\xc3\xbc\xc3\x9f\x65 \xe2\x82\xac 5\n", 14},               /* UTF-8 */
        {(const uint8_t *)"Gr\xfc\xdf\x65 \x80 5\n", 10},                               /* Windows-1252 */
        {(const uint8_t *)"\xff\xfeG\0r\0\xfc\0\xdf\0e\0 \0\xac\x20 \0\x35\0\n\0", 22}, /* UTF-16 */
        {(const uint8_t *)"\xfe\xff\0G\0r\0\xfc\0\xdf\0e\0 \x20\xac\0 \0\x35\0\n", 22}};
    struct result first = render(codings[0]);
    assert_int_equal(first.pages.count, 1);
    for (size_t i = 1; i < ARRAY_LEN(codings); i++) {
        struct result r = render(codings[i]);
        assert_int_equal(r.pages.count, 1);
        assert_true(span_equal(r.pages.pages[0].t6, first.pages.pages[0].t6));
        page_list_clear(&r.pages);
    }
    page_list_clear(&first.pages);
}

static void half_a_pair_of_utf16_is_borne(void **state)
{
    static const char text[] = "\xff\xfe\x00\xd8\x00\xd8\x00\xdc\x00\xdc\x00\xd8";
    struct result r = render(span_of(text, sizeof(text) - 1));
    assert_int_equal(r.pages.count, 1);
    page_list_clear(&r.pages);
}

/* proves: S2.10 */
static void web_page_is_laid_out_on_paper(void **state)
{
    SCOPED_BUF struct buf html;
    buf_init(&html, 1 << 20);
    (void)buf_append_str(
        &html, "<html><head><script>while(1);</script><link rel=stylesheet href='http://192.0.2.1/a'>"
               "</head><body><h1>Order</h1><img src='file:///etc/passwd'>");
    for (int i = 0; i < 100; i++)
        (void)buf_append_str(&html, "<p>one paragraph</p>");
    struct result r = render(buf_span(&html));
    assert_string_equal(r.outcome.text, "");
    assert_in_range(r.pages.count, 2, 6);
    struct pixels x = decode(&r.pages.pages[0]);
    assert_in_range(changes(&x), 1000, 200000);
    assert_int_equal(darkness(&x, 0, 0, 60, 2200), 0); /* a margin */
    clear(&r, &x);
}

/* proves: S2.10 */
static void mail_as_a_file_shows_its_words_and_documents(void **state)
{
    static const char mail[] =
        "From: Ann <ann@example.com>\r\nMIME-Version: 1.0\r\nSubject: x\r\nContent-Type: multipart/mixed; "
        "boundary=b\r\n\r\n--b\r\n\r\nthe words\r\n--b\r\nContent-Type: text/plain; name=a.txt\r\n"
        "Content-Disposition: attachment\r\n\r\npage two\fpage three\r\n--b--\r\n";
    struct result r = render(span_str(mail));
    assert_string_equal(r.outcome.text, "");
    assert_int_equal(r.pages.count, 3);
    page_list_clear(&r.pages);
}

static void text_is_laid_out_in_lines_and_pages(void **state)
{
    SCOPED_BUF struct buf text;
    buf_init(&text, 1 << 16);
    for (int i = 0; i < 64; i++)
        (void)buf_append_str(&text, "line\r\n");
    struct result r = render(buf_span(&text));
    assert_int_equal(r.pages.count, 2); /* 63 lines fit on A4 */
    struct pixels x = decode(&r.pages.pages[1]);
    assert_true(darkness(&x, 184, 115, 255, 148) > 3);
    assert_int_equal(darkness(&x, 0, 200, 1728, 2287), 0);
    clear(&r, &x);
}

static void long_line_is_broken_not_cut(void **state)
{
    char line[400];
    memset(line, 'x', sizeof(line) - 1);
    line[sizeof(line) - 1] = 0; /* 399 without a blank: five rows */
    struct result r = render(span_str(line));
    struct pixels x = decode(&r.pages.pages[0]);
    for (uint32_t row = 0; row < 5; row++) {
        uint32_t y = 108 + row * 33;
        assert_true(darkness(&x, 170, y, 1500, y + 33) > 5);
    }
    assert_int_equal(darkness(&x, 0, 290, 1728, 2287), 0);
    assert_int_equal(darkness(&x, 0, 0, 100, 2287), 0);
    assert_int_equal(darkness(&x, 1640, 0, 1728, 2287), 0);
    clear(&r, &x);
}

/* Who has none is refused (unit/charset). */
static void scripts_of_the_world_have_glyphs(void **state)
{
    static const char *const words[] = {"ß",  "П", "Γ", "ש", "ع", "ก", "你", "한",
                                        "か", "€", "अ", "ሀ", "Ա", "ა", "ᠠ"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct result r = render(span_str(words[i]));
        assert_string_equal(r.outcome.text, "");
        assert_int_equal(r.pages.count, 1);
        struct pixels x = decode(&r.pages.pages[0]);
        assert_true(changes(&x) > 10);
        clear(&r, &x);
    }
}

/* The same words in UTF-8 and in Windows-1252 are the same page. */
static void old_character_set_is_recognised(void **state)
{
    struct result utf8 = render(span_str("Grüße – 5 €")),
                  old = render(span_str("Gr\xfc\xdf\x65 \x96 5 \x80"));
    assert_int_equal(old.pages.count, 1);
    assert_true(span_equal(utf8.pages.pages[0].t6, old.pages.pages[0].t6));
    page_list_clear(&utf8.pages);
    page_list_clear(&old.pages);
}

static void contents_decide_what_a_document_is(void **state)
{
    static const struct {
        const char *bytes;
        enum document_kind kind;
    } cases[] = {{"%PDF-1.4", DOCUMENT_PDF},
                 {"\n\n junk %PDF-1.4\n1 0 obj", DOCUMENT_PDF},
                 {"\1\2\3\4 junk %PDF-1.4", DOCUMENT_PDF},
                 {"A PDF begins with %PDF-1.4", DOCUMENT_TEXT},
                 {"<?xml version='1.0'?>\n<html>", DOCUMENT_HTML},
                 {"<?xml version='1.0'?>\n<order>", DOCUMENT_TEXT},
                 {"PK\5\6", DOCUMENT_ZIP},
                 {"hello", DOCUMENT_TEXT},
                 {"MZ is how this letter begins", DOCUMENT_TEXT},
                 {"MZ\x90\x01\x02\x03\x04\x05", DOCUMENT_PROGRAM},
                 {"<!DOCTYPE HTML><p>", DOCUMENT_HTML},
                 {"  <html>", DOCUMENT_HTML},
                 {"<h1>Bill</h1><p>of May</p>", DOCUMENT_HTML},
                 {"{\\rtf1", DOCUMENT_RTF},
                 {"\x89PNG\r\n\x1a\n", DOCUMENT_PNG},
                 {"\1\2\3\4\5", DOCUMENT_UNKNOWN},
                 {"P6\n# by a program\n2 2\n255\n\xff\xff", DOCUMENT_UNKNOWN},
                 {"P5 is how this letter begins", DOCUMENT_TEXT},
                 {"", DOCUMENT_EMPTY}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(sniff(span_str(cases[i].bytes)), cases[i].kind);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_read_in_each_coding),
        cmocka_unit_test(half_a_pair_of_utf16_is_borne),
        cmocka_unit_test(web_page_is_laid_out_on_paper),
        cmocka_unit_test(mail_as_a_file_shows_its_words_and_documents),
        cmocka_unit_test(fax_tiff_keeps_its_pixels),
        cmocka_unit_test(finer_tiff_is_joined_to_the_lines_asked_for),
        cmocka_unit_test(tiff_of_400_dpi_keeps_its_pixels_or_is_joined),
        cmocka_unit_test(other_tiff_is_scaled),
        cmocka_unit_test(text_is_laid_out_in_lines_and_pages),
        cmocka_unit_test(long_line_is_broken_not_cut),
        cmocka_unit_test(scripts_of_the_world_have_glyphs),
        cmocka_unit_test(old_character_set_is_recognised),
        cmocka_unit_test(contents_decide_what_a_document_is),
    };
    return cmocka_run_group_tests(tests, render_bench_set_up, render_bench_tear_down);
}
