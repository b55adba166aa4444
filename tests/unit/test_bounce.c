/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "test.h"

#include "base/str.h"
#include "proto/bounce.h"

#define COMMON                                                                                               \
    "Reporting-MTA: dns; mx.example.com\r\n"                                                                 \
    "Original-Envelope-Id: 01a1fef9-43d2-7fe6-8f9a-1963a8f4404f\r\n"

static const struct {
    const char *text;
    enum bounce_action action;
    const char *status, *words, *recipient, *envid;
} cases[] = {
    {COMMON "\r\nFinal-Recipient: rfc822; No@Example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n"
            "Diagnostic-Code: smtp; 550 5.1.1 <no@example.com>:\r\n  Recipient address\trejected\r\n",
     BOUNCE_FAILED, "5.1.1", "550 5.1.1 <no@example.com>: Recipient address rejected", "No@Example.com",
     "01a1fef9-43d2-7fe6-8f9a-1963a8f4404f"},
    /* LF, comments, the first name of the recipient */
    {"Reporting-MTA: dns;x\n\nOriginal-Recipient: rfc822;a@b.example\nFinal-Recipient: rfc822; "
     "root@c.example\n"
     "Action: Failed (gone)\nStatus: 5.4.4 (unable to route)\n",
     BOUNCE_FAILED, "5.4.4", "", "a@b.example", ""},
    /* the worst of several */
    {"A: b\n\nFinal-Recipient: rfc822; a@b\nAction: delivered\nStatus: 2.0.0\n\n"
     "Final-Recipient: rfc822; c@d\nAction: failed\nStatus: 5.2.2\n\n"
     "Final-Recipient: rfc822; e@f\nAction: delayed\nStatus: 4.0.0\n",
     BOUNCE_FAILED, "5.2.2", "", "c@d", ""},
    {"A: b\n\nFinal-Recipient: rfc822; a@b\nAction: delayed\nStatus: 4.4.1\nWill-Retry-Until: later\n",
     BOUNCE_DELAYED, "4.4.1", "", "a@b", ""},
    {"A: b\n\nFinal-Recipient: rfc822; a@b\nAction: relayed\nStatus: 2.0.0\n", BOUNCE_DELIVERED, "2.0.0", "",
     "a@b", ""},
    /* the line between is missing; a line that is no field */
    {"Reporting-MTA: dns; x\nthis is no field\nFinal-Recipient: rfc822; a@b\nAction: failed\nStatus: 5.0.0\n",
     BOUNCE_FAILED, "5.0.0", "", "a@b", ""},
    {"A: b\n\nFinal-Recipient: rfc822; a@b\nAction: eaten\n", BOUNCE_NONE, "", "", "", ""},
    {"", BOUNCE_NONE, "", "", "", ""},
    {"\r\n\r\n\r\n", BOUNCE_NONE, "", "", "", ""},
};

/* proves: S3.13 */
static void reports_say_what_became_of_a_mail(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct bounce b;
        assert_int_equal(bounce_parse(span_str(cases[i].text), &b), cases[i].action != BOUNCE_NONE);
        assert_int_equal(b.action, cases[i].action);
        assert_string_equal(b.status, cases[i].status);
        assert_string_equal(b.words, cases[i].words);
        assert_string_equal(b.recipient, cases[i].recipient);
        assert_string_equal(b.envid, cases[i].envid);
    }
}

static void long_words_are_cut_between_characters(void **state)
{
    char text[2000] = "A: b\n\nAction: failed\nDiagnostic-Code: x; ";
    struct bounce b;
    while (strlen(text) < 1900)
        (void)strcat(text, "\xc3\xa9");
    (void)strcat(text, "\n");
    assert_true(bounce_parse(span_str(text), &b));
    assert_true(utf8_valid(span_str(b.words)));
    assert_in_range(strlen(b.words), BOUNCE_TEXT_LEN - 4, BOUNCE_TEXT_LEN - 1);
}

static void message_id_of_the_header_that_came_back(void **state)
{
    char id[64];
    bounce_message_id(span_str("Subject: x\r\nMessage-Id:\r\n <a@b>\r\n\r\nMessage-ID: <c@d>\r\n"), id,
                      sizeof(id));
    assert_string_equal(id, "a@b");
    bounce_message_id(span_str("no field\nSubject: x\n"), id, sizeof(id));
    assert_string_equal(id, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_say_what_became_of_a_mail),
        cmocka_unit_test(long_words_are_cut_between_characters),
        cmocka_unit_test(message_id_of_the_header_that_came_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
