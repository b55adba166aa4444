/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/sheet_tiles.h"

#include <string.h>

#include "base/mem.h"
#include "base/scope.h"

enum { STEP = 2 };
/* Per cent of a tile's own lightness, below which a pixel is writing. */
enum { INK = 45 };
/* Per cent of its pixels between paper and ink, from which on a tile shows tones. Small grey print has 30. */
enum { BETWEEN_MAX = 40 };
/* Per cent of a dark tile that are black, from which on it is a bar or a large letter. */
enum { BLACK_OF_INK = 60 };
/* Per cent of the sheet's lightness below which paper needs a reason to be so dark: a shadow that comes on by
 * and by, each tile about as light as one beside it. Where something is written the edge of a shadow may be
 * as hard as it likes; a flat field is a fill. */
enum { LIT_LEAST = 80, SHADOW_BETWEEN_MAX = 25, SHADOW_LIGHT_MIN = 40 };

/* ---- a tile ---- */

int sheet_level_at(const uint32_t count[256], uint32_t total, uint32_t per_mille)
{
    uint64_t wanted = (uint64_t)total * per_mille / 1000, n = 0;
    for (int i = 0; i < 256; i++) {
        n += count[i];
        if (n > wanted)
            return i;
    }
    return 255;
}

uint32_t sheet_count_range(const uint32_t count[256], int from, int to)
{
    uint32_t n = 0;
    for (int i = from; i < to; i++)
        n += count[i];
    return n;
}

static void measure_tile(const struct sheet_map *m, uint32_t column, uint32_t row)
{
    uint32_t count[256] = {0}, total = 0;
    uint32_t x0 = m->r.x0 + column * m->tile, y0 = m->r.y0 + row * m->tile_rows;
    uint32_t x1 = sheet_least(x0 + m->tile, m->r.x1), y1 = sheet_least(y0 + m->tile_rows, m->r.y1);
    struct sheet_tile *t = sheet_tile_at(m, column, row);
    for (uint32_t y = y0; y < y1; y += STEP)
        for (uint32_t x = x0; x < x1; x += STEP, total++)
            count[m->grey[(size_t)y * m->stride + x]]++;
    t->light = (uint8_t)sheet_level_at(count, total, 900);
    t->middle = (uint8_t)sheet_level_at(count, total, 500);
    t->between = (uint8_t)(100 * sheet_count_range(count, t->light * INK / 100, t->light * NEAR / 100) /
                           (total ? total : 1));
    t->near = (uint8_t)(100 * sheet_count_range(count, t->light * NEAR / 100, 256) / (total ? total : 1));
    t->black = (uint8_t)(100 * sheet_count_range(count, 0, 48) / (total ? total : 1));
}

/* How often paper and ink meet along a row: once at an edge, at letters more. */
static void look_for_strokes(const struct sheet_map *m, uint32_t column, uint32_t row)
{
    enum { STROKE = 65, MEETINGS_MIN = 2 };
    uint32_t x0 = m->r.x0 + column * m->tile, y0 = m->r.y0 + row * m->tile_rows, meetings = 0, rows = 0;
    uint32_t x1 = sheet_least(x0 + m->tile, m->r.x1), y1 = sheet_least(y0 + m->tile_rows, m->r.y1);
    struct sheet_tile *t = sheet_tile_at(m, column, row);
    for (uint32_t y = y0; y < y1; y += STEP, rows++) {
        const uint8_t *p = m->grey + (size_t)y * m->stride;
        for (uint32_t x = x0 + 1; x < x1; x++)
            meetings += (p[x] * 100 < t->light * STROKE) != (p[x - 1] * 100 < t->light * STROKE);
    }
    t->written = meetings >= rows * MEETINGS_MIN;
}

static void measure(struct sheet_map *m)
{
    uint32_t count[256] = {0};
    for (uint32_t row = 0; row < m->rows; row++)
        for (uint32_t column = 0; column < m->columns; column++) {
            measure_tile(m, column, row);
            look_for_strokes(m, column, row);
            count[sheet_tile_at(m, column, row)->light]++;
        }
    m->light = sheet_level_at(count, m->columns * m->rows, 750);
}

