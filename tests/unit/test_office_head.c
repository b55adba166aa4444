/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "test.h"

#include "base/attr.h"
#include "proto/office_head.h"

#define SPAN(text) span_of(text, sizeof(text) - 1)

static void zip_has_its_end(void **state)
{
    static const char zip[] = "PK\3\4........PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    assert_true(zip_is_whole(SPAN(zip)));
    assert_true(zip_is_whole(SPAN("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\7\0comment")));
    for (size_t i = 0; i < sizeof(zip) - 1; i++)
        assert_false(zip_is_whole(span_of(zip, i)));
}

static void rtf_has_its_brace(void **state)
{
    assert_true(rtf_is_whole(SPAN("{\\rtf1 x}")));
    assert_true(rtf_is_whole(SPAN("{\\rtf1 x}\r\n\0")));
    assert_false(rtf_is_whole(SPAN("{\\rtf1 x")));
    assert_false(rtf_is_whole(SPAN("")));
}

static void compound_file_has_directory_and_stream(void **state)
{
    static uint8_t file[2048];
    file[30] = 9;
    file[48] = 1; /* the sector at 1024 */
    assert_false(ole_is_whole(span_of(file, sizeof(file))));
    for (size_t i = 0; i < 12; i++)
        file[1024 + 2 * i] = (uint8_t) "WordDocument"[i];
    assert_true(ole_is_whole(span_of(file, sizeof(file))));
    assert_false(ole_is_whole(span_of(file, 1024)));
    assert_false(ole_is_whole(span_of(file, 40)));
    file[51] = 0xff;
    assert_false(ole_is_whole(span_of(file, sizeof(file))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zip_has_its_end),
        cmocka_unit_test(rtf_has_its_brace),
        cmocka_unit_test(compound_file_has_directory_and_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
