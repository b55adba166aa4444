/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails as real mail programs and attackers write them, taken apart. */
#include <stdio.h>
#include <string.h>

#include "test.h"

#include "base/scope.h"
#include "base/str.h"
#include "convert/unpack.h"

static struct unpacked u;
static struct outcome outcome;

static int set_up(void **state)
{
    unpack_prepare();
    return 0;
}

static int forget(void **state)
{
    unpacked_clear(&u);
    return 0;
}

static void unpack(const char *mail)
{
    unpacked_clear(&u);
    unpack_mail(span_str(mail), &u, &outcome);
}

static void from_is_one_address_or_none(void **state)
{
    static const struct {
        const char *header, *from;
    } cases[] = {{"From: a@example.com\n", "a@example.com"},
                 {"From: \"Dr. A\" <a@example.com>\n", "a@example.com"},
                 {"From: a@example.com, b@example.com\n", ""},
                 {"From: a@example.com\nFrom: b@example.com\n", ""},
                 {"From: group: a@example.com;\n", ""},
                 {"From: nobody\n", ""},
                 {"From: <a b@example.com>\n", ""},
                 {"Sender: a@example.com\n", ""},
                 {"From: =?utf-8?q?evil=40example.com?= <a@example.com>\n", "a@example.com"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char mail[300];
        (void)str_format(mail, sizeof(mail), "%sSubject: x\n\ntext\n", cases[i].header);
        unpack(mail);
        assert_string_equal(u.from, cases[i].from);
    }
}

static void display_name_of_the_addressee_is_kept(void **state)
{
    unpack("From: a@b.c\nTo: \"Reception Desk 5035550123\" <fax@example.com>, c@d.e\nCc: Copy <g@h.i>\n\n");
    assert_string_equal(buf_text(&u.addressees),
                        "fax@example.com\tReception Desk 5035550123\nc@d.e\t\ng@h.i\tCopy\n");
}

/* Many programs pad each word of a subject; all of them count. */
static void padded_words_of_a_subject_all_count(void **state)
{
    unpack("From: a@b.c\nSubject: =?UTF-8?B?QmV0cmU=?=\n =?UTF-8?b?w7xuZw==?= =?utf-8?Q?=C3=BC_?=\n "
           "=?utf-8?B?NTAz?= 555\n\n");
    assert_string_equal(u.subject, "Betreüngü 503 555");
}

static void headers_are_made_harmless(void **state)
{
    unpack("From: a@b.c\nSubject: =?utf-8?q?one=0D=0ABcc:_x=00two=E2=80=AEtxt=C2=9B?=\nMessage-ID: "
           "<a\x01@b>\n\n");
    assert_null(strpbrk(u.subject, "\r\n"));
    assert_null(strstr(u.subject, "\xe2\x80\xae"));
    assert_true(utf8_valid(span_str(u.subject)));
    assert_string_equal(u.message_id, "");
    unpack("From: a@b.c\nMessage-ID: <good.1@example.com>\n\n");
    assert_string_equal(u.message_id, "good.1@example.com");
}

static const char mixed[] =
    "From: a@b.c\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=m\n\n"
    "--m\nContent-Type: multipart/alternative; boundary=a\n\n"
    "--a\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nf=FCr "
    "PIN 1234\n"
    "--a\nContent-Type: multipart/related; boundary=r\n\n"
    "--r\nContent-Type: text/html\n\n<p>f&uuml;r</p>\n"
    "--r\nContent-Type: image/png\nContent-ID: <logo>\nContent-Disposition: inline; "
    "filename=logo.png\n\nPNG\n"
    "--r--\n--a--\n"
    "--m\nContent-Type: application/pdf; name=\"=?utf-8?q?=C3=9Cbersicht.pdf?=\"\n"
    "Content-Disposition: attachment\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQK\n"
    "--m\nContent-Type: text/plain\nContent-Disposition: attachment;\n filename*0*=utf-8''two%20; "
    "filename*1=parts.txt\n\n"
    "second\n"
    "--m\nContent-Type: text/plain\n\nfooter of a mailing list\n"
    "--m\nContent-Type: application/pgp-signature; name=signature.asc\n\nsig\n"
    "--m--\n";

static void text_and_attachments_are_told_from_decoration(void **state)
{
    unpack(mixed);
    assert_string_equal(outcome.text, "");
    assert_string_equal(buf_text(&u.text), "für PIN 1234");
    unpacked_drop_signatures(&u);
    assert_int_equal(u.count, 2);
    assert_string_equal(u.parts[0].name, "Übersicht.pdf");
    assert_string_equal(u.parts[0].type, "application/pdf");
    assert_int_equal(u.parts[0].bytes.len, 9);
    assert_memory_equal(u.parts[0].bytes.data, "%PDF-1.4\n", 9);
    assert_string_equal(u.parts[1].name, "two parts.txt");
}

static void names_cannot_climb_or_hide(void **state)
{
    static const struct {
        const char *given, *kept;
    } cases[] = {{"../../etc/passwd", "passwd"},
                 {"C:\\\\x\\\\y.pdf", "y.pdf"},
                 {"...", ""},
                 {".ssh", "ssh"},
                 {"a/b/", ""},
                 {"plain.pdf", "plain.pdf"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char mail[300];
        (void)str_format(mail, sizeof(mail),
                         "From: a@b.c\nContent-Type: application/pdf\nContent-Disposition: attachment; "
                         "filename=\"%s\"\n\nx\n",
                         cases[i].given);
        unpack(mail);
        assert_int_equal(u.count, 1);
        assert_string_equal(u.parts[0].name, cases[i].kept);
    }
}

static void forwarded_mail_gives_its_documents_or_its_words(void **state)
{
    unpack("From: a@b.c\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nsee below\n--m\n"
           "Content-Type: message/rfc822\n\nFrom: x@y.z\nSubject: inner/1\n\ninner text\nPIN: 4711\n--m\n"
           "Content-Type: message/rfc822\n\nFrom: x@y.z\nContent-Type: multipart/mixed; boundary=n\n\n"
           "--n\n\nmore\n--n\nContent-Type: application/pdf; name=a.pdf\n\n%PDF\n--n--\n--m--\n");
    assert_string_equal(buf_text(&u.text), "see below");
    assert_int_equal(u.count, 2);
    assert_string_equal(u.parts[0].name, "1.txt");
    assert_string_equal(buf_text(&u.parts[0].bytes), "inner text\nPIN: 4711");
    assert_string_equal(u.parts[1].name, "a.pdf");
}

static void words_of_an_html_mail_are_read(void **state)
{
    unpack("From: a@b.c\nContent-Type: text/html; "
           "charset=iso-8859-1\n\n<html><head><style>p{}</style></head><body>"
           "<p>Gr\xfc&szlig;e &amp; "
           "<b>mehr</b></p><div>PIN:&nbsp;4711<br>x</div><blockquote><p>old</p></blockquote>"
           "<script>4712</script>\n");
    assert_string_equal(buf_text(&u.text), "Grüße & mehr\nPIN: 4711\nx\n> old\n");
    assert_int_equal(u.count, 0);
    unpack("From: a@b.c\nContent-Type: multipart/alternative; boundary=m\n\n--m\nContent-Type: "
           "text/html\n\nhtml\n--m\n"
           "Content-Type: text/plain\n\nplain\n--m\nContent-Type: text/calendar\n\nBEGIN\n--m--\n");
    assert_string_equal(buf_text(&u.text), "plain");
    assert_int_equal(u.count, 0);
}

/* Of the part, else of the mail: it helps to guess where no character set is said. */
static void language_of_an_attachment_is_kept(void **state)
{
    static const struct {
        const char *of_mail, *of_part, *kept;
    } cases[] = {{"", "", ""},
                 {"Content-Language: pl-PL\n", "", "pl-PL"},
                 {"Content-Language: en-US\n", "Content-Language: tr\n", "tr"},
                 {"Content-Language: tr\n", "Content-Language: a b\n", "tr"},
                 {"Content-Language: de, en\n", "", ""},
                 {"Content-Language: a-name-that-is-no-language\n", "", ""}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char mail[400];
        (void)str_format(mail, sizeof(mail),
                         "From: a@b.c\n%sContent-Type: multipart/mixed; boundary=m\n\n--m\n\nhi\n--m\n"
                         "Content-Type: text/plain; name=x.txt\n%s\nTEXT\n--m--\n",
                         cases[i].of_mail, cases[i].of_part);
        unpack(mail);
        assert_int_equal(u.count, 1);
        assert_string_equal(u.parts[0].language, cases[i].kept);
    }
    unpack("From: a@b.c\nContent-Type: text/plain\nContent-Language: pl\n\nkorzysta\xe6\n");
    assert_string_equal(buf_text(&u.text), "korzystać\n");
}

/* What a document is written in goes along; what can be no name does not. */
static void character_set_of_an_attachment_is_kept(void **state)
{
    static const struct {
        const char *said, *kept;
    } cases[] = {{"; charset=koi8-r", "koi8-r"},
                 {"; charset=\"ISO-8859-2\"", "ISO-8859-2"},
                 {"", ""},
                 {"; charset=\"a/b; c\"", ""}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char mail[400];
        (void)str_format(mail, sizeof(mail),
                         "From: a@b.c\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nhi\n--m\n"
                         "Content-Type: text/plain; name=x.txt%s\n\nTEXT\n--m--\n",
                         cases[i].said);
        unpack(mail);
        assert_int_equal(u.count, 1);
        assert_string_equal(u.parts[0].charset, cases[i].kept);
    }
}

/* Words without a word about their character set are read as what they look like. */
static void words_of_no_declared_character_set_are_read(void **state)
{
    unpack("From: a@b.c\n\n\xf5\xd7\xc1\xd6\xc1\xc5\xcd\xd9\xca \xe9\xd7\xc1\xce "
           "\xf0\xc5\xd4\xd2\xcf\xd7\xc9\xde, "
           "\xd0\xcf\xc4\xd0\xc9\xdb\xc9\xd4\xc5.\n");
    assert_string_equal(buf_text(&u.text), "Уважаемый Иван Петрович, подпишите.\n");
}

static void files_among_the_words_are_attachments(void **state)
{
    unpack("From: a@b.c\n\nhello\nbegin 644 ../cat.txt\n#0V%T\n`\nend\nbye\nbegin 644 or not\nthis is no "
           "line\n");
    assert_string_equal(buf_text(&u.text), "hello\nbye\nbegin 644 or not\nthis is no line\n");
    assert_int_equal(u.count, 1);
    assert_string_equal(u.parts[0].name, "cat.txt");
    assert_string_equal(buf_text(&u.parts[0].bytes), "Cat");
}

static void put_attribute(struct buf *b, uint32_t id, const char *data, size_t len)
{
    uint8_t head[9] = {2};
    for (size_t i = 0; i < 4; i++) {
        head[1 + i] = (uint8_t)(id >> (8 * i));
        head[5 + i] = (uint8_t)(len >> (8 * i));
    }
    (void)buf_append(b, head, sizeof(head));
    (void)buf_append(b, data, len);
    (void)buf_append(b, "\0\0", 2);
}

static void put_winmail(struct buf *b)
{
    /* PR_ATTACH_LONG_FILENAME, Unicode, behind a number of 4 bytes and a named property. */
    static const char properties[] = "\3\0\0\0"
                                     "\3\0\x05\x37"
                                     "\1\0\0\0"
                                     "\3\0\1\x80"
                                     "0123456789abcdef"
                                     "\0\0\0\0"
                                     "\5\0\0\0"
                                     "\7\0\0\0"
                                     "\x1f\0\7\x37"
                                     "\1\0\0\0"
                                     "\x0c\0\0\0"
                                     "\xdc\0.\0p\0d\0f\0\0\0";
    (void)buf_append(b, "\x78\x9f\x3e\x22\1\0", 6);
    put_attribute(b, 0x00089006, "\0\0\1\0", 4);
    put_attribute(b, 0x00069002, "\1\0", 2);
    put_attribute(b, 0x00018010, "UEBERS~1.PDF", 13);
    put_attribute(b, 0x0006800f, "%PDF-1", 6);
    put_attribute(b, 0x00069005, properties, sizeof(properties) - 1);
    put_attribute(b, 0x00069002, "\1\0", 2);
    put_attribute(b, 0x00018010, "b.txt", 6);
    put_attribute(b, 0x0006800f, "two", 3);
}

static void winmail_dat_is_opened(void **state)
{
    SCOPED_BUF struct buf tnef, mail;
    buf_init(&tnef, 4096);
    buf_init(&mail, 8192);
    put_winmail(&tnef);
    for (size_t cut = 0; cut <= tnef.len; cut++) {
        buf_reset(&mail);
        (void)buf_append_str(&mail, "From: a@b.c\nContent-Type: application/ms-tnef; name=winmail.dat\n"
                                    "Content-Transfer-Encoding: 8bit\n\n");
        (void)buf_append(&mail, tnef.data, cut);
        unpacked_clear(&u);
        unpack_mail(buf_span(&mail), &u, &outcome);
        assert_true(u.count <= 2);
    }
    assert_int_equal(u.count, 2);
    assert_string_equal(u.parts[0].name, "Ü.pdf");
    assert_string_equal(buf_text(&u.parts[0].bytes), "%PDF-1");
    assert_string_equal(u.parts[1].name, "b.txt");
    /* What is none is left alone, and refused by its name when it is rendered. */
    unpack("From: a@b.c\nContent-Type: application/ms-tnef; name=winmail.dat\n\nno such thing\n");
    assert_int_equal(u.count, 1);
    assert_string_equal(u.parts[0].name, "winmail.dat");
}

static void programs_answers_are_not_faxed(void **state)
{
    unpack("From: a@b.c\nContent-Type: multipart/report; boundary=m\n\n--m\n\nfailed\n--m--\n");
    assert_string_equal(outcome.code, "mail-automatic");
    unpack("From: a@b.c\nAuto-Submitted: auto-replied (vacation)\n\nI am away\n");
    assert_string_equal(outcome.code, "mail-automatic");
    unpack("Return-Path: <>\nFrom: a@b.c\n\nundelivered\n");
    assert_string_equal(outcome.code, "mail-automatic");
    unpack("Return-Path: <a@b.c>\nFrom: a@b.c\nAuto-Submitted: auto-generated\n\nfrom a copier\n");
    assert_int_equal(outcome.verdict, VERDICT_DONE);
}

/* proves: S4.5 */
static void mail_that_goes_round_is_not_faxed(void **state)
{
    char mail[8000] = "";
    for (unsigned i = 0; i < 100; i++)
        (void)strcat(mail, "Received: by mx.example\n");
    (void)strcat(mail, "From: a@b.c\n\nhello\n");
    unpack(mail);
    assert_int_equal(outcome.verdict, VERDICT_DONE);
    char once_more[8100] = "Received: from mx.example by mx.example\n";
    (void)strcat(once_more, mail);
    unpack(once_more);
    assert_string_equal(outcome.code, "mail-loop");
}

/* proves: S3.13 */
static void bounces_say_which_mail_came_back(void **state)
{
    unpack("From: MAILER-DAEMON@mx.example\nAuto-Submitted: auto-replied\n"
           "Content-Type: multipart/report; report-type=delivery-status; boundary=m\n\n"
           "--m\nContent-Type: text/plain\n\nI'm sorry\n"
           "--m\nContent-Description: Delivery report\nContent-Type: message/delivery-status\n\n"
           "Reporting-MTA: dns; mx.example\nOriginal-Envelope-Id: e-1\n\n"
           "Final-Recipient: rfc822; no@b.example\nAction: failed\nStatus: 5.1.1\n"
           "Diagnostic-Code: smtp; 550 5.1.1 no\n    such user\n\n"
           "--m\nContent-Type: text/rfc822-headers\n\nSubject: fax\nMessage-ID: "
           "<faxpost-1@x.example>\n\n--m--\n");
    assert_string_equal(outcome.code, "mail-automatic");
    assert_int_equal(u.bounce.action, BOUNCE_FAILED);
    assert_string_equal(u.bounce.envid, "e-1");
    assert_string_equal(u.bounce.words, "550 5.1.1 no such user");
    assert_string_equal(u.returned_id, "faxpost-1@x.example");
    unpack(
        "From: <>\nContent-Type: multipart/report; boundary=m\n\n--m\nContent-Type: message/delivery-status\n"
        "Content-Transfer-Encoding: base64\n\nQTogYgoKQWN0aW9uOiBkZWxheWVkCg==\n"
        "--m\nContent-Type: message/rfc822\n\nMessage-ID: <i@j>\nSubject: x\n\nwords\n--m--\n");
    assert_int_equal(u.bounce.action, BOUNCE_DELAYED);
    assert_string_equal(u.returned_id, "i@j");
    unpack("From: a@b.c\nContent-Type: text/plain\n\nA: b\n\nAction: failed\n");
    assert_int_equal(u.bounce.action, BOUNCE_NONE);
}

static void small_pictures_among_the_words_are_no_documents(void **state)
{
    static const struct {
        const char *header;
        size_t count;
    } cases[] = {{"Content-Type: image/png\nContent-Disposition: inline; filename=logo.png", 0},
                 {"Content-Type: image/png\nContent-Disposition: attachment; filename=x.png", 1},
                 {"Content-Type: image/tiff; name=fax.tif", 1},
                 {"Content-Type: image/png; name=x.png\nContent-ID: <1>\nContent-Disposition: inline", 0}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char mail[400];
        (void)str_format(
            mail, sizeof(mail),
            "From: a@b.c\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nhi\n--m\n%s\n\nPIC\n--m--\n",
            cases[i].header);
        unpack(mail);
        assert_int_equal(u.count, cases[i].count);
    }
}

static void broken_mime_is_read_as_far_as_it_makes_sense(void **state)
{
    static const char *const mails[] = {
        "From: a@b.c\nContent-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: "
        "application/pdf\n\n%PDF",
        "From: a@b.c\nContent-Type: multipart/mixed\n\nno boundary at all\n",
        "From: a@b.c\nContent-Type: ;;;\nContent-Transfer-Encoding: what\n\ntext\n",
        "From: a@b.c\nContent-Type: text/plain; charset=no-such\n\n\xff\xfe text\n",
        "From a b c\nFrom: a@b.c\n\ntext\n"};
    for (size_t i = 0; i < ARRAY_LEN(mails); i++) {
        unpack(mails[i]);
        assert_int_equal(outcome.verdict, VERDICT_DONE);
        assert_string_equal(u.from, "a@b.c");
        assert_true(utf8_valid(buf_span(&u.text)));
    }
}

/* Many times something, where a reader might begin anew each time. None may hang or grow without end: it is
 * read, or refused by name. */
static void bombs_of_headers_and_parts_are_read_or_refused(void **state)
{
    static const struct {
        const char *head, *again, *end; /* %d: counts up */
        int times;
    } bombs[] = {
        {"From: a@b.c\n", "X-%d: y\n", "\nhi\n", 20000},
        {"From: a@b.c\nSubject: x", "\n folded%d", "\n\nhi\n", 20000},
        {"From: a@b.c\nTo: x@y", ",n%d@y", "\n\nhi\n", 10000},
        {"From: a@b.c", ",n%d@y", "\n\nhi\n", 10000},
        {"From: a@b.c\nTo: g:", "(c%d(", "\n\nhi\n", 10000},
        {"From: a@b.c\nSubject:", " =?utf-8?q?w%d?=", "\n\nhi\n", 10000},
        {"From: a@b.c\nContent-Type: application/pdf", ";\n name*%d*=us-ascii''x", "\n\n%PDF-\n", 1000},
        {"From: a@b.c\nContent-Type: multipart/mixed; boundary=m\n\n", "--m%d\n", "--m--\n", 20000},
        {"From: a@b.c\nContent-Type: multipart/mixed; boundary=m\n\n", "--m\nX-%d: y\n\n\n", "--m--\n",
         10000},
        {"From: a@b.c\n", "Content-Type: message/rfc822\nX-%d: y\n\n", "hi\n", 1000},
        {"From: a@b.c\n\n", "begin 644 f%d\n", "`\nend\n", 10000},
    };
    for (size_t i = 0; i < ARRAY_LEN(bombs); i++) {
        SCOPED_BUF struct buf b;
        buf_init(&b, 64 << 20);
        (void)buf_append_str(&b, bombs[i].head);
        for (int n = 0; n < bombs[i].times; n++) {
            const char *count = strstr(bombs[i].again, "%d");
            (void)buf_append(&b, bombs[i].again, (size_t)(count - bombs[i].again));
            (void)buf_printf(&b, "%d%s", n, count + 2);
        }
        (void)buf_append_str(&b, bombs[i].end);
        unpack(buf_text(&b));
        assert_true(outcome.verdict == VERDICT_DONE || *outcome.code);
        assert_true(u.count <= PART_SET_PARTS_MAX);
        assert_true(u.text.len <= b.len);
    }
}

static void limits_are_named(void **state)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, 1 << 20);
    (void)buf_append_str(&b, "From: a@b.c\nContent-Type: multipart/mixed; boundary=m\n\n");
    for (int i = 0; i <= PART_SET_PARTS_MAX; i++)
        (void)buf_append_str(&b, "--m\nContent-Type: application/pdf\n\nx\n");
    unpack(buf_text(&b));
    assert_string_equal(outcome.code, "mail-too-many-parts");
    assert_string_equal(u.from, "a@b.c"); /* known all the same: he is told */
    buf_reset(&b);
    (void)buf_append_str(&b, "From: a@b.c\n");
    for (int i = 0; i < 100; i++)
        (void)buf_printf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
    unpack(buf_text(&b));
    assert_string_equal(outcome.code, "mail-too-deep");
    for (int i = 0; i < 1000; i++)
        (void)buf_printf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
    unpack(buf_text(&b));
    assert_string_equal(outcome.code, "mail-too-deep");
    unpack("");
    assert_string_equal(outcome.code, "mail-empty");
}

