/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a DNS says of where mails for faxboxes go, and what is made of it. */
#include "test.h"

#include "base/str.h"
#include "dns_zone.h"
#include "proto/domain_records.h"

#define DOMAIN "fax.example.com"
#define HOST   "mail.example.com"
#define SENDER "example.com"

static size_t judge_names(const struct zone_row *zone, const struct domain_names *names,
                          struct domain_record records[DOMAIN_RECORDS])
{
    struct zone_world w;
    size_t n;
    zone_begin(&w, zone);
    while ((n = domain_records_judge(&w.table, names, records)) == 0)
        assert_true(zone_answer(&w)); /* whoever waits has asked */
    zone_end(&w);
    return n;
}

static size_t judge(const struct zone_row *zone, const char *host,
                    struct domain_record records[DOMAIN_RECORDS])
{
    const struct domain_names names = {.domain = DOMAIN, .host = host, .sender = ""};
    return judge_names(zone, &names, records);
}

static void one_text_speaks_for_our_mails(void **state)
{
    static const struct {
        struct zone_row rows[3];
        enum domain_record_state state;
    } zones[] = {
        {{{SENDER, DNS_TXT, "google-verification=1"},
          {SENDER, DNS_TXT, "v=spf1 mx -all"},
          {NULL, DNS_A, NULL}},
         DOMAIN_RECORD_RIGHT},
        {{{SENDER, DNS_TXT, "v=spf1"}, {NULL, DNS_A, NULL}}, DOMAIN_RECORD_RIGHT},
        {{{SENDER, DNS_TXT, "v=spf10 -all"}, {NULL, DNS_A, NULL}}, DOMAIN_RECORD_MISSING},
        {{{SENDER, DNS_TXT, "v=spf1 mx -all"}, {SENDER, DNS_TXT, "v=spf1 a -all"}, {NULL, DNS_A, NULL}},
         DOMAIN_RECORD_MISSING},
        {{{NULL, DNS_A, NULL}}, DOMAIN_RECORD_MISSING},
        {{{SENDER, DNS_TXT, ZONE_FAILS}, {NULL, DNS_A, NULL}}, DOMAIN_RECORD_SILENT},
    };
    const struct domain_names names = {.domain = DOMAIN, .host = "", .sender = SENDER};
    for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
        struct domain_record r[DOMAIN_RECORDS];
        assert_int_equal(judge_names(zones[i].rows, &names, r), 3);
        assert_string_equal(r[2].type, "TXT");
        assert_string_equal(r[2].name, SENDER);
        assert_int_equal(r[2].state, zones[i].state);
    }
}

static void right_records_are_right(void **state)
{
    static const struct zone_row zone[] = {
        {DOMAIN, DNS_MX, "backup.example.com"}, {DOMAIN, DNS_MX, "Mail.Example.com"},
        {"any-box." DOMAIN, DNS_MX, HOST},      {HOST, DNS_A, "192.0.2.1"},
        {HOST, DNS_AAAA, "2001:db8::1"},        {NULL, DNS_A, NULL}};
    struct domain_record r[DOMAIN_RECORDS];
    assert_int_equal(judge(zone, HOST, r), 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(r[i].state, DOMAIN_RECORD_RIGHT);
    assert_string_equal(r[0].name, DOMAIN);
    assert_string_equal(r[1].name, "*." DOMAIN);
    assert_string_equal(r[0].wanted, HOST);
    assert_int_equal(r[0].count, 2);
    assert_int_equal(r[2].count, 2);
    assert_string_equal(r[2].found[0], "192.0.2.1");
    assert_string_equal(r[2].found[1], "2001:db8::1");
}

#define KEY_NAME "fax1._domainkey.example.com"

static enum domain_record_state key_state(const char *text, const char *record)
{
    const struct zone_row zone[] = {
        {KEY_NAME, DNS_TXT, "some other text"}, {KEY_NAME, DNS_TXT, text}, {NULL, DNS_A, NULL}};
    const struct zone_row silent[] = {{KEY_NAME, DNS_TXT, ZONE_FAILS}, {NULL, DNS_A, NULL}};
    const struct zone_row nothing[] = {{NULL, DNS_A, NULL}};
    struct domain_record r;
    struct zone_world w;
    zone_begin(&w, !text ? nothing : str_equal(text, ZONE_FAILS) ? silent : zone);
    while (!domain_key_judge(&w.table, KEY_NAME, record, &r))
        assert_true(zone_answer(&w));
    zone_end(&w);
    return r.state;
}

static void key_in_the_dns_is_compared_by_its_bytes(void **state)
{
    static const char ours[] = "v=DKIM1; k=rsa; p=aGFsbG8=";
    assert_int_equal(key_state(ours, ours), DOMAIN_RECORD_RIGHT);
    assert_int_equal(key_state("p=aGFs bG8=", ours), DOMAIN_RECORD_RIGHT);
    assert_int_equal(key_state("v=DKIM1; k=rsa; p=d2VsdA==", ours), DOMAIN_RECORD_ELSEWHERE);
    assert_int_equal(key_state("v=DKIM1; p=", ours), DOMAIN_RECORD_ELSEWHERE); /* taken back */
    assert_int_equal(key_state("v=DKIM1; k=ed25519; p=aGFsbG8=", ours), DOMAIN_RECORD_ELSEWHERE);
    assert_int_equal(key_state(NULL, ours), DOMAIN_RECORD_MISSING);
    assert_int_equal(key_state(ZONE_FAILS, ours), DOMAIN_RECORD_SILENT);
}

static void what_is_missing_or_leads_elsewhere_is_told(void **state)
{
    static const struct zone_row zone[] = {{DOMAIN, DNS_MX, "mx.provider.example"}, {NULL, DNS_A, NULL}};
    struct domain_record r[DOMAIN_RECORDS];
    assert_int_equal(judge(zone, HOST, r), 3);
    assert_int_equal(r[0].state, DOMAIN_RECORD_ELSEWHERE);
    assert_string_equal(r[0].found[0], "mx.provider.example");
    assert_int_equal(r[1].state, DOMAIN_RECORD_MISSING);
    assert_int_equal(r[2].state, DOMAIN_RECORD_MISSING);
    assert_int_equal(judge(zone, "", r), 2); /* a server that has no name yet: any MX will do */
    assert_int_equal(r[0].state, DOMAIN_RECORD_RIGHT);
}

static void address_alone_will_do_and_a_silent_dns_is_no_missing_record(void **state)
{
    static const struct zone_row zone[] = {{DOMAIN, DNS_A, "192.0.2.7"},
                                           {"any-box." DOMAIN, DNS_MX, ZONE_FAILS},
                                           {HOST, DNS_A, ZONE_FAILS},
                                           {NULL, DNS_A, NULL}};
    struct domain_record r[DOMAIN_RECORDS];
    assert_int_equal(judge(zone, HOST, r), 3);
    assert_int_equal(r[0].state, DOMAIN_RECORD_ADDRESS);
    assert_string_equal(r[0].found[0], "192.0.2.7");
    assert_int_equal(r[1].state, DOMAIN_RECORD_SILENT);
    assert_int_equal(r[2].state, DOMAIN_RECORD_SILENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_text_speaks_for_our_mails),
        cmocka_unit_test(right_records_are_right),
        cmocka_unit_test(key_in_the_dns_is_compared_by_its_bytes),
        cmocka_unit_test(what_is_missing_or_leads_elsewhere_is_told),
        cmocka_unit_test(address_alone_will_do_and_a_silent_dns_is_no_missing_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
