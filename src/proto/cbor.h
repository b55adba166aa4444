/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* CBOR as authenticators write it (RFC 8949, in the form of CTAP2 §8): definite lengths, shortest heads, no
 * tags, no fractions, four levels. Whatever else there is counts as none. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

enum cbor_kind {
    CBOR_NUMBER,
    CBOR_NEGATIVE,
    CBOR_BYTES,
    CBOR_TEXT,
    CBOR_ARRAY,
    CBOR_MAP,
    CBOR_TAG,
    CBOR_SIMPLE
};
enum { CBOR_DEPTH_MOST = 4 };

struct cbor_item {
    enum cbor_kind kind;
    uint64_t value;    /* CBOR_NEGATIVE: -1 - value; arrays: elements that follow; maps: pairs that follow */
    struct span bytes; /* of CBOR_BYTES and CBOR_TEXT, which is UTF-8 */
};

/* The next head of *left, with the bytes of a string; *left gets shorter. False: there is none, or it is no
 * such CBOR. */
bool cbor_take(struct span *left, struct cbor_item *item) MUST_USE;
/* The next item with all that is in it. */
bool cbor_skip(struct span *left) MUST_USE;

/* The value of a map's key; *item is its head, *rest begins after that (what is in an array or map). The map
 * begins at `map`. False: it is not there, twice there, or what stands there is no map. */
bool cbor_find_text(struct span map, const char *key, struct cbor_item *item, struct span *rest) MUST_USE;
bool cbor_find_number(struct span map, int64_t key, struct cbor_item *item, struct span *rest) MUST_USE;
