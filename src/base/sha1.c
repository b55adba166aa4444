/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/sha1.h"

enum { BLOCK = 64 };

struct state {
    uint32_t h[5];
    uint8_t block[BLOCK];
    uint64_t len;
};

static uint32_t turn(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

static void take_block(struct state *s)
{
    uint32_t w[80], a = s->h[0], b = s->h[1], c = s->h[2], d = s->h[3], e = s->h[4];
    for (unsigned i = 0; i < 16; i++)
        w[i] = (uint32_t)s->block[4 * i] << 24 | (uint32_t)s->block[4 * i + 1] << 16 |
               (uint32_t)s->block[4 * i + 2] << 8 | s->block[4 * i + 3];
    for (unsigned i = 16; i < 80; i++)
        w[i] = turn(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (unsigned i = 0; i < 80; i++) {
        uint32_t f = i < 20              ? (b & c) | (~b & d)
                     : i < 40 || i >= 60 ? b ^ c ^ d
                                         : (b & c) | (b & d) | (c & d);
        uint32_t k = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1 : i < 60 ? 0x8f1bbcdc : 0xca62c1d6;
        uint32_t next = turn(a, 5) + f + e + k + w[i];
        e = d;
        d = c;
        c = turn(b, 30);
        b = a;
        a = next;
    }
    const uint32_t more[5] = {a, b, c, d, e};
    for (unsigned i = 0; i < 5; i++)
        s->h[i] += more[i];
}

static void take(struct state *s, uint8_t byte)
{
    s->block[s->len++ % BLOCK] = byte;
    if (s->len % BLOCK == 0)
        take_block(s);
}

void sha1(const struct span *pieces, size_t count, uint8_t digest[SHA1_BYTES])
{
    struct state s = {.h = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < pieces[i].len; k++)
            take(&s, pieces[i].data[k]);
    uint64_t bits = s.len * 8;
    take(&s, 0x80);
    while (s.len % BLOCK != BLOCK - 8)
        take(&s, 0);
    for (int shift = 56; shift >= 0; shift -= 8)
        take(&s, (uint8_t)(bits >> shift));
    for (unsigned i = 0; i < SHA1_BYTES; i++)
        digest[i] = (uint8_t)(s.h[i / 4] >> (24 - 8 * (i % 4)));
}
