/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fixed-endian bytes between processes of one machine: a writer over a buf, a reader over a span.
 * Little-endian. Both remember the first thing that did not fit; look once, at the end. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

void wire_put_u8(struct buf *b, uint8_t n);
void wire_put_u32(struct buf *b, uint32_t n);
void wire_put_u64(struct buf *b, uint64_t n);
void wire_put_bytes(struct buf *b, struct span bytes); /* length, bytes */
void wire_put_text(struct buf *b, const char *text);   /* length, bytes, NUL; NULL counts as "" */

struct wire_reader {
    struct span rest;
    bool bad; /* something was missing or malformed; every later read gives 0, "" or empty */
};

uint8_t wire_get_u8(struct wire_reader *r);
uint32_t wire_get_u32(struct wire_reader *r);
uint64_t wire_get_u64(struct wire_reader *r);
struct span wire_get_bytes(struct wire_reader *r, size_t max);
/* Points into the reader's bytes; without inner NUL; at most max bytes. */
const char *wire_get_text(struct wire_reader *r, size_t max);
void wire_get_raw(struct wire_reader *r, void *to, size_t len);
