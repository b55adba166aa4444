/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/tiff_tags.h"

#include <string.h>

#include "base/str.h"
#include "proto/tiff_directory.h"

/* TIFF 6.0, section 8. */
enum { TAG_DESCRIPTION = 270, TAG_DATE = 306, INLINE_MOST = 4 };

static void take_text(const struct tiff *f, size_t field, char *to, size_t room)
{
    size_t count = tiff_number(f, field + 4, 4);
    size_t at = count <= INLINE_MOST ? field + 8 : tiff_number(f, field + 8, 4);
    if (tiff_number(f, field + 2, 2) != TIFF_ASCII || at > f->file.len || f->file.len - at < count)
        return;
    const uint8_t *end = memchr(f->file.data + at, 0, count);
    size_t len = end ? (size_t)(end - (f->file.data + at)) : count;
    (void)str_copy_span(to, room, span_of(f->file.data + at, len < room ? len : room - 1));
}

bool tiff_tags_read(struct span file, struct tiff_tags *t)
{
    struct tiff f;
    *t = (struct tiff_tags){.description = ""};
    if (!tiff_open(file, &f) || !f.whole)
        return false;
    for (size_t i = 0; i < f.count; i++) {
        size_t field = tiff_field(&f, i);
        uint32_t tag = tiff_number(&f, field, 2);
        if (tag == TAG_DESCRIPTION)
            take_text(&f, field, t->description, sizeof(t->description));
        else if (tag == TAG_DATE)
            take_text(&f, field, t->date, sizeof(t->date));
    }
    return true;
}
