/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Numbers, flags, targets, subjects: what a person may write to say where to fax. */
#include <string.h>

#include "test.h"

#include "base/attr.h"
#include "base/str.h"
#include "proto/number.h"
#include "proto/subject.h"
#include "proto/target.h"

static bool is_extension(void *context, const char *digits)
{
    return strcmp(digits, "200") == 0 || strcmp(digits, "100") == 0 || strcmp(digits, "112") == 0;
}

static struct number_plan plan(const char *country, const char *area, const char *outside)
{
    return (struct number_plan){.country = country,
                                .area_code = area,
                                .outside_prefix = outside,
                                .allow = "",
                                .deny = "",
                                .emergency = "",
                                .is_extension = is_extension};
}

/* ---- text ---- */

static void number_text_is_one_run(void **state)
{
    static const char *const good[] = {"5035550123", "+1 (503) 555-0123", "030/123456", "0041.44.668.18.00",
                                       " 123 ",      "+49 (0) 30 123456"};
    static const char *const bad[] = {"",
                                      "12",
                                      "+12",
                                      "503-CALL-NOW",
                                      "5035550123x2",
                                      "1+2345",
                                      "123,456",
                                      "++123",
                                      "1\n23",
                                      "555*123",
                                      "\xd9\xa1\xd9\xa2\xd9\xa3"};
    char number[NUMBER_TEXT_LEN];
    struct complaint why;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(number_text_parse(good[i], number, &why));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        why.text[0] = 0;
        assert_false(number_text_parse(bad[i], number, &why));
        assert_string_not_equal(why.text, "");
    }
    assert_false(number_text_parse("503-CALL-NOW", number, &why));
    assert_non_null(strstr(why.text, "holds letters"));
}

static void numbers_are_found_among_words(void **state)
{
    char found[2][NUMBER_TEXT_LEN];
    assert_int_equal(number_text_find("Reception Desk 5035550123", found, 2), 1);
    assert_string_equal(found[0], "5035550123");
    assert_int_equal(number_text_find("2 pages to (503) 555-0123, or 555.0199 please", found, 2), 2);
    assert_string_equal(found[0], "(503) 555-0123");
    assert_string_equal(found[1], "555.0199");
    assert_int_equal(number_text_find("a1b2c3 - none ()", found, 2), 0);
}

/* ---- normalisation ---- */

struct reading {
    const char *country, *area, *outside, *text, *dial;
    enum number_kind kind;
};

