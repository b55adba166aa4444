/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Documents to fax pages: what stands where, how black it is, and the exact reason where there is no page. */
#include <stdio.h>
#include <string.h>

#include "test.h"

#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/render.h"
#include "convert/sniff.h"
#include "convert/t6.h"
#include "convert/tiff_memory.h"
#include "convert/unpack.h"

static struct render *warm;

static int set_up(void **state)
{
    unpack_prepare(); /* a mail as a file */
    warm = render_new((size_t)400 << 20);
    return 0;
}

static int tear_down(void **state)
{
    render_free(warm);
    return 0;
}

struct result {
    struct page_list pages;
    struct outcome outcome;
};

static struct result render_as(const struct render_opts *o, struct span bytes)
{
    struct result r = {.pages = {0}};
    render_document(warm, o, bytes, &r.pages, &r.outcome);
    return r;
}

static struct result render(struct span bytes)
{
    return render_as(&(struct render_opts){.name = "a.pdf", .resolution = PAGE_FINE, .pages_max = 10}, bytes);
}

/* ---- a PDF with given contents; the table is left to MuPDF's repair ---- */

static void begin_pdf(struct buf *b, unsigned pages, const char *root_extra)
{
    buf_init(b, 1 << 20);
    (void)buf_printf(
        b, "%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count %u/Kids[",
        pages);
    for (unsigned i = 0; i < pages; i++)
        (void)buf_printf(b, "%u 0 R ", 10 + 2 * i);
    (void)buf_printf(b, "]>>endobj\n%s", root_extra);
}

static void add_pdf_page(struct buf *b, unsigned index, const char *box, const char *contents)
{
    (void)buf_printf(b,
                     "%u 0 obj<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents %u 0 R/Resources<</Font<</F "
                     "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>/XObject<</I 5 0 R>>>>>>endobj\n",
                     10 + 2 * index, box, 11 + 2 * index);
    (void)buf_printf(b, "%u 0 obj<</Length %zu>>stream\n%s\nendstream endobj\n", 11 + 2 * index,
                     strlen(contents), contents);
}

static void end_pdf(struct buf *b)
{
    (void)buf_append_str(b, "trailer<</Root 1 0 R>>\n%%EOF\n");
}

static struct result render_contents(const char *box, const char *contents)
{
    SCOPED_BUF struct buf b;
    begin_pdf(&b, 1, "");
    add_pdf_page(&b, 0, box, contents);
    end_pdf(&b);
    return render(buf_span(&b));
}

/* ---- pixels ---- */

struct pixels {
    uint8_t *bits; /* owned */
    struct page_form form;
};

static struct pixels decode(const struct page *p)
{
    struct pixels x = {.bits = mem_alloc(t6_row_bytes(p->form.width) * p->form.rows), .form = p->form};
    assert_int_equal(t6_decode(p, x.bits), p->form.rows);
    return x;
}

static unsigned pixel(const struct pixels *x, uint32_t column, uint32_t row)
{
    return x->bits[row * t6_row_bytes(x->form.width) + column / 8] >> (7 - column % 8) & 1;
}

/* Share of black in a part of the page, per cent. */
static unsigned darkness(const struct pixels *x, uint32_t x0, uint32_t y0, uint32_t x1, uint32_t y1)
{
    uint64_t n = 0;
    for (uint32_t y = y0; y < y1; y++)
        for (uint32_t i = x0; i < x1; i++)
            n += pixel(x, i, y);
    return (unsigned)(n * 100 / ((uint64_t)(x1 - x0) * (y1 - y0)));
}

/* How often black and white meet along the rows: dots make many, characters few. */
static unsigned changes(const struct pixels *x)
{
    unsigned n = 0;
    for (uint32_t y = 0; y < x->form.rows; y++)
        for (uint32_t i = 1; i < x->form.width; i++)
            n += pixel(x, i, y) != pixel(x, i - 1, y);
    return n;
}

static void clear(struct result *r, struct pixels *x)
{
    if (x)
        free(x->bits);
    page_list_clear(&r->pages);
}

/* ---- size, place, direction ---- */

