/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "test.h"

#include <string.h>

#include "base/str.h"
#include "dns_zone.h"
#include "proto/auth_results.h"
#include "proto/author.h"
#include "proto/cidr.h"
#include "proto/dkim_signature.h"
#include "proto/dmarc.h"
#include "proto/signed_header.h"
#include "proto/tag_list.h"

/* ---- DMARC ---- */

static bool is_suffix(const char *domain)
{
    return !strchr(domain, '.') || str_equal(domain, "co.uk") || str_equal(domain, "hosting.example");
}

static const struct zone_row zone[] = {
    {"_dmarc.example.com", DNS_TXT, "v=DMARC1; p=reject; sp=quarantine; np=none"},
    {"example.com", DNS_A, "192.0.2.1"},
    {"sub.example.com", DNS_A, "192.0.2.1"},
    {"_dmarc.strict.example", DNS_TXT, "v=DMARC1; p=reject; adkim=s; aspf=s"},
    {"_dmarc.testing.example", DNS_TXT, "v=DMARC1;p=reject;t=y"},
    {"_dmarc.own.example.com", DNS_TXT, "v=DMARC1; p=none; psd=n"},
    {"_dmarc.bank.example", DNS_TXT, "v=DMARC1; p=reject; psd=y"},
    {"_dmarc.down.example", DNS_TXT, ZONE_FAILS},
    {"_dmarc.twice.example", DNS_TXT, "v=DMARC1; p=none"},
    {"_dmarc.twice.example", DNS_TXT, "v=DMARC1; p=reject"},
    {"_dmarc.hosting.example", DNS_TXT, "v=DMARC1; p=none"},
    {"_dmarc.co.uk", DNS_TXT, "v=DMARC1; p=none"},
    {"_dmarc.seven.six.five.four.three.two.one.example", DNS_TXT, "v=DMARC1; p=reject"},
    {0}};

static enum dmarc_result check(const char *author, const char *spf, const char *signer,
                               enum dmarc_policy *policy)
{
    struct zone_world w;
    struct dmarc_case c = {.author = author, .spf = spf, .is_public_suffix = is_suffix};
    if (*signer)
        c.signers[c.signer_count++] = signer;
    zone_begin(&w, zone);
    enum dmarc_result r;
    do
        r = dmarc_check(&c, &w.table, policy);
    while (r == DMARC_OPEN && zone_answer(&w));
    assert_true(w.table.count <= 40);
    zone_end(&w);
    return r;
}

/* proves: A5 */
static void only_the_authors_own_organisation_aligns(void **state)
{
    static const struct {
        const char *author, *spf, *signer;
        enum dmarc_result result;
        enum dmarc_policy policy;
    } rows[] = {
        {"example.com", "example.com", "", DMARC_PASS, DMARC_POLICY_REJECT},
        {"example.com", "", "example.com", DMARC_PASS, DMARC_POLICY_REJECT},
        {"example.com", "", "mail.example.com", DMARC_PASS, DMARC_POLICY_REJECT},
        {"sub.example.com", "", "example.com", DMARC_PASS, DMARC_POLICY_QUARANTINE},
        {"sub.example.com", "other.example.com", "", DMARC_PASS, DMARC_POLICY_QUARANTINE},
        {"none.example.com", "", "", DMARC_FAIL, DMARC_POLICY_NONE}, /* np: there is no such name */
        {"example.com", "", "", DMARC_FAIL, DMARC_POLICY_REJECT},
        {"example.com", "evil.net", "evil.net", DMARC_FAIL, DMARC_POLICY_REJECT},
        {"example.com", "example.com.evil.net", "example.com.evil.net", DMARC_FAIL, DMARC_POLICY_REJECT},
        {"example.com", "notexample.com", "com", DMARC_FAIL, DMARC_POLICY_REJECT},
        {"example.com", "", "own.example.com", DMARC_FAIL,
         DMARC_POLICY_REJECT}, /* psd=n: another organisation */
        {"own.example.com", "", "example.com", DMARC_FAIL, DMARC_POLICY_NONE},
        {"strict.example", "", "strict.example", DMARC_PASS, DMARC_POLICY_REJECT},
        {"strict.example", "a.strict.example", "a.strict.example", DMARC_FAIL, DMARC_POLICY_REJECT},
        {"testing.example", "", "", DMARC_FAIL, DMARC_POLICY_QUARANTINE},
        {"a.bank.example", "", "b.a.bank.example", DMARC_PASS,
         DMARC_POLICY_REJECT}, /* psd=y: one label below */
        {"a.bank.example", "", "b.bank.example", DMARC_FAIL, DMARC_POLICY_REJECT},
        {"no.record", "no.record", "no.record", DMARC_NONE, DMARC_POLICY_NONE},
        {"twice.example", "twice.example", "", DMARC_NONE, DMARC_POLICY_NONE},
        {"down.example", "down.example", "", DMARC_TEMPERROR, DMARC_POLICY_NONE},
        /* A registry that publishes a record does not make its customers one. */
        {"victim.hosting.example", "", "evil.hosting.example", DMARC_FAIL, DMARC_POLICY_NONE},
        {"victim.co.uk", "evil.co.uk", "", DMARC_FAIL, DMARC_POLICY_NONE},
        {"victim.co.uk", "", "victim.co.uk", DMARC_PASS, DMARC_POLICY_NONE},
        {"x.y.z.seven.six.five.four.three.two.one.example", "", "", DMARC_NONE, DMARC_POLICY_NONE},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum dmarc_policy policy;
        enum dmarc_result r = check(rows[i].author, rows[i].spf, rows[i].signer, &policy);
        if (r != rows[i].result || policy != rows[i].policy)
            fail_msg("row %zu (%s): result %d, policy %d", i, rows[i].author, (int)r, (int)policy);
    }
}

