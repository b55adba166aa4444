/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/bilevel.h"

#include <string.h>

#include "base/mem.h"
#include "base/scope.h"
#include "convert/threshold.h"

enum { CELL = THRESHOLD_CELL };

/* Two black dots and two white ones in each 8 x 8 pixels, on the diagonals: 36 lines an inch at 45 degrees.
 * The order in which the pixels of a cell turn black as the grey gets darker. */
static const uint8_t dot_order[CELL][CELL] = {
    {24, 9, 10, 25, 32, 40, 41, 33},  {8, 0, 1, 11, 42, 56, 57, 43},    {23, 7, 3, 12, 45, 59, 58, 44},
    {31, 22, 21, 27, 35, 47, 46, 34}, {39, 53, 50, 36, 28, 15, 13, 26}, {55, 63, 60, 48, 18, 4, 2, 14},
    {54, 62, 61, 49, 20, 6, 5, 16},   {38, 52, 51, 37, 30, 19, 17, 29},
};

void bilevel_add_image(struct bilevel *b, struct pixel_rect r)
{
    if (r.x0 >= r.x1 || r.y0 >= r.y1)
        return;
    if (b->image_count < BILEVEL_IMAGES_MAX) {
        b->images[b->image_count++] = r;
        return;
    }
    struct pixel_rect *last = &b->images[BILEVEL_IMAGES_MAX - 1];
    last->x0 = r.x0 < last->x0 ? r.x0 : last->x0;
    last->y0 = r.y0 < last->y0 ? r.y0 : last->y0;
    last->x1 = r.x1 > last->x1 ? r.x1 : last->x1;
    last->y1 = r.y1 > last->y1 ? r.y1 : last->y1;
}

uint32_t bilevel_rows(const struct bilevel *b)
{
    return b->resolution == PAGE_STANDARD ? (b->rows + 1) / 2 : b->rows;
}

/* ---- pictures ---- */

/* The levels below which 3 and 997 per mille of the pixels lie: a larger share would make holes of lights and
 * shadows. Every third of every third row tells as much as all. */
static void find_range(const struct bilevel *b, const struct pixel_rect *r, int *black, int *white)
{
    uint32_t count[256] = {0}, total = 0, n = 0;
    for (uint32_t y = r->y0; y < r->y1; y += 3)
        for (uint32_t x = r->x0; x < r->x1; x += 3, total++)
            count[b->grey[(size_t)y * b->width + x]]++;
    *black = *white = 0;
    for (int i = 0; i < 256; i++) {
        n += count[i];
        *black += n <= total * 3 / 1000;
        *white += n <= total * 997 / 1000;
    }
}

/* A photograph uses all tones from black to white; one flat tone stays as it is. */
static void settle_photo(const struct bilevel *b, const struct pixel_rect *r, int paper, uint8_t *photo)
{
    enum { RANGE_MIN = 32 };
    int black, white;
    uint8_t map[256];
    uint32_t cells = b->width / CELL;
    find_range(b, r, &black, &white);
    if (white - black < RANGE_MIN)
        white = 255, black = 0;
    else if (white > paper && black < paper)
        white = paper;
    for (int i = 0; i < 256; i++) {
        int n = (i - black) * 255 / (white - black);
        map[i] = (uint8_t)(n < 0 ? 0 : n > 255 ? 255 : n);
    }
    for (uint32_t y = r->y0; y < r->y1; y++) {
        uint8_t *row = b->grey + (size_t)y * b->width;
        for (uint32_t x = r->x0; x < r->x1; x++)
            row[x] = map[row[x]];
    }
    for (uint32_t y = r->y0 / CELL; y <= (r->y1 - 1) / CELL; y++)
        memset(photo + (size_t)y * cells + r->x0 / CELL, 1, (r->x1 - 1) / CELL - r->x0 / CELL + 1);
}

static void settle_image(const struct bilevel *b, const struct pixel_rect *r, uint8_t *photo)
{
    enum { TILES = 54 }; /* of 4 mm in a line */
    struct sheet_photos photos;
    const uint32_t tile = page_width_at(PAGE_WIDTH_A4, b->resolution) / TILES;
    const struct sheet_page page = {(uint64_t)b->width * b->rows, tile,
                                    b->resolution == PAGE_SUPERFINE ? 2 * tile : tile};
    sheet_clean(b->grey, b->width, r, &page, &photos);
    for (size_t i = 0; i < photos.count; i++)
        settle_photo(b, &photos.rects[i], photos.paper, photo);
}

/* ---- all pixels ---- */

/* A dot is as high as it is wide: lines lie twice as far apart in STANDARD, half as far in SUPERFINE. */
static uint32_t dot_row(const struct bilevel *b, uint32_t y)
{
    return (b->resolution == PAGE_STANDARD ? y * 2 : b->resolution == PAGE_SUPERFINE ? y / 2 : y) % CELL;
}

/* Two rows become one: what is black in either stays black, a photograph keeps its mean. */
static void halve_rows(struct bilevel *b, const uint8_t *photo)
{
    uint32_t rows = (b->rows + 1) / 2;
    for (uint32_t y = 0; y < rows; y++) {
        const uint8_t *first = b->grey + (size_t)y * 2 * b->width;
        const uint8_t *second = y * 2 + 1 < b->rows ? first + b->width : first;
        uint8_t *to = b->grey + (size_t)y * b->width;
        const uint8_t *mask = photo + (size_t)(y * 2 / CELL) * (b->width / CELL);
        for (uint32_t x = 0; x < b->width; x++) {
            uint8_t darker = first[x] < second[x] ? first[x] : second[x];
            to[x] = mask[x / CELL] ? (uint8_t)((first[x] + second[x]) / 2) : darker;
        }
    }
    b->rows = rows;
}

void bilevel_run(struct bilevel *b, uint8_t *bits)
{
    uint32_t cells = b->width / CELL;
    uint32_t mask_step = b->resolution == PAGE_STANDARD ? CELL / 2 : CELL;
    SCOPED_FREE uint8_t *photo = mem_zalloc((size_t)cells * (b->rows / CELL + 1));
    for (size_t i = 0; i < b->image_count; i++)
        settle_image(b, &b->images[i], photo);
    if (b->resolution == PAGE_STANDARD)
        halve_rows(b, photo);
    for (uint32_t y = 0; y < b->rows; y++) {
        const uint8_t *here = b->grey + (size_t)y * b->width;
        struct threshold_row row = {.above = y > 0 ? here - b->width : here,
                                    .here = here,
                                    .below = y + 1 < b->rows ? here + b->width : here,
                                    .width = b->width,
                                    .photo = photo + (size_t)(y / mask_step) * cells};
        for (unsigned i = 0; i < CELL; i++)
            row.dots[i] = (uint8_t)(255 - (dot_order[dot_row(b, y)][i] * 4 + 2));
        threshold_row(&row, bits + (size_t)y * cells);
    }
}
