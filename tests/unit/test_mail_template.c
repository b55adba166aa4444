/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Templates of the mails we write: their grammar, what a value may do to a mail (nothing), and all that are
 * shipped; and the reports for machines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#include "base/mem.h"
#include "base/str.h"
#include "proto/dsn.h"
#include "proto/mail_reason.h"
#include "proto/mail_template.h"
#include "proto/mail_template_files.h"

static const struct mail_template_time noon = {2026, 11, 21, 12, 5, 9};

/* One value of a received fax; its text body. In a static buffer. */
static const char *fill(const char *template, const char *name, const char *value)
{
    static char text[4096];
    struct mail_words w;
    const struct mail_template_value list[] = {{name, value, noon}, {"pages", "2", noon}};
    const struct mail_template_values v = {.list = list, .count = 2};
    assert_true(mail_template_fill(MAIL_TEMPLATE_RECEIVED, template, &v, &w));
    (void)str_copy(text, sizeof(text), buf_text(&w.text));
    mail_words_clear(&w);
    return text;
}

#define BODY(text) "subject: s\nfile: f\ntext:\n" text

/* proves: S2.18 S4.11 */
static void variables_conditions_and_times_are_filled_in(void **state)
{
    static const struct {
        const char *template, *name, *value, *text;
    } cases[] = {
        {BODY("a {caller} b\n"), "caller", "0501", "a 0501 b\n"},
        {BODY("{{caller} {{{caller}}\n"), "caller", "1", "{caller} {1}\n"},
        {BODY("{if partial}p{else}w{end}\n"), "partial", "1", "p\n"},
        {BODY("{if partial}p{else}w{end}\n"), "partial", "", "w\n"},
        {BODY("{if not partial}w{end}.\n"), "partial", "1", ".\n"},
        {BODY("{if pages}{if partial}p{end}q{end}\n"), "partial", "1", "pq\n"},
        {BODY("x\n{if partial}\ny\n{else}\nz\n{end}\nw\n"), "partial", "1", "x\ny\nw\n"},
        {BODY("x\n{if partial}\ny\n{end}\nw"), "partial", "", "x\nw"},
        {BODY("{time}|{time %d.%m.%y %H:%M}\n"), "time", "", "21/11/2026 12:05:09|21.11.26 12:05\n"},
        {BODY("[{station}]"), "caller", "1", "[]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(fill(cases[i].template, cases[i].name, cases[i].value), cases[i].text);
    assert_string_equal(fill("subject: s\r\nfile: f\r\ntext:\r\n{caller}\r\n", "caller", "7"), "7\n");
}

/* proves: S2.18 */
static void each_fax_has_its_own_values(void **state)
{
    const struct mail_template_value first[] = {{"number", "111", noon}, {"delivered", "1", noon}};
    const struct mail_template_value second[] = {{"number", "222", noon}};
    const struct mail_template_values each[] = {{.list = first, .count = 2}, {.list = second, .count = 1}};
    const struct mail_template_value all[] = {{"count", "2", noon}};
    const struct mail_template_values v = {.list = all, .count = 1, .each = each, .each_count = 2};
    struct mail_words w;
    static const char template[] = "subject: {number} of {count}\nfile: f\ntext:\n"
                                   "{each fax}\n{number}{if delivered} ok{end} {count}\n{end}\nend\n";
    assert_true(mail_template_fill(MAIL_TEMPLATE_REPORT, template, &v, &w));
    assert_string_equal(buf_text(&w.subject), "111 of 2");
    assert_string_equal(buf_text(&w.text), "111 ok 2\n222 2\nend\n");
    mail_words_clear(&w);
}

/* proves: S2.18 */
static void error_names_its_line_and_what_would_be_right(void **state)
{
    static const struct {
        const char *text;
        unsigned line;
        const char *part;
    } cases[] = {
        {"", 1, "`subject:` is missing"},
        {"subject: x\ntext:\ny\n", 1, "`file:` is missing"},
        {"subject: x\nfile: y\n", 3, "`text:` is missing"},
        {"subject: x\nsubject: y\n", 2, "already"},
        {"subject: x\nfrom: y\n", 2, "there are `subject:`, `file:`"},
        {BODY("a\n{number}\n"), 5, "there is no {number} here; there are serial, caller"},
        {BODY("a\n\n{caller\n"), 6, "{ without its }"},
        {BODY("{if partial}a\n"), 4, "{if partial} without its {end}"},
        {BODY("{if colour}a{end}\n"), 4, "there is no {colour}"},
        {BODY("a{end}\n"), 4, "{end} or {else} without"},
        {BODY("{if partial}{else}{else}{end}\n"), 4, "without its {end}"},
        {BODY("{partial}\n"), 4, "yes or no"},
        {BODY("{caller %d}\n"), 4, "only a time"},
        {BODY("{time %n}\n"), 4, "a time is written"},
        {BODY("{time %\n}"), 4, "{ without its }"},
        {BODY("{each fax}a{end}\n"), 4, "in the templates `report`, "},
        {BODY("a\n\x01\n"), 5, "control character"},
        {BODY("\xff\n"), 1, "not UTF-8"},
        {"subject: {x}\nfile: f\ntext:\na\n", 1, "there is no {x}"},
        {BODY("a\nhtml:\n<b>{x}</b>\n"), 6, "there is no {x}"},
        {BODY("{if pages}{if pages}{if pages}{if pages}{if pages}{if pages}{if pages}{if pages}{if pages}"),
         4, "more than 8"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct mail_template_error e;
        if (mail_template_check(MAIL_TEMPLATE_RECEIVED, cases[i].text, &e))
            fail_msg("taken: %s", cases[i].text);
        if (e.line != cases[i].line || !strstr(e.text, cases[i].part))
            fail_msg("line %u: %s, of %s", e.line, e.text, cases[i].text);
    }
    struct mail_template_error e;
    assert_false(mail_template_check(MAIL_TEMPLATE_REFUSED, "subject: x\nfile: f\ntext:\ny\n", &e));
    assert_non_null(strstr(e.text, "no attachment"));
    static char large[MAIL_TEMPLATE_MAX + 100];
    memset(large, 'x', sizeof(large) - 1);
    memcpy(large, BODY(""), strlen(BODY("")));
    assert_false(mail_template_check(MAIL_TEMPLATE_RECEIVED, large, &e));
    assert_non_null(strstr(e.text, "longer than"));
}

/* proves: S2.17 */
static void no_value_gets_out_of_its_place(void **state)
{
    static const struct {
        const char *variable, *value, *text;
    } cases[] = {
        {"caller", "05\r\nBcc: x@y.z <b>../", "05Bccxyzb"},
        {"station", "http://evil.example/x?a=b", "http evil example x a b"},
        {"station", "  +49\t30 (1)-2 www.evil.example\x1b[2J", "+49 30 (1)-2 www evil example 2J"},
        {"serial", "a\r\nb\x7f", "a  b "},
        {"box", "https://evil.example www.evil.example", "https: //evil.example www .evil.example"},
        {"box",
         "a\xe2\x80\xae"
         "b\xe2\x80\x8b\xc2\x85"
         "c\xef\xbb\xbf",
         "abc"},
        {"box", "\xff\xfe{caller}{if x}", "??{caller}{if x}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char template[200];
        (void)str_format(template, sizeof(template), BODY("{%s}"), cases[i].variable);
        assert_string_equal(fill(template, cases[i].variable, cases[i].value), cases[i].text);
    }
    char long_text[500];
    memset(long_text, 'a', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = 0;
    assert_int_equal(strlen(fill(BODY("{serial}"), "serial", long_text)), 100);
    assert_int_equal(strlen(fill(BODY("{caller}"), "caller", long_text)), 63);
    for (size_t i = 0; i < 498; i += 2)
        memcpy(long_text + i, "\xc3\xbc", 2);
    assert_true(utf8_valid(span_str(fill(BODY("{box}"), "box", long_text))));
}

static void html_is_escaped_and_subject_and_file_are_one_line(void **state)
{
    struct mail_words w;
    const struct mail_template_value list[] = {{"subject", "<i>&\"\nx", noon},
                                               {"reason", "1 < 2\nthen", noon}};
    const struct mail_template_values v = {.list = list, .count = 2};
    static const char template[] =
        "subject: [{subject}] {reason}\ntext:\n{reason}\nhtml:\n<p title=\"{subject}\">{reason}</p>\n";
    assert_true(mail_template_fill(MAIL_TEMPLATE_REFUSED, template, &v, &w));
    assert_string_equal(buf_text(&w.subject), "[<i>&\" x] 1 < 2 then");
    assert_string_equal(buf_text(&w.text), "1 < 2\nthen\n");
    assert_string_equal(buf_text(&w.html), "<p title=\"&lt;i&gt;&amp;&quot; x\">1 &lt; 2<br>\nthen</p>\n");
    mail_words_clear(&w);
    const struct mail_template_value hidden[] = {{"box", "../../etc/pa\\ss wd\r\n\"", noon}};
    const struct mail_template_values u = {.list = hidden, .count = 1};
    assert_true(mail_template_fill(MAIL_TEMPLATE_RECEIVED, "subject: s\nfile: .{box}/ü\ntext:\nx\n", &u, &w));
    assert_string_equal(buf_text(&w.file), "etcpass_wd__");
    mail_words_clear(&w);
    assert_true(mail_template_fill(MAIL_TEMPLATE_RECEIVED, "subject: s\nfile: ../\ntext:\nx\n", &u, &w));
    assert_string_equal(buf_text(&w.file), "fax");
    mail_words_clear(&w);
}

/* ---- as shipped ---- */

/* proves: S2.18 S4.11 */
static void every_language_has_every_mail_and_all_of_them_can_be_filled(void **state)
{
    const char *subjects[8][MAIL_TEMPLATE_KINDS] = {{NULL}};
    for (size_t l = 0; mail_template_languages[l]; l++)
        for (int k = 0; k < MAIL_TEMPLATE_KINDS; k++)
            for (int neutral = 0; neutral < 2; neutral++) {
                enum mail_template_kind kind = (enum mail_template_kind)k;
                struct mail_template_error e;
                struct mail_words w;
                const char *text = mail_template_shipped(kind, mail_template_languages[l], neutral != 0);
                if (!mail_template_check(kind, text, &e))
                    fail_msg("%s %s: line %u: %s", mail_template_languages[l], mail_template_name(kind),
                             e.line, e.text);
                assert_true(mail_template_preview(kind, text, &w));
                assert_true(w.subject.len > 0 && w.text.len > 0);
                assert_null(strstr(buf_text(&w.text), "{"));
                mail_words_clear(&w);
                for (size_t other = 0; other < l && !neutral; other++)
                    assert_string_not_equal(subjects[other][k], text);
                if (!neutral)
                    subjects[l][k] = text;
            }
    assert_ptr_equal(mail_template_shipped(MAIL_TEMPLATE_KEPT, "xx", false),
                     mail_template_shipped(MAIL_TEMPLATE_KEPT, "en", false));
}

/* proves: S2.18 */
static void neutral_subject_and_file_name_have_no_number(void **state)
{
    static const enum mail_template_kind kinds[] = {MAIL_TEMPLATE_RECEIVED, MAIL_TEMPLATE_REPORT};
    static const char *const numbers[] = {"0501234567", "0509655637", "030", "SERIAL"};
    for (size_t l = 0; mail_template_languages[l]; l++)
        for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
            struct mail_words w;
            assert_true(mail_template_preview(
                kinds[k], mail_template_shipped(kinds[k], mail_template_languages[l], true), &w));
            for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
                assert_null(strstr(buf_text(&w.subject), numbers[i]));
                assert_null(strstr(buf_text(&w.file), numbers[i]));
            }
            mail_words_clear(&w);
        }
}

/* ---- reasons ---- */

static void reason_of_a_code_is_its_own_line_or_its_family(void **state)
{
    static const char table[] =
        "# a: comment\nsip-404 sip-604: Nobody.\nsip-: A call.\nsip-4-: Four: 4.\nlast: End.";
    static const struct {
        const char *code, *words;
    } cases[] = {{"sip-404", "Nobody."},
                 {"sip-604", "Nobody."},
                 {"sip-486", "A call."},
                 {"sip-4-1", "Four: 4."},
                 {"last", "End."},
                 {"las", ""},
                 {"lasting", ""},
                 {"sip", ""},
                 {"", ""},
                 {"# a", ""}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct span words = mail_reason_find(table, cases[i].code);
        assert_int_equal(words.len, strlen(cases[i].words));
        assert_memory_equal(words.data, cases[i].words, words.len);
    }
    assert_int_equal(mail_reason_find("", "x").len, 0);
    assert_int_equal(mail_reason_find("x:", "x").len, 0);
}

/* proves: S2.18 */
static void every_language_but_english_has_the_same_reasons(void **state)
{
    char words[MAIL_REASON_LEN], german[MAIL_REASON_LEN];
    for (size_t l = 0; mail_template_languages[l]; l++)
        for (size_t i = 0; dsn_reason(i); i++) {
            const char *language = mail_template_languages[l], *code = dsn_reason(i);
            if (mail_reason(language, code, words) == str_equal(language, "en"))
                fail_msg("%s: %s", language, code);
            assert_true(mail_reason("de", code, german));
            if (!str_equal(language, "de") && str_equal(words, german))
                fail_msg("%s has the German words of %s", language, code);
        }
    assert_false(mail_reason("de", "never-heard-of", words));
    assert_string_equal(words, "");
    assert_false(mail_reason("xx", "sip-404", words));
}

/* A line that nothing can ask for is a code that was renamed and has no words any more. */
static void every_line_of_a_language_has_its_reason(void **state)
{
    for (const struct mail_template_file *f = mail_template_files; f->name; f++) {
        char *copy = str_equal(f->language, "reasons") ? mem_strdup(f->text) : NULL;
        for (char *rest = copy, *line; (line = strsep(&rest, "\n")) != NULL;) {
            char *keys = *line == '#' ? NULL : strsep(&line, ":"), *key;
            while ((key = strsep(&keys, " ")) != NULL) {
                bool known = !*key;
                size_t len = strlen(key), family = len > 0 && key[len - 1] == '-' ? len : 0;
                for (size_t i = 0; dsn_reason(i) && !known; i++)
                    known = family ? strncmp(dsn_reason(i), key, family) == 0 : str_equal(dsn_reason(i), key);
                if (!known)
                    fail_msg("reasons/%s.txt: %s", f->name, key);
            }
        }
        free(copy);
    }
}

/* ---- for machines ---- */

static void every_reason_has_a_status(void **state)
{
    for (size_t i = 0; dsn_reason(i); i++) {
        const char *status = dsn_status("", dsn_reason(i));
        assert_true((status[0] == '4' || status[0] == '5') && status[1] == '.' && strlen(status) >= 5);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(dsn_reason(i), dsn_reason(k));
    }
}

static const char *status_text(const struct dsn *d)
{
    static char text[8192];
    struct buf b;
    buf_init(&b, sizeof(text) - 1);
    dsn_format(&b, d);
    (void)str_copy(text, sizeof(text), buf_text(&b));
    buf_clear(&b);
    return text;
}

static void delivery_status_has_the_fields_of_the_standard(void **state)
{
    const struct dsn_recipient list[] = {
        {"FAX=+39050123@front.fax.example.com", "2.0.0", "", "", "Sat, 21 Nov 2026 12:00:00 +0100", ""},
        {"FAX=200@front.fax.example.com", "4.4.1", "sip-486", "The number is busy.", "", ""}};
    assert_string_equal(
        status_text(&(struct dsn){"fax.example.com", "Sat, 21 Nov 2026 11:59:00 +0100", list, 2, ""}),
        "Reporting-MTA: dns; fax.example.com\r\nArrival-Date: Sat, 21 Nov 2026 11:59:00 +0100\r\n\r\n"
        "Final-Recipient: rfc822; FAX=+39050123@front.fax.example.com\r\nAction: delivered\r\nStatus: "
        "2.0.0\r\n"
        "Last-Attempt-Date: Sat, 21 Nov 2026 12:00:00 +0100\r\n\r\n"
        "Final-Recipient: rfc822; FAX=200@front.fax.example.com\r\nAction: failed\r\nStatus: 4.4.1\r\n"
        "Diagnostic-Code: x-faxpost; sip-486: The number is busy.\r\n");
}

static void no_value_of_a_delivery_status_begins_a_field(void **state)
{
    const struct dsn_recipient list[] = {{"a@b.c\r\nAction: delivered", "5.0.0", "c",
                                          "one\r\n\r\nFinal-Recipient: rfc822; x@y\xc3\xbc", "", ""}};
    const char *text = status_text(&(struct dsn){"h\r\nX: y", "", list, 1, ""});
    assert_string_equal(text, "Reporting-MTA: dns; h X: y\r\n\r\nFinal-Recipient: rfc822; unknown\r\n"
                              "Action: failed\r\nStatus: 5.0.0\r\n"
                              "Diagnostic-Code: x-faxpost; c: one Final-Recipient: rfc822; x@y??\r\n");
}

/* An outcome that is not known is no success: whoever reads it has to ask. */
static void only_a_confirmed_fax_is_delivered(void **state)
{
    static const char *const states[] = {"failed", "unknown", "cancelled", "expired", "", "held"};
    assert_string_equal(dsn_status("done", ""), "2.0.0");
    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        assert_true(dsn_status(states[i], "outcome-unknown")[0] != '2');
    assert_string_equal(dsn_status("failed", "sip-486"), "4.4.1");
    assert_string_equal(dsn_status("failed", "sip-404"), "5.1.1");
    assert_string_equal(dsn_status("unknown", "outcome-unknown"), "4.4.2");
    assert_string_equal(dsn_status("failed", "sip-499"), "5.4.0");
    assert_string_equal(dsn_status("failed", "sip-503"), "4.4.0");
    assert_string_equal(dsn_status("failed", "sip-699"), "5.7.1");
    assert_string_equal(dsn_status("failed", "t30-never-heard-of"), "4.4.2");
    assert_string_equal(dsn_status("", "document-broken"), "5.6.1");
    assert_string_equal(dsn_status("", "never-heard-of"), "5.0.0");
    assert_string_equal(dsn_status("", ""), "5.0.0");
    assert_string_equal(dsn_status("", "5.7.1"), "5.7.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_conditions_and_times_are_filled_in),
        cmocka_unit_test(each_fax_has_its_own_values),
        cmocka_unit_test(error_names_its_line_and_what_would_be_right),
        cmocka_unit_test(no_value_gets_out_of_its_place),
        cmocka_unit_test(html_is_escaped_and_subject_and_file_are_one_line),
        cmocka_unit_test(every_language_has_every_mail_and_all_of_them_can_be_filled),
        cmocka_unit_test(neutral_subject_and_file_name_have_no_number),
        cmocka_unit_test(reason_of_a_code_is_its_own_line_or_its_family),
        cmocka_unit_test(every_language_but_english_has_the_same_reasons),
        cmocka_unit_test(every_line_of_a_language_has_its_reason),
        cmocka_unit_test(every_reason_has_a_status),
        cmocka_unit_test(delivery_status_has_the_fields_of_the_standard),
        cmocka_unit_test(no_value_of_a_delivery_status_begins_a_field),
        cmocka_unit_test(only_a_confirmed_fax_is_delivered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