/* ---- From ---- */

/* proves: S2.6 */
static void author_is_one_address_or_nobody(void **state)
{
    static const char *const good[][2] = {
        {" ann@example.com", "ann@example.com"},
        {" Ann <ann@Example.com>", "ann@example.com"},
        {" \"Smith, Ann <x@evil>\" <ann@example.com>\r\n", "ann@example.com"},
        {" (a (nested) comment, with) ann@example.com (and more)", "ann@example.com"},
        {"\r\n\t=?utf-8?q?Ann?= \r\n <ann@example.com>", "ann@example.com"},
        {" evil@other.example <ann@example.com>", "ann@example.com"},
    };
    static const char *const bad[] = {"",
                                      " ",
                                      " ann",
                                      " a@b.example, c@d.example",
                                      " <a@b.example> <c@d.example>",
                                      " <a@b.example>, <c@d.example>",
                                      " group: a@b.example;",
                                      " <@relay:a@b.example>",
                                      " <a@b.example",
                                      " a@b.example>",
                                      " <a@b.example> c@d.example",
                                      " \"open <a@b.example>",
                                      " (open a@b.example",
                                      " a@b.example c@d.example",
                                      " <>",
                                      " <a@b.example\r\n >,"};
    struct address a;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        if (!author_parse(span_str(good[i][0]), &a))
            fail_msg("refused: %s", good[i][0]);
        assert_string_equal(a.text, good[i][1]);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (author_parse(span_str(bad[i]), &a))
            fail_msg("taken: %s", bad[i]);
}

static void header_is_read_in_one_way_or_not_at_all(void **state)
{
    static struct signed_header h;
    const struct signed_field *f;
    const char *mail = "From: a@b.example\r\nX:\r\nSubject: one\r\n two\r\n\r\nFrom: c@d.example\r\n";
    assert_true(signed_header_parse(span_str(mail), &h));
    assert_int_equal(signed_header_find(&h, "from", &f), 1);
    assert_true(span_equal(f->body, span_str(" a@b.example")));
    assert_int_equal(signed_header_find(&h, "SUBJECT", &f), 1);
    assert_true(span_equal(f->body, span_str(" one\r\n two")));
    assert_int_equal(strncmp(mail + h.body_at, "From: c@d", 9), 0);
    static const char *const bad[] = {"From: a@b\nX: y\r\n\r\n", "From: a@b\rX: y\r\n\r\n",
                                      "no colon\r\n\r\n",        " folded first\r\n\r\n",
                                      ": nameless\r\n\r\n",      "From: cut",
                                      "A B: c\r\n\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (signed_header_parse(span_str(bad[i]), &h))
            fail_msg("taken: %s", bad[i]);
    assert_false(signed_header_parse(span_of("A: \0b\r\n\r\n", 9), &h));
}

/* ---- Authentication-Results ---- */

static void results_of_a_server_are_read_by_the_grammar(void **state)
{
    static const struct {
        const char *body, *server, *dmarc, *author;
    } rows[] = {
        {" mx.example; spf=pass smtp.mailfrom=a@b; dmarc=pass (p=reject) header.from=Example.com",
         "mx.example", "pass", "example.com"},
        {" MX.example 1;\r\n dmarc=fail header.from=\"example.com\" ; dkim=none", "mx.example", "fail",
         "example.com"},
        {" mx.example; none", "mx.example", "", ""},
        {" mx.example; dmarc=pass header.from=a.example; dmarc=fail header.from=b.example", "mx.example", "",
         ""},
        {" mx.example; spf=fail reason=\"x; dmarc=pass header.from=a.example\"", "mx.example", "", ""},
        {" mx.example (; dmarc=pass header.from=a.example); spf=fail", "mx.example", "", ""},
        {" i=2; mx.example; dmarc=pass header.from=a.example", "mx.example", "pass", "a.example"},
    };
    static const char *const bad[] = {"",
                                      " ;",
                                      " mx.example; dmarc",
                                      " mx.example; =pass",
                                      " mx.example; dmarc=pass header.from",
                                      " (open mx.example; dmarc=pass",
                                      " i=99; mx.example; spf=pass",
                                      " mx.example; dmarc=\"pass"};
    struct auth_results r;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_true(auth_results_parse(span_str(rows[i].body), &r));
        assert_string_equal(r.server, rows[i].server);
        assert_string_equal(r.dmarc, rows[i].dmarc);
        assert_string_equal(r.author, rows[i].author);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (auth_results_parse(span_str(bad[i]), &r))
            fail_msg("taken: %s", bad[i]);
}

/* ---- signatures as they are stated ---- */

#define HASH "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define REST " d=example.com; s=sel; b=aGFs\r\n bG8=; bh=" HASH ";"

static void signature_that_must_not_count_is_refused(void **state)
{
    static const struct {
        const char *body, *why;
    } rows[] = {
        {" v=1; a=rsa-sha256; h=From:To;" REST, ""},
        {" v=1; a=ed25519-sha256; h=from; c=relaxed/simple; i=@sub.example.com;" REST, ""},
        {" v=1; a=rsa-sha1; h=From;" REST, "algorithm"},
        {" v=1; a=rsa-sha256; h=To:Subject;" REST, "From"},
        {" v=2; a=rsa-sha256; h=From;" REST, "version"},
        {" v=1; a=rsa-sha256; h=From; i=@example.com.evil.net;" REST, "identity"},
        {" v=1; a=rsa-sha256; h=From; i=@notexample.com;" REST, "identity"},
        {" v=1; a=rsa-sha256; h=From; l=-1;" REST, "numbers"},
        {" v=1; a=rsa-sha256; h=From; t=5; x=4;" REST, "numbers"},
        {" v=1; a=rsa-sha256; h=From; c=loose;" REST, "canonical"},
        {" v=1; a=rsa-sha256; a=rsa-sha256; h=From;" REST, "read"},
    };
    struct dkim_signature s;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *why = "";
        bool good = dkim_signature_parse(span_str(rows[i].body), SIGNATURE_DKIM, &s, &why);
        if (good != !*rows[i].why || !strstr(why, rows[i].why))
            fail_msg("row %zu: %s", i, why);
    }
    struct span value;
    assert_true(dkim_find_value(span_str(rows[0].body), &value));
    assert_true(span_equal(value, span_str("aGFs\r\n bG8=")));
}

