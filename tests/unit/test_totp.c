/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "test.h"

#include "proto/totp.h"

static const uint8_t secret[] = "12345678901234567890";

/* RFC 6238, appendix B, the last six digits. */
static void codes_are_those_of_the_rfc(void **state)
{
    static const struct {
        uint64_t seconds;
        unsigned code;
    } rows[] = {{59, 287082},       {1111111109, 81804},  {1111111111, 50471},
                {1234567890, 5924}, {2000000000, 279037}, {20000000000, 353130}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(totp_code(secret, rows[i].seconds / 30), rows[i].code);
}

static void code_fits_a_step_off_and_once(void **state)
{
    uint64_t step = 0;
    assert_true(totp_fits(secret, "287082", 1, 0, &step));
    assert_int_equal(step, 1);
    assert_true(totp_fits(secret, "287 082", 2, 0, &step));
    assert_true(totp_fits(secret, "287082", 0, 0, &step));
    assert_false(totp_fits(secret, "287082", 3, 0, &step));
    assert_false(totp_fits(secret, "287082", 1, 1, &step)); /* used already */
}

static void what_is_no_code_fits_nothing(void **state)
{
    static const char *const wrong[] = {"", "28708", "2870820", "28708a", "-287082", "287082\n", "      "};
    uint64_t step;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(totp_fits(secret, wrong[i], 1, 0, &step));
}

static void secret_is_written_as_authenticators_read_it(void **state)
{
    char text[TOTP_BASE32_LEN];
    totp_base32(secret, text);
    assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_those_of_the_rfc),
        cmocka_unit_test(code_fits_a_step_off_and_once),
        cmocka_unit_test(what_is_no_code_fits_nothing),
        cmocka_unit_test(secret_is_written_as_authenticators_read_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
