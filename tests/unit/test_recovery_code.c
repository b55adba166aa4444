/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How the codes are written and read, and that each lets in its own user once. */
#include <string.h>

#include "queue_house.h"

#include "queue/recovery_codes.h"
#include "store/totp.h"

static void code_is_base32_in_groups_of_four(void **state)
{
    static const struct {
        uint8_t code[RECOVERY_CODE_BYTES];
        const char *text;
    } rows[] = {{"foobarfoob", "MZXW-6YTB-OJTG-633C"}, /* as Python's base64.b32encode says */
                {{0}, "AAAA-AAAA-AAAA-AAAA"},
                {{255, 255, 255, 255, 255, 255, 255, 255, 255, 255}, "7777-7777-7777-7777"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[RECOVERY_CODE_TEXT_LEN];
        uint8_t code[RECOVERY_CODE_BYTES];
        recovery_code_format(rows[i].code, text);
        assert_string_equal(text, rows[i].text);
        assert_true(recovery_code_parse(text, code));
        assert_memory_equal(code, rows[i].code, sizeof(code));
    }
}

static void it_is_read_as_people_type_it(void **state)
{
    static const char *const same[] = {"mzxw6ytb0jtg633c", " MZXW 6YTB OJTG 633C ", "m-z-x-w-6ytb-OJTG-633c"};
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        uint8_t code[RECOVERY_CODE_BYTES];
        assert_true(recovery_code_parse(same[i], code));
        assert_memory_equal(code, "foobarfoob", sizeof(code));
    }
}

static void what_is_none_is_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "287082",
                                        "-- --",
                                        "MZXW-6YTB-OJTG-633",
                                        "MZXW-6YTB-OJTG-633CA",
                                        "MZXW-6YTB-OJTG-6338",
                                        "MZXW-6YTB-OJTG-633\n",
                                        "MZXW_6YTB_OJTG_633C",
                                        "MZXW-6YTB-OJTG-63\303\274C"};
    uint8_t code[RECOVERY_CODE_BYTES];
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(recovery_code_parse(wrong[i], code));
}

/* ---- what is kept of them ---- */

static struct id add_user(struct house *h, const char *name)
{
    struct id user = id_new();
    (void)sql_run(h->queue.store.sql, "INSERT INTO user (id, tenant, name) VALUES (?1, ?2, ?3)", "ddt", user,
                  h->tenant, name);
    totp_begin(&h->queue.store, user, "sealed");
    totp_used(&h->queue.store, user, 1);
    return user;
}

static const char *nth(const char *text, size_t n)
{
    return text + n * RECOVERY_CODE_TEXT_LEN;
}

static bool fits(struct house *h, struct id user, const char *codes, size_t n)
{
    char code[RECOVERY_CODE_TEXT_LEN] = "";
    memcpy(code, nth(codes, n), sizeof(code) - 1);
    return recovery_code_fits(&h->queue, user, code, "198.51.100.7");
}

static void each_lets_in_its_own_user_once(void **state)
{
    struct house *h = *state;
    struct store *s = &h->queue.store;
    char codes[RECOVERY_CODES_TEXT_LEN], others[RECOVERY_CODES_TEXT_LEN];
    store_begin(s);
    struct id ann = add_user(h, "ann of the codes"), bob = add_user(h, "bob of the codes");
    recovery_codes_make(&h->queue, ann, codes);
    recovery_codes_make(&h->queue, bob, others);
    assert_int_equal(strlen(codes), RECOVERY_CODES_TEXT_LEN - 1);
    assert_int_equal(recovery_codes_left(s, ann), RECOVERY_CODES);
    assert_false(fits(h, bob, codes, 3));
    assert_true(fits(h, ann, codes, 3));
    assert_false(fits(h, ann, codes, 3));
    assert_true(fits(h, ann, codes, RECOVERY_CODES - 1));
    assert_int_equal(recovery_codes_left(s, ann), RECOVERY_CODES - 2);
    assert_int_equal(recovery_codes_left(s, bob), RECOVERY_CODES);
    assert_false(recovery_code_fits(&h->queue, ann, "287082", "198.51.100.7"));
    totp_drop(s, ann);
    assert_int_equal(recovery_codes_left(s, ann), 0);
    assert_false(fits(h, ann, codes, 0));
    assert_true(fits(h, bob, others, 0));
    store_commit(s);
}

static void new_ones_take_the_place_of_the_old(void **state)
{
    struct house *h = *state;
    char old[RECOVERY_CODES_TEXT_LEN], codes[RECOVERY_CODES_TEXT_LEN];
    store_begin(&h->queue.store);
    struct id ann = add_user(h, "ann of the codes");
    recovery_codes_make(&h->queue, ann, old);
    recovery_codes_make(&h->queue, ann, codes);
    for (size_t i = 0; i < RECOVERY_CODES; i++) {
        assert_false(fits(h, ann, old, i));
        assert_true(fits(h, ann, codes, i));
    }
    store_commit(&h->queue.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(code_is_base32_in_groups_of_four),
        cmocka_unit_test(it_is_read_as_people_type_it),
        cmocka_unit_test(what_is_none_is_refused),
        cmocka_unit_test_setup_teardown(each_lets_in_its_own_user_once, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(new_ones_take_the_place_of_the_old, house_setup, house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