/* proves: D3 */
static void numbers_become_e164(void **state)
{
    static const struct reading cases[] = {
        {"US", "503", "", "555-0123", "+15035550123", NUMBER_NATIONAL},
        {"US", "503", "", "(212) 555-0123", "+12125550123", NUMBER_NATIONAL},
        {"US", "503", "", "1 212 555 0123", "+12125550123", NUMBER_NATIONAL},
        {"US", "503", "9", "9 1 212 555 0123", "+12125550123", NUMBER_NATIONAL},
        {"US", "503", "9", "9 212 555 0123", "+12125550123", NUMBER_NATIONAL},
        {"US", "", "", "+1 503-555-0123", "+15035550123", NUMBER_NATIONAL},
        {"US", "", "", "011 44 20 7946 0958", "+442079460958", NUMBER_INTERNATIONAL},
        {"US", "", "", "416 555 0123", "+14165550123", NUMBER_INTERNATIONAL}, /* Toronto */
        {"US", "", "", "876 555 0123", "+18765550123", NUMBER_INTERNATIONAL}, /* Jamaica */
        {"US", "", "", "900 555 0123", "+19005550123", NUMBER_PREMIUM},
        {"US", "", "", "503 976 0123", "+15039760123", NUMBER_PREMIUM},
        {"DE", "30", "", "030 123456", "+4930123456", NUMBER_NATIONAL},
        {"DE", "030", "", "123456", "+4930123456", NUMBER_NATIONAL},
        {"DE", "30", "0", "0049 30 123456", "+4930123456", NUMBER_NATIONAL},
        {"DE", "30", "", "+49 (0)30 123456", "+4930123456", NUMBER_NATIONAL},
        {"DE", "30", "", "0171 1234567", "+491711234567", NUMBER_MOBILE},
        {"DE", "30", "", "0900 123456", "+49900123456", NUMBER_PREMIUM},
        {"DE", "30", "", "0180 5 123456", "+491805123456", NUMBER_PREMIUM},
        {"DE", "30", "", "11833", "11833", NUMBER_PREMIUM},
        {"DE", "30", "", "0032 2 1234567", "+3221234567", NUMBER_INTERNATIONAL},
        {"IT", "", "", "050 1234567", "+390501234567", NUMBER_NATIONAL},
        {"IT", "", "", "+39 050 1234567", "+390501234567", NUMBER_NATIONAL},
        {"IT", "", "", "+39 (0)50 1234567", "+390501234567", NUMBER_NATIONAL},
        {"IT", "", "", "333 1234567", "+393331234567", NUMBER_MOBILE},
        {"IT", "", "", "899 123456", "+39899123456", NUMBER_PREMIUM},
        {"AT", "1", "", "5123456", "+4315123456", NUMBER_NATIONAL},
        {"AT", "1", "", "0664 1234567", "+436641234567", NUMBER_MOBILE},
        {"CH", "", "", "044 668 18 00", "+41446681800", NUMBER_NATIONAL},
        {"CH", "", "", "0901 123 456", "+41901123456", NUMBER_PREMIUM},
        {"FR", "", "", "01 23 45 67 89", "+33123456789", NUMBER_NATIONAL},
        {"FR", "", "", "0590 12 34 56", "+33590123456", NUMBER_INTERNATIONAL}, /* Guadeloupe */
        {"FR", "", "", "0899 12 34 56", "+33899123456", NUMBER_PREMIUM},
        {"ES", "", "", "91 123 45 67", "+34911234567", NUMBER_NATIONAL},
        {"ES", "", "", "806 123 456", "+34806123456", NUMBER_PREMIUM},
        {"GB", "20", "", "7946 0958", "+442079460958", NUMBER_NATIONAL},
        {"GB", "20", "", "07700 900123", "+447700900123", NUMBER_INTERNATIONAL},
        {"GB", "20", "", "070 1234 5678", "+447012345678", NUMBER_PREMIUM},
        {"GB", "20", "", "01534 123456", "+441534123456", NUMBER_INTERNATIONAL}, /* Jersey */
        {"GB", "20", "", "+881 6 1234 5678", "+881612345678", NUMBER_PREMIUM},
        {"DE", "30", "0", "200", "200", NUMBER_EXTENSION},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct reading *c = &cases[i];
        struct number_plan p = plan(c->country, c->area, c->outside);
        struct number n;
        struct complaint why = {.text = ""};
        if (!number_normalise(&p, c->text, &n, &why))
            fail_msg("%s \"%s\": %s", c->country, c->text, why.text);
        assert_string_equal(n.dial, c->dial);
        if (n.kind != c->kind)
            fail_msg("%s \"%s\" is %s", c->country, c->text, number_kind_name(n.kind));
    }
}

