/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What authenticators and browsers say, and our challenges. Signatures: tests/e2e/test_passkeys.py. */
#include "test.h"

#include <string.h>

#include "base/base64.h"
#include "proto/cbor.h"
#include "proto/webauthn.h"
#include "queue/passkey_challenges.h"

#define BYTES(...) span_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* ---- CBOR ---- */

static bool is_whole(struct span bytes)
{
    return cbor_skip(&bytes) && bytes.len == 0;
}

static void cbor_is_read_in_its_one_form(void **state)
{
    const struct span good[] = {BYTES(0x00),
                                BYTES(0x18, 24),
                                BYTES(0x19, 1, 0),
                                BYTES(0x3a, 0, 1, 0, 0),
                                BYTES(0x1b, 0, 0, 0, 1, 0, 0, 0, 0),
                                BYTES(0x43, 1, 2, 3),
                                BYTES(0x61, 'a'),
                                BYTES(0x82, 1, 2),
                                BYTES(0xa1, 1, 0xf5),
                                BYTES(0x81, 0x81, 0x81, 1)};
    const struct span bad[] = {BYTES(0x18, 23),     /* longer than it has to be */
                               BYTES(0x19, 0, 255), /* the same */
                               BYTES(0x1a, 0, 0, 255, 255),
                               BYTES(0x1b, 0, 0, 0, 0, 255, 255, 255, 255),
                               BYTES(0x18),                /* cut */
                               BYTES(0x43, 1, 2),          /* cut */
                               BYTES(0x5f, 0x41, 1, 0xff), /* a length that is not said */
                               BYTES(0x9f, 0xff),
                               BYTES(0xbf, 0xff),
                               BYTES(0x1c),
                               BYTES(0xc0, 0x00),       /* a tag */
                               BYTES(0xf9, 0x3c, 0x00), /* a fraction */
                               BYTES(0xf8, 0x20),
                               BYTES(0xf7),       /* undefined */
                               BYTES(0x61, 0xff), /* no UTF-8 */
                               BYTES(0x82, 1),    /* an element is missing */
                               BYTES(0xa1, 1),
                               BYTES(0x9b, 255, 255, 255, 255, 255, 255, 255, 255),
                               BYTES(0xbb, 128, 0, 0, 0, 0, 0, 0, 0),
                               BYTES(0x5b, 255, 255, 255, 255, 255, 255, 255, 255),
                               BYTES(0x81, 0x81, 0x81, 0x81, 0x81, 1)}; /* too deep */
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(is_whole(good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(is_whole(bad[i]));
}

static void map_is_searched(void **state)
{
    const struct span map = BYTES(0xa3, 1, 2, 0x20, 0x42, 7, 8, 0x61, 'k', 0xa0);
    const struct span twice = BYTES(0xa2, 1, 2, 1, 3);
    struct cbor_item item;
    struct span rest;
    assert_true(cbor_find_number(map, 1, &item, &rest));
    assert_int_equal(item.value, 2);
    assert_true(cbor_find_number(map, -1, &item, &rest));
    assert_true(span_equal(item.bytes, BYTES(7, 8)));
    assert_true(cbor_find_text(map, "k", &item, &rest));
    assert_int_equal(item.kind, CBOR_MAP);
    assert_false(cbor_find_number(map, 2, &item, &rest));
    assert_false(cbor_find_text(map, "", &item, &rest));
    assert_false(cbor_find_number(twice, 1, &item, &rest));
    assert_false(cbor_find_number(BYTES(0x81, 1), 1, &item, &rest));
}

/* ---- authenticator data ---- */

enum { HEAD = 37 };

static void authenticator_data_is_read_to_its_end(void **state)
{
    uint8_t data[200] = {[32] = WEBAUTHN_PRESENT, [35] = 1, [36] = 2};
    struct webauthn_data d;
    assert_true(webauthn_data_read(span_of(data, HEAD), &d));
    assert_int_equal(d.counter, 258);
    assert_false(webauthn_data_read(span_of(data, HEAD - 1), &d));
    assert_false(webauthn_data_read(span_of(data, HEAD + 1), &d)); /* something follows */
    data[32] = WEBAUTHN_PRESENT | WEBAUTHN_IS_COPIED;
    assert_false(webauthn_data_read(span_of(data, HEAD), &d));
    data[32] = WEBAUTHN_PRESENT | WEBAUTHN_HAS_EXTENSIONS;
    data[HEAD] = 0xa0;
    assert_true(webauthn_data_read(span_of(data, HEAD + 1), &d));
    data[HEAD] = 0x80;
    assert_false(webauthn_data_read(span_of(data, HEAD + 1), &d)); /* no map */
    /* 16 bytes of AAGUID, the length of the id, the id, a key */
    data[32] = WEBAUTHN_PRESENT | WEBAUTHN_HAS_KEY;
    memset(data + HEAD, 0, sizeof(data) - HEAD);
    data[HEAD + 17] = 2;
    data[HEAD + 18] = data[HEAD + 19] = 9;
    data[HEAD + 20] = 0xa0;
    assert_true(webauthn_data_read(span_of(data, HEAD + 21), &d));
    assert_true(span_equal(d.id, BYTES(9, 9)) && span_equal(d.key, BYTES(0xa0)));
    data[HEAD + 16] = 1; /* 258 bytes of id */
    assert_false(webauthn_data_read(span_of(data, HEAD + 21), &d));
    data[HEAD + 16] = data[HEAD + 17] = 0; /* none */
    assert_false(webauthn_data_read(span_of(data, HEAD + 21), &d));
}

static void key_is_of_a_kind_that_is_ours(void **state)
{
    uint8_t ed[10 + 32] = {0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32};
    struct webauthn_key k;
    assert_true(webauthn_key_read(span_of(ed, sizeof(ed)), &k));
    assert_int_equal(k.algorithm, WEBAUTHN_EDDSA);
    assert_int_equal(k.a.len, 32);
    assert_false(webauthn_key_read(span_of(ed, sizeof(ed) - 1), &k));
    ed[6] = 4; /* X25519 signs nothing */
    assert_false(webauthn_key_read(span_of(ed, sizeof(ed)), &k));
    assert_false(webauthn_key_read(BYTES(0xa0), &k));
    assert_false(webauthn_key_read(BYTES(0xa2, 1, 3, 3, 0x39, 1, 0), &k)); /* RSA without numbers */
}

/* ---- where ---- */

static void address_has_to_be_a_name(void **state)
{
    static const char *const good[][2] = {{"localhost:8080", "localhost"},
                                          {"Fax.Example.com", "fax.example.com"},
                                          {"fax.example.com:443", "fax.example.com"},
                                          {"fax-1.intern", "fax-1.intern"}};
    static const char *const bad[] = {
        "",    "127.0.0.1", "127.0.0.1:8080", "[::1]:8080", "a..b", ".a",    "a.",
        "a b", "a:b",       "a:99999",        "a/b",        "a@b",  "1.2.3", "caf\xc3\xa9"};
    char rp[WEBAUTHN_RP_MAX + 1];
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(webauthn_rp_of_host(good[i][0], rp));
        assert_string_equal(rp, good[i][1]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(webauthn_rp_of_host(bad[i], rp));
}

static void origin_is_that_of_the_address(void **state)
{
    assert_true(webauthn_origin_is("https://fax.example.com", "fax.example.com"));
    assert_true(webauthn_origin_is("https://fax.example.com", "fax.example.com:443"));
    assert_true(webauthn_origin_is("https://fax.example.com:8443", "FAX.example.com:8443"));
    assert_true(webauthn_origin_is("http://localhost:8080", "localhost:8080"));
    assert_false(webauthn_origin_is("http://fax.example.com", "fax.example.com"));
    assert_false(webauthn_origin_is("https://fax.example.com.evil.example", "fax.example.com"));
    assert_false(webauthn_origin_is("https://evil.fax.example.com", "fax.example.com"));
    assert_false(webauthn_origin_is("https://fax.example.com:444", "fax.example.com"));
    assert_false(webauthn_origin_is("http://localhost:8081", "localhost:8080"));
    assert_false(webauthn_origin_is("https://127.0.0.1", "127.0.0.1"));
    assert_false(webauthn_origin_is("android:apk-key-hash:x", "fax.example.com"));
    assert_false(webauthn_origin_is("", "fax.example.com"));
}

static void browsers_words_are_read_strictly(void **state)
{
    static struct webauthn_response r;
    struct webauthn_client c;
    static const char get[] =
        "{\"type\":\"public-key\",\"id\":\"AQ\",\"response\":{\"clientDataJSON\":\"e30\","
        "\"authenticatorData\":\"AAA\",\"signature\":\"_-8\",\"userHandle\":null}}";
    assert_true(webauthn_response_read(get, false, &r));
    assert_int_equal(r.id_len, 1);
    assert_true(span_equal(span_of(r.signature, r.signature_len), BYTES(0xff, 0xef)));
    assert_false(webauthn_response_read(get, true, &r));
    assert_false(webauthn_response_read("{\"type\":\"public-key\",\"id\":\"A+\"}", false, &r));
    assert_false(webauthn_response_read("[]", false, &r));
    assert_false(webauthn_client_read(span_str("{\"type\":\"a\",\"type\":\"b\"}"), &c));
    assert_false(webauthn_client_read(span_str("{\"crossOrigin\":\"false\"}"), &c));
    assert_true(webauthn_client_read(span_str("{\"type\":\"webauthn.get\",\"challenge\":\"AQI\"}"), &c));
    assert_int_equal(c.challenge_len, 2);
}

/* ---- challenges ---- */

static void challenge_is_good_once_for_what_it_was_made(void **state)
{
    struct passkey_challenges *c = passkey_challenges_new(), *other = passkey_challenges_new();
    const struct id ann = {{1}}, bob = {{2}};
    uint8_t bytes[PASSKEY_CHALLENGE_LEN];
    const struct span challenge = span_of(bytes, sizeof(bytes));
    passkey_challenge_make(c, PASSKEY_SECOND, ann, 1000, bytes);
    assert_true(passkey_challenge_fits(c, PASSKEY_SECOND, ann, 1000, challenge));
    assert_true(passkey_challenge_fits(c, PASSKEY_SECOND, ann, 1000 + PASSKEY_PATIENCE_MS, challenge));
    assert_false(passkey_challenge_fits(c, PASSKEY_SECOND, ann, 1001 + PASSKEY_PATIENCE_MS, challenge));
    assert_false(passkey_challenge_fits(c, PASSKEY_SECOND, bob, 1000, challenge));
    assert_false(passkey_challenge_fits(c, PASSKEY_ALONE, ann, 1000, challenge));
    assert_false(passkey_challenge_fits(other, PASSKEY_SECOND, ann, 1000, challenge));
    assert_false(passkey_challenge_fits(c, PASSKEY_SECOND, ann, 1000, span_of(bytes, sizeof(bytes) - 1)));
    assert_true(passkey_challenge_use(c, 1000, challenge));
    assert_false(passkey_challenge_fits(c, PASSKEY_SECOND, ann, 1000, challenge));
    bytes[0] ^= 1; /* in the future */
    assert_false(passkey_challenge_fits(c, PASSKEY_SECOND, ann, 1000, challenge));
    passkey_challenges_free(c);
    passkey_challenges_free(other);
}

static void used_challenges_are_forgotten_when_they_have_expired(void **state)
{
    struct passkey_challenges *c = passkey_challenges_new();
    uint8_t bytes[PASSKEY_CHALLENGE_LEN];
    const struct span challenge = span_of(bytes, sizeof(bytes));
    unsigned used = 0;
    do
        passkey_challenge_make(c, PASSKEY_ALONE, ID_NONE, 1000, bytes);
    while (passkey_challenge_use(c, 1000, challenge) && ++used < 100000);
    assert_in_range(used, 1000, 99999); /* there is an end of it */
    passkey_challenge_make(c, PASSKEY_ALONE, ID_NONE, 2000 + PASSKEY_PATIENCE_MS, bytes);
    assert_true(passkey_challenge_use(c, 2000 + PASSKEY_PATIENCE_MS, challenge));
    passkey_challenges_free(c);
}

static void base64_for_urls_has_one_text_for_one_value(void **state)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, 100);
    assert_true(base64url_encode(BYTES(0xff, 0xef, 0xfe, 0xff), &b));
    assert_string_equal(buf_text(&b), "_-_-_w");
    buf_reset(&b);
    assert_true(base64url_decode(span_str("_-_-_w"), &b));
    assert_true(span_equal(buf_span(&b), BYTES(0xff, 0xef, 0xfe, 0xff)));
    static const char *const bad[] = {"_-_-_w==", "_-_-_x", "A", "+A", "/A", "A A"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        buf_reset(&b);
        assert_false(base64url_decode(span_str(bad[i]), &b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cbor_is_read_in_its_one_form),
        cmocka_unit_test(map_is_searched),
        cmocka_unit_test(authenticator_data_is_read_to_its_end),
        cmocka_unit_test(key_is_of_a_kind_that_is_ours),
        cmocka_unit_test(address_has_to_be_a_name),
        cmocka_unit_test(origin_is_that_of_the_address),
        cmocka_unit_test(browsers_words_are_read_strictly),
        cmocka_unit_test(challenge_is_good_once_for_what_it_was_made),
        cmocka_unit_test(used_challenges_are_forgotten_when_they_have_expired),
        cmocka_unit_test(base64_for_urls_has_one_text_for_one_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
