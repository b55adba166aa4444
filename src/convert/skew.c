/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/skew.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scope.h"
#include "convert/t6.h"

/* The header line that a sender puts above each page is straight, however the paper lay. */
static const double header_metres = 0.006;
static const double degree = 3.14159265358979323846 / 180;

enum { POINTS_MAX = 40000, POINTS_MIN = 400, BIN_PIXELS = 2 };
enum { COARSE_STEPS = 20, FINE_STEPS = 5 }; /* to each side */
static const double coarse_degrees = 0.25, fine_degrees = 0.05, least_degrees = 0.33;

/* Lower edges of what is black: where letters stand. In units of a pixel's width. */
struct point {
    float x, y;
};

struct points {
    struct point *list;
    size_t count;
    double height; /* of the page */
    double width;
};

static unsigned ones(uint8_t byte)
{
    return (unsigned)__builtin_popcount(byte);
}

static uint32_t first_row(const struct page_form *form)
{
    return (uint32_t)(header_metres * page_y_per_metre(form->resolution));
}

static size_t count_edges(const struct page_form *form, const uint8_t *bits)
{
    size_t n = 0, row_bytes = t6_row_bytes(form->width);
    for (uint32_t y = first_row(form); y + 1 < form->rows; y++) {
        const uint8_t *row = bits + (size_t)y * row_bytes, *next = row + row_bytes;
        for (size_t i = 0; i < row_bytes; i++)
            n += ones((uint8_t)(row[i] & ~next[i]));
    }
    return n;
}

static void take_edges(const struct page_form *form, const uint8_t *bits, size_t every, struct points *p)
{
    size_t row_bytes = t6_row_bytes(form->width), n = 0;
    double tall = (double)page_x_per_metre(form->resolution) / page_y_per_metre(form->resolution);
    for (uint32_t y = first_row(form); y + 1 < form->rows; y++) {
        const uint8_t *row = bits + (size_t)y * row_bytes, *next = row + row_bytes;
        for (size_t i = 0; i < row_bytes; i++)
            for (unsigned edge = row[i] & ~(unsigned)next[i] & 0xff; edge; edge &= edge - 1)
                if (n++ % every == 0 && p->count < POINTS_MAX)
                    p->list[p->count++] =
                        (struct point){(float)(i * 8 + 7 - (unsigned)__builtin_ctz(edge)), (float)(y * tall)};
    }
    p->width = form->width;
    p->height = form->rows * tall;
}

/* How much the rows of that angle differ: the sum of the squares of what falls into each. */
static double score(const struct points *p, double angle, uint32_t *bins, size_t count)
{
    double slope = tan(angle), lift = slope > 0 ? slope * p->width : 0, sum = 0;
    memset(bins, 0, count * sizeof(*bins));
    for (size_t i = 0; i < p->count; i++)
        bins[(size_t)((p->list[i].y - p->list[i].x * slope + lift) / BIN_PIXELS)]++;
    for (size_t i = 0; i < count; i++)
        sum += (double)bins[i] * bins[i];
    return sum;
}

/* 0: nothing stands out. */
static double find_angle(const struct points *p)
{
    double most = (COARSE_STEPS * coarse_degrees + 1) * degree;
    size_t count = (size_t)((p->height + p->width * tan(most)) / BIN_PIXELS) + 2;
    SCOPED_FREE uint32_t *bins = mem_alloc(count * sizeof(*bins));
    double straight = score(p, 0, bins, count), best = straight, all = 0, angle = 0;
    for (int i = -COARSE_STEPS; i <= COARSE_STEPS; i++) {
        double of = score(p, i * coarse_degrees * degree, bins, count);
        all += of;
        if (of > best) {
            best = of;
            angle = i * coarse_degrees * degree;
        }
    }
    double middle = angle;
    for (int i = -FINE_STEPS; i <= FINE_STEPS; i++) {
        double of = score(p, middle + i * fine_degrees * degree, bins, count);
        if (of > best) {
            best = of;
            angle = middle + i * fine_degrees * degree;
        }
    }
    bool stands_out = best > 1.2 * straight && best * (2 * COARSE_STEPS + 1) > 1.5 * all;
    bool inside = fabs(middle) < (COARSE_STEPS - 0.5) * coarse_degrees * degree;
    return stands_out && inside && fabs(angle) >= least_degrees * degree ? angle : 0;
}

/* ---- what the ink needs ---- */

/* First and last black pixel of a row; false where it is white. */
static bool row_ends(const uint8_t *row, size_t row_bytes, uint32_t *first, uint32_t *last)
{
    size_t low = 0, high = row_bytes;
    while (low < high && row[low] == 0)
        low++;
    while (high > low && row[high - 1] == 0)
        high--;
    if (low == high)
        return false;
    *first = (uint32_t)(low * 8 + (unsigned)__builtin_clz(row[low]) - 24);
    *last = (uint32_t)(high * 8 - 1 - (unsigned)__builtin_ctz(row[high - 1]));
    return true;
}

static void reach(struct skew *s, double x, double y, double half_width, double half_height)
{
    double c = cos(s->angle), sine = sin(s->angle), to_x = x * c + y * sine, to_y = y * c - x * sine;
    s->left = fmax(s->left, -half_width - to_x);
    s->right = fmax(s->right, to_x - half_width);
    s->top = fmax(s->top, -half_height - to_y);
    s->bottom = fmax(s->bottom, to_y - half_height);
}

