/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Picture files of every kind to fax pages: what is up, how large, how dark, and why not. */
#include <stdio.h>
#include <string.h>

#include "picture_files.h"
#include "render_bench.h"

#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/tiff_memory.h"

static struct result render_scan(struct span bytes)
{
    return render_as(&(struct render_opts){.name = "scan.png", .resolution = PAGE_FINE, .pages_max = 10},
                     bytes);
}

/* Share of black in a part of a page, given in per mille of its width and rows; per cent. */
static unsigned blackness(const struct page *p, unsigned x0, unsigned y0, unsigned x1, unsigned y1)
{
    struct pixels x = decode(p);
    unsigned share = darkness(&x, x.form.width * x0 / 1000, x.form.rows * y0 / 1000, x.form.width * x1 / 1000,
                              x.form.rows * y1 / 1000);
    free(x.bits);
    return share;
}

enum { WIDTH = 820, HEIGHT = 1160 }; /* A4 at 100 dpi, all but a margin */

static const uint8_t *drawing(void)
{
    static uint8_t rgb[WIDTH * HEIGHT * 3];
    if (!rgb[sizeof(rgb) - 1])
        picture_draw(rgb, WIDTH, HEIGHT);
    return rgb;
}

/* proves: S2.10 */
static void every_kind_of_picture_becomes_a_page(void **state)
{
    for (size_t i = 0; i < PICTURE_KIND_COUNT; i++) {
        SCOPED_BUF struct buf file;
        buf_init(&file, 1 << 24);
        picture_kinds[i].make(&file, drawing(), WIDTH, HEIGHT, 0, 100);
        struct result r = render_scan(buf_span(&file));
        if (r.pages.count != 1)
            fail_msg("%s: %s", picture_kinds[i].name, r.outcome.text);
        const struct page *p = &r.pages.pages[0];
        if (picture_kinds[i].scales && (p->form.rows < 2265 || p->form.rows > 2272)) /* 1160 at 100 dpi */
            fail_msg("%s: %u rows", picture_kinds[i].name, p->form.rows);
        assert_in_range(blackness(p, 50, 10, 480, 240), 98, 100);  /* black */
        assert_in_range(blackness(p, 780, 20, 940, 230), 38, 100); /* grey: a tone, or ink on a sheet */
        assert_int_equal(blackness(p, 520, 20, 720, 230), 0);      /* paper between */
        assert_int_equal(blackness(p, 50, 270, 950, 990), 0);
        page_list_clear(&r.pages);
    }
}

/* Where the black of the upper left lies after each orientation of EXIF: left, right; up, down; and standing
 * or lying. */
static void pictures_are_turned_upright(void **state)
{
    static const struct {
        bool right, down, lying;
    } seen[] = {{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0}, {0, 0, 1}, {1, 0, 1}, {1, 1, 1}, {0, 1, 1}};
    enum { W = 400, H = 400 }; /* a square, so that the fit to the paper turns nothing further */
    static uint8_t rgb[W * H * 3];
    picture_draw(rgb, W, H);
    for (size_t i = 0; i < PICTURE_KIND_COUNT; i++) {
        for (unsigned turn = 1; turn <= 8 && picture_kinds[i].turns; turn++) {
            SCOPED_BUF struct buf file;
            buf_init(&file, 1 << 24);
            picture_kinds[i].make(&file, rgb, W, H, turn, 0);
            struct result r = render_scan(buf_span(&file));
            assert_int_equal(r.pages.count, 1);
            const struct page *p = &r.pages.pages[0];
            /* 400 pixels at 96 dpi stand in the middle 492 per mille of the width. */
            bool lying = seen[turn - 1].lying, right = seen[turn - 1].right, down = seen[turn - 1].down;
            unsigned across = lying ? 90 : 210, along = lying ? 440 : 210;
            unsigned x0 = right ? 740 - across : 260, y0 = down ? 985 - along : 15;
            unsigned black = blackness(p, x0, y0, x0 + across, y0 + along);
            unsigned other =
                blackness(p, right ? 260 : 650, down ? 15 : 800, right ? 350 : 740, down ? 200 : 985);
            if (black < 97 || other > 70)
                fail_msg("%s, orientation %u: %u %% black where it belongs, %u %% in the other corner",
                         picture_kinds[i].name, turn, black, other);
            page_list_clear(&r.pages);
        }
    }
}

