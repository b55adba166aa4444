/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The attachments of one mail in one file, the way they travel from the process that took the mail apart (a
 * descriptor named parts in messages.def):
 *
 *     "FXPARTS1", u32 count, u32 index length; the index: per part u64 at, u64 length, u32 length of name,
 *     u32 length of type, name, type; then the bytes of each part at its place. Numbers little-endian.
 *
 * The reader trusts nothing in it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"

enum { PART_SET_PARTS_MAX = 100, PART_NAME_MAX = 255, PART_TYPE_MAX = 127 };
#define PART_SET_BYTES_MAX ((uint64_t)512 * 1024 * 1024)

/* To write one. Borrowed. */
struct part {
    const char
        *name; /* what the sender called it, made harmless: no path, no control character; "" without */
    const char *type; /* "text/plain;charset=koi8-r": what its sender says of its words; "" */
    struct span bytes;
};

/* To read one. */
struct part_place {
    char name[PART_NAME_MAX + 1]; /* UTF-8, no control character, no '/' */
    char type[PART_TYPE_MAX + 1];
    uint64_t at, len;
};

struct part_set {
    struct part_place *places; /* owned */
    size_t count;
};

bool part_set_format(struct buf *b, const struct part *parts, size_t count) MUST_USE;

/* 0; EPROTO where anything is not as above, or an errno of pread. part_set_clear after success only. */
int part_set_read(int fd, uint64_t file_size, struct part_set *s) MUST_USE;
void part_set_clear(struct part_set *s);
