/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Photographs are the rectangles around many tiles that show tones: what is light inside of them stays a
 * tone. */
#include "convert/sheet.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scope.h"
#include "convert/sheet_tiles.h"

/* A sheet darker than this is none. */
enum { PAPER_LEAST = 80 };
/* Sheets fill their page: what fills less than a part in so many is judged more carefully. */
enum { LARGE_SHARE = 2 };
/* Tiles of a photograph: fewer are a stamp or a signature. */
enum { PHOTO_TILES_MIN = 8, PHOTO_SIDE_MIN = 3 };

/* ---- photographs ---- */

struct group {
    uint32_t x0, y0, x1, y1; /* tiles, x1 and y1 excluded */
    uint32_t tones;
};

static void grow(struct group *g, const struct group *by)
{
    g->x0 = sheet_least(g->x0, by->x0);
    g->y0 = sheet_least(g->y0, by->y0);
    g->x1 = g->x1 > by->x1 ? g->x1 : by->x1;
    g->y1 = g->y1 > by->y1 ? g->y1 : by->y1;
    g->tones += by->tones;
}

/* Closer than a tile: its highlights part a photograph into pieces. */
static bool touch(const struct group *a, const struct group *b)
{
    return a->x0 <= b->x1 + 1 && b->x0 <= a->x1 + 1 && a->y0 <= b->y1 + 1 && b->y0 <= a->y1 + 1;
}

static void join(struct group *groups, size_t *count, struct group g)
{
    for (size_t i = 0; i < *count;) {
        if (!touch(&groups[i], &g)) {
            i++;
            continue;
        }
        grow(&g, &groups[i]);
        groups[i] = groups[--*count];
        i = 0; /* it is larger now */
    }
    groups[(*count)++] = g;
}

static bool is_photo(const struct group *g)
{
    uint32_t width = g->x1 - g->x0, height = g->y1 - g->y0;
    return width >= PHOTO_SIDE_MIN && height >= PHOTO_SIDE_MIN && g->tones >= PHOTO_TILES_MIN &&
           g->tones * 4 >= width * height;
}

/* Does the photograph reach into this row or column of tiles? */
static bool reaches(const struct sheet_map *m, uint32_t x0, uint32_t y0, uint32_t x1, uint32_t y1)
{
    enum { PAPER_NEAR = 85, SHARE_MIN = 30 };
    uint32_t n = 0;
    for (uint32_t y = y0; y < y1; y++)
        for (uint32_t x = x0; x < x1; x++)
            n += sheet_tile_at(m, x, y)->near < PAPER_NEAR;
    return n * 100 >= (x1 - x0) * (y1 - y0) * SHARE_MIN;
}

/* Tiles at its edge show more paper than photograph. */
static void widen(const struct sheet_map *m, struct group *g)
{
    const struct group was = *g;
    g->x0 -= was.x0 > 0 && reaches(m, was.x0 - 1, was.y0, was.x0, was.y1);
    g->y0 -= was.y0 > 0 && reaches(m, was.x0, was.y0 - 1, was.x1, was.y0);
    g->x1 += was.x1 < m->columns && reaches(m, was.x1, was.y0, was.x1 + 1, was.y1);
    g->y1 += was.y1 < m->rows && reaches(m, was.x0, was.y1, was.x1, was.y1 + 1);
}

static void put_photo(const struct sheet_map *m, const struct group *g, struct sheet_photos *photos)
{
    photos->rects[photos->count++] =
        (struct pixel_rect){.x0 = m->r.x0 + g->x0 * m->tile,
                            .y0 = m->r.y0 + g->y0 * m->tile_rows,
                            .x1 = sheet_least(m->r.x0 + g->x1 * m->tile, m->r.x1),
                            .y1 = sheet_least(m->r.y0 + g->y1 * m->tile_rows, m->r.y1)};
}

