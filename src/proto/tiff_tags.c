/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/tiff_tags.h"

#include <stdint.h>
#include <string.h>

#include "base/str.h"

/* TIFF 6.0, sections 2 and 8. */
enum { TAG_DESCRIPTION = 270, TAG_DATE = 306, TYPE_ASCII = 2, HEAD_LEN = 8, ENTRY_LEN = 12, INLINE_MOST = 4 };

struct reader {
    struct span file;
    bool big_endian;
};

/* 0 outside of the file. */
static uint32_t number(const struct reader *r, size_t at, size_t bytes)
{
    uint32_t n = 0;
    if (at > r->file.len || r->file.len - at < bytes)
        return 0;
    for (size_t i = 0; i < bytes; i++)
        n = n << 8 | r->file.data[at + (r->big_endian ? i : bytes - 1 - i)];
    return n;
}

static void take_text(const struct reader *r, size_t entry, char *to, size_t room)
{
    size_t count = number(r, entry + 4, 4);
    size_t at = count <= INLINE_MOST ? entry + 8 : number(r, entry + 8, 4);
    if (number(r, entry + 2, 2) != TYPE_ASCII || at > r->file.len || r->file.len - at < count)
        return;
    const uint8_t *end = memchr(r->file.data + at, 0, count);
    size_t len = end ? (size_t)(end - (r->file.data + at)) : count;
    (void)str_copy_span(to, room, span_of(r->file.data + at, len < room ? len : room - 1));
}

bool tiff_tags_read(struct span file, struct tiff_tags *t)
{
    struct reader r = {.file = file, .big_endian = file.len > 0 && file.data[0] == 'M'};
    *t = (struct tiff_tags){.description = ""};
    if (file.len < HEAD_LEN || (memcmp(file.data, "II*\0", 4) != 0 && memcmp(file.data, "MM\0*", 4) != 0))
        return false;
    size_t directory = number(&r, 4, 4), count = number(&r, directory, 2);
    if (count == 0 || file.len - directory - 2 < count * ENTRY_LEN)
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t entry = directory + 2 + i * ENTRY_LEN;
        uint32_t tag = number(&r, entry, 2);
        if (tag == TAG_DESCRIPTION)
            take_text(&r, entry, t->description, sizeof(t->description));
        else if (tag == TAG_DATE)
            take_text(&r, entry, t->date, sizeof(t->date));
    }
    return true;
}
