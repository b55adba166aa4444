/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ipc/wire.h"

#include <string.h>

static void put_number(struct buf *b, uint64_t n, size_t bytes)
{
    uint8_t out[8];
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(n >> (8 * i));
    (void)buf_append(b, out, bytes);
}

void wire_put_u8(struct buf *b, uint8_t n)
{
    put_number(b, n, 1);
}

void wire_put_u32(struct buf *b, uint32_t n)
{
    put_number(b, n, 4);
}

void wire_put_u64(struct buf *b, uint64_t n)
{
    put_number(b, n, 8);
}

void wire_put_bytes(struct buf *b, struct span bytes)
{
    put_number(b, bytes.len, 4);
    (void)buf_append(b, bytes.data, bytes.len);
}

void wire_put_text(struct buf *b, const char *text)
{
    struct span s = text ? span_str(text) : span_of("", 0);
    wire_put_bytes(b, s);
    wire_put_u8(b, 0);
}

/* The next len bytes, or NULL. */
static const uint8_t *take(struct wire_reader *r, size_t len)
{
    if (r->bad || len > r->rest.len) {
        r->bad = true;
        return NULL;
    }
    const uint8_t *at = r->rest.data;
    r->rest.data += len;
    r->rest.len -= len;
    return at;
}

static uint64_t get_number(struct wire_reader *r, size_t bytes)
{
    const uint8_t *at = take(r, bytes);
    uint64_t n = 0;
    for (size_t i = 0; at && i < bytes; i++)
        n |= (uint64_t)at[i] << (8 * i);
    return n;
}

uint8_t wire_get_u8(struct wire_reader *r)
{
    return (uint8_t)get_number(r, 1);
}

uint32_t wire_get_u32(struct wire_reader *r)
{
    return (uint32_t)get_number(r, 4);
}

uint64_t wire_get_u64(struct wire_reader *r)
{
    return get_number(r, 8);
}

void wire_get_raw(struct wire_reader *r, void *to, size_t len)
{
    const uint8_t *at = take(r, len);
    if (at)
        memcpy(to, at, len);
    else
        memset(to, 0, len);
}

struct span wire_get_bytes(struct wire_reader *r, size_t max)
{
    uint32_t len = wire_get_u32(r);
    if (len > max)
        r->bad = true;
    const uint8_t *at = take(r, len);
    return at ? span_of(at, len) : span_of(NULL, 0);
}

const char *wire_get_text(struct wire_reader *r, size_t max)
{
    struct span s = wire_get_bytes(r, max);
    uint8_t end = wire_get_u8(r);
    if (r->bad || end != 0 || memchr(s.data, 0, s.len)) {
        r->bad = true;
        return "";
    }
    return (const char *)s.data;
}
