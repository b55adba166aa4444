/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SCRAM, both sides: the examples of the RFCs, and what a stranger may try. */
#include <string.h>

#include "test.h"

#include "base/base64.h"
#include "base/str.h"
#include "mail/scram_hash.h"

struct example {
    const struct scram_hash *hash;
    const char *client_nonce, *server_nonce, *salt;
    const char *first, *challenge, *proof, *final;
};

/* RFC 5802 §5, RFC 7677 §3; user "user", password "pencil". */
static const struct example examples[] = {
    {&scram_sha_1, "fyko+d2lbbFgONRv9qkxdawL", "3rfcNHYJY1ZVvWVs7j", "QSXCR+Q6sek8bf92",
     "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
     "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
     "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
     "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="},
    {&scram_sha_256, "rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
     "W22ZaJ0SNY7soEsUEjb6gQ==", "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
     "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
     "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
     "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
     "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
};

static void derive(const struct example *e, const char *password, struct scram_keys *keys)
{
    SCOPED_BUF struct buf salt;
    buf_init(&salt, 100);
    assert_true(base64_decode(span_str(e->salt), &salt));
    scram_derive(e->hash, password, buf_span(&salt), 4096, keys);
}

static void both_sides_say_what_the_rfcs_say(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        const struct example *e = &examples[i];
        struct scram_client c;
        struct scram_server s;
        struct scram_keys keys;
        SCOPED_BUF struct buf first, challenge, proof, final;
        buf_init(&first, 1000);
        buf_init(&challenge, 1000);
        buf_init(&proof, 1000);
        buf_init(&final, 1000);
        derive(e, "pencil", &keys);
        scram_client_start(&c, e->hash, "user", e->client_nonce, &first);
        assert_string_equal(buf_text(&first), e->first);
        assert_int_equal(scram_server_start(&s, e->hash, buf_span(&first)), SCRAM_OK);
        assert_string_equal(s.user, "user");
        assert_int_equal(scram_server_challenge(&s, &keys, e->server_nonce, &challenge), SCRAM_OK);
        assert_string_equal(buf_text(&challenge), e->challenge);
        assert_int_equal(scram_client_prove(&c, buf_span(&challenge), "pencil", &proof), SCRAM_OK);
        assert_string_equal(buf_text(&proof), e->proof);
        assert_int_equal(scram_server_verify(&s, &keys, buf_span(&proof), &final), SCRAM_OK);
        assert_string_equal(buf_text(&final), e->final);
        assert_int_equal(scram_client_finish(&c, buf_span(&final)), SCRAM_OK);
        assert_int_equal(scram_client_finish(&c, span_str("v=AAAA")), SCRAM_DENIED);
        assert_int_equal(scram_client_finish(&c, span_str("e=invalid-proof")), SCRAM_DENIED);
        assert_int_equal(scram_client_finish(&c, span_str("")), SCRAM_NONSENSE);
        scram_client_clear(&c);
        scram_server_clear(&s);
    }
}

static enum scram_result proof_of(const struct example *e, const char *password, const char *proof)
{
    struct scram_server s;
    struct scram_keys keys;
    SCOPED_BUF struct buf out;
    buf_init(&out, 1000);
    derive(e, password, &keys);
    assert_int_equal(scram_server_start(&s, e->hash, span_str(e->first)), SCRAM_OK);
    assert_int_equal(scram_server_challenge(&s, &keys, e->server_nonce, &out), SCRAM_OK);
    buf_reset(&out);
    enum scram_result r = scram_server_verify(&s, &keys, span_str(proof), &out);
    assert_true(r == SCRAM_OK || out.len == 0);
    scram_server_clear(&s);
    return r;
}

