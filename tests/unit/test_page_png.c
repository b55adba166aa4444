/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages as pictures, decoded again pixel by pixel: aspect, every pixel where none may be lost, means where it
 * is made smaller or larger. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "test.h"

#include "base/mem.h"
#include "base/scope.h"
#include "convert/page_png.h"
#include "convert/t6.h"

enum { PNG_MAX = 64 * 1024 * 1024 };

struct picture_file {
    uint32_t width, height, per_metre;
    unsigned depth;
    uint8_t *rows; /* owned; without filter bytes */
    size_t row_len;
};

static uint32_t u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Chunk by chunk, each with the right checksum, as a strict reader does. */
static void read_png(struct span file, struct picture_file *p)
{
    SCOPED_BUF struct buf data;
    buf_init(&data, PNG_MAX);
    assert_memory_equal(file.data, "\x89PNG\r\n\x1a\n", 8);
    bool ended = false;
    for (size_t at = 8; at < file.len;) {
        const uint8_t *c = file.data + at;
        uint32_t len = u32(c);
        assert_true(at + 12 + len <= file.len && !ended);
        assert_int_equal(u32(c + 8 + len), crc32(0, c + 4, len + 4));
        if (memcmp(c + 4, "IHDR", 4) == 0)
            *p = (struct picture_file){.width = u32(c + 8), .height = u32(c + 12), .depth = c[16]};
        else if (memcmp(c + 4, "pHYs", 4) == 0)
            p->per_metre = u32(c + 8);
        else if (memcmp(c + 4, "IDAT", 4) == 0)
            assert_true(buf_append(&data, c + 8, len));
        ended = memcmp(c + 4, "IEND", 4) == 0;
        at += 12 + len;
    }
    assert_true(ended);
    p->row_len = ((size_t)p->width * p->depth + 7) / 8;
    uLongf whole = (p->row_len + 1) * p->height;
    SCOPED_FREE uint8_t *raw = mem_alloc(whole);
    assert_int_equal(uncompress(raw, &whole, data.data, data.len), Z_OK);
    assert_int_equal(whole, (p->row_len + 1) * p->height);
    p->rows = mem_alloc(p->row_len * p->height);
    for (uint32_t y = 0; y < p->height; y++) {
        assert_int_equal(raw[y * (p->row_len + 1)], 0);
        memcpy(p->rows + y * p->row_len, raw + y * (p->row_len + 1) + 1, p->row_len);
    }
}

static uint8_t *draw(const struct page_form *form, unsigned seed)
{
    size_t row = t6_row_bytes(form->width);
    uint8_t *bits = mem_zalloc(row * form->rows);
    for (int i = 0; i < 80; i++) {
        uint32_t x = (uint32_t)rand_r(&seed) % form->width, y = (uint32_t)rand_r(&seed) % form->rows;
        uint32_t w = 1 + (uint32_t)rand_r(&seed) % 200, h = 1 + (uint32_t)rand_r(&seed) % 40;
        for (uint32_t r = y; r < y + h && r < form->rows; r++)
            for (uint32_t c = x; c < x + w && c < form->width; c++)
                bits[r * row + c / 8] |= (uint8_t)(0x80 >> c % 8);
    }
    return bits;
}

static bool is_black(const struct page_form *form, const uint8_t *bits, uint32_t x, uint32_t y)
{
    return bits[y * t6_row_bytes(form->width) + x / 8] & (0x80 >> x % 8);
}

static void make(const struct page_form *form, const uint8_t *bits, uint32_t width, struct picture_file *p)
{
    SCOPED_BUF struct buf t6, png;
    buf_init(&t6, PAGE_BYTES_MAX);
    buf_init(&png, PNG_MAX);
    assert_true(t6_encode(form, bits, &t6));
    const struct page page = {*form, buf_span(&t6)};
    assert_true(page_png(&png, &page, width, 0, false));
    read_png(buf_span(&png), p);
}

/* Paper as wide as the page is 215.2 mm; what is shown has its shape. */
static void assert_shape(const struct page_form *form, const struct picture_file *p)
{
    double paper = (double)form->rows / page_y_per_metre(form->resolution) /
                   ((double)form->width / page_x_per_metre(form->resolution));
    double off = (double)p->height / p->width / paper - 1;
    assert_true(off < 0.01 && off > -0.01);
    double metres = (double)p->width / p->per_metre;
    double wide = (double)form->width / page_x_per_metre(form->resolution);
    assert_true(metres / wide < 1.01 && metres / wide > 0.99);
}

/* Each pixel of the page is in the picture, and none in it is of another colour than its place on the page.
 */