/* Rectangles around tones. False: the whole is one. */
static bool find_photos(const struct sheet_map *m, struct sheet_photos *photos)
{
    SCOPED_FREE struct group *groups = mem_alloc(m->columns * m->rows * sizeof(*groups));
    size_t count = 0;
    uint32_t covered = 0, tones = 0;
    for (uint32_t row = 0; row < m->rows; row++)
        for (uint32_t column = 0; column < m->columns; column++)
            if (sheet_tile_at(m, column, row)->kind == TILE_TONE) {
                join(groups, &count, (struct group){column, row, column + 1, row + 1, 1});
                tones++;
            }
    if (m->columns * m->rows < 4 * PHOTO_TILES_MIN)
        return tones * 4 < m->columns * m->rows;
    for (size_t i = 0; i < count; i++) {
        if (!is_photo(&groups[i]))
            continue;
        if (photos->count == SHEET_PHOTOS_MAX)
            return false;
        widen(m, &groups[i]);
        covered += (groups[i].x1 - groups[i].x0) * (groups[i].y1 - groups[i].y0);
        put_photo(m, &groups[i], photos);
    }
    return covered * 2 < m->columns * m->rows;
}

/* ---- paper ---- */

static int by_value(const void *a, const void *b)
{
    return *(const uint8_t *)a - *(const uint8_t *)b;
}

/* Three quarters of the tiles of paper around are darker. */
static int light_around(const struct sheet_map *m, uint32_t column, uint32_t row)
{
    enum { REACH = 2 };
    uint8_t lights[(2 * REACH + 1) * (2 * REACH + 1)];
    size_t n = 0;
    for (uint32_t y = row > REACH ? row - REACH : 0; y <= row + REACH && y < m->rows; y++)
        for (uint32_t x = column > REACH ? column - REACH : 0; x <= column + REACH && x < m->columns; x++)
            if (sheet_tile_at(m, x, y)->kind == TILE_PAPER)
                lights[n++] = sheet_tile_at(m, x, y)->light;
    if (n == 0)
        return m->light;
    qsort(lights, n, 1, by_value);
    return lights[n * 3 / 4];
}

/* Where a tile is all ink its neighbours say how light the paper is. */
static void find_paper(struct sheet_map *m)
{
    for (uint32_t row = 0; row < m->rows; row++)
        for (uint32_t column = 0; column < m->columns; column++) {
            struct sheet_tile *t = sheet_tile_at(m, column, row);
            int around = light_around(m, column, row);
            t->paper =
                (float)(t->kind != TILE_PAPER || t->light * 100 < around * DIM_LEAST ? around : t->light);
        }
}

/* The darkest paper that touches the tile. */
static float darkest_around(const struct sheet_map *m, uint32_t column, uint32_t row)
{
    float darkest = sheet_tile_at(m, column, row)->paper;
    for (uint32_t y = row > 0 ? row - 1 : 0; y <= row + 1 && y < m->rows; y++)
        for (uint32_t x = column > 0 ? column - 1 : 0; x <= column + 1 && x < m->columns; x++) {
            const struct sheet_tile *t = sheet_tile_at(m, x, y);
            darkest = t->kind == TILE_PAPER && t->paper < darkest ? t->paper : darkest;
        }
    return darkest;
}

/* At the hard edge of a shadow its paper counts on both sides: ink is darker than either. */
static void settle_edges(struct sheet_map *m)
{
    SCOPED_FREE float *darkest = mem_alloc(m->columns * m->rows * sizeof(*darkest));
    for (uint32_t i = 0; i < m->columns * m->rows; i++)
        darkest[i] = darkest_around(m, i % m->columns, i / m->columns);
    for (uint32_t i = 0; i < m->columns * m->rows; i++)
        if (darkest[i] * 100 < m->tiles[i].paper * SLOPE_LEAST)
            m->tiles[i].paper = darkest[i];
}

/* Between the middles of which tiles a pixel lies, and how far from the first to the second. */
struct place {
    uint32_t first, second;
    float part;
};

static struct place place_of(uint32_t pixel, uint32_t tile, uint32_t tiles)
{
    float where = ((float)pixel + 0.5f) / (float)tile - 0.5f;
    where = where < 0 ? 0 : where;
    uint32_t first = sheet_least((uint32_t)where, tiles - 1);
    float part = where - (float)first;
    return (struct place){first, sheet_least(first + 1, tiles - 1), part < 1 ? part : 1};
}

static float mix(float a, float b, float part)
{
    return a + (b - a) * part;
}

