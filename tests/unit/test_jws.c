/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/str.h"
#include "net/bare_key.h"
#include "proto/jws.h"
#include "test.h"

/* ES256 is the example of RFC 7515 A.3 with its key; RS256 was signed by the openssl command. */
#define PAYLOAD                                                                                              \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define RS256                                                                                                \
    "eyJhbGciOiJSUzI1NiJ9." PAYLOAD "."                                                                      \
    "q5zRh-NDH_3iE8dKice-M8cfluij0mVp3p5fBjfYVjo4W7-"                                                        \
    "fxwecsvJyyNIEuIEOMdD1SOXIBqG9ambUpbTYrKjLt8aq_F7_mxG8gNBVz9B_aDoSL6vaFQayxtkywort5G-"                   \
    "w0qreqzz9AXjRDUwUSxKRup4h_nZRYrS9zkJRvGjCUSNxfzABbirrRTaAbflahWpPWzeRSRGi9rwhkiSVwLQncLGFS"             \
    "lhVWdGFBE7DWdeFJvAAe9gcCNn9BCJKHq7pwWihf3_PzdiPxGAJhJRVklLWy6g3c59ewoUDLjSN5uS-"                        \
    "UJiQ8l90o8j_Z4Er9Q3kStoJ-TUc6MiCA1_m-R2ZzA"
#define ES256                                                                                                \
    "eyJhbGciOiJFUzI1NiJ9." PAYLOAD                                                                          \
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
#define KEYS                                                                                                 \
    "{\"keys\":[null,{\"kty\":\"oct\",\"k\":\"AA\"},{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB"            \
    "\"},{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","           \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"},{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\""           \
    ":\"zzGjKzI3CSIXq33fjDlt8rV0sXk8iFf9TCcnUboCSususZ6o5mzROc3c7-7YUUXf9QtkAmb25qwlwzG9Y0W4JUlRT"           \
    "0z1mxfD5SnuR0g2Z6aqG6Te0Z-_PzHHi-4rA78Jn8De8wCJK9t58VSM1vhv3udTbCNZw8lxl9D3Tre1pGNtWloSDeTtm"           \
    "sbdhHU00pYCpgARvY0pRHUO6dOEdEvZAKbY-3h0wRleu0P4ytYfwIVvWn9NfvdtAAhZze8B8Kv4o7-BAULsloqXeKQF4"           \
    "fG3Iwa9ADkRHX84aFMUdxxazYnac6UiRj4UFKZgXArLkz26YSIVOyrpMJcUii1xeZeLuw\"}]}"

static bool verifies(const char *text)
{
    struct jws j;
    struct jwk k;
    size_t at = 0;
    bool good = false;
    if (!jws_parse(text, &j)) {
        jws_clear(&j);
        return false;
    }
    json_t *keys = json_loads(KEYS, 0, NULL);
    assert_non_null(keys);
    const struct span signature = span_of(j.signature, j.signature_len);
    while (!good && jwk_next(keys, &j, &at, &k)) {
        const struct span a = span_of(k.a, k.a_len), b = span_of(k.b, k.b_len);
        good = k.algorithm == JWS_RS256 ? bare_rsa_verifies(a, b, j.signed_part, signature)
                                        : bare_p256_verifies(a, b, j.signed_part, signature);
    }
    json_decref(keys);
    jws_clear(&j);
    return good;
}

static void sound_ones_verify(void **state)
{
    assert_true(verifies(RS256));
    assert_true(verifies(ES256));
}

static void spoilt_ones_do_not(void **state)
{
    static const size_t places[] = {25, 60, 130, 190};
    const char *const texts[] = {RS256, ES256};
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i < ARRAY_LEN(places); i++) {
            char text[1024];
            assert_true(str_copy(text, sizeof(text), texts[t]));
            text[places[i]] = text[places[i]] == 'A' ? 'B' : 'A';
            assert_false(verifies(text));
        }
}

static bool parses(const char *text)
{
    struct jws j;
    bool good = jws_parse(text, &j);
    jws_clear(&j);
    return good;
}

