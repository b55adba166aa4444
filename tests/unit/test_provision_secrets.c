/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Passwords and PINs of a provisioning file: sealed or hashed in the store, never shown. */
#include <string.h>

#include "provision_place.h"

#include "base/scope.h"
#include "base/str.h"

/* A password lies sealed in the store and comes out sealed; it opens with the key of the role only. */
static void password_is_sealed(void **state)
{
    struct place *p = *state;
    struct trunk *t = arena_alloc(&p->arena, sizeof(*t));
    unsigned char plain[64];
    SCOPED_BUF struct buf exported;
    buf_init(&exported, 1 << 20);
    assert_int_equal(apply(p, HOUSE, false), 200);
    assert_int_equal(config_trunks(&p->store, &p->arena, t, 1), 1);
    assert_int_equal(t->secret.len, 11 + crypto_box_SEALBYTES);
    assert_int_equal(crypto_box_seal_open(plain, t->secret.data, t->secret.len, p->line_pub, p->line_key), 0);
    assert_memory_equal(plain, "open sesame", 11);
    provision_export(&p->store, &exported);
    assert_null(strstr(buf_text(&exported), "sesame"));
    assert_null(strstr(buf_text(&exported), "knock"));
    assert_non_null(strstr(buf_text(&exported), "\"sealed\""));
}

static void other_password_is_a_change(void **state)
{
    struct place *p = *state;
    struct trunk t;
    static const char other[] = "{\"trunks\": [{\"name\": \"pbx\", \"password\": \"other\"}]}";
    assert_int_equal(apply(p, HOUSE, false), 200);
    assert_int_equal(apply(p, other, false), 200);
    assert_int_equal(changed(p), 1);
    assert_int_equal(apply(p, other, false), 200);
    assert_int_equal(changed(p), 0);
    assert_int_equal(apply(p, "{\"trunks\": [{\"name\": \"pbx\", \"password\": \"\"}]}", false), 200);
    assert_int_equal(changed(p), 1);
    assert_int_equal(config_trunks(&p->store, &p->arena, &t, 1), 1);
    assert_int_equal(t.secret.len, 0);
}

static void password_never_stands_in_an_error(void **state)
{
    struct place *p = *state;
    assert_int_equal(
        apply(p,
              "{\"trunks\": [{\"name\": \"pbx\", \"peer\": \"x\", \"password\": {\"plain\": \"hunter2\"}}],"
              "\"mail_server\": {\"host\": \"h\", \"password\": 7}}",
              false),
        422);
    assert_null(strstr(buf_text(&p->result), "hunter2"));
    assert_non_null(strstr(error_at(p, "mail_server.password"), "needs a text"));
}

/* proves: S2.9 */
static void pin_is_stored_as_a_hash_that_travels(void **state)
{
    struct place *p = *state;
    SCOPED_BUF struct buf shown;
    buf_init(&shown, 1 << 20);
    static const char with_pin[] =
        "{\"faxboxes\":[{\"id\":\"back\",\"authentication\":\"pin\",\"pin\":\"471147\"}]}";
    assert_int_equal(apply(p, HOUSE, false), 200);
    assert_error(p, "{\"faxboxes\":[{\"id\":\"back\",\"authentication\":\"pin\"}]}", "faxboxes[0].pin",
                 "is missing");
    static const char *const bad[] = {"\"123\"", "\"1234567890123\"", "\"12a4\"", "4711",
                                      "{\"hash\":\"4711\"}"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char file[200];
        (void)str_format(file, sizeof(file), "{\"faxboxes\":[{\"id\":\"back\",\"pin\":%s}]}", bad[i]);
        assert_error(p, file, "faxboxes[0].pin", "needs 4 to 12 digits");
        assert_null(strstr(buf_text(&p->result), "12a4"));
    }
    assert_int_equal(apply(p, with_pin, false), 200);
    assert_int_equal(changed(p), 1);
    assert_int_equal(apply(p, with_pin, false), 200);
    assert_int_equal(changed(p), 0);
    provision_export(&p->store, &shown);
    assert_null(strstr(buf_text(&shown), "471147"));
    assert_non_null(strstr(buf_text(&shown), "$argon2id$"));
    assert_int_equal(apply(p, buf_text(&shown), false), 200);
    assert_int_equal(changed(p), 0);
    assert_int_equal(
        apply(p, "{\"faxboxes\":[{\"id\":\"back\",\"authentication\":\"none\",\"pin\":\"\"}]}", false), 200);
}

/* Of a few digits a hash would tell them. */
static void fax_password_is_sealed_without_a_hash_beside_it(void **state)
{
    struct place *p = *state;
    SCOPED_BUF struct buf shown;
    buf_init(&shown, 1 << 20);
    static const char with_password[] = "{\"faxboxes\":[{\"id\":\"back\",\"fax_password\":\"471147*\"}]}";
    assert_int_equal(apply(p, HOUSE, false), 200);
    assert_error(p, "{\"faxboxes\":[{\"id\":\"back\",\"fax_password\":\"12a4\"}]}",
                 "faxboxes[0].fax_password", "needs up to 20 of digits");
    assert_null(strstr(buf_text(&p->result), "12a4"));
    assert_int_equal(apply(p, with_password, false), 200);
    assert_int_equal(changed(p), 1);
    assert_int_equal(apply(p, with_password, false), 200);
    assert_int_equal(changed(p), 0);
    provision_export(&p->store, &shown);
    assert_null(strstr(buf_text(&shown), "471147"));
    assert_int_equal(apply(p, buf_text(&shown), false), 200);
    assert_int_equal(changed(p), 0);
    assert_int_equal(
        sql_get_int(p->store.sql, -1, "SELECT count(*) FROM meta WHERE key LIKE '%fax_password%'", ""), 0);
    assert_int_equal(apply(p, "{\"faxboxes\":[{\"id\":\"back\",\"fax_password\":\"\"}]}", false), 200);
    assert_int_equal(changed(p), 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(password_is_sealed),
        CASE(other_password_is_a_change),
        CASE(password_never_stands_in_an_error),
        CASE(fax_password_is_sealed_without_a_hash_beside_it),
        CASE(pin_is_stored_as_a_hash_that_travels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
