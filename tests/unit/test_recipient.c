/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mail addresses, and our own forms of them. */
#include <string.h>

#include "test.h"

#include "base/attr.h"
#include "base/str.h"
#include "proto/address.h"
#include "proto/recipient.h"

static struct address address(const char *text)
{
    struct address a;
    enum address_error e = address_parse(span_str(text), &a);
    if (e != ADDRESS_OK)
        fail_msg("%s: %s", text, address_error_text(e));
    return a;
}

static void addresses_are_read(void **state)
{
    struct address a = address("\"a b\\\"@\"@Example.COM");
    assert_string_equal(a.local, "a b\"@");
    assert_string_equal(a.domain, "example.com");
    assert_string_equal(a.text, "\"a b\\\"@\"@example.com");
    assert_false(a.utf8);
    assert_true(address("j\xc3\xbcrgen@ex\xc3\xa4mple.de").utf8);
    assert_string_equal(address("x@[192.0.2.1]").domain, "[192.0.2.1]");
    assert_string_equal(address("x@[IPv6:2001:db8::1]").domain, "[IPv6:2001:db8::1]");
    (void)address("FAX=+15035550123^FINE@fax.example.com");
    (void)address("x@localhost");
}

static void malformed_addresses_are_refused(void **state)
{
    static const char *const bad[] = {
        "",          "a",    "@b",          "a@",    "a b@c", "a@b c",   "a..b@c",  ".a@c",      "a.@c",
        "a@b..c",    "a@.b", "a@b.",        "a@-b",  "a@b-",  "a@b-.c",  "\"a@b",   "\"a\n\"@b", "\"\"@b",
        "a@[1.2.3]", "a@[x", "a@[IPv6:zz]", "a@b@c", "<a@b>", "a@b\xff", "a\xc3@b", "a\r@b",     "a,b@c"};
    struct address a;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (address_parse(span_str(bad[i]), &a) == ADDRESS_OK)
            fail_msg("%s was taken", bad[i]);
}

static void local_parts_reach_254_octets(void **state)
{
    char text[300];
    struct address a;
    memset(text, '5', 254);
    (void)strcpy(text + 254, "@fax.example.com");
    assert_int_equal(address_parse(span_str(text), &a), ADDRESS_OK);
    memset(text, '5', 255);
    (void)strcpy(text + 255, "@fax.example.com");
    assert_int_equal(address_parse(span_str(text), &a), ADDRESS_TOO_LONG);
}

static void addresses_are_compared_as_told(void **state)
{
    struct address a = address("Jane.Doe@Example.com"), b = address("jane.doe@example.COM"),
                   c = address("\"Jane.Doe\"@example.com"), d = address("jane.doe@example.com.evil.net");
    assert_true(address_equal(&a, &b, ADDRESS_IGNORE_CASE));
    assert_false(address_equal(&a, &b, ADDRESS_EXACT));
    assert_true(address_equal(&a, &c, ADDRESS_EXACT));
    assert_false(address_equal(&b, &d, ADDRESS_IGNORE_CASE));
}

static bool box_of_custom(void *context, const char *custom, char box[RECIPIENT_BOX_LEN])
{
    const char *found = strcmp(custom, "fax@smith.example") == 0     ? "smith"
                        : strcmp(custom, "faxes.jones.example") == 0 ? "jones"
                                                                     : NULL;
    return found && str_copy(box, RECIPIENT_BOX_LEN, found);
}

static const struct recipient_rules rules = {.fax_domain = "fax.example.com", .box_of_custom = box_of_custom};

