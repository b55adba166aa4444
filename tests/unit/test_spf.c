/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "test.h"

#include <string.h>

#include "base/str.h"
#include "dns_zone.h"
#include "proto/spf.h"
#include "proto/spf_macro.h"
#include "proto/spf_record.h"

static enum spf_result check(const struct zone_row *zone, const char *ip, const char *sender)
{
    struct zone_world w;
    char domain[DNS_NAME_LEN];
    struct spf_client client = {.helo = "mail.example.com", .sender = sender};
    enum spf_result r;
    assert_true(ip_parse(ip, &client.ip));
    zone_begin(&w, zone);
    do
        r = spf_check(&client, &w.table, domain);
    while (r == SPF_OPEN && zone_answer(&w));
    zone_end(&w);
    return r;
}

static const struct zone_row plain[] = {
    {"example.com", DNS_TXT, "some other text"},
    {"example.com", DNS_TXT,
     "v=spf1 a mx:mx.example.com ip4:198.51.100.0/24 ip6:2001:db8::/32 include:third.example ~all"},
    {"example.com", DNS_A, "192.0.2.1"},
    {"mx.example.com", DNS_MX, "in.example.com"},
    {"in.example.com", DNS_A, "192.0.2.2"},
    {"in.example.com", DNS_AAAA, "2001:db9::2"},
    {"third.example", DNS_TXT, "v=spf1 ip4:203.0.113.7 -all"},
    {"mail.example.com", DNS_TXT, "v=spf1 ip4:203.0.113.99 -all"},
    {"two.example", DNS_TXT, "v=spf1 +all"},
    {"two.example", DNS_TXT, "v=spf1 -all"},
    {"wrong.example", DNS_TXT, "v=spf1 ip4:1.2.3.4.5 -all"},
    {"beside.example", DNS_TXT, "v=spf10 +all"},
    {"down.example", DNS_TXT, ZONE_FAILS},
    {"moved.example", DNS_TXT, "v=spf1 redirect=third.example"},
    {"astray.example", DNS_TXT, "v=spf1 redirect=nowhere.example"},
    {"includes.example", DNS_TXT, "v=spf1 include:nowhere.example -all"},
    {"ends.example", DNS_TXT, "v=spf1 ?all include:down.example"},
    {"silent.example", DNS_TXT, "v=spf1 ip4:192.0.2.1"},
    {"leans.example", DNS_TXT, "v=spf1 include:down.example -all"},
    {"mapped.example", DNS_TXT, "v=spf1 a/24 -all"},
    {"mapped.example", DNS_A, "192.0.2.200"},
    {0}};

