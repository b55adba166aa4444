/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Entries of the index of words: any five or six digits in a row of a row are asked for by an entry it has.
 */
#include <stdlib.h>
#include <string.h>

#include "test.h"

#include "base/str.h"
#include "store/search_codes.h"

/* As the index cuts a text: three characters of ours in a row. */
static bool has(struct span codes, const char *code)
{
    for (size_t at = 0; at + SEARCH_CODE_BYTES <= codes.len; at++)
        if (memcmp(codes.data + at, code, SEARCH_CODE_BYTES) == 0)
            return true;
    return false;
}

static bool asks_for(struct span codes, struct span digits)
{
    char code[SEARCH_CODE_BYTES + 1];
    for (unsigned n = 0; n < (digits.len == SEARCH_DIGITS_LEAST ? SEARCH_DIGIT_CODES : 1); n++) {
        search_code_digits(digits, n, code);
        assert_true(utf8_valid(span_str(code)));
        if (has(codes, code))
            return true;
    }
    return false;
}

static void codes_of(const char *words, struct buf *to)
{
    buf_reset(to);
    search_codes(span_str("tenant"), span_str("box"), span_str(words), to);
    assert_true(utf8_valid(buf_span(to)));
}

static void any_digits_in_a_row_are_found(void **state)
{
    SCOPED_BUF struct buf codes;
    buf_init(&codes, 4096);
    srand(7);
    for (int round = 0; round < 300; round++) {
        char number[20] = "", words[60];
        size_t len = SEARCH_DIGITS_LEAST + (size_t)(rand() % 12);
        for (size_t i = 0; i < len; i++)
            number[i] = (char)('0' + rand() % 10);
        assert_true(str_format(words, sizeof(words), "Rossi 12\n+%s, 4711-%s", number, number));
        codes_of(words, &codes);
        for (size_t at = 0; at + SEARCH_DIGITS_LEAST <= len; at++)
            for (size_t n = SEARCH_DIGITS_LEAST; at + n <= len; n++)
                if (!asks_for(buf_span(&codes), span_of(number + at, n)))
                    fail_msg("%.*s is not found in %s", (int)n, number + at, number);
    }
}

static void other_digits_are_not(void **state)
{
    SCOPED_BUF struct buf codes;
    buf_init(&codes, 4096);
    codes_of("+390501234567 1234 5678 and 99999", &codes);
    assert_false(asks_for(buf_span(&codes), span_str("012346")));
    assert_false(asks_for(buf_span(&codes), span_str("345678")));
    assert_false(asks_for(buf_span(&codes), span_str("56789")));
    assert_false(asks_for(buf_span(&codes), span_str("999999")));
    assert_true(asks_for(buf_span(&codes), span_str("99999")));
}

static void places_are_told_apart(void **state)
{
    char box[SEARCH_CODE_BYTES + 1], other[SEARCH_CODE_BYTES + 1];
    SCOPED_BUF struct buf codes;
    buf_init(&codes, 4096);
    codes_of("", &codes);
    search_code_place(span_str("box"), box);
    search_code_place(span_str("box2"), other);
    assert_true(has(buf_span(&codes), box));
    assert_false(has(buf_span(&codes), other));
}

static void what_is_too_long_is_cut(void **state)
{
    SCOPED_BUF struct buf codes;
    buf_init(&codes, 40);
    search_codes(span_str("tenant"), span_str("box"), span_str("12345678901234567890"), &codes);
    assert_true(codes.len <= 40);
    assert_true(utf8_valid(buf_span(&codes)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_digits_in_a_row_are_found), cmocka_unit_test(other_digits_are_not),
        cmocka_unit_test(places_are_told_apart), cmocka_unit_test(what_is_too_long_is_cut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
