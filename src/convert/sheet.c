/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The picture is judged in tiles of 4 mm. In one that shows paper most pixels are about as light as its
 * lightest ones, however dark the lamp left it, and the rest is ink; in one that shows a photograph many lie
 * between. Photographs are the rectangles around many such tiles: what is light inside of them stays a tone.
 */
#include "convert/sheet.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scope.h"

enum { TILE = 32, STEP = 2 };
/* Per cent of a tile's own lightness: from NEAR on a pixel is paper, below INK writing. */
enum { NEAR = 85, INK = 45 };
/* Per cent of its pixels between the two, from which on a tile shows tones. Small grey print has 30. */
enum { BETWEEN_MAX = 40 };
/* Per cent of a dark tile that are black, from which on it is a bar or a large letter. */
enum { BLACK_OF_INK = 60 };
/* Per cent of the sheet's lightness below which paper needs a reason to be so dark: a shadow that comes on by
 * and by, each tile as light as SLOPE_LEAST per cent of one beside it. Where something is written the edge of
 * a shadow may be as hard as it likes down to DIM_LEAST; a flat field is a fill. */
enum {
    LIT_LEAST = 80,
    DIM_LEAST = 45,
    FLAT_NEAR = 97,
    SLOPE_LEAST = 75,
    SHADOW_BETWEEN_MAX = 25,
    SHADOW_LIGHT_MIN = 40
};
/* A sheet darker than this is none. */
enum { PAPER_LEAST = 80 };
/* Tiles of a photograph: fewer are a stamp or a signature. */
enum { PHOTO_TILES_MIN = 8, PHOTO_SIDE_MIN = 3 };

enum tile_kind { TILE_PAPER, TILE_INK, TILE_TONE };

struct tile {
    uint8_t light; /* nine of ten pixels are darker: paper, if it is any */
    uint8_t middle;
    uint8_t between; /* per cent */
    uint8_t near;    /* per cent */
    uint8_t black;   /* per cent that are black beside any paper */
    enum tile_kind kind;
    float paper; /* lightness of the paper here, as seen from its neighbours too */
};

struct map {
    uint8_t *grey;
    uint32_t stride;
    struct pixel_rect r;
    uint32_t columns, rows; /* tiles */
    struct tile *tiles;
    int light; /* of the sheet: a quarter of the tiles are lighter */
};

