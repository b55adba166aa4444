/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails that local programs drop into the pickup folder: header fields, address lists, envelopes. */
#include <stdlib.h>
#include <string.h>

#include "test.h"

#include "base/attr.h"
#include "base/scope.h"
#include "base/str.h"
#include "proto/pickup.h"

/* ---- fields ---- */

static void header_is_read_field_by_field(void **state)
{
    struct span rest = span_str("Subject: a\r\n b\nX-Odd : c\n\nbody");
    struct header_field f;
    assert_int_equal(header_next(&rest, &f), HEADER_FIELD);
    assert_true(header_is(&f, "subject"));
    assert_memory_equal(f.value.data, " a\r\n b", f.value.len);
    assert_int_equal(f.value.len, 6);
    assert_int_equal(header_next(&rest, &f), HEADER_FIELD);
    assert_true(header_is(&f, "X-Odd"));
    assert_int_equal(header_next(&rest, &f), HEADER_END);
    assert_memory_equal(rest.data, "body", 4);
}

static void what_is_no_field_is_bad(void **state)
{
    static const char *const bad[] = {"no colon\n", ": no name\n", "a b: c\n",  " folded first\n",
                                      "a: b\rc\n",  "a: \1\n",     "a\x80: b\n"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct span rest = span_str(bad[i]);
        struct header_field f;
        assert_int_equal(header_next(&rest, &f), HEADER_BAD);
    }
}

/* ---- lists ---- */

/* "a@b c@d", or "... !" where the list is wrong. */
static const char *listed(const char *text, char room[2000])
{
    struct span rest = span_str(text);
    struct address a;
    enum address_list_step step;
    room[0] = 0;
    while ((step = address_list_next(&rest, "home", &a)) == ADDRESS_LIST_ADDRESS) {
        strcat(room, *room ? " " : "");
        strcat(room, a.text);
    }
    if (step == ADDRESS_LIST_BAD)
        strcat(room, "!");
    return room;
}

