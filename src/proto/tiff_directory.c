/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/tiff_directory.h"

#include <string.h>

enum { HEAD_LEN = 8, FIELD_LEN = 12 };

bool tiff_open(struct span file, struct tiff *t)
{
    if (file.len < HEAD_LEN || (memcmp(file.data, "II*\0", 4) != 0 && memcmp(file.data, "MM\0*", 4) != 0))
        return false;
    *t = (struct tiff){.file = file, .big_endian = file.data[0] == 'M'};
    size_t directory = tiff_number(t, 4, 4), count = tiff_number(t, directory, 2);
    t->fields = directory + 2;
    size_t room = t->fields <= file.len ? (file.len - t->fields) / FIELD_LEN : 0;
    t->whole = count > 0 && count <= room;
    t->count = count <= room ? count : room;
    return true;
}

size_t tiff_field(const struct tiff *t, size_t i)
{
    return t->fields + i * FIELD_LEN;
}

uint32_t tiff_number(const struct tiff *t, size_t at, unsigned bytes)
{
    uint32_t n = 0;
    if (at > t->file.len || t->file.len - at < bytes)
        return 0;
    for (unsigned i = 0; i < bytes; i++)
        n = n << 8 | t->file.data[at + (t->big_endian ? i : bytes - 1 - i)];
    return n;
}