static void find_room(const struct page_form *form, const uint8_t *bits, struct skew *s)
{
    double x_size = 1.0 / page_x_per_metre(form->resolution),
           y_size = 1.0 / page_y_per_metre(form->resolution);
    double half_width = form->width * x_size / 2, half_height = form->rows * y_size / 2;
    size_t row_bytes = t6_row_bytes(form->width);
    for (uint32_t y = 0; y < form->rows; y++) {
        uint32_t first, last;
        if (!row_ends(bits + (size_t)y * row_bytes, row_bytes, &first, &last))
            continue;
        double at = (y + 0.5) * y_size - half_height;
        reach(s, first * x_size - half_width, at, half_width, half_height);
        reach(s, (last + 1) * x_size - half_width, at, half_width, half_height);
    }
}

struct skew skew_find(const struct page_form *form, const uint8_t *bits)
{
    struct skew s = {.angle = 0};
    size_t edges = count_edges(form, bits);
    if (edges < POINTS_MIN)
        return s;
    SCOPED_FREE struct point *list = mem_alloc(POINTS_MAX * sizeof(*list));
    struct points points = {.list = list};
    take_edges(form, bits, edges / POINTS_MAX + 1, &points);
    s.angle = find_angle(&points);
    if (s.angle != 0)
        find_room(form, bits, &s);
    return s;
}

/* ---- the bitmap ---- */

static uint8_t *white_bits(const struct page_form *form)
{
    return mem_zalloc(t6_row_bytes(form->width) * form->rows + 1);
}

static void set_black(uint8_t *row, uint32_t x)
{
    row[x / 8] |= (uint8_t)(0x80u >> x % 8);
}

static bool is_black(const struct page_form *form, const uint8_t *bits, double x, double y)
{
    if (x < 0 || y < 0 || x >= form->width || y >= form->rows)
        return false;
    uint32_t column = (uint32_t)x;
    return bits[(size_t)(uint32_t)y * t6_row_bytes(form->width) + column / 8] >> (7 - column % 8) & 1;
}

static uint32_t room(double metres, uint32_t per_metre)
{
    return (uint32_t)ceil(metres * per_metre);
}

static void straighten(const struct skew *s, struct page_form *form, uint8_t **bits)
{
    uint32_t per_x = page_x_per_metre(form->resolution), per_y = page_y_per_metre(form->resolution);
    uint32_t left = room(s->left, per_x), top = room(s->top, per_y);
    struct page_form wide = *form;
    wide.width = (form->width + left + room(s->right, per_x) + 7) / 8 * 8;
    wide.rows += top + room(s->bottom, per_y);
    uint8_t *out = white_bits(&wide);
    double c = cos(s->angle), sine = sin(s->angle), tall = (double)per_y / per_x;
    for (uint32_t y = 0; y < wide.rows; y++) {
        uint8_t *row = out + (size_t)y * t6_row_bytes(wide.width);
        double from_middle = y + 0.5 - top - form->rows / 2.0;
        for (uint32_t x = 0; x < wide.width; x++) {
            double across = x + 0.5 - left - form->width / 2.0;
            if (is_black(form, *bits, across * c - from_middle / tall * sine + form->width / 2.0,
                         across * sine * tall + from_middle * c + form->rows / 2.0))
                set_black(row, x);
        }
    }
    free(*bits);
    *bits = out;
    *form = wide;
}

static uint8_t reversed(uint8_t byte)
{
    uint8_t out = 0;
    for (int i = 0; i < 8; i++)
        out = (uint8_t)(out << 1 | (byte >> i & 1));
    return out;
}

static void turn_half(const struct page_form *form, uint8_t *bits)
{
    size_t len = t6_row_bytes(form->width) * form->rows;
    for (size_t low = 0, high = len - 1; low <= high && high < len; low++, high--) {
        uint8_t first = reversed(bits[low]), last = reversed(bits[high]);
        bits[low] = last;
        bits[high] = first;
    }
}

/* Its pixels are not square, so it becomes one of another resolution. */
static void turn_quarter(bool clockwise, struct page_form *form, uint8_t **bits)
{
    struct page_form lies = {.resolution = PAGE_FINE};
    double x_scale = (double)page_x_per_metre(PAGE_FINE) / page_y_per_metre(form->resolution);
    double y_scale = (double)page_y_per_metre(PAGE_FINE) / page_x_per_metre(form->resolution);
    uint32_t columns = (uint32_t)fmax(1, form->rows * x_scale);
    lies.width = (columns + 7) / 8 * 8;
    lies.rows = (uint32_t)fmax(1, form->width * y_scale);
    uint8_t *out = white_bits(&lies);
    for (uint32_t y = 0; y < lies.rows; y++)
        for (uint32_t x = 0; x < columns; x++) {
            double column = (y + 0.5) / y_scale, row = (x + 0.5) / x_scale;
            if (is_black(form, *bits, clockwise ? column : form->width - column,
                         clockwise ? form->rows - row : row))
                set_black(out + (size_t)y * t6_row_bytes(lies.width), x);
        }
    free(*bits);
    *bits = out;
    *form = lies;
}

void page_view_apply(const struct page_view *v, struct page_form *form, uint8_t **bits)
{
    if (v->skew.angle != 0)
        straighten(&v->skew, form, bits);
    if (v->quarters == 2)
        turn_half(form, *bits);
    else if (v->quarters != 0)
        turn_quarter(v->quarters == 1, form, bits);
}