static void long_text_is_cut_between_characters(void **state)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, 1 << 20);
    (void)buf_append_str(&b, "From: a@b.c\nContent-Type: text/plain; charset=utf-8\n\nx");
    for (int i = 0; i < 60000; i++)
        (void)buf_append_str(&b, "ü");
    unpack(buf_text(&b));
    assert_true(u.text.len > 65000 && u.text.len <= UNPACK_TEXT_MAX);
    assert_true(utf8_valid(buf_span(&u.text)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_is_one_address_or_none),
        cmocka_unit_test(display_name_of_the_addressee_is_kept),
        cmocka_unit_test(padded_words_of_a_subject_all_count),
        cmocka_unit_test(headers_are_made_harmless),
        cmocka_unit_test(text_and_attachments_are_told_from_decoration),
        cmocka_unit_test(names_cannot_climb_or_hide),
        cmocka_unit_test(forwarded_mail_gives_its_documents_or_its_words),
        cmocka_unit_test(words_of_an_html_mail_are_read),
        cmocka_unit_test(files_among_the_words_are_attachments),
        cmocka_unit_test(character_set_of_an_attachment_is_kept),
        cmocka_unit_test(language_of_an_attachment_is_kept),
        cmocka_unit_test(words_of_no_declared_character_set_are_read),
        cmocka_unit_test(winmail_dat_is_opened),
        cmocka_unit_test(programs_answers_are_not_faxed),
        cmocka_unit_test(mail_that_goes_round_is_not_faxed),
        cmocka_unit_test(bounces_say_which_mail_came_back),
        cmocka_unit_test(small_pictures_among_the_words_are_no_documents),
        cmocka_unit_test(broken_mime_is_read_as_far_as_it_makes_sense),
        cmocka_unit_test(bombs_of_headers_and_parts_are_read_or_refused),
        cmocka_unit_test(limits_are_named),
        cmocka_unit_test(long_text_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, set_up, forget);
}
