/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model/wire_time.h"

/* Measured on calls between two of our ends, where unit/wire_time compares them again. V.17 trains longer
 * than V.29, once with its check. Both sides' commands go at 300 bit/s behind a preamble of a second. */
static const double begin_v17_s = 14.4, begin_v29_s = 13.3;
static const double page_s = 2.9, page_ecm_s = 3.25;
/* Frames of 256 octets, each with its head, its check and the bits that HDLC stuffs in. */
static const double ecm_growth = 1.045;
/* Octets of image that one confirmation is for. */
enum { ECM_BLOCK = 65536 };
static const double next_block_s = 3.25;
/* The header line. */
static const uint32_t header_bits[PAGE_RESOLUTION_COUNT] = {
    [PAGE_STANDARD] = 5000, [PAGE_FINE] = 7000,    [PAGE_SUPERFINE] = 11000,
    [PAGE_DPI300] = 7000,   [PAGE_DPI400] = 14000,
};

double wire_page_seconds(const struct wire_way *way, const struct wire_page *page)
{
    double bits = (double)(page->bits + header_bits[page->resolution]);
    if (!way->ecm)
        return page_s + bits / way->rate;
    return page_ecm_s + bits * ecm_growth / way->rate +
           (double)(uint64_t)(bits / 8 / ECM_BLOCK) * next_block_s;
}

double wire_seconds(const struct wire_way *way, const struct wire_page *pages, size_t count)
{
    double sum = way->rate > 9600 ? begin_v17_s : begin_v29_s;
    for (size_t i = 0; i < count; i++)
        sum += wire_page_seconds(way, &pages[i]);
    return sum;
}
