/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is forecast of a call, against calls between two of our ends. */
#include "call_pair.h"

#include "bitmap.h"

#include "model/wire_time.h"
#include "proto/fax_encode.h"
#include "t30/header.h"

/* Rows of a page, and of ten of them so many with words on them. */
struct kind {
    uint32_t width, rows;
    enum page_resolution resolution;
    unsigned written;
};

static uint8_t next_noise(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return (uint8_t)(*seed >> 24 & *seed >> 16 & *seed >> 8);
}

/* Words: runs of a few pixels, alike from row to row; pictures (10) are dots of which no two rows are alike.
 */
static struct bitmap draw(const struct kind *k, unsigned seed)
{
    struct bitmap b = bitmap_random(k->width, k->rows, seed);
    for (uint32_t y = 0; y < k->rows; y++) {
        uint8_t *row = b.pixels + y * bitmap_row_len(&b);
        if (k->written == 10)
            for (size_t n = 0; n < bitmap_row_len(&b); n++)
                row[n] = next_noise(&seed);
        else if (y % 40 >= 4 * k->written)
            memset(row, 0, bitmap_row_len(&b));
        else if (y % 4 != 0 && y > 0)
            memcpy(row, row - bitmap_row_len(&b), bitmap_row_len(&b));
    }
    return b;
}

static uint64_t bits_of(enum fax_coding coding, const struct bitmap *b, enum page_resolution resolution)
{
    SCOPED_BUF struct buf coded;
    buf_init(&coded, 1 << 26);
    assert_true(fax_encode(coding, resolution == PAGE_STANDARD ? 2 : 4,
                           &(struct fax_pixels){b->pixels, b->width, b->rows}, &coded, NULL));
    return coded.len * 8;
}

static struct page with_header(struct page page, struct buf *t6)
{
    static const struct header_line line = {.when = "2026-11-22 12:30",
                                            .sender = "Praxis Dr. Example  +49 30 1234567",
                                            .recipient = "0507654321",
                                            .page = 1,
                                            .pages = 3,
                                            .language = "en"};
    struct page with;
    buf_init(t6, PAGE_BYTES_MAX);
    assert_int_equal(header_put_above(&page, &line, t6, &with), 0);
    return with;
}

static const struct kind kinds[] = {
    {1728, 2200, PAGE_FINE, 1}, {1728, 1100, PAGE_STANDARD, 2}, {1728, 120, PAGE_FINE, 10},
    {1728, 500, PAGE_FINE, 10}, {3456, 1000, PAGE_DPI400, 2},   {1728, 20, PAGE_FINE, 0},
};

/* Of its pages, as that way codes them. */
static void forecast(const struct kind *k, const struct bitmap *b, bool ecm, struct wire_page *pages,
                     unsigned count)
{
    uint64_t bits = bits_of(ecm ? FAX_CODING_T6 : FAX_CODING_2D, b, k->resolution);
    for (unsigned i = 0; i < count; i++)
        pages[i] = (struct wire_page){bits, k->resolution};
}

enum { PAGES_MOST = 3 };

/* How far off it was, in per cent. */
static double call(const struct kind *k, enum pair_media media, unsigned count, const struct wire_way *way)
{
    struct bitmap b = draw(k, 7);
    struct buf t6, head;
    struct page page = with_header(bitmap_page(&b, k->resolution, &t6), &head);
    struct page list[PAGES_MOST] = {page, page, page};
    struct wire_page pages[PAGES_MOST];
    const struct pair_opts opts = {
        .media = media, .pages = list, .page_count = count, .ecm = way->ecm, .max_rate = way->rate};
    struct pair p;
    pair_open(&p, &opts);
    int64_t from = p.now_ms;
    pair_run(&p, 3600000);
    pair_assert_delivered(&p, &opts);
    double took = (double)(p.now_ms - from) / 1000;
    forecast(k, &b, way->ecm, pages, count);
    double off = (wire_seconds(way, pages, count) / took - 1) * 100;
    print_message("%zu: %u pages, %u bit/s, ecm %d, %s: %.1f s, forecast %+.1f %%\n", (size_t)(k - kinds),
                  count, way->rate, way->ecm, media == PAIR_T38 ? "T.38" : "G.711", took, off);
    pair_close(&p);
    bitmap_clear(&b);
    buf_clear(&t6);
    buf_clear(&head);
    return off < 0 ? -off : off;
}

static const struct wire_way ways[] = {{14400, true}, {14400, false}, {9600, true}, {9600, false}};

static void a_call_over_t38_takes_what_was_forecast(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        for (size_t w = 0; w < ARRAY_LEN(ways); w++) {
            assert_true(call(&kinds[i], PAIR_T38, 1, &ways[w]) < 5);
            assert_true(call(&kinds[i], PAIR_T38, PAGES_MOST, &ways[w]) < 5);
        }
}

static void one_over_g711_does_so_about(void **state)
{
    for (size_t w = 0; w < ARRAY_LEN(ways); w++)
        assert_true(call(&kinds[0], PAIR_PCMU, PAGES_MOST, &ways[w]) < 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_over_t38_takes_what_was_forecast),
        cmocka_unit_test(one_over_g711_does_so_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
