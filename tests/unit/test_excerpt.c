/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What of a text is shown to somebody who searched for a word of it. */
#include <string.h>

#include "test.h"

#include "base/str.h"
#include "web/excerpt.h"

static void check(const char *text, const char *question, const char *expected)
{
    struct arena a;
    arena_init(&a);
    const char *found = excerpt_of(&a, text, question);
    if (expected) {
        assert_non_null(found);
        assert_string_equal(found, expected);
    } else
        assert_null(found);
    arena_clear(&a);
}

static void short_texts_come_whole_and_in_one_line(void **state)
{
    (void)state;
    check("Dear\nMadam,\tthe report", "MADAM", "Dear Madam, the report");
    check("one two three", "three two", "one two three");
}

static void what_is_not_there_or_too_short_is_not_shown(void **state)
{
    (void)state;
    check("Dear Madam", "sir", NULL);
    check("Dear Madam", "ad", NULL);
    check("", "madam", NULL);
    check("Dear Madam", "  \t ", NULL);
    check("Dear %s Madam", "%s%s%s", NULL);
}

static void long_texts_are_cut_at_words(void **state)
{
    (void)state;
    char text[1000] = "";
    for (int i = 0; i < 60; i++)
        strcat(text, i == 30 ? "needle " : "haystack ");
    struct arena a;
    arena_init(&a);
    const char *found = excerpt_of(&a, text, "needle");
    assert_non_null(found);
    assert_non_null(strstr(found, " needle "));
    assert_true(str_starts(found, "…haystack "));
    assert_true(strlen(found) <= EXCERPT_BEFORE + EXCERPT_AFTER + strlen("needle") + 2 * strlen("…"));
    assert_string_equal(found + strlen(found) - strlen("haystack…"), "haystack…");
    arena_clear(&a);
}

/* A text without blanks is cut between characters, never within one. */
static void characters_stay_whole(void **state)
{
    (void)state;
    for (size_t before = 40; before < 70; before++)
        for (size_t after = 40; after < 70; after++) {
            char text[500] = "";
            struct arena a;
            arena_init(&a);
            for (size_t i = 0; i < before; i++)
                strcat(text, i % 3 ? "ü" : "€");
            strcat(text, "xyz");
            for (size_t i = 0; i < after; i++)
                strcat(text, i % 3 ? "€" : "ü");
            const char *found = excerpt_of(&a, text, "XYZ");
            assert_non_null(found);
            assert_true(utf8_valid(span_str(found)));
            arena_clear(&a);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_texts_come_whole_and_in_one_line),
        cmocka_unit_test(what_is_not_there_or_too_short_is_not_shown),
        cmocka_unit_test(long_texts_are_cut_at_words),
        cmocka_unit_test(characters_stay_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