static void what_is_no_such_token_is_refused(void **state)
{
    assert_false(parses(""));
    assert_false(parses("a.b"));
    assert_false(parses("eyJhbGciOiJub25lIn0.e30."));                        /* alg none */
    assert_false(parses("eyJhbGciOiJub25lIn0.e30.AAAA"));                    /* the same, signed */
    assert_false(parses("eyJhbGciOiJIUzI1NiJ9.e30.AAAA"));                   /* HS256 */
    assert_false(parses("eyJhbGciOiJSUzI1NiIsImNyaXQiOlsiYiJdfQ.e30.AAAA")); /* crit */
    assert_false(parses("eyJhbGciOiJSUzI1NiJ9.W10.AAAA"));                   /* no object */
    assert_false(parses("eyJhbGciOiJSUzI1NiJ9.e30.AAAA.AAAA"));
    assert_false(parses("eyJhbGciOiJSUzI1NiJ9=.e30.AAAA"));
    assert_true(parses("eyJhbGciOiJSUzI1NiJ9.e30.AAAA"));
}

static const char *fault(const char *claims)
{
    const struct id_token_wants wants = {
        .issuer = "https://idp.example", .client = "fax", .nonce = "n", .now_s = 1000000};
    json_t *json = json_loads(claims, 0, NULL);
    assert_non_null(json);
    const char *why = id_token_fault(json, &wants);
    json_decref(json);
    return why;
}

#define GOOD "\"iss\":\"https://idp.example\",\"sub\":\"s\""

static void token_has_to_be_ours_and_of_now(void **state)
{
    assert_null(fault("{" GOOD ",\"aud\":\"fax\",\"nonce\":\"n\",\"exp\":1000300,\"iat\":1000000.5}"));
    assert_null(
        fault("{" GOOD ",\"aud\":[\"fax\"],\"azp\":\"fax\",\"nonce\":\"n\",\"exp\":999980,\"iat\":999000}"));
    static const char *const wrong[] = {
        "{}",
        "{" GOOD ",\"aud\":\"fax\",\"nonce\":\"n\",\"exp\":999900,\"iat\":999000}",
        "{" GOOD ",\"aud\":\"fax\",\"nonce\":\"n\",\"exp\":\"1000300\",\"iat\":999000}",
        "{" GOOD ",\"aud\":\"fax\",\"nonce\":\"n\",\"iat\":999000}",
        "{" GOOD ",\"aud\":\"fax\",\"nonce\":\"n\",\"exp\":1000300}",
        "{" GOOD ",\"aud\":\"fax\",\"nonce\":\"n\",\"exp\":1000300,\"iat\":1001000}",
        "{" GOOD ",\"aud\":\"fax\",\"nonce\":\"n\",\"exp\":1000300,\"iat\":999000,\"nbf\":1000200}",
        "{" GOOD ",\"aud\":\"fax2\",\"nonce\":\"n\",\"exp\":1000300,\"iat\":999000}",
        "{" GOOD ",\"aud\":[\"fax\",\"x\"],\"nonce\":\"n\",\"exp\":1000300,\"iat\":999000}",
        "{" GOOD ",\"aud\":[\"fax\"],\"azp\":\"x\",\"nonce\":\"n\",\"exp\":1000300,\"iat\":999000}",
        "{" GOOD ",\"aud\":\"fax\",\"nonce\":\"m\",\"exp\":1000300,\"iat\":999000}",
        "{" GOOD ",\"aud\":\"fax\",\"exp\":1000300,\"iat\":999000}",
        "{\"iss\":\"https://idp.example/"
        "\",\"sub\":\"s\",\"aud\":\"fax\",\"nonce\":\"n\",\"exp\":1000300,\"iat\":999000}",
        "{\"iss\":\"https://idp.example\",\"aud\":\"fax\",\"nonce\":\"n\",\"exp\":1000300,\"iat\":999000}",
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_non_null(fault(wrong[i]));
}

/* AWS Cognito says email_verified as a text. */
static void what_denies_as_text_denies(void **state)
{
    json_t *claims = json_loads(
        "{\"a\":true,\"b\":\"true\",\"c\":false,\"d\":\"false\",\"e\":null,\"f\":0,\"g\":[]}", 0, NULL);
    static const char *const yes[] = {"a", "b", "none of this name"}, *const no[] = {"c", "d", "e", "f", "g"};
    for (size_t i = 0; i < ARRAY_LEN(yes); i++)
        assert_false(claim_denies(json_object_get(claims, yes[i])));
    for (size_t i = 0; i < ARRAY_LEN(no); i++)
        assert_true(claim_denies(json_object_get(claims, no[i])));
    json_decref(claims);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_ones_verify),
        cmocka_unit_test(spoilt_ones_do_not),
        cmocka_unit_test(what_is_no_such_token_is_refused),
        cmocka_unit_test(token_has_to_be_ours_and_of_now),
        cmocka_unit_test(what_denies_as_text_denies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
