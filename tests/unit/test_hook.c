/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/hook_signature.h"
#include "proto/public_ip.h"
#include "test.h"

/* The example of the specification's libraries. */
static void signature_is_that_of_standard_webhooks(void **state)
{
    char headers[HOOK_HEADERS_LEN];
    assert_true(hook_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                             "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "{\"test\": 2432232314}", headers));
    assert_string_equal(headers,
                        "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\r\nwebhook-timestamp: 1614265330\r\n"
                        "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\r\n");
}

static void without_a_secret_nothing_is_signed(void **state)
{
    char headers[HOOK_HEADERS_LEN];
    assert_true(hook_headers("a", 1, "", "{}", headers));
    assert_string_equal(headers, "webhook-id: a\r\nwebhook-timestamp: 1\r\n");
}

static void private_addresses_are_not_public(void **state)
{
    static const char *const no[] = {"127.0.0.1",
                                     "10.1.2.3",
                                     "172.31.255.255",
                                     "192.168.1.1",
                                     "169.254.169.254",
                                     "100.64.0.1",
                                     "0.0.0.0",
                                     "224.0.0.1",
                                     "255.255.255.255",
                                     "::1",
                                     "::",
                                     "::ffff:10.0.0.1",
                                     "::ffff:127.0.0.1",
                                     "64:ff9b::7f00:1",
                                     "fe80::1",
                                     "fd00::1",
                                     "2002:7f00:1::",
                                     "ff02::1",
                                     "2001:db8::1",
                                     "::127.0.0.1",
                                     "example.com",
                                     ""};
    static const char *const yes[] = {"93.184.216.34", "8.8.8.8", "172.32.0.1", "2606:4700:4700::1111",
                                      "::ffff:8.8.8.8"};
    for (size_t i = 0; i < ARRAY_LEN(no); i++)
        assert_false(ip_is_public(no[i]));
    for (size_t i = 0; i < ARRAY_LEN(yes); i++)
        assert_true(ip_is_public(yes[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signature_is_that_of_standard_webhooks),
        cmocka_unit_test(without_a_secret_nothing_is_signed),
        cmocka_unit_test(private_addresses_are_not_public),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
