/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/office_head.h"

#include <string.h>

#include "base/attr.h"

static uint32_t number_at(struct span file, size_t at)
{
    const uint8_t *p = file.data + at;
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* Names stand in UTF-16 in the directory. */
static bool has_name(struct span file, const char *name)
{
    uint8_t wide[64];
    size_t len = 0;
    for (; name[len] && 2 * len < sizeof(wide); len++) {
        wide[2 * len] = (uint8_t)name[len];
        wide[2 * len + 1] = 0;
    }
    return memmem(file.data, file.len, wide, 2 * len) != NULL;
}

bool ole_is_whole(struct span file)
{
    static const char *const names[] = {"WordDocument", "Workbook", "Book", "PowerPoint Document",
                                        "EncryptedPackage"};
    enum { HEAD = 512, SHIFT_AT = 30, DIRECTORY_AT = 48 };
    if (file.len < 2 * HEAD)
        return false;
    unsigned shift = file.data[SHIFT_AT];
    uint64_t directory = number_at(file, DIRECTORY_AT);
    if ((shift != 9 && shift != 12) || ((directory + 1) << shift) >= file.len)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (has_name(file, names[i]))
            return true;
    return false;
}

bool zip_is_whole(struct span file)
{
    enum { END = 22, COMMENT_MAX = 65535 };
    for (size_t back = END; back <= file.len && back <= END + COMMENT_MAX; back++)
        if (memcmp(file.data + file.len - back, "PK\5\6", 4) == 0)
            return true;
    return false;
}

bool rtf_is_whole(struct span file)
{
    size_t end = file.len;
    while (end > 0 && (file.data[end - 1] == 0 || file.data[end - 1] == ' ' || file.data[end - 1] == '\r' ||
                       file.data[end - 1] == '\n' || file.data[end - 1] == 0x1a))
        end--;
    return end > 0 && file.data[end - 1] == '}';
}