static void picture_without_resolution_fits_the_paper(void **state)
{
    SCOPED_BUF struct buf file;
    buf_init(&file, 1 << 24);
    SCOPED_FREE uint8_t *rgb = mem_alloc(3000 * 2000 * 3);
    picture_draw(rgb, 3000, 2000);
    picture_jpeg(&file, rgb, 3000, 2000, 0, 0);
    struct result r = render_scan(buf_span(&file));
    assert_string_equal(r.outcome.text, "");
    /* Lying, so it is turned, and fills the paper: its upper left is now the upper right. */
    assert_in_range(r.pages.pages[0].form.rows, 2280, 2288);
    assert_in_range(blackness(&r.pages.pages[0], 800, 20, 930, 480), 98, 100);
    page_list_clear(&r.pages);
}

/* proves: S2.10 */
static void tiff_of_every_compression_is_read(void **state)
{
    static const unsigned compressions[] = {
        COMPRESSION_NONE,    COMPRESSION_CCITTRLE, COMPRESSION_CCITTFAX3, COMPRESSION_CCITTFAX4,
        COMPRESSION_LZW,     COMPRESSION_JPEG,     COMPRESSION_PACKBITS,  COMPRESSION_ADOBE_DEFLATE,
        COMPRESSION_DEFLATE, COMPRESSION_LZMA,     COMPRESSION_ZSTD,      COMPRESSION_WEBP,
        COMPRESSION_JBIG,    COMPRESSION_LERC};
    unsigned read = 0;
    for (size_t i = 0; i < 2 * ARRAY_LEN(compressions); i++) {
        SCOPED_BUF struct buf file;
        buf_init(&file, 1 << 24);
        if (compressions[i / 2] == COMPRESSION_JBIG && i % 2)
            continue; /* nobody makes those, and libtiff does not read what it wrote */
        if (!picture_tiff_as(&file, drawing(), WIDTH, HEIGHT, compressions[i / 2], i % 2)) {
            print_message("libtiff does not write compression %u%s\n", compressions[i / 2],
                          i % 2 ? " in tiles" : "");
            continue;
        }
        struct result r = render_scan(buf_span(&file));
        if (r.pages.count != 1)
            fail_msg("compression %u: %s", compressions[i / 2], r.outcome.text);
        if (blackness(&r.pages.pages[0], 60, 20, 470, 230) < 98 ||
            blackness(&r.pages.pages[0], 50, 270, 950, 990) > 0)
            fail_msg("compression %u%s: black is %u, paper %u", compressions[i / 2], i % 2 ? " in tiles" : "",
                     blackness(&r.pages.pages[0], 60, 20, 470, 230),
                     blackness(&r.pages.pages[0], 50, 270, 950, 990));
        page_list_clear(&r.pages);
        read++;
    }
    assert_true(read >= 24);
}

static void pages_of_a_tiff_come_in_order(void **state)
{
    SCOPED_BUF struct buf file;
    buf_init(&file, 1 << 24);
    struct tiff_memory memory = {.out = &file};
    TIFF *t = tiff_memory_open(&memory, "w");
    static uint8_t row[600];
    for (unsigned page = 0; page < 5; page++) {
        (void)TIFFSetField(t, TIFFTAG_IMAGEWIDTH, 600);
        (void)TIFFSetField(t, TIFFTAG_IMAGELENGTH, 200 + 100 * page);
        (void)TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 8);
        (void)TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1);
        (void)TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
        (void)TIFFSetField(t, TIFFTAG_XRESOLUTION, 100.0);
        (void)TIFFSetField(t, TIFFTAG_YRESOLUTION, 100.0);
        if (page == 1) /* a thumbnail is no page */
            (void)TIFFSetField(t, TIFFTAG_SUBFILETYPE, FILETYPE_REDUCEDIMAGE);
        for (unsigned y = 0; y < 200 + 100 * page; y++)
            (void)TIFFWriteScanline(t, row, y, 0);
        assert_int_equal(TIFFWriteDirectory(t), 1);
    }
    TIFFClose(t);
    struct result r = render_scan(buf_span(&file));
    assert_string_equal(r.outcome.text, "");
    assert_int_equal(r.pages.count, 4);
    for (unsigned i = 1; i < 4; i++)
        assert_true(r.pages.pages[i].form.rows > r.pages.pages[i - 1].form.rows);
    page_list_clear(&r.pages);
}

/* ---- refusals ---- */

