/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pictures of sheets of paper and of other things: what becomes white, what black, what stays a tone. */
#include <stdbool.h>
#include <string.h>

#include "test.h"

#include "base/attr.h"
#include "convert/sheet.h"
#include "convert/threshold.h"

enum { WIDTH = 800, ROWS = 1000 };

static const struct sheet_page whole = {(uint64_t)WIDTH * ROWS, 32, 32};

static uint8_t grey[WIDTH * ROWS];
static const struct pixel_rect all = {0, 0, WIDTH, ROWS};

static uint32_t seed;

static int next_grain(int most)
{
    seed = seed * 1664525 + 1013904223;
    return (int)(seed >> 16) % (2 * most + 1) - most;
}

static void put(uint32_t x, uint32_t y, int value)
{
    grey[y * WIDTH + x] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static int light_from_the_left(uint32_t x, uint32_t y)
{
    return 235 - (int)(x * 160 / WIDTH) - (int)(y * 20 / ROWS);
}

static int even_light(uint32_t x, uint32_t y)
{
    return 205;
}

/* Strokes like those of a letter: 3 pixels of ink each 12, in lines of 14 rows each 30, on the left two
 * thirds. */
static bool is_stroke(uint32_t x, uint32_t y)
{
    return x > 60 && x < 560 && y > 60 && y < 900 && y % 30 < 14 && x % 12 < 3;
}

static void draw_sheet(int (*light)(uint32_t x, uint32_t y), int grain)
{
    seed = 1;
    for (uint32_t y = 0; y < ROWS; y++)
        for (uint32_t x = 0; x < WIDTH; x++)
            put(x, y, light(x, y) * (is_stroke(x, y) ? 3 : 10) / 10 + (grain ? next_grain(grain) : 0));
}

static struct sheet_photos clean(void)
{
    struct sheet_photos photos;
    sheet_clean(grey, WIDTH, &all, &whole, &photos);
    return photos;
}

static void assert_strokes(void)
{
    unsigned wrong = 0;
    for (uint32_t y = 0; y < ROWS; y++)
        for (uint32_t x = 0; x < WIDTH; x++)
            wrong += grey[y * WIDTH + x] != (is_stroke(x, y) ? 0 : 255);
    assert_int_equal(wrong, 0);
}

/* As programs draw them: yellow, or a light grey, beside black. On a scan that would be the other side. */
static void pale_strokes_are_ink_where_nothing_is_grainy(void **state)
{
    draw_sheet(even_light, 0);
    for (uint32_t y = 0; y < ROWS; y++)
        for (uint32_t x = 0; x < WIDTH; x++)
            if (is_stroke(x, y))
                put(x, y, y / 30 % 2 ? 0 : 205 * 7 / 10);
    struct sheet_photos photos = clean();
    assert_int_equal(photos.count, 0);
    assert_strokes();
}

/* proves: S2.10 */
static void paper_turns_white_and_ink_black_however_it_is_lit(void **state)
{
    draw_sheet(even_light, 12);
    assert_int_equal(clean().count, 0);
    assert_strokes();
    draw_sheet(light_from_the_left, 6); /* from 235 down to 55: darker there than the ink is here */
    assert_int_equal(clean().count, 0);
    assert_strokes();
}

/* Shorter lines: little of what is dark is written on. */
static bool is_short_stroke(uint32_t x, uint32_t y)
{
    return x < 470 && is_stroke(x, y);
}

/* Each row so often: twice is SUPERFINE, where rows lie twice as close. */
static unsigned wrong_of_short(uint32_t rows_each, uint32_t tile_rows)
{
    const struct sheet_page page = {(uint64_t)WIDTH * ROWS, 32, tile_rows};
    struct sheet_photos photos;
    unsigned wrong = 0;
    seed = 1;
    for (uint32_t y = 0; y < ROWS; y++)
        for (uint32_t x = 0; x < WIDTH; x++)
            put(x, y,
                light_from_the_left(x, y) * (is_short_stroke(x, y / rows_each) ? 3 : 10) / 10 +
                    next_grain(6));
    sheet_clean(grey, WIDTH, &all, &page, &photos);
    for (uint32_t y = 0; y < ROWS; y++)
        for (uint32_t x = 0; x < WIDTH; x++)
            wrong += grey[y * WIDTH + x] != (is_short_stroke(x, y / rows_each) ? 0 : 255);
    return photos.count > 0 ? WIDTH * ROWS : wrong;
}

/* A telephone's picture of a sheet went as a photograph in SUPERFINE, black where its shadow lay. */
/* proves: S2.10 */
static void shadows_go_where_rows_lie_closer(void **state)
{
    assert_int_equal(wrong_of_short(1, 32), 0);
    assert_int_equal(wrong_of_short(2, 64), 0);
}

/* The back of a scanned sheet would otherwise be a page of grey dots. */
static void blank_paper_turns_white(void **state)
{
    seed = 3;
    for (size_t i = 0; i < sizeof(grey); i++)
        grey[i] = (uint8_t)(190 + next_grain(9));
    assert_int_equal(clean().count, 0);
    for (size_t i = 0; i < sizeof(grey); i++)
        assert_int_equal(grey[i], 255);
}

/* Too few pixels to show in any count, and all there is to read. */
/* proves: S2.10 */
static void a_few_words_on_a_sheet_stay(void **state)
{
    for (int grain = 0; grain < 12; grain += 5) {
        seed = 3;
        for (size_t i = 0; i < sizeof(grey); i++)
            grey[i] = (uint8_t)(235 + (grain ? next_grain(grain) : 0));
        for (uint32_t y = 400; y < 410; y++)
            for (uint32_t x = 300; x < 330; x++)
                if (x % 6 < 2)
                    put(x, y, 100);
        assert_int_equal(clean().count, 0);
        unsigned black = 0;
        for (size_t i = 0; i < sizeof(grey); i++)
            black += grey[i] == 0;
        assert_int_equal(black, 100);
    }
}

static void field_of_one_tone_keeps_it(void **state)
{
    const struct pixel_rect part = {100, 100, 300, 200};
    struct sheet_photos photos;
    memset(grey, 180, sizeof(grey));
    sheet_clean(grey, WIDTH, &part, &whole, &photos);
    assert_int_equal(photos.count, 1);
    assert_memory_equal(&photos.rects[0], &part, sizeof(part));
    assert_int_equal(grey[150 * WIDTH + 200], 180);
}

/* A grey field on a sheet is a fill; a shadow with an edge as hard lies on writing. */
static void fills_stay_and_shadows_go(void **state)
{
    draw_sheet(even_light, 4);
    for (uint32_t y = 100; y < 400; y++)
        for (uint32_t x = 600; x < 780; x++)
            put(x, y, 120);
    for (uint32_t y = 500; y < ROWS; y++)
        for (uint32_t x = 0; x < 300; x++)
            put(x, y, grey[y * WIDTH + x] * 6 / 10);
    struct sheet_photos photos = clean();
    assert_int_equal(photos.count, 1);
    assert_int_equal(grey[250 * WIDTH + 700], 120);
    for (uint32_t y = 560; y < 860; y++)
        for (uint32_t x = 0; x < 400; x++)
            assert_int_equal(grey[y * WIDTH + x], is_stroke(x, y) ? 0 : 255);
}

/* A drawing's ball, half white paper around it: its dark side is no shadow on a sheet. */
static void large_drawing_keeps_its_tones(void **state)
{
    for (int y = 0; y < ROWS; y++)
        for (int x = 0; x < WIDTH; x++) {
            int from = (x - 400) * (x - 400) + (y - 400) * (y - 400);
            put((uint32_t)x, (uint32_t)y, from < 320 * 320 ? 70 + (x + y) / 12 : 255);
        }
    struct sheet_photos photos = clean();
    assert_int_equal(photos.count, 1);
    assert_in_range(grey[400 * WIDTH + 400], 100, 160);
    assert_in_range(grey[400 * WIDTH + 150], 80, 140);
}

/* A bar with a soft edge, as it divides the parts of a letter. */
static void thin_gradient_does_not_vanish(void **state)
{
    const struct pixel_rect bar = {50, 100, 750, 140};
    struct sheet_photos photos;
    memset(grey, 255, sizeof(grey));
    for (uint32_t y = bar.y0; y < bar.y1; y++)
        memset(grey + y * WIDTH + bar.x0, 255 - (int)(y - bar.y0) * 2, bar.x1 - bar.x0);
    sheet_clean(grey, WIDTH, &bar, &(struct sheet_page){sizeof(grey), 32, 32}, &photos);
    assert_true(photos.count == 1 || grey[138 * WIDTH + 400] == 0);
}

/* Tones from black to white, without an edge in them. */
static int tone(uint32_t x, uint32_t y)
{
    int down = (int)(y % 240) - 120, across = (int)(x % 180) - 90;
    return 20 + (down * down + across * across) / 100;
}

static void photograph_stays_as_it_is(void **state)
{
    static uint8_t before[sizeof(grey)];
    for (uint32_t y = 0; y < ROWS; y++)
        for (uint32_t x = 0; x < WIDTH; x++)
            put(x, y, tone(x, y));
    memcpy(before, grey, sizeof(grey));
    struct sheet_photos photos = clean();
    assert_int_equal(photos.count, 1);
    assert_memory_equal(&photos.rects[0], &all, sizeof(all));
    assert_memory_equal(grey, before, sizeof(grey));
}

/* An identity card on a sheet: its highlights are no holes in it, and the sheet is white around it. */
static void photograph_on_a_sheet_is_told_apart(void **state)
{
    draw_sheet(even_light, 6);
    for (uint32_t y = 300; y < 600; y++)
        for (uint32_t x = 570; x < 780; x++)
            put(x, y, tone(x, y) * 3 / 4 + 20);
    struct sheet_photos photos = clean();
    assert_int_equal(photos.count, 1);
    const struct pixel_rect *p = &photos.rects[0];
    assert_in_range(p->x0, 540, 576);
    assert_in_range(p->x1, 768, 800);
    assert_in_range(p->y0, 270, 320);
    assert_in_range(p->y1, 590, 640);
    for (uint32_t y = 320; y < 580; y++)
        for (uint32_t x = 580; x < 760; x++)
            assert_in_range(grey[y * WIDTH + x], 20, 210);
    for (uint32_t x = 0; x < 540; x++)
        assert_int_equal(grey[450 * WIDTH + x], is_stroke(x, 450) ? 0 : 255);
    for (uint32_t y = 650; y < ROWS; y++)
        assert_int_equal(grey[y * WIDTH + 700], 255);
}

static void specks_go_and_full_stops_stay(void **state)
{
    draw_sheet(even_light, 6);
    static const struct {
        uint32_t x, y;
    } specks[] = {{700, 100}, {650, 333}, {30, 500}, {799, 999}, {0, 0}, {600, 950}};
    for (size_t i = 0; i < ARRAY_LEN(specks); i++)
        put(specks[i].x, specks[i].y, 60);
    put(701, 101, 60); /* of two pixels */
    put(558, 73, 60);  /* a decimal point, behind the last stroke of a line */
    put(559, 73, 60);
    for (uint32_t y = 940; y < 944; y++) /* a mark of its own */
        for (uint32_t x = 300; x < 304; x++)
            put(x, y, 60);
    assert_int_equal(clean().count, 0);
    for (size_t i = 0; i < ARRAY_LEN(specks); i++)
        assert_int_equal(grey[specks[i].y * WIDTH + specks[i].x], 255);
    assert_int_equal(grey[101 * WIDTH + 701], 255);
    assert_int_equal(grey[73 * WIDTH + 558], 0);
    assert_int_equal(grey[73 * WIDTH + 559], 0);
    assert_int_equal(grey[942 * WIDTH + 302], 0);
}

/* Any size and place, nothing outside is touched. */
static void slivers_are_borne(void **state)
{
    static const struct pixel_rect rects[] = {{5, 5, 6, 6},     {5, 5, 5, 9},
                                              {0, 0, WIDTH, 1}, {WIDTH - 1, 0, WIDTH, ROWS},
                                              {31, 31, 65, 34}, {100, 999, 800, 1000}};
    for (size_t i = 0; i < ARRAY_LEN(rects); i++) {
        const struct pixel_rect *r = &rects[i];
        struct sheet_photos photos;
        seed = (uint32_t)i;
        for (size_t k = 0; k < sizeof(grey); k++)
            grey[k] = (uint8_t)(128 + next_grain(100));
        static uint8_t before[sizeof(grey)];
        memcpy(before, grey, sizeof(grey));
        sheet_clean(grey, WIDTH, r, &(struct sheet_page){sizeof(grey), 32, 32}, &photos);
        for (uint32_t y = 0; y < ROWS; y++)
            for (uint32_t x = 0; x < WIDTH; x++)
                if (x < r->x0 || x >= r->x1 || y < r->y0 || y >= r->y1)
                    assert_int_equal(grey[y * WIDTH + x], before[y * WIDTH + x]);
    }
}

/* ---- the threshold behind it ---- */

static void assert_row(uint32_t width, unsigned kind)
{
    enum { MOST = 512 };
    uint8_t rows[3][MOST], photo[MOST / 8], fast[MOST / 8], plain[MOST / 8];
    for (uint32_t i = 0; i < 3 * width; i++) {
        int v = kind == 0   ? 128 + next_grain(127)
                : kind == 1 ? (next_grain(9) > 5 ? 0 : 255)
                            : 255 - (int)(i % width) / 2 + next_grain(kind == 2 ? 3 : 60);
        rows[i / width][i % width] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
    struct threshold_row r = {rows[0], rows[1], rows[2], width, photo, {0}};
    for (uint32_t i = 0; i < width / 8; i++)
        photo[i] = next_grain(9) > 3;
    for (unsigned i = 0; i < 8; i++)
        r.dots[i] = (uint8_t)(128 + next_grain(127));
    memset(fast, 0x5a, sizeof(fast));
    memset(plain, 0x5a, sizeof(plain));
    threshold_row(&r, fast);
    threshold_row_plain(&r, plain);
    assert_memory_equal(fast, plain, sizeof(fast));
}

static void simd_gives_the_same_bytes(void **state)
{
    seed = 99;
    for (unsigned n = 0; n < 4000; n++)
        assert_row(8 + n % 60 * 8, n / 60 % 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pale_strokes_are_ink_where_nothing_is_grainy),
        cmocka_unit_test(paper_turns_white_and_ink_black_however_it_is_lit),
        cmocka_unit_test(shadows_go_where_rows_lie_closer),
        cmocka_unit_test(blank_paper_turns_white),
        cmocka_unit_test(a_few_words_on_a_sheet_stay),
        cmocka_unit_test(field_of_one_tone_keeps_it),
        cmocka_unit_test(fills_stay_and_shadows_go),
        cmocka_unit_test(photograph_stays_as_it_is),
        cmocka_unit_test(large_drawing_keeps_its_tones),
        cmocka_unit_test(thin_gradient_does_not_vanish),
        cmocka_unit_test(photograph_on_a_sheet_is_told_apart),
        cmocka_unit_test(specks_go_and_full_stops_stay),
        cmocka_unit_test(slivers_are_borne),
        cmocka_unit_test(simd_gives_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