static void address_lists_are_read(void **state)
{
    static const struct {
        const char *list, *addresses;
    } rows[] = {
        {"a@b", "a@b"},
        {"a@b, c@d", "a@b c@d"},
        {"Ann <a@b>, \"Bee, C.\" <c@d> (she), e@f (he)", "a@b c@d e@f"},
        {"root", "root@home"},
        {"root, Ann <ann>", "root@home ann@home"},
        {"team: a@b, c@d;, e@f", "a@b c@d e@f"},
        {"undisclosed-recipients:;", ""},
        {"", ""},
        {" , ,", ""},
        {"<@x,@y:a@b>", "a@b"},
        {"\"a b\"@c", "\"a b\"@c"},
        {"(one (in one) \\) more) a@b", "a@b"},
        {"a@b\r\n , c@d", "a@b c@d"},
        {"x@[192.0.2.1]", "x@[192.0.2.1]"},
        {"x@[IPv6:2001:db8::1], a@b", "x@[IPv6:2001:db8::1] a@b"},
        {"a@b, Ann <", "a@b!"},
        {"Ann <a@b", "!"},
        {"Ann <a@b> c@d", "!"},
        {"\"open", "!"},
        {"(open", "!"},
        {"a@b@c", "!"},
        {"<>", "!"},
        {"a b@c", "ab@c"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char room[2000];
        assert_string_equal(listed(rows[i].list, room), rows[i].addresses);
    }
}

/* ---- whole mails ---- */

static const struct pickup_rules rules = {
    .home = "pbx.example", .date = "Mon, 01 Jan 2024 00:00:00 +0000", .message_id = "<id@pbx.example>"};

static struct pickup_mail mail;

static int forget(void **state)
{
    pickup_clear(&mail);
    return 0;
}

static const char *refused(const char *text)
{
    static struct complaint why;
    if (pickup_parse(&rules, span_str(text), &mail, &why))
        fail_msg("taken: %s", text);
    pickup_clear(&mail);
    return why.text;
}

static void take(const char *text)
{
    struct complaint why;
    if (!pickup_parse(&rules, span_str(text), &mail, &why))
        fail_msg("%s", why.text);
}

static void mail_of_a_pbx_is_taken(void **state)
{
    static const char text[] = "Date: Fri, 20 Nov 2026 10:00:00 +0100\n"
                               "From: \"Asterisk PBX\" <asterisk>\n"
                               "To: \"Ann Smith\" <ann@example.com>\n"
                               "Subject: New message 1 in mailbox 100\n"
                               "Message-ID: <Asterisk-1-1@pbx>\n"
                               "MIME-Version: 1.0\n\nhello\n";
    take(text);
    assert_string_equal(mail.sender, "asterisk@pbx.example");
    assert_int_equal(mail.recipient_count, 1);
    assert_string_equal(mail.recipients[0], "ann@example.com");
    assert_string_equal(text + mail.body_at, "hello\n");
    const char *header = buf_text(&mail.header);
    assert_true(str_starts(header, "Date: Fri, 20 Nov 2026 10:00:00 +0100\r\nFrom: "));
    assert_non_null(strstr(header, "MIME-Version: 1.0\r\n\r\n"));
    assert_null(strstr(header, "id@pbx.example"));
}

static void envelope_lines_win_and_do_not_travel(void **state)
{
    take("From: a@b\nTo: c@d\nX-Receiver: e@f\nX-Receiver: g@h\nX-Sender: <>\nBcc: i@j\n\n");
    assert_string_equal(mail.sender, "");
    assert_int_equal(mail.recipient_count, 2);
    assert_string_equal(mail.recipients[1], "g@h");
    assert_string_equal(buf_text(&mail.header),
                        "From: a@b\r\nTo: c@d\r\nDate: Mon, 01 Jan 2024 00:00:00 +0000\r\n"
                        "Message-ID: <id@pbx.example>\r\n\r\n");
}

static void hidden_recipients_stay_hidden(void **state)
{
    take("From: a@b\nBcc: c@d,\n\te@f\nCc: c@d\n\n");
    assert_int_equal(mail.recipient_count, 2);
    assert_null(strstr(buf_text(&mail.header), "e@f"));
}

static void missing_from_is_the_sender(void **state)
{
    take("X-Sender: cron@b\nTo: c@d\n\n");
    assert_non_null(strstr(buf_text(&mail.header), "From: cron@b\r\n"));
}

static void mbox_line_in_front_is_dropped(void **state)
{
    take("From root Mon Jan  1 00:00:00 2024\nFrom: a@b\nTo: c@d\n\n");
    assert_true(str_starts(buf_text(&mail.header), "From: a@b\r\n"));
}

static void malformed_mails_say_what_is_wrong(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"From: a@b\n\nbody", "to whom"},
        {"To: a@b\n\nbody", "who sends"},
        {"From: a@b\nTo: c@d\nno field\n\n", "line 3"},
        {"From: a@b\nTo: c d e\n\n", ""},
        {"From: a@b\nTo: <\n\n", "To holds"},
        {"From: <x@\nTo: c@d\n\n", "From holds"},
        {"X-Sender: a@b\r\rX-Receiver: evil@d\nTo: c@d\n\n", "line 1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (*rows[i].why && !strstr(refused(rows[i].text), rows[i].why))
            fail_msg("%s: %s", rows[i].text, refused(rows[i].text));
}

static void too_much_is_refused(void **state)
{
    SCOPED_BUF struct buf text;
    buf_init(&text, 1 << 20);
    (void)buf_append_str(&text, "From: a@b\nTo: c@d\n");
    for (int i = 0; i <= PICKUP_HOPS_MAX; i++)
        (void)buf_append_str(&text, "Received: by x\n");
    (void)buf_append_str(&text, "\n");
    assert_non_null(strstr(refused(buf_text(&text)), "circles"));
    buf_reset(&text);
    (void)buf_append_str(&text, "From: a@b\nTo: c@d");
    for (int i = 0; i < PICKUP_RECIPIENTS_MAX; i++)
        (void)buf_printf(&text, ", x%d@y", i);
    (void)buf_append_str(&text, "\n\n");
    assert_non_null(strstr(refused(buf_text(&text)), "recipients"));
    buf_reset(&text);
    (void)buf_append_str(&text, "From: a@b\nTo: c@d\n");
    while (text.len < PICKUP_HEADER_MAX)
        (void)buf_append_str(&text, "X-Long: 123\n");
    (void)buf_append_str(&text, "\n");
    assert_non_null(strstr(refused(buf_text(&text)), "header is longer"));
}

/* ---- bodies ---- */

static void bodies_travel_with_crlf(void **state)
{
    static const char body[] = "a\nb\r\nc\rd\r\r\n\ne\r";
    for (size_t cut = 0; cut < sizeof(body); cut++) { /* wherever the pieces end */
        SCOPED_BUF struct buf out;
        bool after_cr = false;
        buf_init(&out, 1000);
        pickup_body(span_of(body, cut), &after_cr, &out);
        pickup_body(span_of(body + cut, sizeof(body) - 1 - cut), &after_cr, &out);
        pickup_body_end(after_cr, &out);
        assert_string_equal(buf_text(&out), "a\r\nb\r\nc\r\nd\r\n\r\n\r\ne\r\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_is_read_field_by_field),
        cmocka_unit_test(what_is_no_field_is_bad),
        cmocka_unit_test(address_lists_are_read),
        cmocka_unit_test_setup_teardown(mail_of_a_pbx_is_taken, NULL, forget),
        cmocka_unit_test_setup_teardown(envelope_lines_win_and_do_not_travel, NULL, forget),
        cmocka_unit_test_setup_teardown(hidden_recipients_stay_hidden, NULL, forget),
        cmocka_unit_test_setup_teardown(missing_from_is_the_sender, NULL, forget),
        cmocka_unit_test_setup_teardown(mbox_line_in_front_is_dropped, NULL, forget),
        cmocka_unit_test(malformed_mails_say_what_is_wrong),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(bodies_travel_with_crlf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
