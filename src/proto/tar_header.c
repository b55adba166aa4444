/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/tar_header.h"

#include <string.h>

/* Where the fields lie, and how long they are. */
enum {
    MODE_AT = 100,
    MODE_LEN = 8,
    UID_AT = 108,
    ID_LEN = 8,
    GID_AT = 116,
    SIZE_AT = 124,
    SIZE_LEN = 12,
    TIME_AT = 136,
    TIME_LEN = 12,
    SUM_AT = 148,
    SUM_LEN = 8,
    KIND_AT = 156,
    MAGIC_AT = 257,
    MAGIC_LEN = 8,
    PREFIX_AT = 345
};
static const uint8_t magic[MAGIC_LEN] = {'u', 's', 't', 'a', 'r', 0, '0', '0'};

/* Octal digits and a NUL behind them; in binary with the highest bit set where they do not fit. */
static void put_number(uint8_t *at, unsigned len, uint64_t value)
{
    uint64_t rest = value;
    memset(at, 0, len);
    for (unsigned i = len - 1; i-- > 0; rest >>= 3)
        at[i] = (uint8_t)('0' + (rest & 7));
    if (rest == 0)
        return;
    for (unsigned i = len; i-- > 0; value >>= 8)
        at[i] = (uint8_t)(value & 0xff);
    at[0] |= 0x80;
}

static bool take_number(const uint8_t *at, unsigned len, uint64_t *value)
{
    unsigned i = 0;
    *value = 0;
    if (at[0] & 0x80) {
        for (i = 1; i < len; i++) {
            if (*value >> 55)
                return false;
            *value = *value << 8 | at[i];
        }
        return (at[0] & 0x7f) == 0;
    }
    for (; i < len && at[i] >= '0' && at[i] <= '7'; i++) {
        if (*value >> 60)
            return false;
        *value = *value << 3 | (uint64_t)(at[i] - '0');
    }
    return i > 0 && (i == len || at[i] == 0 || at[i] == ' ');
}

static unsigned sum_of(const uint8_t block[TAR_BLOCK])
{
    unsigned sum = 0;
    for (unsigned i = 0; i < TAR_BLOCK; i++)
        sum += i >= SUM_AT && i < SUM_AT + SUM_LEN ? ' ' : block[i];
    return sum;
}

void tar_header_write(const struct tar_header *h, uint8_t block[TAR_BLOCK])
{
    memset(block, 0, TAR_BLOCK);
    memcpy(block, h->name, strnlen(h->name, TAR_NAME_LEN - 1));
    put_number(block + MODE_AT, MODE_LEN, h->mode & 07777);
    put_number(block + UID_AT, ID_LEN, 0);
    put_number(block + GID_AT, ID_LEN, 0);
    put_number(block + SIZE_AT, SIZE_LEN, h->size);
    put_number(block + TIME_AT, TIME_LEN, h->time_s > 0 ? (uint64_t)h->time_s : 0);
    block[KIND_AT] = '0';
    memcpy(block + MAGIC_AT, magic, MAGIC_LEN);
    put_number(block + SUM_AT, SUM_LEN - 1, sum_of(block));
    block[SUM_AT + SUM_LEN - 1] = ' ';
}

static bool is_empty(const uint8_t block[TAR_BLOCK])
{
    for (unsigned i = 0; i < TAR_BLOCK; i++)
        if (block[i])
            return false;
    return true;
}

enum tar_word tar_header_read(const uint8_t block[TAR_BLOCK], struct tar_header *h)
{
    uint64_t mode, time_s, sum;
    if (is_empty(block))
        return TAR_END;
    if (memcmp(block + MAGIC_AT, magic, MAGIC_LEN) != 0 || block[KIND_AT] != '0' || block[PREFIX_AT] != 0 ||
        !block[0] || !memchr(block, 0, TAR_NAME_LEN) || !take_number(block + MODE_AT, MODE_LEN, &mode) ||
        !take_number(block + SIZE_AT, SIZE_LEN, &h->size) ||
        !take_number(block + TIME_AT, TIME_LEN, &time_s) || !take_number(block + SUM_AT, SUM_LEN, &sum) ||
        sum != sum_of(block) || h->size > INT64_MAX - TAR_BLOCK || time_s > INT64_MAX)
        return TAR_BAD;
    memcpy(h->name, block, TAR_NAME_LEN);
    h->mode = (unsigned)(mode & 07777);
    h->time_s = (int64_t)time_s;
    return TAR_FILE;
}

unsigned tar_padding(uint64_t size)
{
    return (unsigned)((TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK);
}
