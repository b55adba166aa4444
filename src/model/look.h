/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a first look at a received fax finds, as one text: its fingerprint in hexadecimal (or "-") on the
 * first line, the pages that are blank ("3, 7") on the second, then each bar code or QR code of its first
 * pages, a line a code. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"

/* How dark each of 64 x 64 fields of the first page is, 0 white to 255, over all that is on it. */
enum { FINGERPRINT_SIDE = 64, FINGERPRINT_LEN = FINGERPRINT_SIDE * FINGERPRINT_SIDE };
/* So much of one, of a hundred, has the other too, where both are the same page, faxed twice. Letters on the
 * same paper have up to 50 in common, a page that was moved and has specks 99 (tests/unit/test_look.c). */
enum { FINGERPRINT_ALIKE = 75 };

/* Codes are looked for on the first LOOK_PAGES_MAX pages. */
enum {
    LOOK_PAGES_MAX = 3,
    LOOK_CODES_MAX = 16,
    LOOK_CODE_MAX = 200,
    LOOK_BYTES_MAX = 16384,
    LOOK_BLANK_LEN = 1000
};

struct look {
    bool has_fingerprint;
    uint8_t fingerprint[FINGERPRINT_LEN];
    char codes[LOOK_CODES_MAX][LOOK_CODE_MAX + 1];
    size_t code_count;
    char blank[LOOK_BLANK_LEN]; /* numbers of pages from 1, ", " between them */
};

/* 0 to 100. */
unsigned fingerprint_likeness(const uint8_t a[FINGERPRINT_LEN], const uint8_t b[FINGERPRINT_LEN]);

/* Takes up a blank page, as far as there is room. */
void look_add_blank(struct look *l, unsigned page);
/* Takes up a code, cleaned of control characters and cut; nothing where it is there already, or too many. */
void look_add_code(struct look *l, struct span code);
void look_format(struct buf *b, const struct look *l);
/* False where it is not as above. */
bool look_read(struct span text, struct look *l) MUST_USE;
