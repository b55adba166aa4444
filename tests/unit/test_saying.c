/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the server says, in the languages of its readers. */
#include "proto/saying.h"

#include <string.h>

#include "base/str.h"
#include "model/identity.h"
#include "proto/accept_language.h"
#include "test.h"

static const char table[] = "# a comment\n\n"
                            "fruit\nen: an apple\nde: ein Apfel\n\n"
                            "eats\nen: {who} eats {what!}.\nde: {what} isst {who}.\n\n"
                            "likes\nen: {who} likes {what?}.\nde: {who} mag {what?}.\n\n"
                            "eats-much\nen: {who} eats {what!} and more.\nde: {what} und mehr isst {who}.\n\n"
                            "plain\nen: Nothing here.\nde: Hier ist nichts.\n";

static void is_said(const char *english, const char *german)
{
    SCOPED_BUF struct buf words;
    buf_init(&words, SAYING_MAX);
    bool known = saying_by(table, "de", span_str(english), &words);
    assert_int_equal(known, german != NULL);
    assert_string_equal(buf_text(&words), german ? german : "");
}

static void sentence_is_known_by_its_words(void **state)
{
    is_said("Nothing here.", "Hier ist nichts.");
    is_said("Nothing here", NULL);
    is_said("Nothing here. ", NULL);
    is_said("", NULL);
    is_said("# a comment", NULL);
    is_said("{who} likes", NULL);
}

static void names_in_it_keep_their_places_by_name(void **state)
{
    is_said("Anna likes pears.", "Anna mag pears.");
    is_said("Anna likes an apple.", "Anna mag ein Apfel.");
    is_said("Anna eats an apple.", "ein Apfel isst Anna.");
    is_said("{what} eats an apple.", "ein Apfel isst {what}.");
    is_said(" likes .", " mag .");
}

static void phrase_that_is_no_row_makes_it_no_sentence_of_ours(void **state)
{
    is_said("Anna eats pears.", NULL);
}

static void row_with_most_words_of_its_own_wins(void **state)
{
    is_said("Anna eats an apple and more.", "ein Apfel und mehr isst Anna.");
}

static void code_and_values_are_told(void **state)
{
    struct saying s;
    static const char english[] = "Anna likes pears.";
    assert_true(saying_find_by(table, span_str(english), &s));
    assert_true(span_equal(s.code, span_str("likes")));
    assert_int_equal(s.count, 2);
    assert_true(span_equal(s.values[0].name, span_str("who")));
    assert_true(span_equal(s.values[0].text, span_str("Anna")));
    assert_true(span_equal(s.values[1].name, span_str("what")));
    assert_true(span_equal(s.values[1].text, span_str("pears")));
}

static void language_without_the_row_is_none(void **state)
{
    SCOPED_BUF struct buf words;
    buf_init(&words, SAYING_MAX);
    assert_false(saying_by(table, "fr", span_str("Nothing here."), &words));
    assert_false(saying_by(table, "d", span_str("Nothing here."), &words));
    assert_int_equal(words.len, 0);
}

static void long_or_deep_text_ends(void **state)
{
    enum { LONG = SAYING_ENGLISH_MAX + 1 };
    static const char deep[] = "deep\nen: ({what!})\nde: [{what}]\n\nx\nen: x\nde: y\n";
    SCOPED_BUF struct buf words;
    char text[LONG + 1];
    memset(text, 'x', LONG);
    text[LONG] = 0;
    buf_init(&words, SAYING_MAX);
    assert_false(saying_by(deep, "de", span_str(text), &words));
    assert_true(saying_by(deep, "de", span_str("(((x)))"), &words));
    assert_string_equal(buf_text(&words), "[[[y]]]");
    assert_false(saying_by(deep, "de", span_str("(((((x)))))"), &words));
}

/* One that takes hundreds of searches before its row is found. */
static void text_made_of_many_beginnings_stays_english(void **state)
{
#define DIGITS "1234567812345678123456781234567812345678"
    static const char rows[] = "a\nen: {v}1{w!}\n\nb\nen: {v}2{w!}\n\nc\nen: {v}3{w!}\n\nd\nen: {v}4{w!}\n\n"
                               "e\nen: {v}5{w!}\n\nf\nen: {v}6{w!}\n\ng\nen: {v}7{w!}\n\nh\nen: {v}8{w!}\n\n"
                               "digits\nen: " DIGITS "\n\nsaid\nen: s{rest!}\n\nx\nen: x\n";
    struct saying s;
    assert_true(saying_find_by(rows, span_str("sx"), &s));
    assert_true(saying_find_by(rows, span_str(DIGITS), &s));
    assert_false(saying_find_by(rows, span_str("s" DIGITS), &s));
}

/* Half a sentence may say the contrary. */
static void what_does_not_fit_is_not_said(void **state)
{
    static const char twice[] = "twice\nen: {what} is wrong\nde: {what} und {what} sind falsch\n";
    SCOPED_BUF struct buf words;
    buf_init(&words, 32);
    assert_true(saying_by(twice, "de", span_str("a is wrong"), &words));
    buf_reset(&words);
    assert_false(saying_by(twice, "de", span_str("0123456789abcdef is wrong"), &words));
}

static void shipped_rows_say_the_login_page(void **state)
{
    SCOPED_BUF struct buf words;
    buf_init(&words, SAYING_MAX);
    assert_true(
        saying_in("de", span_str("There were too many wrong logins. Try again in 30 seconds."), &words));
    assert_string_equal(buf_text(&words),
                        "Es gab zu viele falsche Anmeldungen. Versuchen Sie es in 30 Sekunden "
                        "noch einmal.");
    buf_reset(&words);
    assert_true(saying_in("it", span_str("\"x\" is no number: it takes at least 3 digits"), &words));
    assert_string_equal(buf_text(&words), "«x» non è un numero: servono almeno 3 cifre");
    buf_reset(&words);
    assert_true(saying_in("de", span_str(WRONG_LOGIN), &words));
    assert_true(saying_in("de", span_str(WRONG_LOGIN_OR_AWAY), &words));
}

static void language_that_is_wanted_most_is_taken(void **state)
{
    static const struct {
        const char *header, *language;
    } cases[] = {
        {"de", "de"},
        {"de-CH, en;q=0.9", "de"},
        {"en;q=0.5, it;q=0.51", "it"},
        {"en, de", "en"},
        {"ja, pt-BR;q=0.9, fr;q=0.1", "fr"},
        {"DE-at", "de"},
        {"de;q=0", NULL},
        {"de; q=0.0, es;Q=1.0", "es"},
        {"den, deu, *", NULL},
        {"", NULL},
        {",;,q=1", NULL},
        {"de;level=1", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *found = accept_language(cases[i].header, saying_languages);
        if (!str_equal(found, cases[i].language))
            fail_msg("\"%s\": %s", cases[i].header, found ? found : "none");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentence_is_known_by_its_words),
        cmocka_unit_test(names_in_it_keep_their_places_by_name),
        cmocka_unit_test(phrase_that_is_no_row_makes_it_no_sentence_of_ours),
        cmocka_unit_test(row_with_most_words_of_its_own_wins),
        cmocka_unit_test(code_and_values_are_told),
        cmocka_unit_test(language_without_the_row_is_none),
        cmocka_unit_test(long_or_deep_text_ends),
        cmocka_unit_test(text_made_of_many_beginnings_stays_english),
        cmocka_unit_test(what_does_not_fit_is_not_said),
        cmocka_unit_test(shipped_rows_say_the_login_page),
        cmocka_unit_test(language_that_is_wanted_most_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