/* Paper is as light as the four tiles around say; places: of the columns. */
static void paper_of_row(const struct sheet_map *m, uint32_t y, const struct place *places, float *paper)
{
    const struct place down = place_of(y - m->r.y0, m->tile_rows, m->rows);
    const struct sheet_tile *above = sheet_tile_at(m, 0, down.first),
                            *below = sheet_tile_at(m, 0, down.second);
    for (uint32_t i = 0; i < m->r.x1 - m->r.x0; i++) {
        const struct place *p = &places[i];
        paper[i] = mix(mix(above[p->first].paper, above[p->second].paper, p->part),
                       mix(below[p->first].paper, below[p->second].paper, p->part), down.part);
    }
}

/* ---- ink ---- */

/* Of the paper's lightness, below which a pixel is ink: nearer to the paper than to the darkest ink, but
 * outside of the paper's grain. A few words on a sheet are too little to be noticed here, and must not get
 * lost, nor must pale ones where there is no grain at all. */
static float find_threshold(const struct sheet_map *m)
{
    enum { DARKEST_PER_MILLE = 1 };
    static const float safe_most = 0.92f, few_words = 0.8f;
    uint32_t count[256] = {0}, total = 0, grains[256] = {0}, papers = 0;
    for (uint32_t row = 0; row < m->rows; row++)
        for (uint32_t column = 0; column < m->columns; column++) {
            const struct sheet_tile *t = sheet_tile_at(m, column, row);
            if (t->kind == TILE_TONE || t->paper < 1)
                continue;
            if (t->kind == TILE_PAPER && t->paper >= (float)t->middle) {
                grains[sheet_least((uint32_t)((t->paper - (float)t->middle) * 255 / t->paper), 255)]++;
                papers++;
            }
            for (uint32_t y = m->r.y0 + row * m->tile_rows;
                 y < sheet_least(m->r.y0 + (row + 1) * m->tile_rows, m->r.y1); y += 3)
                for (uint32_t x = m->r.x0 + column * m->tile;
                     x < sheet_least(m->r.x0 + (column + 1) * m->tile, m->r.x1); x += 3, total++)
                    count[sheet_least((uint32_t)((float)m->grey[(size_t)y * m->stride + x] * 255 / t->paper),
                                      255)]++;
        }
    /* `paper` is the ninth decile of a tile, 1.28 of a normal grain's deviations above its middle. */
    float grain = (float)sheet_level_at(grains, papers, 500) / 255 / 1.28f;
    float safe = 1 - 5.3f * grain < safe_most ? 1 - 5.3f * grain : safe_most;
    float darkest = (float)sheet_level_at(count, total, DARKEST_PER_MILLE) / 255;
    float threshold = darkest + (1 - darkest) * 5 / 8;
    if (darkest > safe ||
        grain <= 0) /* no scan, but what a program drew: its pale words are meant to be read */
        threshold = few_words;
    return threshold < safe ? threshold : safe;
}

static bool inside_photo(const struct sheet_photos *photos, uint32_t x, uint32_t y, uint32_t *until)
{
    for (size_t i = 0; i < photos->count; i++) {
        const struct pixel_rect *p = &photos->rects[i];
        if (y < p->y0 || y >= p->y1 || x >= p->x1)
            continue;
        if (x >= p->x0) {
            *until = p->x1;
            return true;
        }
        *until = sheet_least(*until, p->x0);
    }
    return false;
}

/* The lamp changes slowly. */
enum { PAPER_ROWS = 4 };

static void make_black_and_white(const struct sheet_map *m, const struct sheet_photos *photos,
                                 float threshold)
{
    uint32_t width = m->r.x1 - m->r.x0;
    SCOPED_FREE float *paper = mem_alloc(width * sizeof(*paper));
    SCOPED_FREE struct place *places = mem_alloc(width * sizeof(*places));
    for (uint32_t i = 0; i < width; i++)
        places[i] = place_of(i, m->tile, m->columns);
    for (uint32_t y = m->r.y0; y < m->r.y1; y++) {
        uint8_t *row = m->grey + (size_t)y * m->stride;
        if ((y - m->r.y0) % PAPER_ROWS == 0)
            paper_of_row(m, y, places, paper);
        for (uint32_t x = m->r.x0, until; x < m->r.x1; x = until) {
            until = m->r.x1;
            if (inside_photo(photos, x, y, &until))
                continue;
            for (uint32_t i = x; i < until; i++)
                row[i] = (float)row[i] < paper[i - m->r.x0] * threshold ? 0 : 255;
        }
    }
}