static void a4_page_has_the_form_of_a_fax(void **state)
{
    struct result r = render_contents("0 0 595.276 841.89", "0 0 0 rg 0 0 50 50 re f");
    assert_string_equal(r.outcome.text, "");
    assert_int_equal(r.pages.count, 1);
    assert_int_equal(r.pages.pages[0].form.width, 1728);
    assert_int_equal(r.pages.pages[0].form.rows, 2287);
    struct pixels x = decode(&r.pages.pages[0]);
    /* 210 mm stand in the middle of 215 mm: the square begins 20 or 21 pixels from the left, at the very
     * foot. */
    assert_int_equal(darkness(&x, 25, 2160, 155, 2285), 100);
    assert_int_equal(darkness(&x, 0, 2160, 20, 2287), 0);
    assert_int_equal(darkness(&x, 170, 0, 1728, 2287), 0);
    clear(&r, &x);
}

static void rows_follow_the_resolution(void **state)
{
    static const struct {
        enum page_resolution resolution;
        uint32_t rows;
    } cases[] = {{PAGE_STANDARD, 1144}, {PAGE_FINE, 2287}, {PAGE_SUPERFINE, 4574}};
    SCOPED_BUF struct buf b;
    begin_pdf(&b, 1, "");
    add_pdf_page(&b, 0, "0 0 595.276 841.89", "0 0 0 rg 100 400 2 2 re f 0.2 w 100 300 m 500 300 l S");
    end_pdf(&b);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct result r =
            render_as(&(struct render_opts){.name = "", .resolution = cases[i].resolution, .pages_max = 1},
                      buf_span(&b));
        assert_int_equal(r.pages.pages[0].form.rows, cases[i].rows);
        assert_int_equal(r.pages.pages[0].form.resolution, cases[i].resolution);
        struct pixels x = decode(&r.pages.pages[0]);
        /* The hairline is there in each: pairs of rows are joined, never dropped. */
        unsigned line = darkness(&x, 400, x.form.rows / 2, 1400, x.form.rows);
        assert_int_equal(line > 0 || changes(&x) > 0, 1);
        bool found = false;
        for (uint32_t y = x.form.rows / 2; y < x.form.rows && !found; y++)
            found = darkness(&x, 400, y, 1400, y + 1) == 100;
        assert_true(found);
        clear(&r, &x);
    }
}

static void landscape_is_turned_and_nothing_is_cut_off(void **state)
{
    /* A black frame 10 points wide around an A4 landscape page. */
    struct result r = render_contents("0 0 841.89 595.276", "0 0 0 RG 20 w 0 0 841.89 595.276 re S");
    assert_int_equal(r.pages.pages[0].form.rows, 2287);
    struct pixels x = decode(&r.pages.pages[0]);
    assert_int_equal(darkness(&x, 30, 2, 1690, 20), 100);
    assert_int_equal(darkness(&x, 30, 2265, 1690, 2285), 100);
    assert_int_equal(darkness(&x, 23, 30, 45, 2250), 100);
    assert_int_equal(darkness(&x, 1682, 30, 1700, 2250), 100);
    assert_int_equal(darkness(&x, 100, 100, 1600, 2200), 0);
    clear(&r, &x);
}

/* What was the top of a turned page is on its right or left, never upside down to the other pages: the fax is
 * turned by 90 degrees clockwise. */
static void landscape_is_turned_one_way(void **state)
{
    struct result r = render_contents("0 0 841.89 595.276", "0 0 0 rg 0 495 100 100 re f"); /* upper left */
    struct pixels x = decode(&r.pages.pages[0]);
    assert_int_equal(darkness(&x, 1450, 10, 1690, 250), 100); /* upper right */
    assert_int_equal(darkness(&x, 30, 400, 1690, 2280), 0);
    clear(&r, &x);
}

static void large_page_shrinks_and_small_page_stays(void **state)
{
    struct result r = render_contents("0 0 1684 2384", "0 0 0 RG 40 w 0 0 1684 2384 re S"); /* A2 */
    struct pixels x = decode(&r.pages.pages[0]);
    assert_true(r.pages.pages[0].form.rows <= 2287 && r.pages.pages[0].form.rows > 2200);
    assert_int_equal(darkness(&x, 200, 1, 1500, 15), 100);
    assert_int_equal(darkness(&x, 200, x.form.rows - 12, 1500, x.form.rows - 1), 100);
    clear(&r, &x);
    r = render_contents("0 0 297.64 419.53", ""); /* A6 */
    assert_int_equal(r.pages.pages[0].form.rows, 1140);
    clear(&r, NULL);
}