static void server_lets_nobody_in_without_the_password(void **state)
{
    const struct example *e = &examples[1];
    assert_int_equal(proof_of(e, "pencil", e->proof), SCRAM_OK);
    assert_int_equal(proof_of(e, "pencils", e->proof), SCRAM_DENIED);
    assert_int_equal(proof_of(e, "pencil", "c=biws,r=other,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="),
                     SCRAM_DENIED);
    /* "y,," where "n,," began: somebody took channel binding out. */
    assert_int_equal(proof_of(e, "pencil", "c=eSws,r=x,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="),
                     SCRAM_NONSENSE);
    static const char *const bad[] = {
        "", "p=", ",p=AAAA", "c=biws,r=x", "c=biws,r=x,p=AAAA", "c=biws,r=x,p=!"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(proof_of(e, "pencil", bad[i]), SCRAM_NONSENSE);
}

static void first_messages_are_checked(void **state)
{
    static const char *const bad[] = {"",
                                      "n,,",
                                      "n,,n=user",
                                      "n,,r=x,n=user",
                                      "n,,n=,r=x",
                                      "n,,n=us=er,r=x",
                                      "n,,n=us=2,r=x",
                                      "n,a=root,n=user,r=x",
                                      "p=tls-unique,,n=user,r=x",
                                      "n,,m=ext,n=user,r=x",
                                      "n,,n=user,r=",
                                      "n,,n=user,r=a b",
                                      "n,,n=\xff,r=x"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct scram_server s;
        assert_int_equal(scram_server_start(&s, &scram_sha_256, span_str(bad[i])), SCRAM_NONSENSE);
        scram_server_clear(&s);
    }
    struct scram_server s;
    struct scram_client c;
    SCOPED_BUF struct buf first;
    buf_init(&first, 1000);
    scram_client_start(&c, &scram_sha_256, "a,b=c", "nonce", &first);
    assert_string_equal(buf_text(&first), "n,,n=a=2Cb=3Dc,r=nonce");
    assert_int_equal(scram_server_start(&s, &scram_sha_256, buf_span(&first)), SCRAM_OK);
    assert_string_equal(s.user, "a,b=c");
    scram_server_clear(&s);
    scram_client_clear(&c);
}

static void client_is_not_led_astray(void **state)
{
    static const struct {
        const char *challenge;
        enum scram_result result;
    } cases[] = {
        {"r=nonce+,s=QSXCR+Q6,i=4096", SCRAM_OK},
        {"r=nonce,s=QSXCR+Q6,i=4096", SCRAM_DENIED}, /* nothing of its own */
        {"r=other,s=QSXCR+Q6,i=4096", SCRAM_DENIED},
        {"r=nonce+,s=QSXCR+Q6,i=1", SCRAM_NONSENSE}, /* a password for nothing */
        {"r=nonce+,s=QSXCR+Q6,i=2000000000", SCRAM_NONSENSE},
        {"r=nonce+,s=QSXCR+Q6,i=-1", SCRAM_NONSENSE},
        {"r=nonce+,s=,i=4096", SCRAM_NONSENSE},
        {"r=nonce+,s=****,i=4096", SCRAM_NONSENSE},
        {"s=QSXCR+Q6,r=nonce+,i=4096", SCRAM_NONSENSE},
        {"m=x,r=nonce+,s=QSXCR+Q6,i=4096", SCRAM_NONSENSE},
        {"", SCRAM_NONSENSE},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scram_client c;
        SCOPED_BUF struct buf first, proof;
        buf_init(&first, 1000);
        buf_init(&proof, 1000);
        scram_client_start(&c, &scram_sha_256, "user", "nonce", &first);
        assert_int_equal(scram_client_prove(&c, span_str(cases[i].challenge), "pencil", &proof),
                         cases[i].result);
        assert_true(proof.len == 0 || cases[i].result == SCRAM_OK);
        scram_client_clear(&c);
    }
}

static void base64_is_strict(void **state)
{
    static const struct {
        const char *text, *value;
    } cases[] = {{"", ""},       {"Zg==", "f"},  {"Zm8=", "fo"},     {"Zm9v", "foo"}, {"Zm9vYg==", "foob"},
                 {"Z", NULL},    {"Zg=", NULL},  {"Zg==Zg==", NULL}, {"Zh==", NULL},  {"Zm9=", NULL},
                 {"Zm 9", NULL}, {"====", NULL}, {"Z===", NULL},     {"Zg\n=", NULL}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        SCOPED_BUF struct buf b;
        buf_init(&b, 100);
        assert_int_equal(base64_decode(span_str(cases[i].text), &b), cases[i].value != NULL);
        if (cases[i].value)
            assert_string_equal(buf_text(&b), cases[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_say_what_the_rfcs_say),
        cmocka_unit_test(server_lets_nobody_in_without_the_password),
        cmocka_unit_test(first_messages_are_checked),
        cmocka_unit_test(client_is_not_led_astray),
        cmocka_unit_test(base64_is_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
