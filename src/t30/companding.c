/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/companding.h"

#include <spandsp.h>

void law_expand(enum law law, struct span octets, int16_t *samples)
{
    if (law == LAW_PCMU) {
        for (size_t i = 0; i < octets.len; i++)
            samples[i] = ulaw_to_linear(octets.data[i]);
    } else {
        for (size_t i = 0; i < octets.len; i++)
            samples[i] = alaw_to_linear(octets.data[i]);
    }
}

void law_compress(enum law law, const int16_t *samples, size_t count, uint8_t *octets)
{
    if (law == LAW_PCMU) {
        for (size_t i = 0; i < count; i++)
            octets[i] = linear_to_ulaw(samples[i]);
    } else {
        for (size_t i = 0; i < count; i++)
            octets[i] = linear_to_alaw(samples[i]);
    }
}

uint8_t law_silence(enum law law)
{
    return law == LAW_PCMU ? linear_to_ulaw(0) : linear_to_alaw(0);
}