/* ---- black, white, grey ---- */

static void pale_text_is_drawn_black(void **state)
{
    static const char *const colours[] = {"0 0 0", "0.6 0.6 0.6", "0.8 0.2 0.2", "0.9 0.9 0.2"};
    unsigned dark[ARRAY_LEN(colours)];
    for (size_t i = 0; i < ARRAY_LEN(colours); i++) {
        char text[200];
        (void)str_format(text, sizeof(text), "%s rg BT /F 12 Tf 100 700 Td (Hamburgefonstiv and more) Tj ET",
                         colours[i]);
        struct result r = render_contents("0 0 595 842", text);
        struct pixels x = decode(&r.pages.pages[0]);
        dark[i] = changes(&x);
        clear(&r, &x);
    }
    for (size_t i = 1; i < ARRAY_LEN(colours); i++)
        assert_int_equal(dark[i], dark[0]);
}

static void white_text_on_black_stays_white(void **state)
{
    struct result r =
        render_contents("0 0 595 842", "0 g 50 650 400 100 re f 1 g BT /F 40 Tf 60 680 Td (WHITE) Tj ET");
    struct pixels x = decode(&r.pages.pages[0]);
    unsigned dark = darkness(&x, 190, 300, 600, 460);
    assert_true(dark > 40 && dark < 95);
    clear(&r, &x);
}

static void grey_area_becomes_dots_of_its_tone(void **state)
{
    for (unsigned grey = 20; grey <= 80; grey += 20) {
        char text[100];
        (void)str_format(text, sizeof(text), "0.%02u g 100 300 300 300 re f", grey);
        struct result r = render_contents("0 0 595 842", text);
        struct pixels x = decode(&r.pages.pages[0]);
        unsigned dark = darkness(&x, 400, 800, 1000, 1400);
        assert_in_range(dark, 100 - grey - 8, 100 - grey + 8);
        clear(&r, &x);
    }
}

static void paper_tint_becomes_white(void **state)
{
    struct result r = render_contents("0 0 595 842", "0.95 g 0 0 595 842 re f 0 g 100 100 50 50 re f");
    struct pixels x = decode(&r.pages.pages[0]);
    assert_int_equal(darkness(&x, 0, 0, 1728, 1800), 0);
    clear(&r, &x);
}

/* A scanned sheet: yellowish paper at 80 %, grey writing. Its paper turns white and its writing black. */
static void scanned_sheet_is_thresholded(void **state)
{
    SCOPED_BUF struct buf b;
    enum { W = 200, H = 280 };
    static uint8_t sheet[W * H];
    for (int y = 0; y < H; y++)
        for (int i = 0; i < W; i++)
            sheet[y * W + i] = (uint8_t)(y % 20 == 10 && i > 20 && i < 180 ? 90 : 200 + (i * 7 + y * 13) % 8);
    begin_pdf(&b, 1, "");
    (void)buf_printf(&b,
                     "5 0 obj<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray"
                     "/BitsPerComponent 8/Length %d>>stream\n",
                     W, H, W * H);
    (void)buf_append(&b, sheet, sizeof(sheet));
    (void)buf_append_str(&b, "\nendstream endobj\n");
    add_pdf_page(&b, 0, "0 0 595 842", "q 595 0 0 842 0 0 cm /I Do Q");
    end_pdf(&b);
    struct result r = render(buf_span(&b));
    assert_string_equal(r.outcome.text, "");
    struct pixels x = decode(&r.pages.pages[0]);
    assert_int_equal(darkness(&x, 40, 20, 1680, 60), 0);     /* paper */
    assert_in_range(darkness(&x, 300, 0, 1400, 2280), 3, 8); /* one row in 20 */
    clear(&r, &x);
}

/* ---- refusals ---- */

