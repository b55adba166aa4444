/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts as people wrote them before Unicode: the same words are the same pages, however they are coded. */
#include "render_bench.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "convert/charset.h"

static const char russian[] =
    "Уважаемый Иван Петрович!\nНаправляем Вам договор на поставку оборудования. Просим "
    "подписать и вернуть один экземпляр по факсу.\n";
static const char japanese[] =
    "拝啓　貴社ますますご清栄のこととお慶び申し上げます。\nご注文の書類をお送りいたします。"
    "ご確認ください。\n";
static const char polish[] =
    "Szanowni Państwo,\nprzesyłamy umowę na dostawę urządzeń. Prosimy o podpisanie i "
    "odesłanie jednego egzemplarza.\n";
static const char greek[] = "Αγαπητέ κύριε,\nσας αποστέλλουμε τη σύμβαση για την προμήθεια εξοπλισμού.\n";
static const char hebrew[] =
    "לקוח יקר,\nאנו שולחים לך את החוזה לאספקת הציוד. אנא חתום והחזר עותק אחד בפקס.\n";
static const char arabic[] =
    "السيد المحترم،\nنرسل إليكم عقد توريد المعدات. يرجى التوقيع وإعادة نسخة واحدة بالفاكس.\n";
static const char turkish[] =
    "Sayın Müşterimiz,\nekipman tedarik sözleşmesini gönderiyoruz. Lütfen imzalayıp bir "
    "nüshasını faks ile iade ediniz.\n";
static const char german[] =
    "Sehr geehrte Frau Müller,\nwir bestätigen die Lieferung der Geräte. Schöne Grüße\n";

static const struct sample {
    const char *charset, *text;
} samples[] = {
    {"KOI8-R", russian},
    {"WINDOWS-1251", russian},
    {"ISO-8859-5", russian},
    {"CP866", russian},
    {"KOI8-U", "Шановний Іване Петровичу!\nНадсилаємо Вам договір на постачання обладнання, її підпишіть.\n"},
    {"SHIFT_JIS", japanese},
    {"EUC-JP", japanese},
    {"ISO-2022-JP", japanese},
    {"GB18030", "尊敬的客户：您好！\n现将合同传真给您，请签字后回传。谢谢合作。\n"},
    {"BIG5", "敬愛的客戶：您好！\n茲將合約傳真給您，請簽名後回傳。謝謝您的合作。\n"},
    {"EUC-KR", "안녕하십니까?\n주문하신 서류를 보내 드립니다. 확인하시고 서명하여 회신해 주시기 바랍니다.\n"},
    {"ISO-8859-2", polish},
    {"WINDOWS-1250", polish},
    {"ISO-8859-7", greek},
    {"WINDOWS-1253", greek},
    {"ISO-8859-8", hebrew},
    {"WINDOWS-1255", hebrew},
    {"ISO-8859-6", arabic},
    {"WINDOWS-1256", arabic},
    {"WINDOWS-1254", turkish},
    {"WINDOWS-1257",
     "Gerbiamas pone,\nsiunčiame Jums įrangos tiekimo sutartį. Prašome pasirašyti ir grąžinti.\n"},
    {"TIS-620", "เรียนท่านลูกค้า\nขอส่งสัญญาการจัดหาอุปกรณ์ กรุณาลงนามและส่งกลับทางโทรสาร\n"},
    {"WINDOWS-1252", german},
    {"WINDOWS-1252",
     "Madame, Monsieur,\nveuillez trouver ci-joint le contrat signé – l’été, où êtes-vous ?\n"},
    {"WINDOWS-1252", "Gentile cliente,\nla città è più bella; perché non può? Così sarà.\n"},
    {"WINDOWS-1252", "Bitte bestätigen\n"},
    {"WINDOWS-1252", "Perché\n"},
    {"WINDOWS-1252", "Grüße – 5 €\n"},
    {"CP850", german},
    {"UTF-16", russian},
    {"UTF-8", russian},
};

/* In the arena of the test: owned by `to`. */
static struct span coded(struct buf *to, const char *charset, const char *text)
{
    char *in = (char *)(uintptr_t)text, out[4096], *at = out;
    size_t rest = strlen(text), room = sizeof(out);
    iconv_t c = iconv_open(charset, "UTF-8");
    assert_true(c != (iconv_t)-1);
    assert_int_equal(iconv(c, &in, &rest, &at, &room), 0);
    assert_int_equal(iconv(c, NULL, NULL, &at, &room), 0);
    (void)iconv_close(c);
    buf_init(to, sizeof(out));
    assert_true(buf_append(to, out, sizeof(out) - room));
    return buf_span(to);
}