static struct tile *tile_at(const struct map *m, uint32_t column, uint32_t row)
{
    return &m->tiles[row * m->columns + column];
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* ---- what the tiles show ---- */

static int level_at(const uint32_t count[256], uint32_t total, uint32_t per_mille)
{
    uint64_t wanted = (uint64_t)total * per_mille / 1000, n = 0;
    for (int i = 0; i < 256; i++) {
        n += count[i];
        if (n > wanted)
            return i;
    }
    return 255;
}

static uint32_t count_range(const uint32_t count[256], int from, int to)
{
    uint32_t n = 0;
    for (int i = from; i < to; i++)
        n += count[i];
    return n;
}

static void measure_tile(const struct map *m, uint32_t column, uint32_t row)
{
    uint32_t count[256] = {0}, total = 0;
    uint32_t x0 = m->r.x0 + column * TILE, y0 = m->r.y0 + row * TILE;
    uint32_t x1 = least(x0 + TILE, m->r.x1), y1 = least(y0 + TILE, m->r.y1);
    struct tile *t = tile_at(m, column, row);
    for (uint32_t y = y0; y < y1; y += STEP)
        for (uint32_t x = x0; x < x1; x += STEP, total++)
            count[m->grey[(size_t)y * m->stride + x]]++;
    t->light = (uint8_t)level_at(count, total, 900);
    t->middle = (uint8_t)level_at(count, total, 500);
    t->between = (uint8_t)(100 * count_range(count, t->light * INK / 100, t->light * NEAR / 100) /
                           (total ? total : 1));
    t->near = (uint8_t)(100 * count_range(count, t->light * NEAR / 100, 256) / (total ? total : 1));
    t->black = (uint8_t)(100 * count_range(count, 0, 48) / (total ? total : 1));
}

static void measure(struct map *m)
{
    uint32_t count[256] = {0};
    for (uint32_t row = 0; row < m->rows; row++)
        for (uint32_t column = 0; column < m->columns; column++) {
            measure_tile(m, column, row);
            count[tile_at(m, column, row)->light]++;
        }
    m->light = level_at(count, m->columns * m->rows, 750);
}

/* Is the tile in a shadow that the one beside it is in as well, or at the edge of? */
static bool slopes_from(const struct tile *t, const struct tile *beside)
{
    return beside->kind == TILE_PAPER && t->light * 100 >= beside->light * SLOPE_LEAST;
}

static bool is_in_shadow(const struct map *m, uint32_t column, uint32_t row)
{
    const struct tile *t = tile_at(m, column, row);
    return t->between <= SHADOW_BETWEEN_MAX && t->light >= SHADOW_LIGHT_MIN &&
           ((column > 0 && slopes_from(t, t - 1)) || (column + 1 < m->columns && slopes_from(t, t + 1)) ||
            (row > 0 && slopes_from(t, t - m->columns)) ||
            (row + 1 < m->rows && slopes_from(t, t + m->columns)));
}

/* Again and again, for one may follow from the other; the bound is for mazes. */
static void follow_shadows(const struct map *m)
{
    enum { SWEEPS_MAX = 16 };
    bool changed = true;
    for (unsigned sweep = 0; changed && sweep < SWEEPS_MAX; sweep++) {
        changed = false;
        for (uint32_t i = 0; i < m->columns * m->rows; i++) {
            uint32_t at = sweep % 2 ? m->columns * m->rows - 1 - i : i;
            struct tile *t = &m->tiles[at];
            if (t->kind == TILE_TONE && is_in_shadow(m, at % m->columns, at / m->columns)) {
                t->kind = TILE_PAPER;
                changed = true;
            }
        }
    }
}

static void find_tones(const struct map *m)
{
    for (uint32_t i = 0; i < m->columns * m->rows; i++) {
        struct tile *t = &m->tiles[i];
        int light = m->light ? t->light * 100 / m->light : 0;
        bool tone =
            light < DIM_LEAST || (light < LIT_LEAST && t->near >= FLAT_NEAR) || t->between > BETWEEN_MAX;
        t->kind = light < DIM_LEAST && t->black >= BLACK_OF_INK ? TILE_INK : tone ? TILE_TONE : TILE_PAPER;
    }
    follow_shadows(m);
}

/* ---- photographs ---- */

struct group {
    uint32_t x0, y0, x1, y1; /* tiles, x1 and y1 excluded */
    uint32_t tones;
};

static void grow(struct group *g, const struct group *by)
{
    g->x0 = least(g->x0, by->x0);
    g->y0 = least(g->y0, by->y0);
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
static bool reaches(const struct map *m, uint32_t x0, uint32_t y0, uint32_t x1, uint32_t y1)
{
    enum { PAPER_NEAR = 85, SHARE_MIN = 30 };
    uint32_t n = 0;
    for (uint32_t y = y0; y < y1; y++)
        for (uint32_t x = x0; x < x1; x++)
            n += tile_at(m, x, y)->near < PAPER_NEAR;
    return n * 100 >= (x1 - x0) * (y1 - y0) * SHARE_MIN;
}

/* Tiles at its edge show more paper than photograph. */
static void widen(const struct map *m, struct group *g)
{
    const struct group was = *g;
    g->x0 -= was.x0 > 0 && reaches(m, was.x0 - 1, was.y0, was.x0, was.y1);
    g->y0 -= was.y0 > 0 && reaches(m, was.x0, was.y0 - 1, was.x1, was.y0);
    g->x1 += was.x1 < m->columns && reaches(m, was.x1, was.y0, was.x1 + 1, was.y1);
    g->y1 += was.y1 < m->rows && reaches(m, was.x0, was.y1, was.x1, was.y1 + 1);
}

static void put_photo(const struct map *m, const struct group *g, struct sheet_photos *photos)
{
    photos->rects[photos->count++] = (struct pixel_rect){.x0 = m->r.x0 + g->x0 * TILE,
                                                         .y0 = m->r.y0 + g->y0 * TILE,
                                                         .x1 = least(m->r.x0 + g->x1 * TILE, m->r.x1),
                                                         .y1 = least(m->r.y0 + g->y1 * TILE, m->r.y1)};
}

/* Rectangles around tones. False: the whole is one. */
static bool find_photos(const struct map *m, struct sheet_photos *photos)
{
    SCOPED_FREE struct group *groups = mem_alloc(m->columns * m->rows * sizeof(*groups));
    size_t count = 0;
    uint32_t covered = 0, tones = 0;
    for (uint32_t row = 0; row < m->rows; row++)
        for (uint32_t column = 0; column < m->columns; column++)
            if (tile_at(m, column, row)->kind == TILE_TONE) {
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
static int light_around(const struct map *m, uint32_t column, uint32_t row)
{
    enum { REACH = 2 };
    uint8_t lights[(2 * REACH + 1) * (2 * REACH + 1)];
    size_t n = 0;
    for (uint32_t y = row > REACH ? row - REACH : 0; y <= row + REACH && y < m->rows; y++)
        for (uint32_t x = column > REACH ? column - REACH : 0; x <= column + REACH && x < m->columns; x++)
            if (tile_at(m, x, y)->kind == TILE_PAPER)
                lights[n++] = tile_at(m, x, y)->light;
    if (n == 0)
        return m->light;
    qsort(lights, n, 1, by_value);
    return lights[n * 3 / 4];
}

/* Where a tile is all ink its neighbours say how light the paper is. */
static void find_paper(struct map *m)
{
    for (uint32_t row = 0; row < m->rows; row++)
        for (uint32_t column = 0; column < m->columns; column++) {
            struct tile *t = tile_at(m, column, row);
            int around = light_around(m, column, row);
            t->paper =
                (float)(t->kind != TILE_PAPER || t->light * 100 < around * DIM_LEAST ? around : t->light);
        }
}

/* The darkest paper that touches the tile. */
static float darkest_around(const struct map *m, uint32_t column, uint32_t row)
{
    float darkest = tile_at(m, column, row)->paper;
    for (uint32_t y = row > 0 ? row - 1 : 0; y <= row + 1 && y < m->rows; y++)
        for (uint32_t x = column > 0 ? column - 1 : 0; x <= column + 1 && x < m->columns; x++) {
            const struct tile *t = tile_at(m, x, y);
            darkest = t->kind == TILE_PAPER && t->paper < darkest ? t->paper : darkest;
        }
    return darkest;
}

/* At the hard edge of a shadow its paper counts on both sides: ink is darker than either. */
static void settle_edges(struct map *m)
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

static struct place place_of(uint32_t pixel, uint32_t tiles)
{
    float where = ((float)pixel + 0.5f) / TILE - 0.5f;
    where = where < 0 ? 0 : where;
    uint32_t first = least((uint32_t)where, tiles - 1);
    float part = where - (float)first;
    return (struct place){first, least(first + 1, tiles - 1), part < 1 ? part : 1};
}

static float mix(float a, float b, float part)
{
    return a + (b - a) * part;
}

/* Paper is as light as the four tiles around say; places: of the columns. */
static void paper_of_row(const struct map *m, uint32_t y, const struct place *places, float *paper)
{
    const struct place down = place_of(y - m->r.y0, m->rows);
    const struct tile *above = tile_at(m, 0, down.first), *below = tile_at(m, 0, down.second);
    for (uint32_t i = 0; i < m->r.x1 - m->r.x0; i++) {
        const struct place *p = &places[i];
        paper[i] = mix(mix(above[p->first].paper, above[p->second].paper, p->part),
                       mix(below[p->first].paper, below[p->second].paper, p->part), down.part);
    }
}

/* ---- ink ---- */

/* Of the paper's lightness. */
struct ink {
    float darkest, threshold;
    bool none; /* nothing but the grain of the paper */
};

static struct ink find_ink(const struct map *m)
{
    uint32_t count[256] = {0}, total = 0, grains[256] = {0}, papers = 0;
    for (uint32_t row = 0; row < m->rows; row++)
        for (uint32_t column = 0; column < m->columns; column++) {
            const struct tile *t = tile_at(m, column, row);
            if (t->kind == TILE_TONE || t->paper < 1)
                continue;
            if (t->kind == TILE_PAPER && t->paper >= (float)t->middle) {
                grains[least((uint32_t)((t->paper - (float)t->middle) * 255 / t->paper), 255)]++;
                papers++;
            }
            for (uint32_t y = m->r.y0 + row * TILE; y < least(m->r.y0 + (row + 1) * TILE, m->r.y1); y += 3)
                for (uint32_t x = m->r.x0 + column * TILE; x < least(m->r.x0 + (column + 1) * TILE, m->r.x1);
                     x += 3, total++)
                    count[least((uint32_t)((float)m->grey[(size_t)y * m->stride + x] * 255 / t->paper),
                                255)]++;
        }
    /* `paper` is the ninth decile of a tile, 1.28 of a normal grain's deviations above its middle. */
    float grain = (float)level_at(grains, papers, 500) / 255 / 1.28f;
    float safe = 1 - 5.3f * grain;
    struct ink ink = {.darkest = (float)level_at(count, total, 5) / 255};
    ink.threshold = ink.darkest + (1 - ink.darkest) * 5 / 8;
    ink.threshold = ink.threshold > safe ? safe : ink.threshold;
    ink.none = ink.darkest > safe || ink.darkest > 0.94f;
    return ink;
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
        *until = least(*until, p->x0);
    }
    return false;
}

/* The lamp changes slowly. */
enum { PAPER_ROWS = 4 };

static void make_black_and_white(const struct map *m, const struct sheet_photos *photos,
                                 const struct ink *ink)
{
    uint32_t width = m->r.x1 - m->r.x0;
    SCOPED_FREE float *paper = mem_alloc(width * sizeof(*paper));
    SCOPED_FREE struct place *places = mem_alloc(width * sizeof(*places));
    for (uint32_t i = 0; i < width; i++)
        places[i] = place_of(i, m->columns);
    for (uint32_t y = m->r.y0; y < m->r.y1; y++) {
        uint8_t *row = m->grey + (size_t)y * m->stride;
        if ((y - m->r.y0) % PAPER_ROWS == 0)
            paper_of_row(m, y, places, paper);
        for (uint32_t x = m->r.x0, until; x < m->r.x1; x = until) {
            until = m->r.x1;
            if (inside_photo(photos, x, y, &until))
                continue;
            for (uint32_t i = x; i < until; i++)
                row[i] = !ink->none && (float)row[i] < paper[i - m->r.x0] * ink->threshold ? 0 : 255;
        }
    }
}

/* ---- specks ---- */

/* Dust is up to three pixels with nothing near. A full stop and the dot of an i have their letter near. */
enum { SPECK_PIXELS = 3, SPECK_SIDE = 3, SPECK_REACH = 6 };

/* The pixel is the first of its speck, in reading order: black in the window around counts. */
static bool is_speck(const struct map *m, uint32_t x, uint32_t y)
{
    uint32_t x0 = x > m->r.x0 + SPECK_REACH ? x - SPECK_REACH : m->r.x0,
             x1 = least(x + SPECK_REACH + 1, m->r.x1);
    uint32_t y0 = y > m->r.y0 + SPECK_REACH ? y - SPECK_REACH : m->r.y0,
             y1 = least(y + SPECK_REACH + 1, m->r.y1);
    unsigned black = 0;
    for (uint32_t v = y0; v < y1; v++)
        for (uint32_t u = x0; u < x1; u++)
            if (m->grey[(size_t)v * m->stride + u] < 255 &&
                (++black > SPECK_PIXELS || v >= y + SPECK_SIDE || u + SPECK_SIDE <= x || u >= x + SPECK_SIDE))
                return false;
    return true;
}

static void remove_specks(const struct map *m)
{
    for (uint32_t y = m->r.y0; y < m->r.y1; y++) {
        uint8_t *row = m->grey + (size_t)y * m->stride, *end = row + m->r.x1;
        for (uint8_t *p = row + m->r.x0; (p = memchr(p, 0, (size_t)(end - p))) != NULL; p++) {
            uint32_t x = (uint32_t)(p - row);
            if (p + 3 < end && p[1] == 0 && p[2] == 0 && p[3] == 0)
                continue; /* a line, a letter */
            if (!is_speck(m, x, y))
                continue;
            for (uint32_t v = y; v < least(y + SPECK_SIDE, m->r.y1); v++)
                for (uint32_t u = x > m->r.x0 + 2 ? x - 2 : m->r.x0; u < least(x + SPECK_SIDE, m->r.x1); u++)
                    m->grey[(size_t)v * m->stride + u] = 255;
        }
    }
}

/* ---- the whole ---- */

static void one_photo(const struct pixel_rect *r, struct sheet_photos *photos)
{
    photos->rects[0] = *r;
    photos->count = 1;
    photos->paper = 255;
}

void sheet_clean(uint8_t *grey, uint32_t stride, const struct pixel_rect *r, uint64_t page_pixels,
                 struct sheet_photos *photos)
{
    photos->count = 0;
    photos->paper = 255;
    if (r->x0 >= r->x1 || r->y0 >= r->y1)
        return;
    struct map m = {.grey = grey, .stride = stride, .r = *r};
    m.columns = (r->x1 - r->x0 + TILE - 1) / TILE;
    m.rows = (r->y1 - r->y0 + TILE - 1) / TILE;
    SCOPED_FREE struct tile *tiles = mem_zalloc((size_t)m.columns * m.rows * sizeof(*tiles));
    m.tiles = tiles;
    measure(&m);
    find_tones(&m);
    if (m.light < PAPER_LEAST || !find_photos(&m, photos)) {
        one_photo(r, photos);
        return;
    }
    photos->paper = m.light * NEAR / 100;
    find_paper(&m);
    settle_edges(&m);
    struct ink ink = find_ink(&m);
    bool large = (uint64_t)(r->x1 - r->x0) * (r->y1 - r->y0) * 3 > page_pixels;
    if (ink.none && photos->count == 0 && !large && m.light < 232) { /* a field of one tone */
        one_photo(r, photos);
        return;
    }
    make_black_and_white(&m, photos, &ink);
    remove_specks(&m);
}