static void recipients_say_box_and_number(void **state)
{
    static const struct {
        const char *text, *box, *number;
        bool check, fine;
    } cases[] = {
        {"5035550123@front.fax.example.com", "front", "5035550123", false, false},
        {"+15035550123@FRONT-2.fax.example.com", "front-2", "+15035550123", false, false},
        {"\"(503) 555-0123\"@front.fax.example.com", "front", "(503) 555-0123", false, false},
        {"front+5035550123@fax.example.com", "front", "5035550123", false, false},
        {"Front++15035550123@fax.example.com", "front", "+15035550123", false, false},
        {"5035550123@fax.example.com", "", "5035550123", false, false},
        {"+15035550123@fax.example.com", "", "+15035550123", false, false},
        {"FAX=+15035550123@fax.example.com", "", "+15035550123", false, false},
        {"fax=+15035550123@front.fax.example.com", "front", "+15035550123", false, false},
        {"front+FAX=+1-503-555-0123@fax.example.com", "front", "+1-503-555-0123", false, false},
        {"front@fax.example.com", "front", "", false, false},
        {"front^FINE@fax.example.com", "front", "", false, true},
        {"check+5035550123@front.fax.example.com", "front", "5035550123", true, false},
        {"check+5035550123@fax.example.com", "", "5035550123", true, false},
        {"Check++15035550123@fax.example.com", "", "+15035550123", true, false},
        {"5035550123^FINE^RETRIES=3@front.fax.example.com", "front", "5035550123", false, true},
        {"front+5035550123^FINE@fax.example.com", "front", "5035550123", false, true},
        {"fax@smith.example", "smith", "", false, false},
        {"fax+5035550123^FINE@smith.example", "smith", "5035550123", false, true},
        {"5035550123@faxes.jones.example", "jones", "5035550123", false, false},
        {"check+5035550123@faxes.jones.example", "jones", "5035550123", true, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct address a = address(cases[i].text);
        struct recipient to;
        struct complaint why = {.text = ""};
        if (recipient_parse(&rules, &a, &to, &why) != RECIPIENT_OK)
            fail_msg("%s: %s", cases[i].text, why.text);
        assert_string_equal(to.box, cases[i].box);
        assert_int_equal(to.has_target, *cases[i].number != 0);
        assert_string_equal(to.target.number, cases[i].number);
        assert_int_equal(to.check, cases[i].check);
        assert_int_equal(flags_has(&to.target.flags, FLAG_FINE), cases[i].fine);
    }
}

static void wrong_recipient_is_told_what_works(void **state)
{
    struct address a = address("info@front.fax.example.com");
    struct recipient to;
    struct complaint why;
    assert_int_equal(recipient_parse(&rules, &a, &to, &why), RECIPIENT_BAD);
    assert_non_null(strstr(why.text, "number@front.fax.example.com"));
    assert_non_null(strstr(why.text, "front+number@fax.example.com"));
    static const char *const bad[] = {"check@fax.example.com",
                                      "front+@fax.example.com",
                                      "front+call@fax.example.com",
                                      "a.b@fax.example.com",
                                      "12@fax.example.com",
                                      "5035550123@a.b.fax.example.com",
                                      "5035550123^URGENT@front.fax.example.com",

                                      "5035550123@check.fax.example.com",
                                      "fax+x@smith.example",
                                      "info@faxes.jones.example"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        a = address(bad[i]);
        why.text[0] = 0;
        if (recipient_parse(&rules, &a, &to, &why) == RECIPIENT_OK)
            fail_msg("%s was taken: box \"%s\"", bad[i], to.box);
        assert_string_not_equal(why.text, "");
    }
}

static void other_domains_are_foreign(void **state)
{
    static const char *const foreign[] = {"5035550123@example.com", "5035550123@fax.example.com.evil.net",
                                          "5035550123@notfax.example.com", "other@smith.example",
                                          "x@[192.0.2.1]"};
    for (size_t i = 0; i < ARRAY_LEN(foreign); i++) {
        struct address a = address(foreign[i]);
        struct recipient to;
        struct complaint why;
        assert_int_equal(recipient_parse(&rules, &a, &to, &why), RECIPIENT_FOREIGN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read),
        cmocka_unit_test(malformed_addresses_are_refused),
        cmocka_unit_test(local_parts_reach_254_octets),
        cmocka_unit_test(addresses_are_compared_as_told),
        cmocka_unit_test(recipients_say_box_and_number),
        cmocka_unit_test(wrong_recipient_is_told_what_works),
        cmocka_unit_test(other_domains_are_foreign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
