/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/hex.h"
#include "base/str.h"
#include "proto/ldap_account.h"
#include "proto/ldap_filter.h"
#include "proto/ldap_message.h"
#include "test.h"

static bool takes(const char *text)
{
    uint8_t bytes[LDAP_FILTER_MAX];
    struct ber_writer w = ber_writer_of(bytes, sizeof(bytes));
    return ldap_filter_write(text, &w);
}

static void filters_are_written(void **state)
{
    uint8_t bytes[LDAP_FILTER_MAX];
    char hex[200];
    struct ber_writer w = ber_writer_of(bytes, sizeof(bytes));
    assert_true(ldap_filter_write("(cn=a\\2a)", &w));
    hex_format(bytes, w.len, hex);
    assert_string_equal(hex, "a38400000010"
                             "048400000002636e"
                             "048400000002612a");
}

static void filters_of_the_rfc_are_taken(void **state)
{
    static const char *const good[] = {
        "(cn=Babs Jensen)",
        "(!(cn=Tim Howes))",
        "(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))",
        "(o=univ*of*mich*)",
        "(seeAlso=)",
        "(cn:caseExactMatch:=Fred Flintstone)",
        "(cn:=Betty Rubble)",
        "(sn:dn:2.4.6.8.10:=Barney Rubble)",
        "(o:dn:=Ace Industry)",
        "(:1.2.3:=Wilma Flintstone)",
        "(:DN:2.4.6.8.10:=Dino)",
        "(o=Parens R Us \\28for all your parenthetical needs\\29)",
        "(bin=\\00\\00\\00\\04)",
        "(mail=*)",
        "(age>=3)",
        "(!(userAccountControl:1.2.840.113556.1.4.803:=2))",
    };
    static const char *const bad[] = {
        "",        "cn=a",    "(cn=a",    "(cn=a))", "()",    "(&)",    "(!(a=b)(c=d))", "(=a)",
        "(a b=c)", "(a=\\2)", "(a=\\zz)", "(a=b(c)", "(:=x)", "(a=**)", "(a>=b*)",
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        if (!takes(good[i]))
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (takes(bad[i]))
            fail_msg("%s", bad[i]);
}

static void filter_does_not_nest_for_ever(void **state)
{
    char text[400] = "";
    size_t n = 0;
    for (int i = 0; i < 100; i++, n += 2)
        (void)str_copy(text + n, sizeof(text) - n, "(!");
    assert_false(takes(text));
}

static void numbers_go_there_and_back(void **state)
{
    static const uint32_t numbers[] = {0, 1, 127, 128, 255, 256, 65535, 0x7fffffff, 0x80000000, 0xffffffff};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        uint8_t bytes[20];
        struct ber_writer w = ber_writer_of(bytes, sizeof(bytes));
        struct span left, value;
        uint32_t back;
        ber_put_number(&w, BER_INTEGER, numbers[i]);
        left = span_of(bytes, w.len);
        assert_true(ber_take_tag(&left, BER_INTEGER, &value) && ber_number(value, &back));
        assert_int_equal(back, numbers[i]);
        assert_int_equal(left.len, 0);
    }
}

