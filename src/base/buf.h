/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A growing byte buffer with a ceiling: what comes from outside cannot make it grow past `limit`.
 * data is always followed by a NUL that len does not count, so text in it can be used as a C string. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

struct buf {
    uint8_t *data; /* owned; NULL until the first byte */
    size_t len;
    size_t room;
    size_t limit;  /* most bytes it may hold */
    bool overflow; /* something did not fit and was dropped; sticky until buf_reset */
};

void buf_init(struct buf *b, size_t limit);
void buf_clear(struct buf *b); /* frees; the buffer can be used again */
void buf_reset(struct buf *b); /* empties, keeps the memory */

/* All appends are whole or nothing: where the bytes do not fit, overflow is set and they return false.
 * A writer may append many times and look at `overflow` once. */
bool buf_append(struct buf *b, const void *data, size_t len);
bool buf_append_str(struct buf *b, const char *text);
bool buf_append_byte(struct buf *b, uint8_t byte);
bool buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
bool buf_vprintf(struct buf *b, const char *format, va_list args) PRINTF_LIKE(2, 0);

/* Drops the first n bytes (n <= len). */
void buf_consume(struct buf *b, size_t n);

/* The text so far, "" when empty. Valid until the next change. */
const char *buf_text(const struct buf *b);

static inline struct span buf_span(const struct buf *b)
{
    return span_of(b->data, b->len);
}

/* For a local: SCOPED_BUF struct buf b; buf_init(&b, 4096); */
#define SCOPED_BUF __attribute__((cleanup(buf_clear)))
