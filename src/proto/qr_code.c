/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/qr_code.h"

#include <stddef.h>
#include <string.h>

/* §7.5.1, level M: of all blocks alike. */
static const struct version {
    unsigned data, check, blocks; /* octets of a block, its check octets */
    unsigned alignment;           /* centre of the small square; 0: none */
} versions[] = {{16, 10, 1, 0}, {28, 16, 1, 18}, {44, 26, 1, 22}, {32, 18, 2, 26}, {43, 24, 2, 30}};

enum { VERSIONS = sizeof(versions) / sizeof(versions[0]), OCTETS_MAX = 134, CHECK_MAX = 26, BLOCKS_MAX = 2 };
enum { MODE_BYTES = 4, PAD_EVEN = 0xec, PAD_ODD = 0x11, POLYNOMIAL = 0x11d };

/* Level M with mask 0, its check bits and the fixed mask over them (§7.9.1). */
enum { FORMAT = 0x5412 };

struct drawing {
    struct qr_code *q;
    bool fixed[QR_SIZE_MAX][QR_SIZE_MAX]; /* no data there */
};

/* ---- octets ---- */

static uint8_t multiply(uint8_t a, uint8_t b)
{
    unsigned product = 0;
    for (int i = 7; i >= 0; i--) {
        product = product << 1 ^ (product >> 7) * POLYNOMIAL;
        product ^= (b >> i & 1) * a;
    }
    return (uint8_t)product;
}

/* The remainder of data by (x - 1)(x - 2)(x - 4)... (§7.5.2). */
static void reed_solomon(const uint8_t *data, unsigned len, unsigned count, uint8_t *check)
{
    uint8_t divisor[CHECK_MAX] = {0}, root = 1;
    divisor[count - 1] = 1;
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = 0; j < count; j++)
            divisor[j] = multiply(divisor[j], root) ^ (j + 1 < count ? divisor[j + 1] : 0);
        root = multiply(root, 2);
    }
    memset(check, 0, count);
    for (unsigned i = 0; i < len; i++) {
        uint8_t factor = data[i] ^ check[0];
        memmove(check, check + 1, count - 1);
        check[count - 1] = 0;
        for (unsigned j = 0; j < count; j++)
            check[j] ^= multiply(divisor[j], factor);
    }
}

/* Mode, length and text (§7.4), filled up. */
static void put_data(const char *text, size_t len, uint8_t *octets, unsigned room)
{
    unsigned at = 0;
    octets[at++] = (uint8_t)(MODE_BYTES << 4 | len >> 4);
    octets[at] = (uint8_t)(len << 4);
    for (size_t i = 0; i < len; i++) {
        octets[at++] |= (uint8_t)text[i] >> 4;
        octets[at] = (uint8_t)((uint8_t)text[i] << 4);
    }
    for (at++; at < room; at++)
        octets[at] = (room - at) % 2 == (room - (unsigned)len - 2) % 2 ? PAD_EVEN : PAD_ODD;
}

/* The first octet of each block, the second ..., then their check octets alike (§7.6). */
static unsigned interleave(const struct version *v, const uint8_t *data, uint8_t out[OCTETS_MAX])
{
    uint8_t check[BLOCKS_MAX][CHECK_MAX];
    unsigned n = 0;
    for (unsigned b = 0; b < v->blocks; b++)
        reed_solomon(data + b * v->data, v->data, v->check, check[b]);
    for (unsigned i = 0; i < v->data; i++)
        for (unsigned b = 0; b < v->blocks; b++)
            out[n++] = data[b * v->data + i];
    for (unsigned i = 0; i < v->check; i++)
        for (unsigned b = 0; b < v->blocks; b++)
            out[n++] = check[b][i];
    return n;
}

/* ---- modules ---- */

static void set(struct drawing *d, unsigned x, unsigned y, bool dark)
{
    d->q->dark[y][x] = dark;
    d->fixed[y][x] = true;
}

/* Squares in one another around a centre, as far as they are in it. */
static void put_square(struct drawing *d, int x, int y, int reach)
{
    for (int dy = -reach; dy <= reach; dy++)
        for (int dx = -reach; dx <= reach; dx++) {
            int far = dx * dx > dy * dy ? dx : dy, ring = far < 0 ? -far : far;
            int px = x + dx, py = y + dy, size = (int)d->q->size;
            if (px >= 0 && py >= 0 && px < size && py < size)
                set(d, (unsigned)px, (unsigned)py, reach == 2 ? ring != 1 : ring != 2 && ring != 4);
        }
}

static void put_format(struct drawing *d)
{
    unsigned last = d->q->size - 1;
    for (unsigned i = 0; i < 15; i++) {
        bool dark = FORMAT >> i & 1;
        if (i < 8)
            set(d, 8, i < 6 ? i : i + 1, dark);
        else
            set(d, i == 8 ? 7 : 14 - i, 8, dark);
        if (i < 8)
            set(d, last - i, 8, dark);
        else
            set(d, 8, last - 14 + i, dark);
    }
    set(d, 8, last - 7, true);
}

static void put_patterns(struct drawing *d, const struct version *v)
{
    unsigned size = d->q->size;
    for (unsigned i = 0; i < size; i++) {
        set(d, i, 6, i % 2 == 0);
        set(d, 6, i, i % 2 == 0);
    }
    put_square(d, 3, 3, 4);
    put_square(d, (int)size - 4, 3, 4);
    put_square(d, 3, (int)size - 4, 4);
    if (v->alignment)
        put_square(d, (int)v->alignment, (int)v->alignment, 2);
    put_format(d);
}

/* Two columns at a time from the right, upwards and downwards by turns (§7.7.3), under mask 0. */
static void put_octets(struct drawing *d, const uint8_t *octets, unsigned count)
{
    unsigned size = d->q->size, bit = 0;
    bool up = true;
    for (int right = (int)size - 1; right >= 1; right -= 2, up = !up) {
        if (right == 6)
            right = 5;
        for (unsigned step = 0; step < size * 2; step++) {
            unsigned x = (unsigned)right - step % 2, y = up ? size - 1 - step / 2 : step / 2;
            if (d->fixed[y][x])
                continue;
            bool one = bit < count * 8 && (octets[bit / 8] >> (7 - bit % 8) & 1);
            d->q->dark[y][x] = one != ((x + y) % 2 == 0);
            bit++;
        }
    }
}

bool qr_encode(const char *text, struct qr_code *q)
{
    uint8_t data[OCTETS_MAX] = {0}, octets[OCTETS_MAX];
    size_t len = strlen(text);
    unsigned n = 0;
    while (n < VERSIONS && len + 2 > versions[n].data * versions[n].blocks)
        n++;
    if (n == VERSIONS)
        return false;
    const struct version *v = &versions[n];
    *q = (struct qr_code){.size = 21 + 4 * n};
    struct drawing d = {.q = q};
    put_data(text, len, data, v->data * v->blocks);
    put_patterns(&d, v);
    put_octets(&d, octets, interleave(v, data, octets));
    return true;
}