static void assert_refused(struct result *r, const char *what)
{
    if (r->outcome.verdict != VERDICT_GIVE_UP || r->pages.count != 0 ||
        !str_starts(r->outcome.text, "\"scan.png\" "))
        fail_msg("%s: %zu pages, \"%s\"", what, r->pages.count, r->outcome.text);
    page_list_clear(&r->pages);
}

/* proves: S2.10 */
static void picture_cut_off_anywhere_is_refused(void **state)
{
    enum { W = 200, H = 300 };
    static uint8_t rgb[W * H * 3];
    for (size_t i = 0; i < sizeof(rgb); i++)
        rgb[i] = (uint8_t)(i * 7919 >> 5); /* does not pack well: the pixels are most of the file */
    for (size_t i = 0; i < PICTURE_KIND_COUNT; i++) {
        SCOPED_BUF struct buf file;
        buf_init(&file, 1 << 24);
        picture_kinds[i].make(&file, rgb, W, H, 0, 0);
        for (unsigned part = 1; part < 16; part++) {
            char what[60];
            (void)str_format(what, sizeof(what), "%u/16 of a %s", part, picture_kinds[i].name);
            struct result r = render_scan(span_of(file.data, file.len * part / 16));
            assert_refused(&r, what);
        }
    }
}

/* The header promises pixels that are not there: refused by their number, before any memory is asked for. */
static void picture_of_giant_size_is_refused_by_its_header(void **state)
{
    static const uint8_t black[3 * 64] = {0};
    SCOPED_BUF struct buf file;
    buf_init(&file, 1 << 20);
    picture_png(&file, black, 8, 8, 0, 0);
    memcpy(file.data + 16, "\0\1\0\0\0\1\0\0", 8);
    struct result r = render_scan(buf_span(&file));
    assert_string_equal(r.outcome.code, "document-giant-image");
    assert_non_null(strstr(r.outcome.text, "65536 x 65536 pixels"));
    page_list_clear(&r.pages);
    buf_reset(&file);
    picture_bmp(&file, black, 8, 8, 0, 0);
    memcpy(file.data + 18, "\0\0\1\0\0\0\1\0", 8);
    r = render_scan(buf_span(&file));
    assert_refused(&r, "giant BMP");
    buf_reset(&file);
    picture_gif(&file, black, 8, 8, 0, 0);
    memcpy(file.data + 6, "\xff\xff\xff\xff", 4);
    r = render_scan(buf_span(&file));
    assert_refused(&r, "giant GIF");
}

static void giant_tiff_is_refused_by_its_header(void **state)
{
    static const uint8_t black[3 * 64] = {0};
    SCOPED_BUF struct buf file;
    buf_init(&file, 1 << 20);
    picture_tiff(&file, black, 8, 8, 0, 0);
    /* The first two entries of its directory are width and length. */
    for (size_t i = 0; i + 12 < file.len; i++) {
        if (memcmp(file.data + i, "\0\1\3\0\1\0\0\0\x08\0", 10) != 0 &&
            memcmp(file.data + i, "\1\1\3\0\1\0\0\0\x08\0", 10) != 0)
            continue;
        memcpy(file.data + i + 8, "\xff\xff", 2);
    }
    struct result r = render_scan(buf_span(&file));
    assert_string_equal(r.outcome.code, "document-giant-image");
    page_list_clear(&r.pages);
}

static void picture_by_another_name_is_faxed(void **state)
{
    SCOPED_BUF struct buf file;
    buf_init(&file, 1 << 24);
    picture_jpeg(&file, drawing(), WIDTH, HEIGHT, 0, 0);
    struct result r = render_scan(buf_span(&file)); /* it is called scan.png */
    assert_int_equal(r.pages.count, 1);
    page_list_clear(&r.pages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_picture_becomes_a_page),
        cmocka_unit_test(pictures_are_turned_upright),
        cmocka_unit_test(picture_without_resolution_fits_the_paper),
        cmocka_unit_test(tiff_of_every_compression_is_read),
        cmocka_unit_test(pages_of_a_tiff_come_in_order),
        cmocka_unit_test(picture_cut_off_anywhere_is_refused),
        cmocka_unit_test(picture_of_giant_size_is_refused_by_its_header),
        cmocka_unit_test(giant_tiff_is_refused_by_its_header),
        cmocka_unit_test(picture_by_another_name_is_faxed),
    };
    return cmocka_run_group_tests(tests, render_bench_set_up, render_bench_tear_down);
}
