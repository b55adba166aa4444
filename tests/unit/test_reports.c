/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a client may ask of delivery reports (RFC 3461), and that nothing of it gets out of its line in one.
 */
#include <string.h>

#include "test.h"

#include "base/buf.h"
#include "base/scope.h"
#include "base/str.h"
#include "proto/dsn.h"
#include "proto/dsn_request.h"

static void xtext_is_decoded_and_what_is_not_printable_is_refused(void **state)
{
    static const struct {
        const char *value, *decoded; /* NULL: refused */
    } cases[] = {{"QQ314159", "QQ314159"},
                 {"a+20b+2Bc+3Dd", "a b+c=d"},
                 {"a+0D+0ABcc:+20eve@evil.net", NULL},
                 {"a+0Ab", NULL},
                 {"a+00b", NULL},
                 {"a+7Fb", NULL},
                 {"a+E9b", NULL},
                 {"a+0d", NULL}, /* digits are upper case (§4) */
                 {"a+2b", NULL},
                 {"a+2", NULL},
                 {"a+", NULL},
                 {"a=b", NULL},
                 {"a b", NULL},
                 {"a\tb", NULL},
                 {"\xc3\xbc", NULL},
                 {"", NULL}};
    char envid[DSN_ENVID_LEN], orcpt[DSN_ORCPT_LEN], text[DSN_ORCPT_LEN];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bool good = dsn_parse_envid(span_str(cases[i].value), envid);
        if (good != (cases[i].decoded != NULL))
            fail_msg("\"%s\" is %s", cases[i].value, good ? "taken" : "refused");
        if (good)
            assert_string_equal(envid, cases[i].decoded);
        (void)str_format(text, sizeof(text), "rfc822;%s", cases[i].value);
        assert_int_equal(dsn_parse_orcpt(span_str(text), orcpt), good);
        if (good)
            assert_string_equal(orcpt + strlen("rfc822;"), cases[i].decoded);
    }
    memset(text, 'x', sizeof(text));
    assert_true(dsn_parse_envid(span_of(text, 100), envid));
    assert_false(dsn_parse_envid(span_of(text, 101), envid));
    memcpy(text, "rfc822;", 7);
    assert_true(dsn_parse_orcpt(span_of(text, 500), orcpt));
    assert_false(dsn_parse_orcpt(span_of(text, 501), orcpt));
    static const char *const types[] = {"a@b", ";a@b", "rfc 822;a@b", "rfc822\r;a", "x+0A;a@b", "rfc822;"};
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        assert_false(dsn_parse_orcpt(span_str(types[i]), orcpt));
}

static void notify_is_never_or_some_of_three(void **state)
{
    static const struct {
        const char *value;
        int set; /* -1: refused */
    } cases[] = {{"NEVER", DSN_NOTIFY_NEVER},
                 {"success,Failure", DSN_NOTIFY_SUCCESS | DSN_NOTIFY_FAILURE},
                 {"DELAY", DSN_NOTIFY_DELAY},
                 {"NEVER,SUCCESS", -1},
                 {"SUCCESS,SUCCESS", -1},
                 {"SUCCESS,", -1},
                 {",SUCCESS", -1},
                 {"SUCCESS DELAY", -1},
                 {"ALWAYS", -1},
                 {"", -1}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        unsigned set;
        bool good = dsn_parse_notify(span_str(cases[i].value), &set);
        if (good != (cases[i].set >= 0) || (good && set != (unsigned)cases[i].set))
            fail_msg("\"%s\"", cases[i].value);
    }
}

static void what_was_kept_is_read_back_and_nonsense_is_nothing(void **state)
{
    char envid[DSN_ENVID_LEN], orcpt[DSN_ORCPT_LEN];
    static const char kept[] = "1 QQ 314\nE rfc822;a b@c\n0 \n1 ";
    dsn_kept_envid(kept, envid);
    assert_string_equal(envid, "QQ 314");
    dsn_kept_orcpt(kept, 0, orcpt);
    assert_string_equal(orcpt, "rfc822;a b@c");
    assert_int_equal(dsn_kept_notify(kept, 0), DSN_NOTIFY_SUCCESS | DSN_NOTIFY_FAILURE | DSN_NOTIFY_DELAY);
    assert_int_equal(dsn_kept_notify(kept, 1), DSN_NOTIFY_UNSAID);
    assert_int_equal(dsn_kept_notify(kept, 2), DSN_NOTIFY_NEVER);
    assert_int_equal(dsn_kept_notify(kept, 3), DSN_NOTIFY_UNSAID);
    static const char *const nonsense[] = {"", "\n", "x", "1", "\n\n\n", "G x\nG y"};
    for (size_t i = 0; i < ARRAY_LEN(nonsense); i++) {
        dsn_kept_envid(nonsense[i], envid);
        dsn_kept_orcpt(nonsense[i], 0, orcpt);
        assert_string_equal(envid, "");
        assert_string_equal(orcpt, "");
        assert_int_equal(dsn_kept_notify(nonsense[i], 0), DSN_NOTIFY_UNSAID);
    }
}

/* Even where something got past the parser: no value begins a field. */
static void report_names_the_envelope_and_the_first_recipient(void **state)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, 8192);
    const struct dsn_recipient list[] = {
        {"FAX=+39050123@front.fax.example.com", "2.0.0", "", "", "", "rfc822;Ann+Fax@example.com"},
        {"FAX=200@front.fax.example.com", "5.1.1", "sip-404", "Nobody.", "", "x\r\nBcc: a;b\r\nTo: c"}};
    dsn_format(&b, &(struct dsn){"fax.example.com", "", list, 2, "QQ\r\nX: y"});
    assert_string_equal(buf_text(&b),
                        "Original-Envelope-Id: QQ X: y\r\nReporting-MTA: dns; fax.example.com\r\n\r\n"
                        "Original-Recipient: rfc822; Ann+Fax@example.com\r\n"
                        "Final-Recipient: rfc822; FAX=+39050123@front.fax.example.com\r\n"
                        "Action: delivered\r\nStatus: 2.0.0\r\n\r\n"
                        "Original-Recipient: x Bcc: a; b To: c\r\n"
                        "Final-Recipient: rfc822; FAX=200@front.fax.example.com\r\n"
                        "Action: failed\r\nStatus: 5.1.1\r\n"
                        "Diagnostic-Code: x-faxpost; sip-404: Nobody.\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xtext_is_decoded_and_what_is_not_printable_is_refused),
        cmocka_unit_test(notify_is_never_or_some_of_three),
        cmocka_unit_test(what_was_kept_is_read_back_and_nonsense_is_nothing),
        cmocka_unit_test(report_names_the_envelope_and_the_first_recipient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
