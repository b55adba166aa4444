/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/companding.h"

#include <spandsp.h>

void law_expand(enum law law, struct span octets, int16_t *samples)
{
    for (size_t i = 0; i < octets.len; i++)
        samples[i] = law == LAW_PCMU ? ulaw_to_linear(octets.data[i]) : alaw_to_linear(octets.data[i]);
}

void law_compress(enum law law, const int16_t *samples, size_t count, uint8_t *octets)
{
    for (size_t i = 0; i < count; i++)
        octets[i] = law == LAW_PCMU ? linear_to_ulaw(samples[i]) : linear_to_alaw(samples[i]);
}
