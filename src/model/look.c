/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model/look.h"

#include <string.h>

#include "base/hex.h"
#include "base/str.h"

/* ---- fingerprints ---- */

/* Two machines do not feed the paper alike. */
enum { SHIFT_MAX = 1 };

/* The square of Pearson's correlation of what both have, one moved by that many fields; 0 below none. */
static double likeness(const uint8_t *a, const uint8_t *b, int dx, int dy)
{
    double n = 0, sum_a = 0, sum_b = 0, squares_a = 0, squares_b = 0, products = 0;
    for (int y = SHIFT_MAX; y < FINGERPRINT_SIDE - SHIFT_MAX; y++)
        for (int x = SHIFT_MAX; x < FINGERPRINT_SIDE - SHIFT_MAX; x++) {
            double of_a = a[y * FINGERPRINT_SIDE + x], of_b = b[(y + dy) * FINGERPRINT_SIDE + x + dx];
            n++;
            sum_a += of_a;
            sum_b += of_b;
            squares_a += of_a * of_a;
            squares_b += of_b * of_b;
            products += of_a * of_b;
        }
    double spread = (squares_a - sum_a * sum_a / n) * (squares_b - sum_b * sum_b / n);
    double together = products - sum_a * sum_b / n;
    return spread > 0 && together > 0 ? together * together / spread : 0;
}

unsigned fingerprint_likeness(const uint8_t a[FINGERPRINT_LEN], const uint8_t b[FINGERPRINT_LEN])
{
    double best = 0;
    for (int dy = -SHIFT_MAX; dy <= SHIFT_MAX; dy++)
        for (int dx = -SHIFT_MAX; dx <= SHIFT_MAX; dx++) {
            double c = likeness(a, b, dx, dy);
            best = c > best ? c : best;
        }
    return (unsigned)(best * 100);
}

/* ---- the text ---- */

void look_add_code(struct look *l, struct span code)
{
    char *to = l->codes[l->code_count];
    size_t n = 0;
    if (l->code_count == LOOK_CODES_MAX)
        return;
    for (size_t i = 0; i < code.len && n < LOOK_CODE_MAX; i++)
        if (code.data[i] >= ' ' && code.data[i] != 0x7f)
            to[n++] = (char)code.data[i];
    to[n] = 0;
    while (n > 0 && !utf8_valid(span_str(to)))
        to[--n] = 0;
    for (size_t i = 0; i < l->code_count; i++)
        if (str_equal(l->codes[i], to))
            return;
    l->code_count += n > 0;
}

void look_add_blank(struct look *l, unsigned page)
{
    size_t len = strlen(l->blank);
    if (!str_format(l->blank + len, sizeof(l->blank) - len, "%s%u", len ? ", " : "", page))
        l->blank[len] = 0;
}

void look_format(struct buf *b, const struct look *l)
{
    char hex[2 * FINGERPRINT_LEN + 1];
    hex_format(l->fingerprint, FINGERPRINT_LEN, hex);
    (void)buf_printf(b, "%s\n%s\n", l->has_fingerprint ? hex : "-", l->blank);
    for (size_t i = 0; i < l->code_count; i++)
        (void)buf_printf(b, "%s\n", l->codes[i]);
}

static bool take_line(struct span *rest, struct span *line)
{
    const uint8_t *end = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;
    if (!end)
        return false;
    *line = span_of(rest->data, (size_t)(end - rest->data));
    *rest = span_of(end + 1, rest->len - line->len - 1);
    return true;
}

static bool read_fingerprint(struct span line, struct look *l)
{
    char hex[2 * FINGERPRINT_LEN + 1];
    if (line.len == 1 && line.data[0] == '-')
        return true;
    if (line.len != 2 * FINGERPRINT_LEN)
        return false;
    memcpy(hex, line.data, line.len);
    hex[line.len] = 0;
    l->has_fingerprint = hex_parse(hex, l->fingerprint, FINGERPRINT_LEN);
    return l->has_fingerprint;
}

static bool read_blank(struct span line, struct look *l)
{
    if (line.len >= sizeof(l->blank))
        return false;
    memcpy(l->blank, line.data, line.len);
    return l->blank[strspn(l->blank, "0123456789, ")] == 0 && strlen(l->blank) == line.len;
}

bool look_read(struct span text, struct look *l)
{
    struct span line;
    *l = (struct look){.code_count = 0};
    if (text.len > LOOK_BYTES_MAX || !take_line(&text, &line) || !read_fingerprint(line, l) ||
        !take_line(&text, &line) || !read_blank(line, l))
        return false;
    while (take_line(&text, &line)) {
        size_t before = l->code_count;
        look_add_code(l, line);
        if (l->code_count == before || strlen(l->codes[before]) != line.len)
            return false;
    }
    return text.len == 0;
}