/* ---- specks ---- */

/* Dust is up to three pixels of 204 x 196 with nothing near. A full stop and the dot of an i have their
 * letter near. */
struct speck {
    uint32_t pixels, width, height, reach, reach_rows;
};

static struct speck speck_of(const struct sheet_map *m)
{
    enum { TILE_OF_FINE = 32 };
    return (struct speck){3 * m->tile * m->tile_rows / (TILE_OF_FINE * TILE_OF_FINE),
                          3 * m->tile / TILE_OF_FINE, 3 * m->tile_rows / TILE_OF_FINE,
                          6 * m->tile / TILE_OF_FINE, 6 * m->tile_rows / TILE_OF_FINE};
}

/* The pixel is the first of its speck, in reading order: black in the window around counts. */
static bool is_speck(const struct sheet_map *m, const struct speck *s, uint32_t x, uint32_t y)
{
    uint32_t x0 = x > m->r.x0 + s->reach ? x - s->reach : m->r.x0,
             x1 = sheet_least(x + s->reach + 1, m->r.x1);
    uint32_t y0 = y > m->r.y0 + s->reach_rows ? y - s->reach_rows : m->r.y0,
             y1 = sheet_least(y + s->reach_rows + 1, m->r.y1);
    unsigned black = 0;
    for (uint32_t v = y0; v < y1; v++)
        for (uint32_t u = x0; u < x1; u++)
            if (m->grey[(size_t)v * m->stride + u] < 255 &&
                (++black > s->pixels || v >= y + s->height || u + s->width <= x || u >= x + s->width))
                return false;
    return true;
}

/* So many black pixels from there on are a line, a letter. */
static bool goes_on(const uint8_t *p, const uint8_t *end, uint32_t pixels)
{
    uint32_t n = 1;
    while (n < pixels && p + n < end && p[n] == 0)
        n++;
    return n == pixels;
}

static void remove_specks(const struct sheet_map *m)
{
    const struct speck s = speck_of(m);
    for (uint32_t y = m->r.y0; y < m->r.y1; y++) {
        uint8_t *row = m->grey + (size_t)y * m->stride, *end = row + m->r.x1;
        for (uint8_t *p = row + m->r.x0; (p = memchr(p, 0, (size_t)(end - p))) != NULL; p++) {
            uint32_t x = (uint32_t)(p - row), left = s.width - 1;
            if (goes_on(p, end, s.width + 1) || !is_speck(m, &s, x, y))
                continue;
            for (uint32_t v = y; v < sheet_least(y + s.height, m->r.y1); v++)
                for (uint32_t u = x > m->r.x0 + left ? x - left : m->r.x0;
                     u < sheet_least(x + s.width, m->r.x1); u++)
                    m->grey[(size_t)v * m->stride + u] = 255;
        }
    }
}

/* ---- small pictures ---- */

static void count_levels(const struct sheet_map *m, uint32_t count[256], uint32_t *total)
{
    memset(count, 0, 256 * sizeof(*count));
    *total = 0;
    for (uint32_t y = m->r.y0; y < m->r.y1; y += 3)
        for (uint32_t x = m->r.x0; x < m->r.x1; x += 3, ++*total)
            count[m->grey[(size_t)y * m->stride + x]]++;
}

/* The level that, with those near it, most pixels have. */
static int commonest(const uint32_t count[256])
{
    enum { FROM = 96, NEAR_LEVELS = 4 };
    int best = 255;
    uint32_t most = 0;
    for (int i = FROM; i < 256 - NEAR_LEVELS; i++) {
        uint32_t n = sheet_count_range(count, i - NEAR_LEVELS, i + NEAR_LEVELS + 1);
        if (n > most) {
            most = n;
            best = i;
        }
    }
    return best;
}