static void nothing_is_lost_at_full_size(void **state)
{
    static const struct page_form forms[] = {
        {PAGE_WIDTH_A4, 1143, PAGE_STANDARD}, {PAGE_WIDTH_A4, 2287, PAGE_FINE},
        {PAGE_WIDTH_B4, 500, PAGE_SUPERFINE}, {PAGE_WIDTH_A4 / 2 * 3, 700, PAGE_DPI300},
        {PAGE_WIDTH_MAX, 600, PAGE_DPI400},   {PAGE_WIDTH_A3, 1, PAGE_STANDARD}};
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        const struct page_form *f = &forms[i];
        SCOPED_FREE uint8_t *bits = draw(f, (unsigned)i + 1);
        struct picture_file p = {0};
        make(f, bits, 0, &p);
        assert_int_equal(p.depth, 1);
        assert_true(p.width >= f->width && p.height >= f->rows);
        if (f->rows > 1)
            assert_shape(f, &p);
        uint32_t last_y = UINT32_MAX, rows_seen = 0;
        for (uint32_t y = 0; y < p.height; y++) {
            uint32_t from = (uint32_t)((uint64_t)y * f->rows / p.height);
            rows_seen += from != last_y;
            last_y = from;
            for (uint32_t x = 0; x < p.width; x++) {
                bool black = !(p.rows[y * p.row_len + x / 8] & (0x80 >> x % 8));
                uint32_t column = (uint32_t)((uint64_t)x * f->width / p.width);
                if (black != is_black(f, bits, column, from))
                    fail_msg("form %zu: pixel %u, %u", i, x, y);
            }
        }
        assert_int_equal(rows_seen, f->rows);
        free(p.rows);
    }
}

/* Black of the page below a pixel of the picture, by brute force. */
static double covered(const struct page_form *f, const uint8_t *bits, const struct picture_file *p,
                      uint32_t x, uint32_t y)
{
    double left = (double)x * f->width / p->width, right = (double)(x + 1) * f->width / p->width;
    double top = (double)y * f->rows / p->height, bottom = (double)(y + 1) * f->rows / p->height, black = 0;
    for (uint32_t r = (uint32_t)top; r < bottom && r < f->rows; r++)
        for (uint32_t c = (uint32_t)left; c < right && c < f->width; c++) {
            double w = (c + 1 < right ? c + 1 : right) - (c > left ? c : left);
            double h = (r + 1 < bottom ? r + 1 : bottom) - (r > top ? r : top);
            black += is_black(f, bits, c, r) ? w * h : 0;
        }
    return black / ((right - left) * (bottom - top));
}

static void thumbnails_are_means(void **state)
{
    static const struct {
        struct page_form form;
        uint32_t width;
    } cases[] = {{{PAGE_WIDTH_A4, 400, PAGE_STANDARD}, 200},
                 {{PAGE_WIDTH_A4, 700, PAGE_FINE}, 333},
                 {{PAGE_WIDTH_A4, 300, PAGE_SUPERFINE}, 1728},
                 {{PAGE_WIDTH_A4, 90, PAGE_STANDARD}, PAGE_PNG_WIDTH_MAX},
                 {{PAGE_WIDTH_A3, 900, PAGE_FINE}, PAGE_PNG_WIDTH_MIN}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct page_form *f = &cases[i].form;
        SCOPED_FREE uint8_t *bits = draw(f, 77 + (unsigned)i);
        struct picture_file p = {0};
        make(f, bits, cases[i].width, &p);
        assert_int_equal(p.depth, 8);
        assert_int_equal(p.width, cases[i].width);
        if (p.height > 100)
            assert_shape(f, &p);
        for (uint32_t y = 0; y < p.height; y++)
            for (uint32_t x = 0; x < p.width; x++) {
                double wanted = 255 * (1 - covered(f, bits, &p, x, y));
                double off = p.rows[y * p.row_len + x] - wanted;
                if (off > 1 || off < -1)
                    fail_msg("case %zu: pixel %u, %u is %u instead of %g", i, x, y, p.rows[y * p.row_len + x],
                             wanted);
            }
        free(p.rows);
    }
}

static void broken_data_leaves_white_paper(void **state)
{
    static const uint8_t noise[] = {0x5a, 0x00, 0xff, 0x13, 0x37, 0x00, 0x00, 0x01};
    const struct page page = {{PAGE_WIDTH_A4, 200, PAGE_FINE}, span_of(noise, sizeof(noise))};
    SCOPED_BUF struct buf png;
    struct picture_file p = {0};
    buf_init(&png, PNG_MAX);
    assert_true(page_png(&png, &page, 100, 0, false));
    read_png(buf_span(&png), &p);
    assert_int_equal(p.rows[(p.height - 1) * p.row_len + 50], 255);
    free(p.rows);
}

static void longest_page_stays_within_its_limit(void **state)
{
    const struct page_form form = {PAGE_WIDTH_A3, PAGE_ROWS_MAX, PAGE_STANDARD};
    SCOPED_FREE uint8_t *bits = mem_zalloc(t6_row_bytes(form.width) * form.rows);
    SCOPED_BUF struct buf t6, png;
    buf_init(&t6, PAGE_BYTES_MAX);
    buf_init(&png, 1000); /* no room for it */
    assert_true(t6_encode(&form, bits, &t6));
    const struct page page = {form, buf_span(&t6)};
    assert_false(page_png(&png, &page, PAGE_PNG_WIDTH_MAX, 0, false));
    struct page_png_size size = page_png_size(&form, PAGE_PNG_WIDTH_MAX);
    assert_true(size.height > 60000 && size.height < 70000);
    assert_true(png.len <= 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_lost_at_full_size),
                                       cmocka_unit_test(thumbnails_are_means),
                                       cmocka_unit_test(broken_data_leaves_white_paper),
                                       cmocka_unit_test(longest_page_stays_within_its_limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
