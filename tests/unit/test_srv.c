/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "test.h"

#include "proto/srv.h"

#define RECORD(text) span_of(text, sizeof(text) - 1)

static void a_record_is_read(void **state)
{
    struct srv s;
    assert_true(srv_parse(RECORD("\0\x0a\0\x3c\x13\xc4\3SIP\7example\0"), &s));
    assert_int_equal(s.priority, 10);
    assert_int_equal(s.weight, 60);
    assert_int_equal(s.port, 5060);
    assert_string_equal(s.target, "sip.example");
}

static void nonsense_and_no_such_service_are_none(void **state)
{
    struct srv s;
    assert_false(srv_parse(RECORD("\0\x0a\0\x3c\x13\xc4\0"), &s));           /* "." (RFC 2782) */
    assert_false(srv_parse(RECORD("\0\x0a\0\x3c\0\0\3sip\7example\0"), &s)); /* port 0 */
    assert_false(srv_parse(RECORD("\0\x0a\0\x3c\x13\xc4\3sip\7exam"), &s));  /* cut */
    assert_false(srv_parse(RECORD("\0\x0a\0\x3c\x13\xc4\3s p\7example\0"), &s));
    assert_false(srv_parse(RECORD("\0\x0a"), &s));
}

static uint32_t lot;

static uint32_t drawn(uint32_t below)
{
    return lot < below ? lot : below - 1;
}

static void the_order_is_by_priority_then_by_lot(void **state)
{
    struct srv list[] = {{.priority = 20, .weight = 1, .port = 1},
                         {.priority = 10, .weight = 60, .port = 2},
                         {.priority = 10, .weight = 0, .port = 3},
                         {.priority = 10, .weight = 20, .port = 4}};
    lot = 60; /* the last lot of the first */
    srv_order(list, 4, drawn);
    assert_int_equal(list[0].port, 2);
    assert_int_equal(list[3].port, 1);
    lot = 1000;
    srv_order(list, 4, drawn);
    assert_int_equal(list[3].port, 1);
    lot = 0;
    struct srv equal[] = {{.port = 1}, {.port = 2}};
    srv_order(equal, 2, drawn);
    assert_int_equal(equal[0].port, 1);
    lot = 1;
    srv_order(equal, 2, drawn);
    assert_int_equal(equal[0].port, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_read),
        cmocka_unit_test(nonsense_and_no_such_service_are_none),
        cmocka_unit_test(the_order_is_by_priority_then_by_lot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
