/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/threshold.h"

#include <stdbool.h>
#include <string.h>

/* Up to and from these on a pixel is ink or paper without a further look. */
enum { SURELY_BLACK = 24, SURELY_WHITE = 232 };
/* An anti-aliased stroke thinner than a pixel covers it by a third: it has to survive. */
enum { TEXT_THRESHOLD = 160 };
/* Grey that differs this much from a neighbour is the rim of a character or line, not a tone. In a photograph
 * only a hard edge is. */
enum { EDGE_CONTRAST = 64, PHOTO_EDGE_CONTRAST = 176 };

static bool on_edge(const struct threshold_row *r, uint32_t x, int contrast)
{
    uint32_t from = x > 0 ? x - 1 : 0, to = x + 1 < r->width ? x + 1 : x;
    int least = 255, most = 0;
    for (uint32_t i = from; i <= to; i++) {
        int a = r->above[i], h = r->here[i], b = r->below[i];
        int low = a < h ? a : h, high = a > h ? a : h;
        low = b < low ? b : low;
        high = b > high ? b : high;
        least = low < least ? low : least;
        most = high > most ? high : most;
    }
    return most - least >= contrast;
}

static uint8_t eight_pixels(const struct threshold_row *r, uint32_t x)
{
    int contrast = r->photo[x / THRESHOLD_CELL] ? PHOTO_EDGE_CONTRAST : EDGE_CONTRAST;
    unsigned bits = 0;
    for (uint32_t i = 0; i < THRESHOLD_CELL; i++) {
        int v = r->here[x + i];
        bool black;
        if (v <= SURELY_BLACK || v >= SURELY_WHITE)
            black = v <= SURELY_BLACK;
        else
            black = v < (on_edge(r, x + i, contrast) ? TEXT_THRESHOLD : r->dots[i]);
        bits = bits << 1 | black;
    }
    return (uint8_t)bits;
}

static void cell(const struct threshold_row *r, uint32_t x, uint8_t *bits)
{
    uint64_t eight;
    memcpy(&eight, r->here + x, sizeof(eight));
    bits[x / 8] = eight == UINT64_MAX ? 0 : eight == 0 ? 0xff : eight_pixels(r, x);
}

void threshold_row_plain(const struct threshold_row *r, uint8_t *bits)
{
    for (uint32_t x = 0; x < r->width; x += THRESHOLD_CELL)
        cell(r, x, bits);
}

#ifdef __SSE2__

#include <emmintrin.h>

static inline __m128i load(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline __m128i repeat(int byte)
{
    return _mm_set1_epi8((char)byte);
}

/* All ones where a >= b, unsigned. */
static inline __m128i at_least(__m128i a, __m128i b)
{
    return _mm_cmpeq_epi8(_mm_max_epu8(a, b), a);
}

/* The range of the nine pixels around each of sixteen. */
static inline __m128i range_around(const struct threshold_row *r, uint32_t x)
{
    __m128i least = repeat(255), most = _mm_setzero_si128();
    for (uint32_t i = x - 1; i <= x + 1; i++) {
        __m128i a = load(r->above + i), h = load(r->here + i), b = load(r->below + i);
        least = _mm_min_epu8(least, _mm_min_epu8(a, _mm_min_epu8(h, b)));
        most = _mm_max_epu8(most, _mm_max_epu8(a, _mm_max_epu8(h, b)));
    }
    return _mm_sub_epi8(most, least);
}

/* The highest bits of each eight bytes, the first of them highest. */
static inline void store_signs(__m128i v, uint8_t *bits)
{
    v = _mm_or_si128(_mm_slli_epi16(v, 8), _mm_srli_epi16(v, 8));
    v = _mm_shufflehi_epi16(_mm_shufflelo_epi16(v, 0x1b), 0x1b);
    int mask = _mm_movemask_epi8(v);
    bits[0] = (uint8_t)mask;
    bits[1] = (uint8_t)(mask >> 8);
}

static inline __m128i contrasts(const struct threshold_row *r, uint32_t x)
{
    const uint8_t *photo = r->photo + x / THRESHOLD_CELL;
    return _mm_unpacklo_epi64(repeat(photo[0] ? PHOTO_EDGE_CONTRAST : EDGE_CONTRAST),
                              repeat(photo[1] ? PHOTO_EDGE_CONTRAST : EDGE_CONTRAST));
}

static inline void sixteen_pixels(const struct threshold_row *r, uint32_t x, __m128i dots, uint8_t *bits)
{
    __m128i v = load(r->here + x);
    __m128i white = at_least(v, repeat(SURELY_WHITE)), black = at_least(repeat(SURELY_BLACK), v);
    if (_mm_movemask_epi8(_mm_or_si128(white, black)) != 0xffff) {
        __m128i edge = at_least(range_around(r, x), contrasts(r, x));
        __m128i threshold =
            _mm_or_si128(_mm_and_si128(edge, repeat(TEXT_THRESHOLD)), _mm_andnot_si128(edge, dots));
        black =
            _mm_or_si128(black, _mm_andnot_si128(_mm_or_si128(white, at_least(v, threshold)), repeat(255)));
    }
    store_signs(black, bits + x / 8);
}

/* The cells at both ends have neighbours on one side only. */
void threshold_row(const struct threshold_row *r, uint8_t *bits)
{
    uint64_t eight;
    memcpy(&eight, r->dots, sizeof(eight));
    const __m128i dots = _mm_set1_epi64x((long long)eight);
    cell(r, 0, bits);
    uint32_t x = THRESHOLD_CELL;
    for (; x + 2 * THRESHOLD_CELL < r->width; x += 2 * THRESHOLD_CELL)
        sixteen_pixels(r, x, dots, bits);
    for (; x < r->width; x += THRESHOLD_CELL)
        cell(r, x, bits);
}

#else

void threshold_row(const struct threshold_row *r, uint8_t *bits)
{
    threshold_row_plain(r, bits);
}

#endif
