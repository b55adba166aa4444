/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/search_codes.h"

#include <string.h>

#include "base/str.h"

/* Each of these takes three bytes of UTF-8: of the first script 2^14 for places, of the second one for each
 * pair of digits. Before the first digit stands one that is none. */
enum { PLACES = 0x4e00, PLACE_BITS = 14, PAIRS = 0x3400, BEFORE_DIGITS = 10, DIGITS = 11 };

static void put_character(unsigned c, char *to)
{
    to[0] = (char)(0xe0 | c >> 12);
    to[1] = (char)(0x80 | (c >> 6 & 0x3f));
    to[2] = (char)(0x80 | (c & 0x3f));
}

void search_code_place(struct span name, char code[SEARCH_CODE_BYTES + 1])
{
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ name.data[i]) * 0x100000001b3;
    for (unsigned i = 0; i < 3; i++)
        put_character(PLACES + (unsigned)(hash >> (i * PLACE_BITS + 8) & ((1 << PLACE_BITS) - 1)),
                      code + (size_t)3 * i);
    code[SEARCH_CODE_BYTES] = 0;
}

static void put_pair(unsigned first, unsigned second, char *to)
{
    put_character(PAIRS + first * DIGITS + second, to);
}

void search_code_digits(struct span digits, unsigned n, char code[SEARCH_CODE_BYTES + 1])
{
    unsigned last[6] = {n};
    size_t least = digits.len < 6 ? 1 : 0;
    for (size_t i = least; i < 6; i++)
        last[i] = (unsigned)(digits.data[digits.len - 6 + i] - '0');
    for (size_t i = 0; i < 3; i++)
        put_pair(last[2 * i], last[2 * i + 1], code + 3 * i);
    code[SEARCH_CODE_BYTES] = 0;
}

/* Pair by pair, once from what stands before the first digit and once from the first one: so any six in a row
 * are three pairs in a row of one of them. */
static bool put_run(struct span run, struct buf *to)
{
    char pair[3];
    bool fits = true;
    for (size_t phase = 0; phase < 2; phase++) {
        fits = fits && buf_append_byte(to, ' ');
        for (size_t at = phase; at < run.len; at += 2) {
            put_pair(at == 0 ? BEFORE_DIGITS : (unsigned)(run.data[at - 1] - '0'),
                     (unsigned)(run.data[at] - '0'), pair);
            fits = fits && buf_append(to, pair, sizeof(pair));
        }
    }
    return fits;
}

static void put_digits(struct span words, struct buf *to)
{
    bool fits = true;
    for (size_t at = 0; at < words.len && fits;) {
        size_t end = at;
        while (end < words.len && char_is_digit((char)words.data[end]))
            end++;
        if (end - at >= SEARCH_DIGITS_LEAST)
            fits = put_run(span_of(words.data + at, end - at), to);
        at = end + 1;
    }
}

void search_codes(struct span tenant, struct span box, struct span words, struct buf *to)
{
    char code[SEARCH_CODE_BYTES + 1];
    search_code_place(box, code);
    bool fits = buf_append_str(to, code) && buf_append_byte(to, ' ');
    search_code_place(tenant, code);
    if (fits && buf_append_str(to, code))
        put_digits(words, to);
}