static void mechanisms_and_errors_are_those_of_the_rfc(void **state)
{
    static const struct {
        const char *ip, *sender;
        enum spf_result result;
    } rows[] = {
        {"192.0.2.1", "a@example.com", SPF_PASS},
        {"192.0.2.2", "a@EXAMPLE.com", SPF_PASS},
        {"2001:db9::2", "a@example.com", SPF_PASS},
        {"198.51.100.255", "a@example.com", SPF_PASS},
        {"::ffff:198.51.100.255", "a@example.com", SPF_PASS},
        {"2001:db8:1::1", "a@example.com", SPF_PASS},
        {"203.0.113.7", "a@example.com", SPF_PASS},
        {"203.0.113.8", "a@example.com", SPF_SOFTFAIL}, /* the included -all is not ours */
        {"203.0.113.99", "", SPF_PASS},                 /* HELO */
        {"203.0.113.98", "", SPF_FAIL},
        {"192.0.2.1", "a@two.example", SPF_PERMERROR},
        {"192.0.2.1", "a@wrong.example", SPF_PERMERROR},
        {"192.0.2.1", "a@beside.example", SPF_NONE},
        {"192.0.2.1", "a@nowhere.example", SPF_NONE},
        {"192.0.2.1", "a@down.example", SPF_TEMPERROR},
        {"192.0.2.1", "a@leans.example", SPF_TEMPERROR},
        {"203.0.113.7", "a@moved.example", SPF_PASS},
        {"203.0.113.8", "a@moved.example", SPF_FAIL},
        {"192.0.2.1", "a@astray.example", SPF_PERMERROR},
        {"192.0.2.1", "a@includes.example", SPF_PERMERROR},
        {"192.0.2.1", "a@ends.example", SPF_NEUTRAL},
        {"192.0.2.9", "a@silent.example", SPF_NEUTRAL},
        {"192.0.2.1", "a@mapped.example", SPF_PASS},
        {"192.0.2.1", "nobody", SPF_NONE},
        {"192.0.2.1", "a@localhost", SPF_NONE},
        {"192.0.2.1", "a@[192.0.2.1]", SPF_NONE},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (check(plain, rows[i].ip, rows[i].sender) != rows[i].result)
            fail_msg("%s %s: %d", rows[i].ip, rows[i].sender, (int)check(plain, rows[i].ip, rows[i].sender));
}

static const struct zone_row bombs[] = {
    {"loop.example", DNS_TXT, "v=spf1 include:loop.example -all"},
    {"eleven.example", DNS_TXT,
     "v=spf1 a:1.h.example a:2.h.example a:1.h.example a:2.h.example a:1.h.example a:2.h.example "
     "a:1.h.example "
     "a:2.h.example a:1.h.example a:2.h.example a:1.h.example +all"},
    {"ten.example", DNS_TXT,
     "v=spf1 a:1.h.example a:2.h.example a:1.h.example a:2.h.example a:1.h.example a:2.h.example "
     "a:1.h.example "
     "a:2.h.example a:1.h.example a:2.h.example +all"},
    {"1.h.example", DNS_A, "192.0.2.1"},
    {"2.h.example", DNS_A, "192.0.2.1"},
    {"voids.example", DNS_TXT, "v=spf1 a:n1.example a:n2.example a:n3.example +all"},
    {"twovoids.example", DNS_TXT, "v=spf1 a:n1.example exists:n2.example +all"},
    {"mx.example", DNS_TXT, "v=spf1 mx -all"},
    {"mx.example", DNS_MX, "m1.example"},
    {"mx.example", DNS_MX, "m2.example"},
    {"mx.example", DNS_MX, "m3.example"},
    {"mx.example", DNS_MX, "m4.example"},
    {"mx.example", DNS_MX, "m5.example"},
    {"mx.example", DNS_MX, "m6.example"},
    {"mx.example", DNS_MX, "m7.example"},
    {"mx.example", DNS_MX, "m8.example"},
    {"mx.example", DNS_MX, "m9.example"},
    {"mx.example", DNS_MX, "m10.example"},
    {"mx.example", DNS_MX, "m11.example"},
    {0}};

/* proves: A5 */
static void lookup_bombs_end_at_the_limits(void **state)
{
    assert_int_equal(check(bombs, "203.0.113.1", "a@loop.example"), SPF_PERMERROR);
    assert_int_equal(check(bombs, "203.0.113.1", "a@eleven.example"), SPF_PERMERROR);
    assert_int_equal(check(bombs, "203.0.113.1", "a@ten.example"), SPF_PASS);
    assert_int_equal(check(bombs, "203.0.113.1", "a@voids.example"), SPF_PERMERROR);
    assert_int_equal(check(bombs, "203.0.113.1", "a@twovoids.example"), SPF_PASS);
    assert_int_equal(check(bombs, "203.0.113.1", "a@mx.example"), SPF_PERMERROR);
}

static const struct zone_row odd[] = {{"ptr.example", DNS_TXT, "v=spf1 ptr -all"},
                                      {"1.2.0.192.in-addr.arpa", DNS_PTR, "mail.ptr.example"},
                                      {"1.2.0.192.in-addr.arpa", DNS_PTR, "liar.example"},
                                      {"mail.ptr.example", DNS_A, "192.0.2.1"},
                                      {"2.2.0.192.in-addr.arpa", DNS_PTR, "forged.ptr.example"},
                                      {"forged.ptr.example", DNS_A, "192.0.2.77"},
                                      {"macro.example", DNS_TXT, "v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all"},
                                      {"1.2.0.192.in-addr._spf.macro.example", DNS_A, "127.0.0.2"},
                                      {0}};

static void ptr_and_exists_ask_for_the_client(void **state)
{
    assert_int_equal(check(odd, "192.0.2.1", "a@ptr.example"), SPF_PASS);
    assert_int_equal(check(odd, "192.0.2.2", "a@ptr.example"), SPF_FAIL);
    assert_int_equal(check(odd, "192.0.2.3", "a@ptr.example"), SPF_FAIL);
    assert_int_equal(check(odd, "192.0.2.1", "a@macro.example"), SPF_PASS);
    assert_int_equal(check(odd, "192.0.2.2", "a@macro.example"), SPF_FAIL);
}

/* The examples of RFC 7208 §7.4. */
static void macros_expand_as_in_the_rfc(void **state)
{
    static const char *const rows[][2] = {
        {"%{s}", "strong-bad@email.example.com"},
        {"%{o}", "email.example.com"},
        {"%{d4}", "email.example.com"},
        {"%{d2}", "example.com"},
        {"%{d1}", "com"},
        {"%{dr}", "com.example.email"},
        {"%{d2r}", "example.email"},
        {"%{l-}", "strong.bad"},
        {"%{lr}", "strong-bad"},
        {"%{lr-}", "bad.strong"},
        {"%{l1r-}", "strong"},
        {"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
        {"%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"},
        {"%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"},
        {"%{S}%%%-", "strong-bad%40email.example.com%%20"},
    };
    char name[DNS_NAME_LEN];
    struct spf_words w = {.sender = "strong-bad@email.example.com", .helo = "h"};
    assert_true(ip_parse("192.0.2.3", &w.ip));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_true(spf_macro_expand(span_str(rows[i][0]), &w, "email.example.com", name));
        assert_string_equal(name, rows[i][1]);
    }
    assert_true(ip_parse("2001:db8::cb01", &w.ip));
    assert_true(spf_macro_expand(span_str("%{ir}.%{v}._spf.%{d2}"), &w, "email.example.com", name));
    assert_string_equal(
        name, "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com");
}

static void records_are_strict(void **state)
{
    static const char *const good[] = {"v=spf1",
                                       "V=SPF1 A ~ALL",
                                       "v=spf1 a/24//64 mx:x.example/0//128 -all",
                                       "v=spf1 a:%{d}/8 unknown=%{i} exp=x.example",
                                       "v=spf1  ip6:::1/0 ",
                                       "v=spf1 include:_a.%{d} all"};
    static const char *const bad[] = {"v=spf1 a/33",
                                      "v=spf1 a//129",
                                      "v=spf1 a/032",
                                      "v=spf1 all:x.example",
                                      "v=spf1 include",
                                      "v=spf1 exists:",
                                      "v=spf1 ip4:1.2.3.4/33",
                                      "v=spf1 ip4:::1",
                                      "v=spf1 ip6:1.2.3.4",
                                      "v=spf1 foo",
                                      "v=spf1 redirect=a.example redirect=b.example",
                                      "v=spf1 exp=a.b exp=a.b",
                                      "v=spf1 a:%{z}.example",
                                      "v=spf1 a:%{d",
                                      "v=spf1 a:%x.example",
                                      "v=spf1 a:%{d0}.example",
                                      "v=spf1 a:example.1",
                                      "v=spf1 a:-",
                                      "v=spf1 \x01",
                                      "v=spf1 --all"};
    struct spf_record r;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        if (!spf_record_parse(span_str(good[i]), &r))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (spf_record_parse(span_str(bad[i]), &r))
            fail_msg("taken: %s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mechanisms_and_errors_are_those_of_the_rfc),
        cmocka_unit_test(lookup_bombs_end_at_the_limits),
        cmocka_unit_test(ptr_and_exists_ask_for_the_client),
        cmocka_unit_test(macros_expand_as_in_the_rfc),
        cmocka_unit_test(records_are_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
