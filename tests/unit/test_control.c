/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The words of an answer that steers a fax, and the address it is sent to. */
#include "test.h"

#include <string.h>

#include "base/str.h"
#include "proto/control.h"
#include "proto/recipient.h"

static enum control_verb verb(const char *text)
{
    return control_parse(text).verb;
}

static void first_line_of_ones_own_is_the_command(void **state)
{
    assert_int_equal(verb("CANCEL"), CONTROL_CANCEL);
    assert_int_equal(verb("cancel\n"), CONTROL_CANCEL);
    assert_int_equal(verb("\n\n  Cancel.  \r\nThanks, Ann\n"), CONTROL_CANCEL);
    assert_int_equal(verb("> STATUS\n\nRETRY!\n> more\n"), CONTROL_RETRY);
    assert_int_equal(verb("\xc2\xa0Release\xc2\xa0\n"), CONTROL_RELEASE);
    assert_int_equal(verb("status"), CONTROL_STATUS);
}

static void anything_else_steers_nothing(void **state)
{
    static const char *const texts[] = {"",
                                        "\n",
                                        "Please CANCEL",
                                        "CANCEL it",
                                        "CANCEL RETRY",
                                        "CANCELLED",
                                        "> CANCEL",
                                        "Hello\nCANCEL",
                                        "HOLD on",
                                        "HOLD UNTIL",
                                        "HOLD UNTIL noon",
                                        "HOLD UNTIL 08:00 tomorrow",
                                        "CAN CEL",
                                        "."};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_int_equal(verb(texts[i]), CONTROL_UNCLEAR);
}

static void hold_has_a_time_of_the_clock_or_none(void **state)
{
    static const struct {
        const char *text;
        int hour, minute;
    } rows[] = {{"HOLD", -1, -1},
                {"hold until 08:00", 8, 0},
                {"Hold  until\t8:05.", 8, 5},
                {"HOLD UNTIL 23.59", 23, 59},
                {"HOLD UNTIL 0:00!", 0, 0},
                {"HOLD UNTIL 7h30", 7, 30}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct control_command c = control_parse(rows[i].text);
        assert_int_equal(c.verb, CONTROL_HOLD);
        assert_int_equal(c.hour, rows[i].hour);
        assert_int_equal(c.minute, rows[i].minute);
    }
    static const char *const wrong[] = {"HOLD UNTIL 24:00", "HOLD UNTIL 8:60",   "HOLD UNTIL 8",
                                        "HOLD UNTIL 8:0",   "HOLD UNTIL 008:00", "HOLD UNTIL 8:000"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(verb(wrong[i]), CONTROL_UNCLEAR);
        assert_int_equal(control_parse(wrong[i]).hour, -1);
    }
}

static void token_survives_what_mail_programs_do_to_an_address(void **state)
{
    uint8_t token[CONTROL_TOKEN_LEN], again[CONTROL_TOKEN_LEN];
    char local[CONTROL_LOCAL_LEN];
    for (size_t i = 0; i < sizeof(token); i++)
        token[i] = (uint8_t)(i * 17);
    control_token_format(token, local);
    assert_string_equal(local, "control+00112233445566778899aabbccddeeff");
    assert_true(control_token_parse("Control+00112233445566778899AABBCCDDEEFF", again));
    assert_memory_equal(token, again, sizeof(token));
    assert_false(control_token_parse("control+00112233445566778899aabbccddeef", again));
    assert_false(control_token_parse("control+00112233445566778899aabbccddeeff0", again));
    assert_false(control_token_parse("control+", again));
    assert_false(control_token_parse("check+0501234567", again));
    assert_true(control_is_local("control+x"));
    assert_true(control_is_local("CONTROL"));
    assert_false(control_is_local("controller"));
    assert_false(recipient_box_id_valid("control"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_line_of_ones_own_is_the_command),
        cmocka_unit_test(anything_else_steers_nothing),
        cmocka_unit_test(hold_has_a_time_of_the_clock_or_none),
        cmocka_unit_test(token_survives_what_mail_programs_do_to_an_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
