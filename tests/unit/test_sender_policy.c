/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "test.h"

#include "base/attr.h"
#include "base/str.h"
#include "queue/sender_policy.h"

static struct sender_case outside(const char *dmarc, const struct sender_facts *f)
{
    return (struct sender_case){.client_ip = "203.0.113.1",
                                .networks = {"127.0.0.0/8 ::1/128", "192.0.2.0/24"},
                                .dmarc = dmarc,
                                .forwarders = {"lists.example", "relay.example"},
                                .facts = f};
}

/* proves: A5 */
static void each_setting_decides_by_the_table(void **state)
{
    static const struct {
        const char *setting;
        enum auth_result dmarc;
        const char *policy;
        enum sender_decision decision;
    } rows[] = {
        {"require", AUTH_PASS, "reject", SENDER_VERIFIED},   {"require", AUTH_PASS, "none", SENDER_VERIFIED},
        {"require", AUTH_FAIL, "none", SENDER_REFUSED},      {"require", AUTH_FAIL, "reject", SENDER_REFUSED},
        {"require", AUTH_NONE, "", SENDER_REFUSED},          {"require", AUTH_PERMERROR, "", SENDER_REFUSED},
        {"require", AUTH_TEMPERROR, "", SENDER_LATER},       {"prefer", AUTH_PASS, "reject", SENDER_VERIFIED},
        {"prefer", AUTH_NONE, "", SENDER_ACCEPTED},          {"prefer", AUTH_FAIL, "none", SENDER_ACCEPTED},
        {"prefer", AUTH_FAIL, "quarantine", SENDER_REFUSED}, {"prefer", AUTH_FAIL, "reject", SENDER_REFUSED},
        {"prefer", AUTH_PERMERROR, "", SENDER_REFUSED},      {"prefer", AUTH_TEMPERROR, "", SENDER_LATER},
        {"off", AUTH_FAIL, "reject", SENDER_ACCEPTED},       {"nonsense", AUTH_PASS, "", SENDER_REFUSED},
        {"require", AUTH_SOFTFAIL, "none", SENDER_REFUSED},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sender_facts f = {.dmarc = rows[i].dmarc};
        (void)str_copy(f.policy, sizeof(f.policy), rows[i].policy);
        struct sender_case c = outside(rows[i].setting, &f);
        if (sender_decide(&c) != rows[i].decision)
            fail_msg("row %zu: %d", i, (int)sender_decide(&c));
    }
    struct sender_case c = outside("require", NULL);
    assert_int_equal(sender_decide(&c), SENDER_UNKNOWN);
    c.dmarc = "off";
    assert_int_equal(sender_decide(&c), SENDER_ACCEPTED);
}

/* proves: A5 */
static void login_and_trusted_networks_need_no_proof(void **state)
{
    static const struct sender_facts failed = {.dmarc = AUTH_FAIL};
    struct sender_case c = outside("require", &failed);
    c.client_ip = "192.0.2.77";
    assert_int_equal(sender_decide(&c), SENDER_TRUSTED);
    c.client_ip = "127.0.0.9";
    assert_int_equal(sender_decide(&c), SENDER_TRUSTED);
    c.client_ip = "::1";
    assert_int_equal(sender_decide(&c), SENDER_TRUSTED);
    c.networks[0] = "";
    assert_int_equal(sender_decide(&c), SENDER_REFUSED);
    c.authenticated = true;
    assert_int_equal(sender_decide(&c), SENDER_TRUSTED);
    c = outside("require", &failed);
    c.client_ip = ""; /* polled mail comes from no network */
    c.networks[0] = "0.0.0.0/0 ::/0";
    assert_int_equal(sender_decide(&c), SENDER_REFUSED);
}

static struct sender_facts forwarded(enum auth_result arc, enum auth_result said, const char *by)
{
    struct sender_facts f = {.dmarc = AUTH_FAIL, .policy = "reject", .arc = arc, .arc_dmarc = said};
    (void)str_copy(f.arc_domain, sizeof(f.arc_domain), by);
    return f;
}

/* proves: A5 */
static void only_a_named_forwarder_is_believed(void **state)
{
    static const struct {
        enum auth_result arc, said;
        const char *by;
        enum sender_decision decision;
    } rows[] = {
        {AUTH_PASS, AUTH_PASS, "lists.example", SENDER_VERIFIED},
        {AUTH_PASS, AUTH_PASS, "Relay.example", SENDER_VERIFIED},
        {AUTH_PASS, AUTH_PASS, "evil.example", SENDER_REFUSED},
        {AUTH_PASS, AUTH_PASS, "lists.example.evil.net", SENDER_REFUSED},
        {AUTH_PASS, AUTH_FAIL, "lists.example", SENDER_REFUSED},
        {AUTH_FAIL, AUTH_PASS, "lists.example", SENDER_REFUSED},
        {AUTH_TEMPERROR, AUTH_NONE, "lists.example", SENDER_LATER},
        {AUTH_TEMPERROR, AUTH_NONE, "evil.example", SENDER_REFUSED},
        {AUTH_PASS, AUTH_PASS, "", SENDER_REFUSED},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sender_facts f = forwarded(rows[i].arc, rows[i].said, rows[i].by);
        struct sender_case c = outside("require", &f);
        if (sender_decide(&c) != rows[i].decision)
            fail_msg("row %zu: %d", i, (int)sender_decide(&c));
    }
}

static void facts_survive_as_text(void **state)
{
    struct sender_facts f = forwarded(AUTH_PASS, AUTH_FAIL, "lists.example"), back;
    char text[SENDER_FACTS_LEN];
    (void)str_copy(f.from, sizeof(f.from), "\"ann smith\"@example.com");
    (void)str_copy(f.spf_domain, sizeof(f.spf_domain), "example.com");
    f.spf = AUTH_SOFTFAIL;
    sender_facts_format(&f, text);
    assert_true(sender_facts_parse(text, &back));
    assert_memory_equal(&f, &back, sizeof(f));
    static const char *const bad[] = {"", "dmarc=pass", "nonsense",
                                      "dmarc=pass spf=maybe dkim=none arc=none arc.dmarc=none",
                                      "dmarc=pass spf=none dkim=none arc=none arc.dmarc=none what=else"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(sender_facts_parse(bad[i], &back));
}

/* proves: A5 */
static void nobody_writes_facts_into_a_domain(void **state)
{
    struct sender_facts f = {.dmarc = AUTH_FAIL}, back;
    char text[SENDER_FACTS_LEN];
    (void)str_copy(f.from, sizeof(f.from), "eve@evil.net");
    (void)str_copy(f.dkim_domain, sizeof(f.dkim_domain),
                   "x arc=pass arc.domain=lists.example arc.dmarc=pass from=ann@example.com");
    sender_facts_format(&f, text);
    assert_true(sender_facts_parse(text, &back));
    assert_int_equal(back.arc, AUTH_NONE);
    assert_string_equal(back.from, "eve@evil.net");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_setting_decides_by_the_table),
        cmocka_unit_test(login_and_trusted_networks_need_no_proof),
        cmocka_unit_test(only_a_named_forwarder_is_believed),
        cmocka_unit_test(facts_survive_as_text),
        cmocka_unit_test(nobody_writes_facts_into_a_domain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
