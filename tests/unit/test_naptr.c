/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "test.h"

#include "proto/naptr.h"

#define RECORD(text) span_of(text, sizeof(text) - 1)
#define HEAD         "\0\x0a\0\x14\1S\7"
#define NAME         "\4_sip\4_udp\7example\0"

static void a_record_is_read(void **state)
{
    struct naptr n;
    assert_true(naptr_parse(RECORD(HEAD "SIP+d2u\0" NAME), "SIP+D2U", &n));
    assert_int_equal(n.order, 10);
    assert_int_equal(n.preference, 20);
    assert_string_equal(n.name, "_sip._udp.example");
}

static void what_leads_to_no_srv_record_of_that_service_is_none(void **state)
{
    struct naptr n;
    assert_false(naptr_parse(RECORD(HEAD "SIP+D2T\0" NAME), "SIP+D2U", &n));
    assert_false(naptr_parse(RECORD("\0\x0a\0\x14\1u\7SIP+D2U\0" NAME), "SIP+D2U", &n));
    assert_false(naptr_parse(RECORD("\0\x0a\0\x14\0\7SIP+D2U\0" NAME), "SIP+D2U", &n));
    assert_false(naptr_parse(RECORD(HEAD "SIP+D2U\3!.!" NAME), "SIP+D2U", &n)); /* an expression */
    assert_false(naptr_parse(RECORD(HEAD "SIP+D2U\0\0"), "SIP+D2U", &n));       /* the root */
    const struct span whole = RECORD(HEAD "SIP+D2U\0" NAME);
    for (size_t len = 0; len < whole.len - 1; len++)
        assert_false(naptr_parse(span_of(whole.data, len), "SIP+D2U", &n));
}

static void the_order_is_by_order_then_by_preference(void **state)
{
    struct naptr list[] = {{20, 1, "c"}, {10, 9, "b"}, {10, 2, "a"}, {20, 1, "d"}};
    naptr_order(list, ARRAY_LEN(list));
    for (size_t i = 0; i < ARRAY_LEN(list); i++)
        assert_int_equal(list[i].name[0], 'a' + (char)i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_read),
        cmocka_unit_test(what_leads_to_no_srv_record_of_that_service_is_none),
        cmocka_unit_test(the_order_is_by_order_then_by_preference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
