/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Documents to fax pages: what stands where, how black it is, and the exact reason where there is no page. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "render_bench.h"

#include "base/scope.h"
#include "base/str.h"

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
        uint32_t width, rows;
    } cases[] = {{PAGE_STANDARD, 1728, 1144},
                 {PAGE_FINE, 1728, 2287},
                 {PAGE_SUPERFINE, 1728, 4574},
                 {PAGE_DPI300, 2592, 3508},
                 {PAGE_DPI400, 3456, 4574}};
    SCOPED_BUF struct buf b;
    begin_pdf(&b, 1, "");
    add_pdf_page(&b, 0, "0 0 595.276 841.89", "0 0 0 rg 100 400 2 2 re f 0.2 w 100 300 m 500 300 l S");
    end_pdf(&b);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct result r =
            render_as(&(struct render_opts){.name = "", .resolution = cases[i].resolution, .pages_max = 1},
                      buf_span(&b));
        assert_int_equal(r.pages.pages[0].form.width, cases[i].width);
        assert_int_equal(r.pages.pages[0].form.rows, cases[i].rows);
        assert_int_equal(r.pages.pages[0].form.resolution, cases[i].resolution);
        struct pixels x = decode(&r.pages.pages[0]);
        /* The hairline is there in each: pairs of rows are joined, never dropped. */
        uint32_t left = x.form.width * 10 / 41, right = x.form.width * 4 / 5;
        unsigned line = darkness(&x, left, x.form.rows / 2, right, x.form.rows);
        assert_int_equal(line > 0 || changes(&x) > 0, 1);
        bool found = false;
        for (uint32_t y = x.form.rows / 2; y < x.form.rows && !found; y++)
            found = darkness(&x, left, y, right, y + 1) == 100;
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

/* ---- lines ---- */

enum { RAYS = 46, RAY_FROM = 60, RAY_TO = 200 };

/* Thin lines from one point, two degrees apart: drawn with a pen, or as areas of that width. */
static void put_rays(struct buf *b, bool filled, double width)
{
    (void)buf_printf(b, "0 g 0 G %.2f w 0 J 300 400 m 300 400 l S\n", width);
    for (int i = 0; i < RAYS; i++) {
        double a = i * 2 * M_PI / 180, c = cos(a), s = sin(a), t = width / 2;
        double x0 = 300 + RAY_FROM * c, y0 = 400 + RAY_FROM * s, x1 = 300 + RAY_TO * c, y1 = 400 + RAY_TO * s;
        if (filled)
            (void)buf_printf(b, "%.3f %.3f m %.3f %.3f l %.3f %.3f l %.3f %.3f l f\n", x0 - t * s, y0 + t * c,
                             x1 - t * s, y1 + t * c, x1 + t * s, y1 - t * c, x0 + t * s, y0 - t * c);
        else
            (void)buf_printf(b, "%.3f %.3f m %.3f %.3f l S\n", x0, y0, x1, y1);
    }
}

static bool black_near(const struct pixels *x, double column, double row)
{
    for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++)
            if (pixel(x, (uint32_t)(column + dx), (uint32_t)(row + dy)))
                return true;
    return false;
}

/* Gaps of a ray in its pixels, but for both ends. */
static unsigned gaps_of_ray(const struct pixels *x, int ray)
{
    static const double x_per_point = 204.0 / 72, y_per_point = 195.58 / 72;
    double a = ray * 2 * M_PI / 180, left = (1728 - 595.276 * x_per_point) / 2;
    unsigned gaps = 0;
    for (double r = RAY_FROM + 2; r < RAY_TO - 2; r += 0.25) {
        double column = left + (300 + r * cos(a)) * x_per_point;
        double row = x->form.rows - (400 + r * sin(a)) * y_per_point;
        gaps += !black_near(x, column, row);
    }
    return gaps;
}

