/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Replies of mail servers as they come, and mails as they travel after DATA. */
#include <stdlib.h>
#include <string.h>

#include "test.h"

#include "base/buf.h"
#include "base/str.h"
#include "proto/smtp_body.h"
#include "proto/sasl_mechanism.h"
#include "proto/smtp_reply.h"

/* Fed whole, and once more byte by byte: both give the same. */
static enum smtp_reply_step parse(struct smtp_reply_parser *p, const char *text)
{
    struct smtp_reply_parser single;
    struct span in = span_str(text);
    smtp_reply_start(p);
    smtp_reply_start(&single);
    enum smtp_reply_step whole = smtp_reply_feed(p, &in), step = SMTP_REPLY_MORE;
    for (size_t i = 0; text[i] && step == SMTP_REPLY_MORE; i++) {
        in = span_of(text + i, 1);
        step = smtp_reply_feed(&single, &in);
    }
    assert_int_equal(step, whole);
    if (whole == SMTP_REPLY_COMPLETE) {
        assert_int_equal(single.reply.code, p->reply.code);
        assert_string_equal(single.reply.text, p->reply.text);
    }
    return whole;
}

static void replies_of_the_field(void **state)
{
    static const struct {
        const char *bytes;
        unsigned code;
        struct smtp_enhanced enhanced;
        const char *text, *line;
    } cases[] = {
        {"220 mail.example.com ESMTP Postfix\r\n",
         220,
         {0},
         "mail.example.com ESMTP Postfix",
         "220 mail.example.com ESMTP Postfix"},
        {"250 2.1.5 Ok\r\n", 250, {2, 1, 5}, "Ok", "250 2.1.5 Ok"},
        {"550-5.7.26 Unauthenticated\r\n550-5.7.26 mail\r\n550 5.7.26 refused\r\n",
         550,
         {5, 7, 26},
         "Unauthenticated\nmail\nrefused",
         "550 5.7.26 Unauthenticated mail refused"},
        {"354\r\n", 354, {0}, "", "354 "},
        {"250\n", 250, {0}, "", "250 "},
        {"250 \r\n", 250, {0}, "", "250 "},
        {"450 4.2.0\r\n", 450, {4, 2, 0}, "", "450 4.2.0 "},
        /* looks like an enhanced code, of another class or longer */
        {"250 5.1.1 x\r\n", 250, {0}, "5.1.1 x", "250 5.1.1 x"},
        {"250 2.1.5.7 x\r\n", 250, {0}, "2.1.5.7 x", "250 2.1.5.7 x"},
        {"250 2.1000.5 x\r\n", 250, {0}, "2.1000.5 x", "250 2.1000.5 x"},
        /* nothing that could forge a line of ours, nothing that is no text */
        {"250 a\rb\x1b[2Jc\r\n", 250, {0}, "a b [2Jc", "250 a b [2Jc"},
        {"250 gr\xc3\xbc\xc3\x9f\r\n", 250, {0}, "gr\xc3\xbc\xc3\x9f", "250 gr\xc3\xbc\xc3\x9f"},
        {"250 gr\xfc\xdf\r\n", 250, {0}, "gr??", "250 gr??"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct smtp_reply_parser p;
        char line[200];
        assert_int_equal(parse(&p, cases[i].bytes), SMTP_REPLY_COMPLETE);
        assert_int_equal(p.reply.code, cases[i].code);
        assert_memory_equal(&p.reply.enhanced, &cases[i].enhanced, sizeof(struct smtp_enhanced));
        assert_string_equal(p.reply.text, cases[i].text);
        smtp_reply_format(&p.reply, line, sizeof(line));
        assert_string_equal(line, cases[i].line);
    }
}

static void what_is_no_reply_is_refused(void **state)
{
    static const char *const bad[] = {"\r\n",
                                      "25\r\n",
                                      "2x0 no\r\n",
                                      "HTTP/1.1 400 Bad Request\r\n",
                                      "199 too small\r\n",
                                      "600 too large\r\n",
                                      "250+what\r\n",
                                      "250-a\r\n251 b\r\n",
                                      "\x16\x03\x01\n"};
    struct smtp_reply_parser p;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(parse(&p, bad[i]), SMTP_REPLY_BAD);
    static const char *const unfinished[] = {"", "250", "250 text\r", "250-a\r\n", "250-a\r\n250 b"};
    for (size_t i = 0; i < ARRAY_LEN(unfinished); i++)
        assert_int_equal(parse(&p, unfinished[i]), SMTP_REPLY_MORE);
}

static void endless_replies_are_cut_off(void **state)
{
    struct smtp_reply_parser p;
    smtp_reply_start(&p);
    enum smtp_reply_step step = SMTP_REPLY_MORE;
    unsigned lines = 0;
    for (; step == SMTP_REPLY_MORE && lines < 100000; lines++) {
        struct span in = span_str("250-and another\r\n");
        step = smtp_reply_feed(&p, &in);
    }
    assert_int_equal(step, SMTP_REPLY_BAD);
    assert_int_equal(lines, SMTP_REPLY_LINES_MAX + 1);
    smtp_reply_start(&p);
    size_t bytes = 0;
    for (step = SMTP_REPLY_MORE; step == SMTP_REPLY_MORE && bytes < 100000; bytes++) {
        struct span in = span_str("2");
        step = smtp_reply_feed(&p, &in);
    }
    assert_int_equal(step, SMTP_REPLY_BAD);
    assert_int_equal(bytes, SMTP_REPLY_LINE_MAX + 1);
}

static void two_replies_in_one_piece_come_one_by_one(void **state)
{
    struct smtp_reply_parser p;
    struct span in = span_str("250 first\r\n550 5.1.1 second\r\n354 th");
    smtp_reply_start(&p);
    assert_int_equal(smtp_reply_feed(&p, &in), SMTP_REPLY_COMPLETE);
    assert_string_equal(p.reply.text, "first");
    assert_int_equal(smtp_reply_feed(&p, &in), SMTP_REPLY_COMPLETE);
    assert_int_equal(p.reply.code, 550);
    assert_int_equal(p.reply.enhanced.detail, 1);
    assert_int_equal(smtp_reply_feed(&p, &in), SMTP_REPLY_MORE);
    in = span_str("ird\r\n");
    assert_int_equal(smtp_reply_feed(&p, &in), SMTP_REPLY_COMPLETE);
    assert_int_equal(p.reply.enhanced.class, 0);
    assert_string_equal(p.reply.text, "third");
}

static void long_text_is_cut_between_characters(void **state)
{
    struct smtp_reply_parser p;
    char line[1200] = "250-";
    for (size_t i = 4; i < 1000; i += 2)
        memcpy(line + i, "\xc3\xa9", 3);
    strcat(line, "\r\n");
    smtp_reply_start(&p);
    for (int i = 0; i < 6; i++) {
        struct span in = span_str(line);
        assert_int_equal(smtp_reply_feed(&p, &in), SMTP_REPLY_MORE);
    }
    struct span in = span_str("250 x\r\n");
    assert_int_equal(smtp_reply_feed(&p, &in), SMTP_REPLY_COMPLETE);
    assert_true(strlen(p.reply.text) >= SMTP_REPLY_TEXT_LEN - 2);
    assert_true(utf8_valid(span_str(p.reply.text)));
}

static void capabilities(void **state)
{
    struct smtp_reply_parser p;
    struct smtp_capabilities c;
    assert_int_equal(
        parse(&p, "250-STARTTLS.example.com at your service\r\n250-PIPELINING\r\n250-size 52428800\r\n"
                  "250-8BITMIME\r\n250-AUTH  LOGIN PLAIN\r\n250-ENHANCEDSTATUSCODES\r\n250 X-UNKNOWN 1\r\n"),
        SMTP_REPLY_COMPLETE);
    smtp_capabilities_parse(&p.reply, &c);
    assert_int_equal(c.features, SMTP_PIPELINING | SMTP_SIZE | SMTP_8BITMIME | SMTP_ENHANCEDSTATUSCODES);
    assert_int_equal(c.logins, 1 << SASL_LOGIN | 1 << SASL_PLAIN);
    assert_int_equal(c.size_max, 52428800);
    assert_int_equal(
        parse(&p, "250-x\r\n250-AUTH=LOGIN\r\n250-STARTTLS\r\n250-SIZE\r\n250-DSN\r\n250 SMTPUTF8\r\n"),
        SMTP_REPLY_COMPLETE);
    smtp_capabilities_parse(&p.reply, &c);
    assert_int_equal(c.features, SMTP_STARTTLS | SMTP_SIZE | SMTP_DSN | SMTP_SMTPUTF8);
    assert_int_equal(c.logins, 1 << SASL_LOGIN);
    assert_int_equal(c.size_max, 0);
    assert_int_equal(parse(&p, "250 PIPELINING\r\n"), SMTP_REPLY_COMPLETE);
    smtp_capabilities_parse(&p.reply, &c);
    assert_int_equal(c.features, 0);
}

static void mail_data_cannot_end_early(void **state)
{
    static const struct {
        const char *mail, *sent;
    } cases[] = {
        {"", ".\r\n"},
        {"a", "a\r\n.\r\n"},
        {"a\r\n", "a\r\n.\r\n"},
        {".\r\n", "..\r\n.\r\n"},
        {"..a\r\n.b", "...a\r\n..b\r\n.\r\n"},
        {"a\r\n.\r\nMAIL FROM:<x>", "a\r\n..\r\nMAIL FROM:<x>\r\n.\r\n"},
        {"a\n.\nb", "a\r\n..\r\nb\r\n.\r\n"},
        {"a\n.\r\nb", "a\r\n..\r\nb\r\n.\r\n"},
        {"a\r.\rb", "a\r\n..\r\nb\r\n.\r\n"},
        {"a\r\n.\nb", "a\r\n..\r\nb\r\n.\r\n"},
        {"a\r\r\n.\r", "a\r\n\r\n..\r\n.\r\n"},
        {"\n\n", "\r\n\r\n.\r\n"},
        {"\r", "\r\n.\r\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct span mail = span_str(cases[i].mail);
        for (size_t cut = 0; cut <= mail.len; cut++) {
            struct smtp_body d = {0};
            SCOPED_BUF struct buf out;
            buf_init(&out, 1000);
            smtp_body_encode(&d, span_of(mail.data, cut), &out);
            smtp_body_encode(&d, span_of(mail.data + cut, mail.len - cut), &out);
            smtp_body_finish(&d, &out);
            assert_string_equal(buf_text(&out), cases[i].sent);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_of_the_field),
        cmocka_unit_test(what_is_no_reply_is_refused),
        cmocka_unit_test(endless_replies_are_cut_off),
        cmocka_unit_test(two_replies_in_one_piece_come_one_by_one),
        cmocka_unit_test(long_text_is_cut_between_characters),
        cmocka_unit_test(capabilities),
        cmocka_unit_test(mail_data_cannot_end_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