static void entry_is_read(void **state)
{
    uint8_t bytes[200];
    struct ber_writer w = ber_writer_of(bytes, sizeof(bytes));
    size_t whole = ber_open(&w, BER_SEQUENCE);
    ber_put_number(&w, BER_INTEGER, 2);
    size_t entry = ber_open(&w, LDAP_ENTRY);
    ber_put(&w, BER_OCTETS, span_str("cn=a,c=b"));
    size_t list = ber_open(&w, BER_SEQUENCE), one = ber_open(&w, BER_SEQUENCE);
    ber_put(&w, BER_OCTETS, span_str("mail"));
    size_t set = ber_open(&w, BER_SET);
    ber_put(&w, BER_OCTETS, span_str("a@example.com"));
    ber_put(&w, BER_OCTETS, span_str("b@example.com"));
    ber_close(&w, set);
    ber_close(&w, one);
    ber_close(&w, list);
    ber_close(&w, entry);
    ber_close(&w, whole);
    struct ldap_message m;
    size_t used;
    struct span name, values, value;
    for (size_t len = 0; len < w.len; len++)
        assert_int_equal(ldap_read(span_of(bytes, len), &m, &used), LDAP_MORE);
    assert_int_equal(ldap_read(span_of(bytes, w.len), &m, &used), LDAP_ONE);
    assert_int_equal(used, w.len);
    assert_int_equal(m.id, 2);
    assert_int_equal(m.operation, LDAP_ENTRY);
    assert_true(span_equal(m.dn, span_str("cn=a,c=b")));
    assert_true(ldap_next_attribute(&m.attributes, &name, &values));
    assert_true(span_equal(name, span_str("mail")));
    assert_true(ldap_next_value(&values, &value) && span_equal(value, span_str("a@example.com")));
    assert_true(ldap_next_value(&values, &value) && span_equal(value, span_str("b@example.com")));
    assert_false(ldap_next_value(&values, &value));
    assert_false(ldap_next_attribute(&m.attributes, &name, &values));
}

static void nonsense_is_not_read(void **state)
{
    static const char *const bad[] = {"1f00",         "3080",       "30850000000001",
                                      "308400ffffff", "3003020101", "300002"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        uint8_t bytes[20];
        struct ldap_message m;
        size_t used, len = strlen(bad[i]) / 2;
        assert_true(hex_parse(bad[i], bytes, len));
        assert_int_equal(ldap_read(span_of(bytes, len), &m, &used), LDAP_BAD);
    }
}

/* ---- accounts ---- */

static bool locks(const char *name, const char *value)
{
    enum { NOW_S = 1800000000 }; /* 2027-01-15 */
    return ldap_account_is_locked_by(span_str(name), span_str(value), NOW_S * 1000LL);
}

static void locked_accounts_are_known(void **state)
{
    static const struct {
        const char *name, *value;
        bool locks;
    } rows[] = {{"userAccountControl", "514", true},
                {"USERACCOUNTCONTROL", "512", false},
                {"userAccountControl", "x2", false},
                {"userAccountControl", "99999999999999999999999", false},
                {"msDS-User-Account-Control-Computed", "16", true},
                {"msDS-User-Account-Control-Computed", "8388608", false}, /* the password is old */
                {"accountExpires", "0", false},
                {"accountExpires", "9223372036854775807", false},
                {"accountExpires", "134444736000010000", false}, /* 2027-01-15T08:00:00 and a little */
                {"accountExpires", "132444736000000000", true},
                {"pwdAccountLockedTime", "000001010000Z", true},
                {"pwdAccountLockedTime", "20270101000000Z", true},
                {"pwdAccountLockedTime", "", false},
                {"nsAccountLock", "true", true},
                {"nsAccountLock", "FALSE", false},
                {"loginDisabled", "TRUE", true},
                {"shadowExpire", "-1", false},
                {"shadowExpire", "0", false},
                {"shadowExpire", "20000", true},
                {"shadowExpire", "30000", false},
                {"sambaAcctFlags", "[UD         ]", true},
                {"sambaAcctFlags", "[U          ]", false},
                {"description", "TRUE", false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (locks(rows[i].name, rows[i].value) != rows[i].locks)
            fail_msg("%s: %s", rows[i].name, rows[i].value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_are_written),
        cmocka_unit_test(filters_of_the_rfc_are_taken),
        cmocka_unit_test(filter_does_not_nest_for_ever),
        cmocka_unit_test(numbers_go_there_and_back),
        cmocka_unit_test(entry_is_read),
        cmocka_unit_test(nonsense_is_not_read),
        cmocka_unit_test(locked_accounts_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