static void assert_refused(struct result *r, const char *code, const char *words)
{
    assert_int_equal(r->outcome.verdict, VERDICT_GIVE_UP);
    assert_string_equal(r->outcome.code, code);
    if (!strstr(r->outcome.text, words))
        fail_msg("\"%s\" does not say \"%s\"", r->outcome.text, words);
    assert_int_equal(r->pages.count, 0);
    page_list_clear(&r->pages);
}

static void what_cannot_be_faxed_is_refused_with_its_reason(void **state)
{
    static const char program[] = "MZ\0\1\0\2\0\3";
    static const char word[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more";
    struct result r = render(span_of(program, sizeof(program)));
    assert_refused(&r, "document-type", "\"a.pdf\" is not what its name says: it is a program");
    r = render_as(&(struct render_opts){.name = "letter.doc", .resolution = PAGE_FINE, .pages_max = 1},
                  span_of(word, sizeof(word)));
    assert_refused(&r, "document-broken", "\"letter.doc\" is damaged");
    r = render_as(&(struct render_opts){.name = "letter.rtf", .resolution = PAGE_FINE, .pages_max = 1},
                  span_str("{\\rtf1 words}"));
    assert_refused(&r, "document-office",
                   "\"letter.rtf\" is a rich text document (RTF), and this fax server has no LibreOffice");
    r = render(span_str("%!PS-Adobe-3.0\n(%stdin) (r) file\n"));
    assert_refused(&r, "document-type", "is a PostScript document: a program, which is not run");
    r = render(span_of("", 0));
    assert_refused(&r, "document-empty", "is empty (0 bytes)");
    r = render(span_str("%PDF-1.7\n\1\2\3 nothing"));
    assert_refused(&r, "document-broken", "is damaged and cannot be read");
    r = render(span_of("II*\0\xff\xff\xff\xff", 8));
    assert_int_equal(r.outcome.verdict, VERDICT_GIVE_UP);
    page_list_clear(&r.pages);
}

/* Encapsulated PostScript too, also with the head that carries a preview (Adobe TN 5002 §5.2). */
/* proves: S2.10 */
static void eps_is_refused_with_the_reason(void **state)
{
    static const char plain[] = "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n";
    static const char with_preview[] =
        "\xc5\xd0\xd3\xc6\x20\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\0\0"
        "%!PS-Adobe-3.0 EPSF-3.0\n";
    struct result r = render(span_str(plain));
    assert_refused(&r, "document-type", "is a PostScript document: a program, which is not run");
    r = render(span_of(with_preview, sizeof(with_preview) - 1));
    assert_refused(&r, "document-type", "is a PostScript document: a program, which is not run");
}

static void document_of_no_pages_is_refused(void **state)
{
    SCOPED_BUF struct buf b;
    begin_pdf(&b, 0, "");
    end_pdf(&b);
    struct result r = render(buf_span(&b));
    assert_refused(&r, "document-no-pages", "\"a.pdf\" has no page that can be read");
}

static void password_is_named(void **state)
{
    SCOPED_BUF struct buf b;
    begin_pdf(&b, 1, "");
    add_pdf_page(&b, 0, "0 0 595 842", "");
    (void)buf_append_str(&b,
                         "trailer<</Root 1 0 R/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4"
                         "/O<0000000000000000000000000000000000000000000000000000000000000000>"
                         "/U<1111111111111111111111111111111111111111111111111111111111111111>>>>>\n%%EOF\n");
    struct result r = render(buf_span(&b));
    assert_refused(&r, "document-encrypted", "protected by a password");
}

static void too_many_pages_are_refused_before_any_work(void **state)
{
    SCOPED_BUF struct buf b;
    begin_pdf(&b, 11, "");
    for (unsigned i = 0; i < 11; i++)
        add_pdf_page(&b, i, "0 0 595 842", "");
    end_pdf(&b);
    struct result r = render(buf_span(&b));
    assert_refused(&r, "document-too-many-pages", "has 11 pages; at most 10");
    SCOPED_BUF struct buf text;
    buf_init(&text, 1 << 16);
    for (int i = 0; i < 11; i++)
        (void)buf_append_str(&text, "page\f");
    r = render(buf_span(&text));
    assert_refused(&r, "document-too-many-pages", "more than 10 pages");
}

static void picture_of_giant_size_is_refused(void **state)
{
    SCOPED_BUF struct buf b;
    begin_pdf(&b, 1,
              "5 0 obj<</Type/XObject/Subtype/Image/Width 60000/Height 60000/ColorSpace/DeviceRGB"
              "/BitsPerComponent 8/Length 3>>stream\nabc\nendstream endobj\n");
    add_pdf_page(&b, 0, "0 0 595 842", "q 595 0 0 842 0 0 cm /I Do Q");
    end_pdf(&b);
    struct result r = render(buf_span(&b));
    assert_refused(&r, "document-giant-image", "of a size that only an attack");
}

static void page_with_a_hole_is_refused(void **state)
{
    SCOPED_BUF struct buf b;
    begin_pdf(
        &b, 2,
        "5 0 obj<</Type/XObject/Subtype/Image/Width 60/Height 60/ColorSpace/DeviceRGB/BitsPerComponent 8"
        "/Length 9>>stream\nabcdefghi\nendstream endobj\n");
    add_pdf_page(&b, 0, "0 0 595 842", "0 g 0 0 100 100 re f");
    add_pdf_page(&b, 1, "0 0 595 842", "0 g 0 0 100 100 re f q 595 0 0 842 0 0 cm /I Do Q");
    end_pdf(&b);
    struct result r = render(buf_span(&b));
    assert_refused(&r, "document-incomplete", "something on page 2 cannot be drawn");
}

static void giant_and_degenerate_pages_are_bounded(void **state)
{
    static const char *const boxes[] = {"0 0 1000000 1000000", "0 0 14400 1", "0 0 1 14400", "0 0 0 0",
                                        "0 0 1e30 1e30",       "nan 0 5 5",   "5 5 -5 -5"};
    for (size_t i = 0; i < ARRAY_LEN(boxes); i++) {
        struct result r = render_contents(boxes[i], "0 g 0 0 5 5 re f");
        for (size_t k = 0; k < r.pages.count; k++)
            assert_true(r.pages.pages[k].form.rows <= 2287);
        assert_true(r.pages.count == 1 || r.outcome.verdict == VERDICT_GIVE_UP);
        page_list_clear(&r.pages);
    }
}

static void long_names_are_cut_between_characters(void **state)
{
    char name[200] = "";
    for (int i = 0; i < 60; i++)
        (void)strcat(name, "ü");
    struct result r = render_as(&(struct render_opts){.name = name, .resolution = PAGE_FINE, .pages_max = 1},
                                span_of("", 0));
    assert_true(utf8_valid(span_str(r.outcome.text)));
    assert_non_null(strstr(r.outcome.text, "ü…\" is empty"));
    page_list_clear(&r.pages);
}

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

static void finer_tiff_is_joined_to_the_lines_asked_for(void **state)
{
    static const struct tiff_form form = {
        1728, 5, 204, 196, COMPRESSION_CCITTFAX4, PHOTOMETRIC_MINISWHITE, FILLORDER_MSB2LSB};
    SCOPED_BUF struct buf file;
    buf_init(&file, 1 << 20);
    struct tiff_memory memory = {.out = &file};
    static uint8_t bits[216 * 5];
    memset(bits + 216, 0xff, 10);
    memset(bits + 216 * 4, 0xff, 20);
    TIFF *t = tiff_memory_open(&memory, "w");
    add_tiff_page(t, &form, bits);
    TIFFClose(t);
    struct result r = render_as(
        &(struct render_opts){.name = "", .resolution = PAGE_STANDARD, .pages_max = 1}, buf_span(&file));
    struct pixels x = decode(&r.pages.pages[0]);
    assert_int_equal(x.form.rows, 3);
    assert_int_equal(darkness(&x, 0, 0, 80, 1), 100);
    assert_int_equal(darkness(&x, 0, 1, 1728, 2), 0);
    assert_int_equal(darkness(&x, 0, 2, 160, 3), 100);
    clear(&r, &x);
}

static void other_tiff_is_scaled(void **state)
{
    static const struct tiff_form form = {
        2480, 3508, 300, 300, COMPRESSION_CCITTFAX4, PHOTOMETRIC_MINISWHITE, FILLORDER_MSB2LSB};
    SCOPED_BUF struct buf file;
    buf_init(&file, 1 << 22);
    struct tiff_memory memory = {.out = &file};
    static uint8_t bits[310 * 3508];
    memset(bits, 0xff, 310 * 300); /* the uppermost inch is black */
    TIFF *t = tiff_memory_open(&memory, "w");
    add_tiff_page(t, &form, bits);
    TIFFClose(t);
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

/* None of these characters is the box of an unknown one, which is what a private-use character gives. */
static void scripts_of_the_world_have_glyphs(void **state)
{
    static const char *const words[] = {"ß", "П", "Γ", "ש", "ع", "ก", "你", "한", "か", "€"};
    struct result box = render(span_str("\xee\x80\x80"));
    assert_int_equal(box.pages.count, 1);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct result r = render(span_str(words[i]));
        assert_int_equal(r.pages.count, 1);
        struct pixels x = decode(&r.pages.pages[0]);
        assert_true(changes(&x) > 10);
        if (span_equal(r.pages.pages[0].t6, box.pages.pages[0].t6))
            fail_msg("no glyph for %s", words[i]);
        clear(&r, &x);
    }
    page_list_clear(&box.pages);
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
                 {"\n\n junk %PDF-1.4", DOCUMENT_PDF},
                 {"hello", DOCUMENT_TEXT},
                 {"MZ is how this letter begins", DOCUMENT_TEXT},
                 {"MZ\x90\x01\x02\x03\x04\x05", DOCUMENT_PROGRAM},
                 {"<!DOCTYPE HTML><p>", DOCUMENT_HTML},
                 {"  <html>", DOCUMENT_HTML},
                 {"{\\rtf1", DOCUMENT_RTF},
                 {"\x89PNG\r\n\x1a\n", DOCUMENT_PNG},
                 {"\1\2\3\4\5", DOCUMENT_UNKNOWN},
                 {"", DOCUMENT_EMPTY}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(sniff(span_str(cases[i].bytes)), cases[i].kind);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a4_page_has_the_form_of_a_fax),
        cmocka_unit_test(rows_follow_the_resolution),
        cmocka_unit_test(landscape_is_turned_and_nothing_is_cut_off),
        cmocka_unit_test(landscape_is_turned_one_way),
        cmocka_unit_test(large_page_shrinks_and_small_page_stays),
        cmocka_unit_test(pale_text_is_drawn_black),
        cmocka_unit_test(white_text_on_black_stays_white),
        cmocka_unit_test(grey_area_becomes_dots_of_its_tone),
        cmocka_unit_test(paper_tint_becomes_white),
        cmocka_unit_test(scanned_sheet_is_thresholded),
        cmocka_unit_test(what_cannot_be_faxed_is_refused_with_its_reason),
        cmocka_unit_test(eps_is_refused_with_the_reason),
        cmocka_unit_test(document_of_no_pages_is_refused),
        cmocka_unit_test(password_is_named),
        cmocka_unit_test(too_many_pages_are_refused_before_any_work),
        cmocka_unit_test(picture_of_giant_size_is_refused),
        cmocka_unit_test(page_with_a_hole_is_refused),
        cmocka_unit_test(giant_and_degenerate_pages_are_bounded),
        cmocka_unit_test(long_names_are_cut_between_characters),
        cmocka_unit_test(text_is_read_in_each_coding),
        cmocka_unit_test(half_a_pair_of_utf16_is_borne),
        cmocka_unit_test(web_page_is_laid_out_on_paper),
        cmocka_unit_test(mail_as_a_file_shows_its_words_and_documents),
        cmocka_unit_test(fax_tiff_keeps_its_pixels),
        cmocka_unit_test(finer_tiff_is_joined_to_the_lines_asked_for),
        cmocka_unit_test(other_tiff_is_scaled),
        cmocka_unit_test(text_is_laid_out_in_lines_and_pages),
        cmocka_unit_test(long_line_is_broken_not_cut),
        cmocka_unit_test(scripts_of_the_world_have_glyphs),
        cmocka_unit_test(old_character_set_is_recognised),
        cmocka_unit_test(contents_decide_what_a_document_is),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