static void assert_same_page(struct span document, const char *charset, const char *utf8, const char *what)
{
    struct render_opts o = {.name = "letter.txt", .resolution = PAGE_FINE, .pages_max = 10};
    struct result wanted = render(span_str(utf8)), r;
    assert_true(str_copy(o.charset, sizeof(o.charset), charset));
    r = render_as(&o, document);
    assert_string_equal(wanted.outcome.text, "");
    assert_string_equal(r.outcome.text, "");
    assert_int_equal(r.pages.count, 1);
    if (!span_equal(r.pages.pages[0].t6, wanted.pages.pages[0].t6))
        fail_msg("%s is read as something else", what);
    page_list_clear(&r.pages);
    page_list_clear(&wanted.pages);
}

/* proves: S2.10 */
static void text_of_no_declared_character_set_is_read_right(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        SCOPED_BUF struct buf b;
        SCOPED_BUF struct buf utf8;
        struct span bytes = coded(&b, samples[i].charset, samples[i].text);
        buf_init(&utf8, 4096);
        charset_to_utf8(bytes, "", "", &utf8);
        assert_string_equal(buf_text(&utf8), samples[i].text);
        assert_same_page(bytes, "", samples[i].text, samples[i].charset);
    }
}

/* A word that would be guessed as something else. */
static void what_is_said_of_a_text_wins_over_the_guess(void **state)
{
    static const struct sample cases[] = {
        {"ISO-8859-2", "ąę"},     {"koi8-r", "да"},         {"WINDOWS-1257", "ąčę"},
        {"ISO-8859-15", "5 €"},   {"x-sjis", "御中"},       {"WINDOWS-1251", "я"},
        {"MACINTOSH", "für uns"}, {"ks_c_5601-1987", "네"}, {"utf-8", "ж"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        SCOPED_BUF struct buf b;
        const char *coder = str_equal(cases[i].charset, "x-sjis")           ? "CP932"
                            : str_equal(cases[i].charset, "ks_c_5601-1987") ? "CP949"
                                                                            : cases[i].charset;
        assert_same_page(coded(&b, coder, cases[i].text), cases[i].charset, cases[i].text, cases[i].charset);
    }
}

static void assert_read(struct span bytes, const char *said, const char *language, const char *wanted)
{
    SCOPED_BUF struct buf utf8;
    buf_init(&utf8, 4096);
    charset_to_utf8(bytes, said, language, &utf8);
    assert_string_equal(buf_text(&utf8), wanted);
}

/* A program that says ISO-8859-1 of all that it sends: "MÃ¼ller" would stand on the fax. */
static void utf8_that_is_called_something_else_is_utf8(void **state)
{
    static const char *const texts[] = {"für Frau Müller",
                                        "Perché no?",
                                        "§ 5",
                                        "Größe 5 m²",
                                        "5 €",
                                        "„Sie“ – nein",
                                        "São Paulo",
                                        "ŒUVRE",
                                        "są",
                                        "ósmy",
                                        "przesyłamy umowę",
                                        "Sözleşmesini",
                                        "DAĞ",
                                        "ĞLU",
                                        "Привет",
                                        "Αγαπητέ",
                                        "10\u00a0km",
                                        "拝啓　貴社ますます",
                                        "é",
                                        "CÔTE D’IVOIRE",
                                        "MΩ",
                                        "Čeština"};
    static const char *const said[] = {"iso-8859-1",   "windows-1252", "ISO-8859-15",  "ISO-8859-2",
                                       "windows-1250", "windows-1254", "windows-1251", "koi8-r"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        for (size_t k = 0; k < ARRAY_LEN(said); k++)
            assert_read(span_str(texts[i]), said[k], "", texts[i]);
}

/* They are valid UTF-8 as well, and would be ӣ, ɻ, ܓ. */
static void words_that_could_be_utf8_are_what_they_are_called(void **state)
{
    static const struct sample cases[] = {{"WINDOWS-1250", "SPÓŁKA"},
                                          {"ISO-8859-2", "PÓŁKA, WSPÓŁPRACA"},
                                          {"WINDOWS-1252", "CAFÉ»"},
                                          {"WINDOWS-1252", "im „MENÜ“ steht"},
                                          {"WINDOWS-1252", "LE CAFÉ’S"},
                                          {"WINDOWS-1252", "NESTLÉ® und CAFÉ™, Spaß²"},
                                          {"WINDOWS-1254", "GAZİ”"},
                                          {"TIS-620", "แกง"},
                                          {"GB18030", "哪些"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        SCOPED_BUF struct buf b;
        struct span bytes = coded(&b, cases[i].charset, cases[i].text);
        assert_read(bytes, cases[i].charset, "", cases[i].text);
    }
}

/* Lines that could be of several languages. */
static void language_of_its_sender_tells_what_a_line_is(void **state)
{
    static const struct {
        const char *charset, *text, *language;
    } cases[] = {{"WINDOWS-1250", "Artykuł 8", ""},
                 {"ISO-8859-2", "niewolnikami są zakazane we wszystkich", "pl"},
                 {"WINDOWS-1250", "korzystać z niego", "PL"},
                 {"WINDOWS-1254", "hakkını haizdir.", ""},
                 {"WINDOWS-1254", "Her ferdin bir uyrukluk hakkı vardır.", "tr-TR"},
                 {"WINDOWS-1252", "Það er í lagi með það", ""},
                 {"WINDOWS-1250", "végső szükségében a zsarnokság", "hu"},
                 {"WINDOWS-1250", "prošnja za azil", "SI"},
                 {"WINDOWS-1257", "siunčiame įrangą", "lt"},
                 {"WINDOWS-1252", "Schöne Grüße aus Köln", "pl"},
                 {"WINDOWS-1252", "où êtes-vous, là-bas ?", "tr"},
                 {"WINDOWS-1251", "Уважаемый Иван", "pl"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        SCOPED_BUF struct buf b;
        struct span bytes = coded(&b, cases[i].charset, cases[i].text);
        assert_read(bytes, "", cases[i].language, cases[i].text);
    }
}

/* Nobody knows that character set, or the text is not of it: what it looks like. */
static void what_cannot_be_is_not_believed(void **state)
{
    static const char *const said[] = {"no-such", "us-ascii", "utf-8", "iso-2022-jp", "EUC-JP"};
    for (size_t i = 0; i < ARRAY_LEN(said); i++) {
        SCOPED_BUF struct buf b;
        assert_same_page(coded(&b, "WINDOWS-1251", russian), said[i], russian, said[i]);
    }
}

/* Found by fuzzing: glibc takes the first one for UTF-8. */
static void what_is_made_of_a_text_is_always_unicode(void **state)
{
    static const char *const texts[] = {"\xf5\xbb\xbf\xad", "\xff\xfe\x00\xd8", "\xed\xa0\x80"};
    static const char *const said[] = {"", "gb18030", "utf-8", "utf-32", "utf-7", "big5", "utf-16le"};
    for (size_t i = 0; i < ARRAY_LEN(texts) * ARRAY_LEN(said); i++) {
        SCOPED_BUF struct buf utf8;
        buf_init(&utf8, 4096);
        charset_to_utf8(span_str(texts[i % ARRAY_LEN(texts)]), said[i / ARRAY_LEN(texts)], "", &utf8);
        assert_true(utf8_valid(buf_span(&utf8)));
    }
}

static void type_and_page_name_their_character_set(void **state)
{
    static const struct {
        const char *text, *type, *page;
    } cases[] = {{"text/plain; charset=koi8-r", "koi8-r", "koi8-r"},
                 {"text/plain;format=flowed;CHARSET = \"ISO-8859-2\"", "ISO-8859-2", "ISO-8859-2"},
                 {"text/plain", "", ""},
                 {"text/plain; charset=", "", ""},
                 {"text/plain; charset=\"a b\"", "a", "a"},
                 {"<html><meta charset='windows-1251'>", "windows-1251", "windows-1251"},
                 {"<?xml version='1.0' encoding='iso-8859-5'?><html>", "", "iso-8859-5"},
                 {"<meta http-equiv=content-type content='text/html; charset=big5'>", "big5", "big5"}};
    char name[CHARSET_NAME_MAX + 1];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        charset_of_type(cases[i].text, name);
        assert_string_equal(name, cases[i].type);
        charset_of_page(span_str(cases[i].text), name);
        assert_string_equal(name, cases[i].page);
    }
}

/* proves: S2.10 */
static void web_page_is_read_in_its_character_set(void **state)
{
    static const char *const heads[][2] = {{"<?xml version='1.0' encoding='", "'?><html><body><p>"},
                                           {"<html><head><meta charset=\"", "\"></head><body><p>"},
                                           {"<html><body><p class='", "'>"}};
    for (size_t i = 0; i < ARRAY_LEN(heads) * 2; i++) {
        SCOPED_BUF struct buf b;
        SCOPED_BUF struct buf plain;
        SCOPED_BUF struct buf text;
        const char *charset = i % 2 ? "KOI8-R" : "WINDOWS-1251";
        buf_init(&text, 4096);
        buf_init(&plain, 4096);
        (void)buf_printf(&plain, "<html><body><p>%s", russian);
        (void)buf_printf(&text, "%s%s%s%s", heads[i / 2][0], charset, heads[i / 2][1], russian);
        assert_same_page(coded(&b, charset, buf_text(&text)), "", buf_text(&plain), heads[i / 2][0]);
    }
}

/* Right to left, as it is written: the line begins where the paper ends. */
static void hebrew_begins_at_the_right(void **state)
{
    struct result r = render(span_str("שלום"));
    assert_int_equal(r.pages.count, 1);
    struct pixels x = decode(&r.pages.pages[0]);
    assert_int_equal(darkness(&x, 100, 90, 300, 160), 0);
    assert_true(darkness(&x, 1400, 90, 1600, 160) > 0);
    assert_true(changes(&x) > 10);
    clear(&r, &x);
}

/* Its letters join: the word is narrower than its letters apart, which a fixed pitch would show. */
static void letters_that_join_are_joined(void **state)
{
    struct result whole = render(span_str("ببببببب")), apart = render(span_str("ب ب ب ب ب ب ب"));
    struct pixels a = decode(&whole.pages.pages[0]), b = decode(&apart.pages.pages[0]);
    assert_true(changes(&a) * 3 < changes(&b) * 2);
    clear(&whole, &a);
    clear(&apart, &b);
}

static void joined_text_keeps_its_lines_and_pages(void **state)
{
    struct result r = render(span_str("שלום\n\n  a < b & c\fשלום\r\n\f\fשלום"));
    assert_string_equal(r.outcome.text, "");
    assert_int_equal(r.pages.count, 4); /* an empty one too */
    struct pixels first = decode(&r.pages.pages[0]);
    assert_true(changes(&first) > 30);
    clear(&r, &first);
}

/* No empty box is sent in the place of a letter. */
static void letter_that_no_font_has_is_refused_by_name(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {{"a\xee\x80\x80z",
                  "\"a.pdf\" has 1 character that no font of this fax server can show: U+E000 (of "
                  "private use)."},
                 {"<html><body>a\xee\x80\x80 \xee\x80\x81 \xee\x80\x80", "has 3 characters"},
                 {"שלום \xee\x80\x80", "U+E000"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct result r = render(span_str(cases[i].text));
        assert_string_equal(r.outcome.code, "document-characters");
        if (!strstr(r.outcome.text, cases[i].says))
            fail_msg("\"%s\" does not say \"%s\"", r.outcome.text, cases[i].says);
        assert_int_equal(r.pages.count, 0);
        page_list_clear(&r.pages);
    }
    struct render_opts o = {.name = "cover page", .resolution = PAGE_FINE, .pages_max = 1, .cover = true};
    struct result r = render_as(&o, span_str(cases[0].text));
    assert_string_equal(r.outcome.code, "cover-characters");
    assert_non_null(strstr(r.outcome.text, "U+E000"));
    assert_non_null(strstr(r.outcome.text, "^NOCOVER"));
    assert_int_equal(r.pages.count, 0);
    page_list_clear(&r.pages);
}

/* Marks that nobody sees are no letters that are missing, nor are emoji, which have a font. */
static void unseen_marks_and_emoji_are_no_missing_letters(void **state)
{
    static const char *const texts[] = {"a\u200d\u200eb\ufe0f", "<html><body>soft\u00adhyphen \u200b\u2060",
                                        "👍 ☎ ✓ €"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct result r = render(span_str(texts[i]));
        assert_string_equal(r.outcome.text, "");
        assert_int_equal(r.pages.count, 1);
        page_list_clear(&r.pages);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_no_declared_character_set_is_read_right),
        cmocka_unit_test(what_is_said_of_a_text_wins_over_the_guess),
        cmocka_unit_test(utf8_that_is_called_something_else_is_utf8),
        cmocka_unit_test(words_that_could_be_utf8_are_what_they_are_called),
        cmocka_unit_test(language_of_its_sender_tells_what_a_line_is),
        cmocka_unit_test(what_cannot_be_is_not_believed),
        cmocka_unit_test(what_is_made_of_a_text_is_always_unicode),
        cmocka_unit_test(type_and_page_name_their_character_set),
        cmocka_unit_test(web_page_is_read_in_its_character_set),
        cmocka_unit_test(hebrew_begins_at_the_right),
        cmocka_unit_test(letters_that_join_are_joined),
        cmocka_unit_test(joined_text_keeps_its_lines_and_pages),
        cmocka_unit_test(letter_that_no_font_has_is_refused_by_name),
        cmocka_unit_test(unseen_marks_and_emoji_are_no_missing_letters),
    };
    return cmocka_run_group_tests(tests, render_bench_set_up, render_bench_tear_down);
}