/* A stamp, a signature, a table: evenly lit paper with some ink and little between. 0: it is something else.
 */
static int small_threshold(const struct sheet_map *m)
{
    enum { SPREAD = 28, CONTRAST_MIN = 48, LIGHT_MIN = 55, BETWEEN_MOST = 25 };
    uint32_t count[256], total;
    count_levels(m, count, &total);
    int paper = commonest(count), ink = sheet_level_at(count, total, 5);
    int over = paper + SPREAD + 1 > 256 ? 256 : paper + SPREAD + 1;
    uint64_t light = sheet_count_range(count, paper - SPREAD, over);
    uint64_t between = sheet_count_range(count, ink + (paper - ink) / 4, paper - SPREAD);
    bool sheet = paper - ink >= CONTRAST_MIN && light * 100 >= (uint64_t)total * LIGHT_MIN &&
                 between * 100 <= (uint64_t)total * BETWEEN_MOST;
    return sheet ? ink + (paper - ink) * 5 / 8 : 0;
}

/* Writing on even paper, and nothing else. */
static bool is_small_text(const struct sheet_map *m)
{
    enum { WRITTEN_SHARE = 25, PRINT_BETWEEN_MAX = 30, TILES_MIN = 16 };
    uint32_t marked = 0, written = 0;
    if (m->columns * m->rows < TILES_MIN)
        return false;
    for (uint32_t i = 0; i < m->columns * m->rows; i++) {
        const struct sheet_tile *t = &m->tiles[i];
        if (t->kind != TILE_PAPER || !t->lit || t->between > PRINT_BETWEEN_MAX)
            return false;
        marked += t->near < FLAT_NEAR;
        written += t->written;
    }
    return written > 0 && written * 100 >= marked * WRITTEN_SHARE;
}

static void threshold_all(const struct sheet_map *m, int threshold)
{
    for (uint32_t y = m->r.y0; y < m->r.y1; y++) {
        uint8_t *row = m->grey + (size_t)y * m->stride;
        for (uint32_t x = m->r.x0; x < m->r.x1; x++)
            row[x] = row[x] < threshold ? 0 : 255;
    }
}

/* ---- the whole ---- */

static void one_photo(const struct pixel_rect *r, struct sheet_photos *photos)
{
    photos->rects[0] = *r;
    photos->count = 1;
    photos->paper = 255;
}

static void clean_large(struct sheet_map *m, struct sheet_photos *photos)
{
    if (m->light < PAPER_LEAST || !find_photos(m, photos)) {
        one_photo(&m->r, photos);
        return;
    }
    photos->paper = m->light * NEAR / 100;
    find_paper(m);
    settle_edges(m);
    make_black_and_white(m, photos, find_threshold(m));
    remove_specks(m);
}

static void clean_small(struct sheet_map *m, struct sheet_photos *photos)
{
    int threshold = small_threshold(m);
    if (threshold > 0)
        threshold_all(m, threshold);
    else if (m->light >= PAPER_LEAST && is_small_text(m))
        clean_large(m, photos);
    else
        one_photo(&m->r, photos);
}

void sheet_clean(uint8_t *grey, uint32_t stride, const struct pixel_rect *r, const struct sheet_page *page,
                 struct sheet_photos *photos)
{
    photos->count = 0;
    photos->paper = 255;
    if (r->x0 >= r->x1 || r->y0 >= r->y1)
        return;
    struct sheet_map m = {
        .grey = grey, .stride = stride, .r = *r, .tile = page->tile, .tile_rows = page->tile_rows};
    m.columns = (r->x1 - r->x0 + m.tile - 1) / m.tile;
    m.rows = (r->y1 - r->y0 + m.tile_rows - 1) / m.tile_rows;
    SCOPED_FREE struct sheet_tile *tiles = mem_zalloc((size_t)m.columns * m.rows * sizeof(*tiles));
    m.tiles = tiles;
    sheet_tiles_judge(&m);
    if ((uint64_t)(r->x1 - r->x0) * (r->y1 - r->y0) * LARGE_SHARE > page->pixels)
        clean_large(&m, photos);
    else
        clean_small(&m, photos);
}
