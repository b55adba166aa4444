/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A sender's own words, told from what he quotes and signs. */
#include <string.h>

#include "test.h"

#include "base/attr.h"
#include "proto/mail_text.h"

static void own_words_are_told_from_quotations(void **state)
{
    static const struct {
        const char *text, *own;
    } cases[] = {
        {"", ""},
        {"\n\n", ""},
        {"hello", "hello\n"},
        {"\nhello\n\n\nthere\n\n", "hello\n\n\nthere\n"},
        {"a\n> b\nc\n", "a\nc\n"},
        {"a\n-- \nAnn\n4711\n", "a\n"},
        {"a\r\n--\r\nAnn\n", "a\r\n"},
        {"a -- b\n--- c\n", "a -- b\n--- c\n"},
        {"a\n\nOn Monday Ann wrote:\n\n> b\n", "a\n"},
        {"Please note:\nb\n", "Please note:\nb\n"},
        {"a\n-----Original Message-----\n4711\n", "a\n"},
        {"a\n________________________________\nb\n", "a\n"},
        {"a\nVon: Ann <a@b.c>\nGesendet: Montag\n4711\n", "a\n"},
        {"From: here\nto there\n", "From: here\nto there\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        SCOPED_BUF struct buf own;
        buf_init(&own, 1000);
        mail_text_own(cases[i].text, &own);
        assert_string_equal(buf_text(&own), cases[i].own);
    }
}

/* proves: S2.9 */
static void pin_is_a_line_of_its_own(void **state)
{
    static const struct {
        const char *own, *pin;
        enum mail_pin found;
    } cases[] = {
        {"4711\n", "4711", MAIL_PIN_ONE},
        {"  471147114711 \r\n", "471147114711", MAIL_PIN_ONE},
        {"pin:4711", "4711", MAIL_PIN_ONE},
        {"PIN : 4711\nx\n4711\n", "4711", MAIL_PIN_ONE},
        {"4711\n4712\n", NULL, MAIL_PIN_SEVERAL},
        {"123\n", "", MAIL_PIN_NONE},
        {"1234567890123\n", "", MAIL_PIN_NONE},
        {"my PIN: 4711\n", "", MAIL_PIN_NONE},
        {"4711 4711\n", "", MAIL_PIN_NONE},
        {"PIN 4711\n", "", MAIL_PIN_NONE},
        {"PIN:\n", "", MAIL_PIN_NONE},
        {"PIN", "", MAIL_PIN_NONE},
        {"\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4\n", "", MAIL_PIN_NONE},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char pin[PIN_LEN];
        assert_int_equal(mail_text_pin(cases[i].own, pin), cases[i].found);
        if (cases[i].pin)
            assert_string_equal(pin, cases[i].pin);
    }
}

/* proves: S2.9 */
static void text_without_pins_keeps_the_rest(void **state)
{
    static const char own[] = "Dear Jo\n4711\nPIN: 4712\nroom 4713\n";
    SCOPED_BUF struct buf kept, bare;
    buf_init(&kept, 1000);
    buf_init(&bare, 1000);
    mail_text_without_pins(own, false, &kept);
    mail_text_without_pins(own, true, &bare);
    assert_string_equal(buf_text(&kept), "Dear Jo\n4711\nroom 4713\n");
    assert_string_equal(buf_text(&bare), "Dear Jo\nroom 4713\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_words_are_told_from_quotations),
        cmocka_unit_test(pin_is_a_line_of_its_own),
        cmocka_unit_test(text_without_pins_keeps_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
