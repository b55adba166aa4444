/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A picture of paper in tiles of 4 mm, and what each shows. Inside sheet. In a tile of paper most pixels are
 * about as light as its lightest ones, however dark the lamp left it, and the rest is ink; in one of a
 * photograph many lie between. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "convert/sheet.h"

/* Per cent of a tile's own lightness, from which on a pixel is paper. */
enum { NEAR = 85 };
/* Per cent of its pixels that are near: from there on nothing is written on it. */
enum { FLAT_NEAR = 97 };
/* Per cent of the lightness beside it, or of the whole sheet: what is darker is in another light; what is
 * darker than that is no paper. */
enum { SLOPE_LEAST = 75, DIM_LEAST = 45 };

enum tile_kind { TILE_PAPER, TILE_INK, TILE_TONE };

struct sheet_tile {
    uint8_t light; /* nine of ten pixels are darker: paper, if it is any */
    uint8_t middle;
    uint8_t between; /* per cent that are neither paper nor ink */
    uint8_t near;    /* per cent that are paper */
    uint8_t black;   /* per cent that are black beside any paper */
    bool lit;        /* as light as the sheet */
    bool written;    /* strokes beside one another, not the edge of something */
    bool seen;       /* by a search */
    enum tile_kind kind;
    float paper; /* lightness of the paper here, as seen from its neighbours too */
};

struct sheet_map {
    uint8_t *grey;
    uint32_t stride;
    struct pixel_rect r;
    uint32_t tile, tile_rows; /* its sides in pixels: 4 mm */
    uint32_t columns, rows;   /* tiles */
    struct sheet_tile *tiles; /* columns * rows, zeroed */
    int light;                /* of the sheet: a quarter of the tiles are lighter */
};

static inline struct sheet_tile *sheet_tile_at(const struct sheet_map *m, uint32_t column, uint32_t row)
{
    return &m->tiles[row * m->columns + column];
}

static inline uint32_t sheet_least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* The level below which this share (per mille) of the pixels lies. */
int sheet_level_at(const uint32_t count[256], uint32_t total, uint32_t per_mille);
/* Pixels of the levels from..to - 1. */
uint32_t sheet_count_range(const uint32_t count[256], int from, int to);

/* Everything of the tiles but their paper. */
void sheet_tiles_judge(struct sheet_map *m);