static void key_that_must_not_count_is_refused(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"v=DKIM1; k=rsa; p=aGFsbG8=", ""},     {"p=aGFsbG8=", ""},
        {"v=DKIM1; p=", "taken back"},          {"v=DKIM1; t=y; p=aGFsbG8=", "trial"},
        {"h=sha1; p=aGFsbG8=", "hash"},         {"s=other; p=aGFsbG8=", "mail"},
        {"s=*; h=sha1:sha256; p=aGFsbG8=", ""}, {"k=dsa; p=aGFsbG8=", "kind"},
        {"v=DKIM2; p=aGFsbG8=", "read"},
    };
    struct dkim_key k;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *why = "";
        bool good = dkim_key_parse(span_str(rows[i].text), &k, &why);
        if (good != !*rows[i].why || !strstr(why, rows[i].why))
            fail_msg("row %zu: %s", i, why);
    }
}

/* ---- networks ---- */

static void networks_hold_their_addresses_only(void **state)
{
    assert_true(cidr_list_holds("10.0.0.0/8 2001:db8::/33", "10.255.0.1"));
    assert_true(cidr_list_holds("10.0.0.0/8 2001:db8::/33", "2001:db8:7fff::1"));
    assert_true(cidr_list_holds("127.0.0.0/8", "::ffff:127.0.0.1"));
    assert_true(cidr_list_holds("0.0.0.0/0", "203.0.113.1"));
    assert_false(cidr_list_holds("10.0.0.0/8 2001:db8::/33", "2001:db8:8000::1"));
    assert_false(cidr_list_holds("10.0.0.0/8", "11.0.0.1"));
    assert_false(cidr_list_holds("0.0.0.0/0", "2001:db8::1"));
    assert_false(cidr_list_holds("", "127.0.0.1"));
    assert_false(cidr_list_holds("nonsense 10.0.0.1/8", "10.0.0.1"));
    struct cidr net;
    assert_false(cidr_parse("10.0.0.1/8", &net));
    assert_false(cidr_parse("10.0.0.0/33", &net));
    assert_true(cidr_parse("10.0.0.1", &net));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_authors_own_organisation_aligns),
        cmocka_unit_test(author_is_one_address_or_nobody),
        cmocka_unit_test(header_is_read_in_one_way_or_not_at_all),
        cmocka_unit_test(results_of_a_server_are_read_by_the_grammar),
        cmocka_unit_test(signature_that_must_not_count_is_refused),
        cmocka_unit_test(key_that_must_not_count_is_refused),
        cmocka_unit_test(networks_hold_their_addresses_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