/* proves: S2.10 */
static void hairlines_are_whole_at_any_angle(void **state)
{
    static const double widths[] = {0, 0.1, 0.25, 0.35};
    for (unsigned i = 0; i < 2 * ARRAY_LEN(widths); i++) {
        bool filled = i % 2;
        double width = widths[i / 2];
        if (filled && width == 0)
            continue; /* an area of no width is none */
        SCOPED_BUF struct buf contents;
        buf_init(&contents, 1 << 20);
        put_rays(&contents, filled, width);
        struct result r = render_contents("0 0 595.276 841.89", buf_text(&contents));
        struct pixels x = decode(&r.pages.pages[0]);
        for (int ray = 0; ray < RAYS; ray++)
            if (gaps_of_ray(&x, ray) > 0)
                fail_msg("%s of %.2f points, %d degrees: %u gaps", filled ? "an area" : "a line", width,
                         ray * 2, gaps_of_ray(&x, ray));
        /* Nor is a line an area: between two of them is paper. */
        assert_true(darkness(&x, 1100, 400, 1600, 1200) < 20);
        clear(&r, &x);
    }
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

enum { PICTURE_W = 200, PICTURE_H = 280 };

/* A grey picture on a page of A4, from its lower left corner on. */
static struct result render_picture(const uint8_t *tones, const char *drawn)
{
    SCOPED_BUF struct buf b;
    begin_pdf(&b, 1, "");
    (void)buf_printf(&b,
                     "5 0 obj<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray"
                     "/BitsPerComponent 8/Length %d>>stream\n",
                     PICTURE_W, PICTURE_H, PICTURE_W * PICTURE_H);
    (void)buf_append(&b, tones, (size_t)PICTURE_W * PICTURE_H);
    (void)buf_append_str(&b, "\nendstream endobj\n");
    add_pdf_page(&b, 0, "0 0 595 842", drawn);
    end_pdf(&b);
    struct result r = render(buf_span(&b));
    assert_string_equal(r.outcome.text, "");
    return r;
}

/* A scanned sheet: yellowish paper at 80 %, grey writing. Its paper turns white and its writing black. */
static void scanned_sheet_is_thresholded(void **state)
{
    static uint8_t sheet[PICTURE_W * PICTURE_H];
    for (int y = 0; y < PICTURE_H; y++)
        for (int i = 0; i < PICTURE_W; i++)
            sheet[y * PICTURE_W + i] =
                (uint8_t)(y % 20 == 10 && i > 20 && i < 180 ? 90 : 200 + (i * 7 + y * 13) % 8);
    struct result r = render_picture(sheet, "q 595 0 0 842 0 0 cm /I Do Q");
    struct pixels x = decode(&r.pages.pages[0]);
    assert_int_equal(darkness(&x, 40, 20, 1680, 60), 0);     /* paper */
    assert_in_range(darkness(&x, 300, 0, 1400, 2280), 3, 8); /* one row in 20 */
    clear(&r, &x);
}

/* proves: S2.10 */
static void highlights_of_a_photograph_are_no_holes(void **state)
{
    static uint8_t tones[PICTURE_W * PICTURE_H];
    /* Dark to light from left to right; a glint is as good as white, below it a face is light. */
    for (int y = 0; y < PICTURE_H; y++)
        for (int i = 0; i < PICTURE_W; i++) {
            bool glint = y < 20 && i >= 180, face = y >= 140 && y < 180 && i >= 80 && i < 140;
            tones[y * PICTURE_W + i] = (uint8_t)(glint ? 250 : face ? 208 : 20 + i * 19 / 20);
        }
    struct result r = render_picture(tones, "q 300 0 0 420 0 0 cm /I Do Q");
    struct pixels x = decode(&r.pages.pages[0]);
    /* 300 x 420 points at the foot: the face from row 70 to 50 % of it, from 40 to 70 % of its width. */
    assert_in_range(darkness(&x, 390, 1730, 590, 1830), 8, 25);
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
    r = render_as(&(struct render_opts){.name = "sheet.xlsx", .resolution = PAGE_FINE, .pages_max = 1},
                  span_str("PK\5\6"));
    assert_refused(&r, "document-type", "\"sheet.xlsx\" is not what its name says: it is a ZIP archive");
    r = render(span_of("", 0));
    assert_refused(&r, "document-empty", "is empty (0 bytes)");
    r = render(span_str("%PDF-1.7\n\1\2\3 nothing\n%%EOF\n"));
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

/* Wherever it ends before its end; what MuPDF would make of the rest is a page with half of its words. */
static void pdf_cut_off_anywhere_is_refused(void **state)
{
    SCOPED_BUF struct buf b;
    begin_pdf(&b, 2, "");
    add_pdf_page(&b, 0, "0 0 595 842", "BT /F 12 Tf 100 700 Td (One) Tj ET");
    (void)buf_append_str(&b, "trailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"); /* as a linearized one has */
    size_t first = b.len;
    add_pdf_page(&b, 1, "0 0 595 842", "BT /F 12 Tf 100 700 Td (Two) Tj ET");
    size_t whole = b.len;
    end_pdf(&b);
    for (size_t len = first + 20; len <= whole; len += 7) {
        struct result r = render(span_of(b.data, len));
        assert_refused(&r, "document-broken", "ends in the middle");
    }
    struct result r = render(span_of(b.data, first / 2));
    assert_refused(&r, "document-broken", "ends in the middle");
    r = render(buf_span(&b));
    assert_int_equal(r.pages.count, 2);
    clear(&r, NULL);
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
            assert_true(r.pages.pages[k].form.rows <= (i == 1 || i == 2 ? PAGE_ROWS_MAX : 2287));
        assert_true(r.pages.count == 1 || r.outcome.verdict == VERDICT_GIVE_UP);
        page_list_clear(&r.pages);
    }
}

static void a_page_much_longer_than_paper_keeps_its_length(void **state)
{
    static const struct {
        const char *box;
        uint32_t least, most;
    } rows[] = {{"0 0 595 1600", 2280, 2287},   /* made to fit */
                {"0 0 595 8504", 22900, 23200}, /* 3 m */
                {"0 0 8504 595", 22900, 23200}, /* turned */
                {"0 0 595 14400", 31900, PAGE_ROWS_MAX}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct result r = render_contents(rows[i].box, "0 g 0 0 5 5 re f");
        assert_int_equal(r.pages.count, 1);
        assert_in_range(r.pages.pages[0].form.rows, rows[i].least, rows[i].most);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a4_page_has_the_form_of_a_fax),
        cmocka_unit_test(rows_follow_the_resolution),
        cmocka_unit_test(landscape_is_turned_and_nothing_is_cut_off),
        cmocka_unit_test(landscape_is_turned_one_way),
        cmocka_unit_test(large_page_shrinks_and_small_page_stays),
        cmocka_unit_test(hairlines_are_whole_at_any_angle),
        cmocka_unit_test(pale_text_is_drawn_black),
        cmocka_unit_test(white_text_on_black_stays_white),
        cmocka_unit_test(grey_area_becomes_dots_of_its_tone),
        cmocka_unit_test(paper_tint_becomes_white),
        cmocka_unit_test(scanned_sheet_is_thresholded),
        cmocka_unit_test(highlights_of_a_photograph_are_no_holes),
        cmocka_unit_test(what_cannot_be_faxed_is_refused_with_its_reason),
        cmocka_unit_test(eps_is_refused_with_the_reason),
        cmocka_unit_test(document_of_no_pages_is_refused),
        cmocka_unit_test(password_is_named),
        cmocka_unit_test(too_many_pages_are_refused_before_any_work),
        cmocka_unit_test(picture_of_giant_size_is_refused),
        cmocka_unit_test(pdf_cut_off_anywhere_is_refused),
        cmocka_unit_test(page_with_a_hole_is_refused),
        cmocka_unit_test(giant_and_degenerate_pages_are_bounded),
        cmocka_unit_test(a_page_much_longer_than_paper_keeps_its_length),
        cmocka_unit_test(long_names_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, render_bench_set_up, render_bench_tear_down);
}
