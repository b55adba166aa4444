/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model/id.h"

#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/rand.h"

struct id id_new(void)
{
    struct id id;
    uint64_t ms = (uint64_t)clock_wall_ms();
    rand_bytes(id.bytes, sizeof(id.bytes));
    for (int i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    id.bytes[6] = (uint8_t)(0x70 | (id.bytes[6] & 0x0f)); /* version 7 */
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f)); /* variant of RFC 9562 */
    return id;
}

struct id id_first_of(int64_t wall_ms)
{
    struct id id = {{0}};
    for (int i = 0; wall_ms > 0 && i < 6; i++)
        id.bytes[i] = (uint8_t)((uint64_t)wall_ms >> (40 - 8 * i));
    return id;
}

bool id_is_none(struct id id)
{
    return id_equal(id, ID_NONE);
}

bool id_equal(struct id a, struct id b)
{
    return memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

static const int group_bytes[] = {4, 2, 2, 2, 6};

void id_format(struct id id, char text[ID_TEXT_LEN])
{
    const uint8_t *from = id.bytes;
    char *to = text;
    for (size_t g = 0; g < ARRAY_LEN(group_bytes); g++) {
        size_t n = (size_t)group_bytes[g];
        hex_format(from, n, to);
        from += n;
        to += 2 * n;
        *to++ = g + 1 < ARRAY_LEN(group_bytes) ? '-' : '\0';
    }
}

bool id_parse(const char *text, struct id *id)
{
    char digits[33];
    size_t n = 0;
    if (strlen(text) != ID_TEXT_LEN - 1)
        return false;
    for (size_t i = 0; i < ID_TEXT_LEN - 1; i++) {
        bool dash_place = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash_place != (text[i] == '-'))
            return false;
        if (!dash_place)
            digits[n++] = text[i];
    }
    digits[n] = 0;
    return hex_parse(digits, id->bytes, sizeof(id->bytes));
}

const char *id_text_in(struct id id, char *text)
{
    id_format(id, text);
    return text;
}
