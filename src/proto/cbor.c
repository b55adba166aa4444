/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/cbor.h"

#include "base/str.h"

enum { ONE_BYTE = 24, EIGHT_BYTES = 27, FIRST_SIMPLE = 20, LAST_SIMPLE = 22 };

/* The argument of a head, in its shortest form. */
static bool take_argument(struct span *left, unsigned info, uint64_t *value)
{
    *value = info;
    if (info < ONE_BYTE)
        return true;
    if (info > EIGHT_BYTES)
        return false; /* reserved, or a length that is not said */
    size_t len = (size_t)1 << (info - ONE_BYTE);
    if (left->len < len)
        return false;
    *value = 0;
    for (size_t i = 0; i < len; i++)
        *value = *value << 8 | left->data[i];
    *left = span_of(left->data + len, left->len - len);
    return len == 1 ? *value >= ONE_BYTE : *value >> (len * 4) != 0;
}

bool cbor_take(struct span *left, struct cbor_item *item)
{
    *item = (struct cbor_item){0};
    if (left->len == 0)
        return false;
    unsigned head = left->data[0], info = head & 0x1f;
    item->kind = (enum cbor_kind)(head >> 5);
    *left = span_of(left->data + 1, left->len - 1);
    if (item->kind == CBOR_TAG)
        return false;
    if (item->kind == CBOR_SIMPLE) {
        item->value = info;
        return info >= FIRST_SIMPLE && info <= LAST_SIMPLE; /* false, true, null */
    }
    if (!take_argument(left, info, &item->value))
        return false;
    if (item->kind != CBOR_BYTES && item->kind != CBOR_TEXT)
        return true;
    if (item->value > left->len)
        return false;
    item->bytes = span_of(left->data, (size_t)item->value);
    *left = span_of(left->data + item->value, left->len - (size_t)item->value);
    return item->kind == CBOR_BYTES || utf8_valid(item->bytes);
}

static bool skip(struct span *left, unsigned depth)
{
    struct cbor_item item;
    if (!cbor_take(left, &item))
        return false;
    if (item.kind != CBOR_ARRAY && item.kind != CBOR_MAP)
        return true;
    /* Each element is a byte at least, so that a count cannot keep us. */
    if (depth == CBOR_DEPTH_MOST || item.value > left->len)
        return false;
    uint64_t elements = item.kind == CBOR_MAP ? 2 * item.value : item.value;
    for (uint64_t i = 0; i < elements; i++)
        if (!skip(left, depth + 1))
            return false;
    return true;
}

bool cbor_skip(struct span *left)
{
    return skip(left, 1);
}

static bool is_key(const struct cbor_item *item, const char *text, int64_t number)
{
    if (text)
        return item->kind == CBOR_TEXT && span_equal(item->bytes, span_str(text));
    return number >= 0 ? item->kind == CBOR_NUMBER && item->value == (uint64_t)number
                       : item->kind == CBOR_NEGATIVE && item->value == (uint64_t)(-1 - number);
}

static bool find(struct span map, const char *text, int64_t number, struct cbor_item *found,
                 struct span *rest)
{
    struct cbor_item head, key;
    unsigned times = 0;
    if (!cbor_take(&map, &head) || head.kind != CBOR_MAP)
        return false;
    for (uint64_t i = 0; i < head.value; i++) {
        struct span at = map;
        if (!cbor_skip(&map) || !cbor_take(&at, &key))
            return false;
        bool wanted = is_key(&key, text, number);
        at = map;
        if (!cbor_skip(&map))
            return false;
        if (wanted && times++ == 0) {
            *rest = at;
            if (!cbor_take(rest, found))
                return false;
        }
    }
    return times == 1;
}

bool cbor_find_text(struct span map, const char *key, struct cbor_item *item, struct span *rest)
{
    return find(map, key, 0, item, rest);
}

bool cbor_find_number(struct span map, int64_t key, struct cbor_item *item, struct span *rest)
{
    return find(map, NULL, key, item, rest);
}
