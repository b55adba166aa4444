/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/turn.h"

static uint8_t reversed(uint8_t byte)
{
    uint8_t out = 0;
    for (int i = 0; i < 8; i++)
        out = (uint8_t)(out << 1 | (byte >> i & 1));
    return out;
}

void turn_half(uint8_t *bits, size_t len)
{
    for (size_t low = 0, high = len - 1; low <= high && high < len; low++, high--) {
        uint8_t first = reversed(bits[low]), last = reversed(bits[high]);
        bits[low] = last;
        bits[high] = first;
    }
}
