/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/tnef.h"

#include <stdint.h>

#include "base/str.h"

enum { SIGNATURE = 0x223e9f78 };
/* [MS-OXTNEF] §2.1.3.1: an attribute's id, its type in the upper half. */
enum {
    ATTACH_DATA = 0x0006800f,
    ATTACH_TITLE = 0x00018010,
    ATTACH_REND_DATA = 0x00069002, /* begins a file */
    ATTACH_PROPERTIES = 0x00069005,
};
/* [MS-OXCDATA] §2.11.1 property types, and [MS-OXCMSG] §2.2.2.10 the long file name. */
enum { TYPE_STRING8 = 0x1e, TYPE_STRING = 0x1f, TYPE_OBJECT = 0x0d, TYPE_BINARY = 0x102, MULTIPLE = 0x1000 };
enum { LONG_NAME = 0x3707, NAMED_FIRST = 0x8000 };
enum { PROPERTIES_MAX = 1000 };

/* Takes n bytes; false where there are fewer. */
static bool take(struct span *rest, size_t n, struct span *taken)
{
    if (rest->len < n)
        return false;
    *taken = span_of(rest->data, n);
    *rest = span_of(rest->data + n, rest->len - n);
    return true;
}

static bool take_number(struct span *rest, size_t size, uint32_t *n)
{
    struct span bytes;
    if (!take(rest, size, &bytes))
        return false;
    *n = 0;
    for (size_t i = 0; i < size; i++)
        *n |= (uint32_t)bytes.data[i] << (8 * i);
    return true;
}

/* ---- properties of a file ---- */

static size_t padded(size_t len)
{
    return (len + 3) & ~(size_t)3;
}

static bool take_padded(struct span *rest, size_t len, struct span *taken)
{
    struct span with_pad;
    if (len > rest->len || !take(rest, padded(len) < rest->len ? padded(len) : rest->len, &with_pad))
        return false;
    *taken = span_of(with_pad.data, len);
    return true;
}

/* The value's size where the type has a fixed one, padded to four; 0 where it has none. */
static size_t fixed_size(uint32_t type)
{
    switch (type) {
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x0a:
    case 0x0b: return 4;
    case 0x05:
    case 0x06:
    case 0x07:
    case 0x14:
    case 0x40: return 8;
    case 0x48: return 16;
    default: return 0;
    }
}

/* A name instead of a number: set, kind, then a number or a text. */
static bool skip_property_name(struct span *rest)
{
    struct span skipped;
    uint32_t kind, n;
    return take(rest, 16, &skipped) && take_number(rest, 4, &kind) && take_number(rest, 4, &n) &&
           (kind == 0 || take_padded(rest, n, &skipped));
}

static void put_utf8(char name[TNEF_NAME_LEN], size_t *len, uint32_t c)
{
    if (c < 0x80 && *len + 1 < TNEF_NAME_LEN) {
        name[(*len)++] = (char)c;
    } else if (c >= 0x80 && c < 0x800 && *len + 2 < TNEF_NAME_LEN) {
        name[(*len)++] = (char)(0xc0 | c >> 6);
        name[(*len)++] = (char)(0x80 | (c & 0x3f));
    } else if (c >= 0x800 && *len + 3 < TNEF_NAME_LEN) {
        name[(*len)++] = (char)(0xe0 | c >> 12);
        name[(*len)++] = (char)(0x80 | (c >> 6 & 0x3f));
        name[(*len)++] = (char)(0x80 | (c & 0x3f));
    }
}

/* UTF-16LE; halves of pairs become '_'. */
static void take_wide_name(struct span text, char name[TNEF_NAME_LEN])
{
    size_t len = 0;
    for (size_t i = 0; i + 1 < text.len; i += 2) {
        uint32_t c = (uint32_t)text.data[i] | (uint32_t)text.data[i + 1] << 8;
        if (c == 0)
            break;
        put_utf8(name, &len, c >= 0xd800 && c < 0xe000 ? '_' : c);
    }
    name[len] = 0;
}

static void take_name(struct span text, char name[TNEF_NAME_LEN])
{
    size_t len = 0;
    while (len < text.len && len < TNEF_NAME_LEN - 1 && text.data[len])
        len++;
    memcpy(name, text.data, len);
    name[len] = 0;
}

static bool take_values(struct span *rest, uint32_t type, uint32_t id, struct tnef_file *f)
{
    uint32_t count = 1, len;
    struct span value;
    uint32_t base = type & ~(uint32_t)MULTIPLE;
    bool many = (type & MULTIPLE) != 0;
    bool sized = base == TYPE_STRING8 || base == TYPE_STRING || base == TYPE_OBJECT || base == TYPE_BINARY;
    if ((many || sized) && !take_number(rest, 4, &count))
        return false;
    if (!sized && fixed_size(base) == 0)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (!sized && !take(rest, fixed_size(base), &value))
            return false;
        if (sized && (!take_number(rest, 4, &len) || !take_padded(rest, len, &value)))
            return false;
        if (id == LONG_NAME && base == TYPE_STRING8)
            take_name(value, f->name);
        if (id == LONG_NAME && base == TYPE_STRING)
            take_wide_name(value, f->name);
    }
    return true;
}

/* What cannot be read of them costs the long name only. */
static void read_properties(struct span rest, struct tnef_file *f)
{
    uint32_t count, type, id;
    if (!take_number(&rest, 4, &count))
        return;
    for (uint32_t i = 0; i < count && i < PROPERTIES_MAX; i++)
        if (!take_number(&rest, 2, &type) || !take_number(&rest, 2, &id) ||
            (id >= NAMED_FIRST && !skip_property_name(&rest)) || !take_values(&rest, type, id, f))
            return;
}

/* ---- attributes ---- */

static bool take_attribute(struct span *rest, uint32_t *id, struct span *data)
{
    uint32_t level, len, checksum;
    return take_number(rest, 1, &level) && take_number(rest, 4, id) && take_number(rest, 4, &len) &&
           take(rest, len, data) && take_number(rest, 2, &checksum);
}

static bool use_attribute(struct tnef *t, uint32_t id, struct span data)
{
    if (id == ATTACH_REND_DATA) {
        if (t->count == TNEF_FILES_MAX)
            return false;
        t->files[t->count++] = (struct tnef_file){.name = ""};
        return true;
    }
    struct tnef_file *f = t->count > 0 ? &t->files[t->count - 1] : NULL;
    if (f && id == ATTACH_DATA)
        f->bytes = data;
    if (f && id == ATTACH_TITLE && !*f->name)
        take_name(data, f->name);
    if (f && id == ATTACH_PROPERTIES)
        read_properties(data, f);
    return true;
}

/* Objects - a mail within the mail - have no data of their own. */
static void drop_empty(struct tnef *t)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->count; i++)
        if (t->files[i].bytes.len > 0)
            t->files[kept++] = t->files[i];
    t->count = kept;
}

bool tnef_parse(struct span bytes, struct tnef *t)
{
    uint32_t signature, key, id;
    struct span data;
    t->count = 0;
    if (!take_number(&bytes, 4, &signature) || signature != SIGNATURE || !take_number(&bytes, 2, &key))
        return false;
    while (bytes.len > 0)
        if (!take_attribute(&bytes, &id, &data) || !use_attribute(t, id, data))
            return false;
    drop_empty(t);
    return true;
}