static void what_is_no_number_is_refused(void **state)
{
    static const struct reading cases[] = {
        {"US", "503", "", "555-012", NULL, 0},
        {"US", "", "", "555-0123", NULL, 0},
        {"US", "503", "", "12345678901234567890", NULL, 0},
        {"DE", "", "", "123456", NULL, 0},
        {"CH", "44", "", "668 18 00", NULL, 0},
        {"DE", "30", "", "+0123456789", NULL, 0},
        {"FR", "", "", "+33 1 23 45", NULL, 0},
        {"DE", "30", "", "2026-11-21 5035550123", NULL, 0},
        {"XX", "", "", "+4930123456", NULL, 0},
        {"DE", "30", "", "+49", NULL, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct number_plan p = plan(cases[i].country, cases[i].area, cases[i].outside);
        struct number n;
        struct complaint why = {.text = ""};
        if (number_normalise(&p, cases[i].text, &n, &why))
            fail_msg("\"%s\" became %s", cases[i].text, n.dial);
        assert_string_not_equal(why.text, "");
    }
}

/* With 0 for outside lines, 00 30 ... is Greece for one reader and Berlin for another: nobody guesses. */
static void two_readings_are_refused(void **state)
{
    struct number_plan p = plan("DE", "30", "0");
    struct number n;
    struct complaint why;
    assert_false(number_normalise(&p, "0 030 1234567", &n, &why));
    assert_non_null(strstr(why.text, "+49301234567"));
    assert_non_null(strstr(why.text, "+301234567"));
}

/* proves: S2.8 */
static void blanks_join_the_groups_of_one_number_and_never_two_numbers(void **state)
{
    static const struct reading one[] = {
        {"IT", "", "", "+39 050 123 4567", "+390501234567", NUMBER_NATIONAL},
        {"IT", "", "", "333 123 4567", "+393331234567", NUMBER_MOBILE},
        {"DE", "30", "", "030 123 456", "+4930123456", NUMBER_NATIONAL},
        {"DE", "30", "", "555 123", "+4930555123", NUMBER_NATIONAL}, /* how a local number is grouped */
        {"DE", "30", "", "200 123", "+4930200123", NUMBER_NATIONAL}, /* 123 is no extension */
        {"US", "503", "", "503 555 0123", "+15035550123", NUMBER_NATIONAL},
        {"GB", "20", "", "020 7946 0958", "+442079460958", NUMBER_NATIONAL},
        {"ES", "", "", "911 234 567", "+34911234567", NUMBER_NATIONAL},
    };
    static const struct reading several[] = {
        {"DE", "30", "", "200 100", "200 and 100", 0},
        {"DE", "30", "", "200 100 200", "200 and 100 and more", 0},
        {"DE", "30", "", "  200   100 ", "200 and 100", 0},
        {"DE", "30", "", "0301234567 0307654321", "0301234567 and 0307654321", 0},
        {"DE", "30", "", "030/1234567 200", "030/1234567 and 200", 0},
        {"DE", "30", "", "+49301234567 0049307654321", "+49301234567 and 0049307654321", 0},
        {"IT", "", "", "0501234567 3331234567", "0501234567 and 3331234567", 0},
        {"US", "503", "", "5035550123 5035550124", "5035550123 and 5035550124", 0},
    };
    struct number n;
    struct complaint why = {.text = ""};
    for (size_t i = 0; i < ARRAY_LEN(one); i++) {
        struct number_plan p = plan(one[i].country, one[i].area, one[i].outside);
        if (!number_normalise(&p, one[i].text, &n, &why))
            fail_msg("\"%s\": %s", one[i].text, why.text);
        assert_string_equal(n.dial, one[i].dial);
    }
    for (size_t i = 0; i < ARRAY_LEN(several); i++) {
        struct number_plan p = plan(several[i].country, several[i].area, several[i].outside);
        if (number_normalise(&p, several[i].text, &n, &why))
            fail_msg("\"%s\" became %s", several[i].text, n.dial);
        assert_string_equal(why.code, "number-several");
        if (!strstr(why.text, several[i].dial))
            fail_msg("%s", why.text);
    }
}

/* proves: D3 */
static void emergency_numbers_are_never_dialled(void **state)
{
    static const struct reading cases[] = {
        {"US", "503", "9", "911", NULL, 0},   {"US", "503", "9", "9911", NULL, 0},
        {"US", "503", "9", "9-911", NULL, 0}, {"DE", "30", "0", "110", NULL, 0},
        {"DE", "30", "0", "0112", NULL, 0},   {"DE", "30", "0", "0 0112", NULL, 0},
        {"DE", "30", "", "+49 112", NULL, 0}, {"IT", "", "0", "118", NULL, 0},
        {"IT", "", "", "113", NULL, 0},       {"GB", "20", "", "999", NULL, 0},
        {"GB", "20", "9", "9999", NULL, 0},   {"FR", "", "", "114", NULL, 0},
        {"CH", "", "", "112", NULL, 0},       {"AT", "1", "", "144", NULL, 0},
        {"ES", "", "", "115", NULL, 0},       {"DE", "30", "", "555", NULL, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct number_plan p = plan(cases[i].country, cases[i].area, cases[i].outside);
        p.emergency = "555";
        p.allow = "+ 1 9 0";
        struct number n;
        struct complaint why;
        if (!number_normalise(&p, cases[i].text, &n, &why))
            fail_msg("\"%s\": %s", cases[i].text, why.text);
        if (number_may_dial(&p, &n, &why))
            fail_msg("%s \"%s\" would be dialled as %s", cases[i].country, cases[i].text, n.dial);
        assert_int_equal(n.kind, NUMBER_EMERGENCY);
    }
}

/* proves: D3 */
static void dial_plan_decides_by_longest_prefix(void **state)
{
    static const struct {
        const char *allow, *deny, *text;
        bool may;
    } cases[] = {
        {"", "", "+4930123456", true},
        {"", "", "+491711234567", true},
        {"", "", "+442079460958", false},
        {"", "", "+49900123456", false},
        {"", "", "+881612345678", false},
        {"", "", "200", true},
        {"+44", "", "+442079460958", true},
        {"+44 +1", "+4420", "+442079460958", false},
        {"+44 +442079", "+4420", "+442079460958", true},
        {"+44", "+44", "+442079460958", false},
        {"+", "", "+442079460958", true},
        {"+", "", "+49900123456", false},
        {"+49", "", "+49900123456", false},
        {"+49900", "", "+49900123456", true},
        {"+", "", "+449012345678", false},
        {"", "+49171", "+491711234567", false},
        {"", "2", "200", false},
        {"+", "+49", "+4930123456", false},
        {"+", "", "11833", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct number_plan p = plan("DE", "30", "");
        p.allow = cases[i].allow;
        p.deny = cases[i].deny;
        struct number n;
        struct complaint why = {.text = ""};
        assert_true(number_normalise(&p, cases[i].text, &n, &why));
        if (number_may_dial(&p, &n, &why) != cases[i].may)
            fail_msg("allow \"%s\" deny \"%s\": %s %s", cases[i].allow, cases[i].deny, n.dial, why.text);
        if (!cases[i].may)
            assert_non_null(strstr(why.text, n.dial));
    }
}

static void national_form_is_what_is_dialled_at_home(void **state)
{
    char text[NUMBER_TEXT_LEN];
    struct number_plan de = plan("DE", "30", ""), it = plan("IT", "", "");
    number_format_national(&de, "+4930123456", text);
    assert_string_equal(text, "030123456");
    number_format_national(&de, "+442079460958", text);
    assert_string_equal(text, "00442079460958");
    number_format_national(&it, "+390501234567", text);
    assert_string_equal(text, "0501234567");
    number_format_national(&de, "200", text);
    assert_string_equal(text, "200");
}

/* ---- flags ---- */

static void flags_are_read(void **state)
{
    struct flags f;
    struct complaint why;
    assert_true(flags_parse("^FINE^nocover^A4^NOPREFIX^Retries=12^PORT=pbx^COMPANY=Smith & Co.^BILLING=4711"
                            "^AT=20261201T0800^PRIORITY=0",
                            &f, &why));
    assert_true(flags_has(&f, FLAG_FINE) && flags_has(&f, FLAG_NOCOVER) && flags_has(&f, FLAG_A4) &&
                flags_has(&f, FLAG_NOPREFIX));
    assert_false(flags_has(&f, FLAG_LEGAL) || flags_has(&f, FLAG_TEMPLATE));
    assert_int_equal(f.retries, 12);
    assert_string_equal(f.port, "pbx");
    assert_string_equal(f.company, "Smith & Co.");
    assert_string_equal(f.billing, "4711");
    assert_int_equal(f.at.year * 10000 + f.at.month * 100 + f.at.day, 20261201);
    assert_int_equal(f.at.hour * 100 + f.at.minute, 800);
    assert_true(flags_has(&f, FLAG_PRIORITY) && f.priority == 0);
    assert_true(flags_parse("^STANDARD^LEGAL^TEMPLATE=plain", &f, &why));
    assert_string_equal(f.template_name, "plain");
    assert_true(flags_parse("^SUB=47*11^pwd=12345678901234567890", &f, &why));
    assert_string_equal(f.subaddress, "47*11");
    assert_string_equal(f.password, "12345678901234567890");
    assert_false(flags_parse("^SUB=123456789012345678901", &f, &why) || flags_parse("^SUB=4a", &f, &why) ||
                 flags_parse("^PWD=", &f, &why) || flags_parse("^PWD", &f, &why));
    assert_true(flags_parse("", &f, &why) && f.given == 0);
}

static void unknown_flag_is_answered_with_the_known_ones(void **state)
{
    struct flags f;
    struct complaint why;
    assert_false(flags_parse("^FINE^URGENT", &f, &why));
    static const char *const parts[] = {"^URGENT",    "^STANDARD",         "^COARSE",
                                        "^RETRIES=n", "^AT=20261201T0800", "^PRIORITY=n"};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        assert_non_null(strstr(why.text, parts[i]));
}

static void bad_flags_are_refused(void **state)
{
    static const char *const bad[] = {
        "^RETRIES=0",
        "^RETRIES=13",
        "^RETRIES",
        "^RETRIES=",
        "^RETRIES=1x",
        "^FINE=1",
        "^FINE^COARSE",
        "^A4^LEGAL",
        "^FINE^FINE",
        "^FINE^STANDARD",
        "^",
        "^^FINE",
        "FINE",
        "^PORT=",
        "^AT=20260230T0800",
        "^AT=20261201T2400",
        "^AT=20261201",
        "^AT=2026120AT0800",
        "^AT=20250229T0000",
        "^NOCOVER^TEMPLATE=x",
        "^PRIORITY=10",
        "^PRIORITY=-1",
        "^COMPANY=0123456789012345678901234567890123456789012345678901234567890123456789",
        "^012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"
        "901234567890"
        "12345678901234567890"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct flags f;
        struct complaint why = {.text = ""};
        if (flags_parse(bad[i], &f, &why))
            fail_msg("%s was taken", bad[i]);
        assert_string_not_equal(why.text, "");
    }
}

/* ---- subjects ---- */

static void subjects_name_numbers_and_boxes(void **state)
{
    static const struct {
        const char *text;
        bool check;
        size_t count;
        const char *number[3], *box[3];
    } cases[] = {
        {"5035550123", false, 1, {"5035550123"}, {""}},
        {"Re: AW: Fwd: [urgent] 503-555-0123 ", false, 1, {"503-555-0123"}, {""}},
        {"fwd: [ext] re: +49 (30) 123/456 [internal]", false, 1, {"+49 (30) 123/456"}, {""}},
        {"555-0123, 555-0124;555-0125", false, 3, {"555-0123", "555-0124", "555-0125"}, {"", "", ""}},
        {"555-0123@front | 555-0124@Back Office",
         false,
         2,
         {"555-0123", "555-0124"},
         {"front", "Back Office"}},
        {"Fax to 5035550123 please", false, 1, {"5035550123"}, {""}},
        {"check 5035550123", true, 1, {"5035550123"}, {""}},
        {"check +15035550123", true, 1, {"+15035550123"}, {""}},
        {"check+15035550123", true, 1, {"+15035550123"}, {""}},
        {"555-0123@front^FINE^RETRIES=2", false, 1, {"555-0123"}, {"front"}},
        {"555-0123,", false, 1, {"555-0123"}, {""}},
    };
    static struct subject s;
    struct complaint why;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (!subject_parse(cases[i].text, &s, &why))
            fail_msg("\"%s\": %s", cases[i].text, why.text);
        assert_int_equal(s.check, cases[i].check);
        assert_int_equal(s.count, cases[i].count);
        for (size_t k = 0; k < s.count; k++) {
            assert_string_equal(s.targets[k].target.number, cases[i].number[k]);
            assert_string_equal(s.targets[k].box, cases[i].box[k]);
        }
    }
    assert_true(subject_parse("555-0123@front^FINE^RETRIES=2", &s, &why));
    assert_true(flags_has(&s.targets[0].target.flags, FLAG_FINE) && s.targets[0].target.flags.retries == 2);
}

static void ambiguous_subject_names_both(void **state)
{
    static struct subject s;
    struct complaint why;
    assert_false(subject_parse("5035550123 or 5035550199", &s, &why));
    assert_non_null(strstr(why.text, "5035550123"));
    assert_non_null(strstr(why.text, "5035550199"));
    assert_false(subject_parse("+49301234567 +49307654321", &s, &why));
    assert_non_null(strstr(why.text, "+49301234567 and +49307654321"));
    static const char *const bad[] = {"",          "Re:",          "hello",     "12", "555-0123, nobody",
                                      "555-0123@", "555-0123@a@b", "555-0123^X"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        why.text[0] = 0;
        assert_false(subject_parse(bad[i], &s, &why));
        assert_string_not_equal(why.text, "");
    }
}

static void display_name_holds_a_number(void **state)
{
    struct target t;
    struct complaint why;
    assert_true(target_find("Reception Desk 5035550123", &t, &why));
    assert_string_equal(t.number, "5035550123");
    assert_true(target_find("5035550123", &t, &why));
    assert_true(target_find("Desk 5035550123^COARSE", &t, &why));
    assert_true(flags_has(&t.flags, FLAG_COARSE));
    assert_false(target_find("Reception Desk", &t, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(number_text_is_one_run),
        cmocka_unit_test(numbers_are_found_among_words),
        cmocka_unit_test(numbers_become_e164),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(two_readings_are_refused),
        cmocka_unit_test(blanks_join_the_groups_of_one_number_and_never_two_numbers),
        cmocka_unit_test(emergency_numbers_are_never_dialled),
        cmocka_unit_test(dial_plan_decides_by_longest_prefix),
        cmocka_unit_test(national_form_is_what_is_dialled_at_home),
        cmocka_unit_test(flags_are_read),
        cmocka_unit_test(unknown_flag_is_answered_with_the_known_ones),
        cmocka_unit_test(bad_flags_are_refused),
        cmocka_unit_test(subjects_name_numbers_and_boxes),
        cmocka_unit_test(ambiguous_subject_names_both),
        cmocka_unit_test(display_name_holds_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
