/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "test.h"

#include "base/str.h"
#include "web/rate.h"

static const struct rate limit = {.burst = 5, .per_second = 2};

static void many_at_once_then_so_many_a_second(void **state)
{
    struct rates *r = rates_new();
    for (int i = 0; i < 5; i++)
        assert_int_equal(rate_wait_s(r, "a", &limit, 1000), 0);
    assert_int_equal(rate_wait_s(r, "a", &limit, 1000), 1);
    assert_int_equal(rate_wait_s(r, "a", &limit, 1499), 1);
    assert_int_equal(rate_wait_s(r, "a", &limit, 1500), 0);
    assert_int_equal(rate_wait_s(r, "a", &limit, 1500), 1);
    assert_int_equal(rate_wait_s(r, "b", &limit, 1500), 0); /* somebody else */
    for (int i = 0; i < 5; i++)
        assert_int_equal(rate_wait_s(r, "a", &limit, 3600000), 0); /* no more than a burst is saved up */
    assert_int_not_equal(rate_wait_s(r, "a", &limit, 3600000), 0);
    rates_free(r);
}

static void endless_names_take_no_endless_memory(void **state)
{
    struct rates *r = rates_new();
    for (int i = 0; i < 5; i++)
        assert_int_equal(rate_wait_s(r, "first", &limit, 0), 0);
    for (int i = 0; i < 10000; i++) {
        char who[16];
        (void)str_format(who, sizeof(who), "%d", i);
        assert_int_equal(rate_wait_s(r, who, &limit, 0), 0);
    }
    assert_int_equal(rate_wait_s(r, "first", &limit, 0), 0); /* was forgotten */
    rates_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_at_once_then_so_many_a_second),
        cmocka_unit_test(endless_names_take_no_endless_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
