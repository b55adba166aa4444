/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/companding.h"

#include <stdbool.h>
#include <stdlib.h>

#include <spandsp.h>

/* Computed once, as each second of each call has 16,000 samples of them. A-law tells no two samples apart
 * that differ in their last four bits alone; mu-law none whose sizes differ in their last two, and the sign
 * is a bit. */
enum { OCTETS = 256, ALAW_STEP_BITS = 4, ALAW_STEPS = 65536 >> ALAW_STEP_BITS };
enum { ULAW_STEP_BITS = 2, ULAW_STEPS = (32768 >> ULAW_STEP_BITS) + 1, ULAW_NEGATIVE = 0x7F };

static const int16_t *samples_of(enum law law)
{
    static int16_t pcmu[OCTETS], pcma[OCTETS];
    static bool made;
    for (int octet = 0; octet < OCTETS && !made; octet++) {
        pcmu[octet] = ulaw_to_linear((uint8_t)octet);
        pcma[octet] = alaw_to_linear((uint8_t)octet);
    }
    made = true;
    return law == LAW_PCMU ? pcmu : pcma;
}

static const uint8_t *alaw_of_steps(void)
{
    static uint8_t octet_of[ALAW_STEPS];
    static bool made;
    for (int step = 0; step < ALAW_STEPS && !made; step++)
        octet_of[step] = linear_to_alaw((int16_t)(uint16_t)(step << ALAW_STEP_BITS));
    made = true;
    return octet_of;
}

static const uint8_t *ulaw_of_steps(void)
{
    static uint8_t octet_of[ULAW_STEPS];
    static bool made;
    for (int step = 0; step < ULAW_STEPS && !made; step++)
        octet_of[step] = linear_to_ulaw(step << ULAW_STEP_BITS);
    made = true;
    return octet_of;
}

void law_expand(enum law law, struct span octets, int16_t *samples)
{
    const int16_t *sample_of = samples_of(law);
    for (size_t i = 0; i < octets.len; i++)
        samples[i] = sample_of[octets.data[i]];
}

static void compress_ulaw(const int16_t *samples, size_t count, uint8_t *octets)
{
    const uint8_t *octet_of = ulaw_of_steps();
    for (size_t i = 0; i < count; i++) {
        uint8_t octet = octet_of[abs(samples[i]) >> ULAW_STEP_BITS];
        octets[i] = samples[i] < 0 ? octet & ULAW_NEGATIVE : octet;
    }
}

void law_compress(enum law law, const int16_t *samples, size_t count, uint8_t *octets)
{
    if (law == LAW_PCMU) {
        compress_ulaw(samples, count, octets);
        return;
    }
    const uint8_t *octet_of = alaw_of_steps();
    for (size_t i = 0; i < count; i++)
        octets[i] = octet_of[(uint16_t)samples[i] >> ALAW_STEP_BITS];
}

uint8_t law_silence(enum law law)
{
    return law == LAW_PCMU ? linear_to_ulaw(0) : linear_to_alaw(0);
}