/* Is the tile in a shadow that the one beside it is in as well, or at the edge of? */
static bool slopes_from(const struct sheet_tile *t, const struct sheet_tile *beside)
{
    return beside->kind == TILE_PAPER && t->light * 100 >= beside->light * SLOPE_LEAST;
}

static bool is_in_shadow(const struct sheet_map *m, uint32_t column, uint32_t row)
{
    const struct sheet_tile *t = sheet_tile_at(m, column, row);
    return t->between <= SHADOW_BETWEEN_MAX && t->light >= SHADOW_LIGHT_MIN &&
           ((column > 0 && slopes_from(t, t - 1)) || (column + 1 < m->columns && slopes_from(t, t + 1)) ||
            (row > 0 && slopes_from(t, t - m->columns)) ||
            (row + 1 < m->rows && slopes_from(t, t + m->columns)));
}

/* Again and again, for one may follow from the other; the bound is for mazes. */
static void follow_shadows(const struct sheet_map *m)
{
    enum { SWEEPS_MAX = 16 };
    bool changed = true;
    for (unsigned sweep = 0; changed && sweep < SWEEPS_MAX; sweep++) {
        changed = false;
        for (uint32_t i = 0; i < m->columns * m->rows; i++) {
            uint32_t at = sweep % 2 ? m->columns * m->rows - 1 - i : i;
            struct sheet_tile *t = &m->tiles[at];
            if (t->kind == TILE_TONE && is_in_shadow(m, at % m->columns, at / m->columns)) {
                t->kind = TILE_PAPER;
                changed = true;
            }
        }
    }
}

static void find_tones(const struct sheet_map *m)
{
    for (uint32_t i = 0; i < m->columns * m->rows; i++) {
        struct sheet_tile *t = &m->tiles[i];
        int light = m->light ? t->light * 100 / m->light : 0;
        t->lit = light >= LIT_LEAST;
        bool tone =
            light < DIM_LEAST || (light < LIT_LEAST && t->near >= FLAT_NEAR) || t->between > BETWEEN_MAX;
        t->kind = light < DIM_LEAST && t->black >= BLACK_OF_INK ? TILE_INK : tone ? TILE_TONE : TILE_PAPER;
    }
    follow_shadows(m);
}

/* ---- shadows ---- */

struct region {
    uint32_t *tiles;
    size_t count;
    uint32_t written;
};

static void visit(const struct sheet_map *m, struct region *g, uint32_t at)
{
    struct sheet_tile *t = &m->tiles[at];
    if (t->seen || t->lit || t->kind != TILE_PAPER)
        return;
    t->seen = true;
    g->written += t->written;
    g->tiles[g->count++] = at;
}

/* The dim tiles that touch one another. */
static void find_region(const struct sheet_map *m, struct region *g, uint32_t from)
{
    g->count = 0;
    g->written = 0;
    visit(m, g, from);
    for (size_t i = 0; i < g->count; i++) {
        uint32_t at = g->tiles[i], column = at % m->columns, row = at / m->columns;
        if (column > 0)
            visit(m, g, at - 1);
        if (column + 1 < m->columns)
            visit(m, g, at + 1);
        if (row > 0)
            visit(m, g, at - m->columns);
        if (row + 1 < m->rows)
            visit(m, g, at + m->columns);
    }
}

/* What is dim is a shadow where it lies on writing; else it is what the picture shows. */
static void keep_written_shadows(const struct sheet_map *m)
{
    enum { WRITTEN_MIN = 3, WRITTEN_SHARE = 12 };
    SCOPED_FREE uint32_t *tiles = mem_alloc((size_t)m->columns * m->rows * sizeof(*tiles));
    struct region g = {.tiles = tiles};
    for (uint32_t from = 0; from < m->columns * m->rows; from++) {
        find_region(m, &g, from);
        bool shadow = g.written >= WRITTEN_MIN && g.written * 100 >= g.count * WRITTEN_SHARE;
        for (size_t i = 0; i < g.count && !shadow; i++)
            m->tiles[g.tiles[i]].kind = TILE_TONE;
    }
}

void sheet_tiles_judge(struct sheet_map *m)
{
    measure(m);
    find_tones(m);
    keep_written_shadows(m);
}
