/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/accept_language.h"

#include <stdbool.h>
#include <string.h>

#include "base/str.h"

/* "0.8" in thousandths; without it all of it. What is no weight counts as none wanted. */
static unsigned weight_of(const char *item, size_t len)
{
    const char *q = memchr(item, ';', len), *end = item + len;
    if (!q)
        return 1000;
    q += 1 + strspn(q + 1, " \t");
    if (end - q < 3 || char_lower(q[0]) != 'q' || q[1] != '=' || (q[2] != '0' && q[2] != '1'))
        return 0;
    unsigned weight = q[2] == '1' ? 1000 : 0, unit = 100;
    if (weight == 0 && end - q > 3 && q[3] == '.')
        for (q += 4; q < end && char_is_digit(*q) && unit > 0; q++, unit /= 10)
            weight += unit * (unsigned)(*q - '0');
    return weight;
}

/* "de-CH" is de. */
static const char *language_of(const char *item, size_t len, const char *const *have)
{
    for (; *have; have++) {
        size_t n = strlen(*have);
        if (len >= n && span_equal_nocase(span_of(item, n), *have) &&
            (len == n || strchr("-; \t", item[n]) != NULL))
            return *have;
    }
    return NULL;
}

const char *accept_language(const char *header, const char *const *have)
{
    const char *best = NULL;
    unsigned most = 0;
    for (const char *item = header; *item;) {
        item += strspn(item, ", \t");
        size_t len = strcspn(item, ",");
        const char *language = language_of(item, len, have);
        unsigned weight = language ? weight_of(item, len) : 0;
        if (weight > most) {
            most = weight;
            best = language;
        }
        item += len;
    }
    return best;
}
