/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "test.h"

#include "base/attr.h"
#include "proto/picture_head.h"

#define SPAN(text) span_of(text, sizeof(text) - 1)
#define CASE(text)                                                                                           \
    {                                                                                                        \
        (const uint8_t *)(text), sizeof(text) - 1                                                            \
    }

static void orientation_is_found_in_either_byte_order(void **state)
{
    assert_int_equal(exif_orientation(SPAN("MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0")), 6);
    assert_int_equal(exif_orientation(SPAN("II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\x08\0\0\0\0\0\0\0")), 8);
    assert_int_equal(exif_orientation(SPAN("Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\3\0\0\0\0\0\0\0")),
                     3);
}

static void nonsense_means_upright(void **state)
{
    static const struct span cases[] = {
        {NULL, 0},
        CASE("MM\0*"),
        CASE("MM\0*\xff\xff\xff\xff\0\1"),
        CASE("MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\x09\0\0\0\0\0\0"), /* 9 */
        CASE("MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\0\0\0\0\0\0\0"),   /* 0 */
        CASE("MM\0*\0\0\0\x08\xff\xff\1\x11\0\3\0\0\0\1\0\6\0\0"),       /* more entries than bytes */
        CASE("MM\0*\0\0\0\x08\0\1\1\x12\0\2\0\0\0\1\0\6\0\0\0\0\0\0"),   /* text */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(exif_orientation(cases[i]), 1);
}

static void ends_are_found_and_missed(void **state)
{
    static const char gif[] = "GIF89a\1\0\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2\x44\1\0;";
    static const char jpeg[] = "\xff\xd8\xff\xe0\0\4ab\xff\xda\0\2xx\xff\0y\xff\xd0z\xff\xff\xd9";
    static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\2IDATxx\0\0\0\0\0\0\0\0IEND\xae\x42\x60\x82";
    for (size_t i = 0; i < sizeof(gif) - 1; i++)
        assert_false(gif_ends(span_of(gif, i)));
    for (size_t i = 0; i < sizeof(jpeg) - 1; i++)
        assert_false(jpeg_ends(span_of(jpeg, i)));
    for (size_t i = 0; i < sizeof(png) - 1; i++)
        assert_false(png_ends(span_of(png, i)));
    assert_true(gif_ends(SPAN(gif)));
    assert_true(jpeg_ends(SPAN(jpeg)));
    assert_true(png_ends(SPAN(png)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orientation_is_found_in_either_byte_order),
        cmocka_unit_test(nonsense_means_upright),
        cmocka_unit_test(ends_are_found_and_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
