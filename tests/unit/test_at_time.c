/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Moments as people write them for at(1) and sendfax(1). */
#include <stdlib.h>
#include <time.h>

#include "test.h"

#include "base/attr.h"
#include "base/str.h"
#include "cli/at_time.h"

/* Sunday, 22 November 2026, 14:30:10 in Berlin. */
enum { NOW = 1795354210 };

static int set_zone(void **state)
{
    (void)setenv("TZ", "Europe/Berlin", 1);
    tzset();
    return 0;
}

static void assert_is(const char *text, const char *expected)
{
    char got[40] = "none";
    struct tm t;
    time_t at;
    if (at_time_parse(text, NOW, &at)) {
        assert_non_null(localtime_r(&at, &t));
        assert_true(strftime(got, sizeof(got), "%Y-%m-%d %H:%M:%S", &t) > 0);
    }
    if (!str_equal(got, expected))
        fail_msg("\"%s\": %s instead of %s", text, got, expected);
}

static void now_and_later(void **state)
{
    assert_is("now", "2026-11-22 14:30:10");
    assert_is("NOW + 30 minutes", "2026-11-22 15:00:10");
    assert_is("now+1hour", "2026-11-22 15:30:10");
    assert_is("now + 2 days", "2026-11-24 14:30:10");
    assert_is("now + 1 week", "2026-11-29 14:30:10");
}

static void the_next_such_moment(void **state)
{
    assert_is("15:00", "2026-11-22 15:00:00");
    assert_is("14:00", "2026-11-23 14:00:00");
    assert_is("2:45 PM", "2026-11-22 14:45:00");
    assert_is("12:10 am", "2026-11-23 00:10:00");
    assert_is("1745", "2026-11-22 17:45:00");
    assert_is("9 tomorrow", "2026-11-23 09:00:00");
    assert_is("8:00 Dec 24", "2026-12-24 08:00:00");
    assert_is("8:00 march 1", "2027-03-01 08:00:00");
    assert_is("9:00 monday", "2026-11-23 09:00:00");
    assert_is("9:00 sun", "2026-11-29 09:00:00");
    assert_is("15:00 sunday", "2026-11-22 15:00:00");
}

/* The clock goes back and forth where people live. */
static void summer_time_keeps_the_hour(void **state)
{
    assert_is("9:00 jul 1", "2027-07-01 09:00:00");
}

static void what_is_no_moment(void **state)
{
    static const char *const texts[] = {
        "",         "soon",        "25:00",     "12:60",       "13 pm",
        "0 am",     "now + ",      "now 3",     "now + 5 xyz", "now + 9999 weeks",
        "8:00 dec", "8:00 dec 32", "8:00 blah", "99999",       "now + 500 months"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_is(texts[i], "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(now_and_later, set_zone, NULL),
        cmocka_unit_test_setup_teardown(the_next_such_moment, set_zone, NULL),
        cmocka_unit_test_setup_teardown(summer_time_keeps_the_hour, set_zone, NULL),
        cmocka_unit_test_setup_teardown(what_is_no_moment, set_zone, NULL),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
