/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The SMTP server engine with a client and a queue that are scripts, on a clock that stands until it is
 * moved. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#include "base/attr.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "mail/smtp_server.h"
#include "proto/smtp_command.h"

enum { MAX_BYTES = 300000, MINUTE_MS = 60000 };

struct world {
    struct smtp_server *server;
    int64_t now_ms;
    struct buf in;  /* what the client sent and the server did not take yet */
    struct buf got; /* replies */
    bool silent;    /* the queue does not answer by itself */
    int store_error, spool_error, write_error;
    int checks, spools, stores, forgets;
    char recipients[400], sender[200], helo[100], wishes[400];
    struct buf mail, file;
    uint64_t spooled;
};

static void rcpt_check(void *context, const char *sender, const char *recipient)
{
    struct world *w = context;
    w->checks++;
    if (w->silent)
        return;
    if (str_starts(recipient, "nobody"))
        smtp_server_checked(w->server, 550, "5.1.1", "there is no fax box \"nobody\"\nboxes are number@box",
                            w->now_ms);
    else
        smtp_server_checked(w->server, 250, "2.1.5", "fine", w->now_ms);
}

static void spool(void *context, struct id mail)
{
    struct world *w = context;
    w->spools++;
    if (!w->silent)
        smtp_server_spooled(w->server, w->spool_error, w->now_ms);
}

static int spool_write(void *context, struct span data)
{
    struct world *w = context;
    (void)buf_append(&w->file, data.data, data.len);
    return w->write_error;
}

static void store(void *context, const struct smtp_mail *mail)
{
    struct world *w = context;
    w->stores++;
    (void)str_copy(w->recipients, sizeof(w->recipients), mail->recipients);
    (void)str_copy(w->sender, sizeof(w->sender), mail->sender);
    (void)str_copy(w->wishes, sizeof(w->wishes), mail->wishes);
    (void)str_copy(w->helo, sizeof(w->helo), mail->helo);
    buf_reset(&w->mail);
    (void)buf_append(&w->mail, mail->data.data, mail->data.len);
    w->spooled = mail->spooled;
    if (!w->silent)
        smtp_server_stored(w->server, w->store_error, w->now_ms);
}

static void forget(void *context)
{
    ((struct world *)context)->forgets++;
}

static const struct smtp_server_events events = {
    .rcpt_check = rcpt_check, .spool = spool, .spool_write = spool_write, .store = store, .forget = forget};

static void begin(struct world *w)
{
    *w = (struct world){.now_ms = 1000};
    buf_init(&w->in, 1 << 20);
    buf_init(&w->got, 1 << 20);
    buf_init(&w->mail, 1 << 20);
    buf_init(&w->file, 1 << 20);
    const struct smtp_server_opts opts = {.host_name = "fax.example.com",
                                          .max_bytes = MAX_BYTES,
                                          .offer_tls = true,
                                          .events = &events,
                                          .context = w,
                                          .now_ms = w->now_ms};
    w->server = smtp_server_new(&opts);
}

static void end(struct world *w)
{
    smtp_server_free(w->server);
    buf_clear(&w->in);
    buf_clear(&w->got);
    buf_clear(&w->mail);
    buf_clear(&w->file);
}

static void read_replies(struct world *w)
{
    struct span out = smtp_server_output(w->server);
    (void)buf_append(&w->got, out.data, out.len);
    smtp_server_sent(w->server, out.len);
}

static void pump(struct world *w)
{
    size_t n;
    do {
        uint8_t *copy = mem_dup(w->in.data, w->in.len); /* reads past the end are seen */
        n = smtp_server_input(w->server, span_of(copy, w->in.len), w->now_ms);
        free(copy);
        buf_consume(&w->in, n);
        read_replies(w);
    } while (n > 0 && w->in.len > 0);
}

static void say_bytes(struct world *w, const void *data, size_t len)
{
    (void)buf_append(&w->in, data, len);
    pump(w);
}

static void say(struct world *w, const char *text)
{
    say_bytes(w, text, strlen(text));
}

/* The codes of the replies so far, "250 250 354"; forgets them. */
static const char *codes(struct world *w)
{
    static char text[4096];
    size_t used = 0;
    text[0] = 0;
    for (const char *at = buf_text(&w->got); *at; at = strstr(at, "\r\n") + 2)
        if (at[3] == ' ' && used + 5 < sizeof(text))
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%.3s", used ? " " : "", at);
    buf_reset(&w->got);
    return text;
}

static const char hello[] = "EHLO client.example\r\n";
static const char envelope[] = "MAIL FROM:<a@example.com>\r\nRCPT TO:<200@front.fax.example.com>\r\nDATA\r\n";

static void mail_is_taken_when_it_is_stored(void **state)
{
    struct world w;
    begin(&w);
    say(&w, hello);
    static const char *const offers[] = {
        "250-PIPELINING", "250-SIZE 300000", "250-8BITMIME",           "250-DSN",
        "250-SMTPUTF8",   "250-STARTTLS",    "250 ENHANCEDSTATUSCODES"};
    for (size_t i = 0; i < ARRAY_LEN(offers); i++)
        assert_non_null(strstr(buf_text(&w.got), offers[i]));
    assert_string_equal(codes(&w), "220 250");
    say(&w, "mail from: <A@Example.com> size=100 body=8bitmime\r\nRCPT TO:<1@b.fax.example.com>\r\n"
            "rcpt to:<2@b.fax.example.com>\r\nDATA\r\n");
    assert_string_equal(codes(&w), "250 250 250 354");
    w.silent = true;
    say(&w, "Subject: x\r\n\r\n..dot\r\n.\r\n");
    assert_string_equal(codes(&w), "");
    assert_int_equal(w.stores, 1);
    smtp_server_stored(w.server, 0, w.now_ms);
    pump(&w);
    assert_string_equal(codes(&w), "250");
    assert_string_equal(w.sender, "A@example.com");
    assert_string_equal(w.helo, "client.example");
    assert_string_equal(w.recipients, "1@b.fax.example.com\n2@b.fax.example.com");
    assert_string_equal(buf_text(&w.mail), "Subject: x\r\n\r\n.dot\r\n");
    say(&w, "QUIT\r\n");
    assert_string_equal(codes(&w), "221");
    assert_int_equal(smtp_server_wish(w.server), SMTP_WISH_END);
    assert_int_equal(w.forgets, 0);
    end(&w);
}

/* The whole dialogue in every pair of pieces, and octet by octet: always the same replies. */
static void pipelining_does_not_depend_on_segments(void **state)
{
    static const char text[] =
        "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<nobody@c>\r\nRCPT TO:<d@c>\r\nDATA\r\nmail\r\n.\r\n"
        "MAIL FROM:<>\r\nRSET\r\nNOOP hey\r\nMAIL FROM:<a@b>\r\nRCPT TO:<d@c>\r\nDATA\r\n2\r\n.\r\nQUIT\r\n";
    static const char wanted[] = "220 250 250 550 250 354 250 250 250 250 250 250 354 250 221";
    for (size_t cut = 0; cut <= sizeof(text) - 1; cut++) {
        struct world w;
        begin(&w);
        say_bytes(&w, text, cut);
        say_bytes(&w, text + cut, sizeof(text) - 1 - cut);
        assert_string_equal(codes(&w), wanted);
        assert_int_equal(w.stores, 2);
        end(&w);
    }
    struct world w;
    begin(&w);
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        say_bytes(&w, text + i, 1);
    assert_string_equal(codes(&w), wanted);
    end(&w);
}

/* Some other server may take any of these for an end; each is split at every place. Never a second mail, and
 * what follows is never taken for commands. */
static void smuggled_mail_is_refused(void **state)
{
    static const char *const ends[] = {"\n.\n", "\n.\r\n", "\r.\r", "\r\n.\n", "\r\n.\r", "\r.\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        char text[400];
        (void)str_format(text, sizeof(text),
                         "one%sMAIL FROM:<evil@b>\r\nRCPT TO:<d@c>\r\nDATA\r\ntwo\r\n.\r\n", ends[i]);
        for (size_t cut = 0; cut <= strlen(text); cut++) {
            struct world w;
            begin(&w);
            say(&w, hello);
            say(&w, envelope);
            (void)codes(&w);
            say_bytes(&w, text, cut);
            say_bytes(&w, text + cut, strlen(text) - cut);
            assert_string_equal(codes(&w), "554");
            assert_int_equal(w.stores, 0);
            say(&w, "NOOP\r\n");
            assert_string_equal(codes(&w), "250");
            end(&w);
        }
    }
}

static void client_that_ends_with_lf_gets_its_answer(void **state)
{
    struct world w;
    begin(&w);
    say(&w, hello);
    say(&w, envelope);
    say(&w, "line\n.\n");
    (void)codes(&w);
    w.now_ms = smtp_server_deadline_ms(w.server);
    assert_true(w.now_ms <= 1000 + 15000);
    smtp_server_expire(w.server, w.now_ms);
    read_replies(&w);
    assert_string_equal(codes(&w), "554");
    assert_int_equal(smtp_server_wish(w.server), SMTP_WISH_END);
    end(&w);
}

static void commands_out_of_order_are_refused(void **state)
{
    static const struct {
        const char *say, *codes;
    } cases[] = {
        {"MAIL FROM:<a@b>\r\n", "503"},
        {"RCPT TO:<a@b>\r\nDATA\r\n", "503 503"},
        {"EHLO x\r\nMAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\n", "250 250 503"},
        {"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<nobody@b>\r\nDATA\r\n", "250 250 550 554"},
        {"EHLO x\r\nMAIL FROM:<a@b> SIZE=300001\r\n", "250 552"},
        {"EHLO x\r\nMAIL FROM:<a@b> SIZE=99999999999999999999999\r\n", "250 501"},
        {"EHLO x\r\nMAIL FROM:<a@b> MT-PRIORITY=3\r\nMAIL FROM:<a@b> BODY=BINARYMIME\r\n", "250 555 501"},
        {"EHLO x\r\nMAIL FROM:a@b\r\nMAIL FROM:<a@b\r\nMAIL FROM:<a@b>x\r\nMAIL\r\n", "250 501 501 501 501"},
        {"EHLO x\r\nMAIL FROM:<@relay:a@b>\r\n", "250 501"},
        {"EHLO x\r\nMAIL FROM:<j\xc3\xbc@b>\r\nMAIL FROM:<j\xc3\xbc@b> SMTPUTF8\r\nRCPT TO:<\xc3\xa9@b>\r\n",
         "250 553 250 250"},
        {"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<\xc3\xa9@b>\r\nRCPT TO:<Postmaster>\r\n", "250 250 553 250"},
        {"AUTH PLAIN AAAA\r\nBDAT 5\r\nVRFY a\r\nEXPN a\r\nHELP\r\nWHAT\r\n", "502 502 252 502 214 500"},
        {"EHLO\r\nEHLO a b\r\nHELO x\r\nDATA now\r\n", "501 501 250 501"},
        {"NOOP\n", "500"},
        {"NO\rOP\r\n", "500"},
        {"NOOP\x01\r\n", "500"},
        {"EHLO x\r\nMAIL FROM:<a@b>\r\nEHLO y\r\nRCPT TO:<a@b>\r\n", "250 250 250 503"},
        {"EHLO x\r\nMAIL FROM:<\"a b\"@[IPv6:::1]>\r\n", "250 250"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct world w;
        begin(&w);
        read_replies(&w);
        (void)codes(&w);
        say(&w, cases[i].say);
        const char *got = codes(&w);
        if (strcmp(got, cases[i].codes) != 0)
            fail_msg("\"%s\": %s instead of %s", cases[i].say, got, cases[i].codes);
        end(&w);
    }
}

/* proves: S2.13 */
static void what_is_asked_of_reports_stays_with_the_mail_and_nothing_else(void **state)
{
    static const char mail[] = "DATA\r\nx\r\n.\r\n";
    static const struct {
        const char *say, *codes, *wishes;
    } cases[] = {
        {"MAIL FROM:<a@b> RET=HDRS ENVID=QQ+2B1\r\nRCPT TO:<c@d> NOTIFY=SUCCESS,DELAY "
         "ORCPT=rfc822;C+20x@d\r\n"
         "RCPT TO:<nobody@d> NOTIFY=NEVER\r\nRCPT TO:<e@f> NOTIFY=NEVER\r\nRCPT TO:<g@h>\r\n",
         "250 250 550 250 250 354 250", "1 QQ+1\nA rfc822;C x@d\n1 \n0 "},
        {"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n", "250 250 354 250", ""},
        {"MAIL FROM:<a@b> ENVID=x\r\nRSET\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n", "250 250 250 250 354 250",
         ""},
        {"MAIL FROM:<a@b> ENVID=a+0D+0ABcc:x\r\nMAIL FROM:<a@b> ENVID=a+0A\r\nMAIL FROM:<a@b> ENVID=1 "
         "ENVID=2\r\n"
         "MAIL FROM:<a@b> RET=ALL\r\nMAIL FROM:<a@b> RET=HDRS RET=FULL\r\nMAIL FROM:<a@b> NOTIFY=NEVER\r\n"
         "MAIL FROM:<a@b>\r\nRCPT TO:<c@d> ORCPT=rfc822;a+0D+0ATo:+20x\r\nRCPT TO:<c@d> ORCPT=a@b\r\n"
         "RCPT TO:<c@d> NOTIFY=NEVER,DELAY\r\nRCPT TO:<c@d> NOTIFY=DELAY NOTIFY=DELAY\r\nRCPT TO:<c@d> "
         "ENVID=x\r\n"
         "RCPT TO:<c@d>\r\n",
         "501 501 501 501 501 555 250 501 501 501 501 555 250 354 250", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct world w;
        begin(&w);
        say(&w, "EHLO x\r\n");
        (void)codes(&w);
        say(&w, cases[i].say);
        say(&w, mail);
        assert_string_equal(codes(&w), cases[i].codes);
        assert_string_equal(w.wishes, cases[i].wishes);
        end(&w);
    }
}

static void reply_of_the_queue_stays_one_line(void **state)
{
    struct world w;
    begin(&w);
    say(&w, "EHLO x\r\nMAIL FROM:<a@b>\r\n");
    (void)codes(&w);
    say(&w, "RCPT TO:<nobody@b>\r\n");
    assert_string_equal(buf_text(&w.got),
                        "550 5.1.1 there is no fax box \"nobody\"?boxes are number@box\r\n");
    end(&w);
}

static void long_local_part_is_taken(void **state)
{
    char text[400];
    struct world w;
    begin(&w);
    say(&w, "EHLO x\r\nMAIL FROM:<a@b>\r\n");
    (void)codes(&w);
    (void)strcpy(text, "RCPT TO:<200^COMPANY=");
    memset(text + strlen(text), 'x', 254 - strlen("200^COMPANY="));
    (void)strcpy(text + strlen("RCPT TO:<") + 254, "@front.fax.example.com>\r\n");
    say(&w, text);
    assert_string_equal(codes(&w), "250");
    end(&w);
}

static void long_line_is_refused_once(void **state)
{
    char text[5000];
    struct world w;
    begin(&w);
    read_replies(&w);
    (void)codes(&w);
    memset(text, 'x', sizeof(text));
    say_bytes(&w, text, 600);
    say_bytes(&w, text, 600);
    say_bytes(&w, text, sizeof(text));
    say(&w, "MAIL\r\nNOOP\r\n");
    assert_string_equal(codes(&w), "500 250");
    end(&w);
}

static void junk_ends_the_connection(void **state)
{
    struct world w;
    begin(&w);
    for (int i = 0; i < 100; i++)
        say(&w, "WHAT\r\n");
    assert_int_equal(smtp_server_wish(w.server), SMTP_WISH_END);
    end(&w);
    begin(&w);
    for (int i = 0; i < 1000; i++)
        say(&w, "NOOP\r\n");
    assert_int_equal(smtp_server_wish(w.server), SMTP_WISH_END);
    end(&w);
}

/* A browser on this machine can be made to send this to any port of it. */
static void web_request_cannot_carry_commands(void **state)
{
    struct world w;
    begin(&w);
    read_replies(&w);
    (void)codes(&w);
    say(&w, "POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO x\r\nMAIL FROM:<a@b>\r\nRCPT "
            "TO:<200@c>\r\nDATA\r\nx\r\n.\r\n");
    assert_string_equal(codes(&w), "421");
    assert_int_equal(w.checks, 0);
    assert_int_equal(smtp_server_wish(w.server), SMTP_WISH_END);
    end(&w);
}

/* RFC 3207 §4.2, §6. */
static void what_came_before_tls_is_forgotten(void **state)
{
    struct world w;
    begin(&w);
    say(&w, hello);
    say(&w, "MAIL FROM:<a@b>\r\n");
    (void)codes(&w);
    say(&w, "STARTTLS\r\nRCPT TO:<evil@c>\r\n");
    assert_string_equal(codes(&w), "220");
    assert_int_equal(smtp_server_wish(w.server), SMTP_WISH_TLS);
    assert_int_equal(w.in.len, 0);
    smtp_server_secured(w.server, w.now_ms);
    say(&w, "MAIL FROM:<a@b>\r\n");
    assert_string_equal(codes(&w), "503");
    say(&w, hello);
    assert_null(strstr(buf_text(&w.got), "STARTTLS"));
    say(&w, "RCPT TO:<a@b>\r\nSTARTTLS\r\n");
    assert_string_equal(codes(&w), "250 503 503");
    assert_int_equal(w.checks, 0);
    end(&w);
}

/* ---- large mails ---- */

static void say_lines(struct world *w, size_t bytes)
{
    static const char line[] =
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678\r\n";
    for (size_t sent = 0; sent < bytes; sent += sizeof(line) - 1)
        say_bytes(w, line, sizeof(line) - 1);
}

static void begin_mail(struct world *w)
{
    begin(w);
    say(w, hello);
    say(w, envelope);
    (void)codes(w);
}

static void large_mail_goes_into_the_file(void **state)
{
    struct world w;
    begin_mail(&w);
    say_lines(&w, 81 * 3000);
    say(&w, ".\r\n");
    assert_string_equal(codes(&w), "250");
    assert_int_equal(w.spools, 1);
    assert_int_equal(w.spooled, 81 * 3000);
    assert_int_equal(w.file.len, 81 * 3000);
    assert_int_equal(w.mail.len, 0);
    w.file.len = 0;
    say(&w, envelope);
    say_lines(&w, 810);
    say(&w, ".\r\n");
    assert_string_equal(codes(&w), "250 250 354 250");
    assert_int_equal(w.spools, 1);
    assert_int_equal(w.spooled, 0);
    assert_int_equal(w.mail.len, 810);
    end(&w);
}

static void client_waits_for_the_file(void **state)
{
    struct world w;
    begin_mail(&w);
    w.silent = true;
    say_lines(&w, 81 * 1000);
    assert_int_equal(w.spools, 1);
    assert_true(w.in.len > 10000);
    smtp_server_spooled(w.server, 0, w.now_ms);
    pump(&w);
    assert_int_equal(w.in.len, 0);
    say(&w, ".\r\n");
    assert_int_equal(w.stores, 1);
    assert_int_equal(w.file.len, 81 * 1000);
    smtp_server_stored(w.server, 0, w.now_ms);
    pump(&w);
    assert_string_equal(codes(&w), "250");
    end(&w);
}

static void mail_beyond_the_limit_is_refused(void **state)
{
    struct world w;
    begin_mail(&w);
    say_lines(&w, MAX_BYTES + 1);
    say(&w, ".\r\nNOOP\r\n");
    assert_string_equal(codes(&w), "552 250");
    assert_int_equal(w.stores, 0);
    assert_int_equal(w.forgets, 1);
    end(&w);
    begin_mail(&w);
    say_lines(&w, 3 * MAX_BYTES);
    assert_string_equal(codes(&w), "552");
    assert_int_equal(smtp_server_wish(w.server), SMTP_WISH_END);
    end(&w);
}

static void storage_errors_are_temporary(void **state)
{
    static const struct {
        int store, spool, write;
        size_t bytes;
        const char *codes;
    } cases[] = {{ENOSPC, 0, 0, 810, "452"},
                 {EIO, 0, 0, 810, "451"},
                 {0, EIO, 0, 81 * 1000, "451"},
                 {0, 0, ENOSPC, 81 * 1000, "452"},
                 {EIO, 0, 0, 81 * 1000, "451"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct world w;
        begin_mail(&w);
        w.store_error = cases[i].store;
        w.spool_error = cases[i].spool;
        w.write_error = cases[i].write;
        say_lines(&w, cases[i].bytes);
        say(&w, ".\r\n");
        assert_string_equal(codes(&w), cases[i].codes);
        say(&w, "MAIL FROM:<a@b>\r\n");
        assert_string_equal(codes(&w), "250");
        end(&w);
    }
}

/* ---- time ---- */

static void expire(struct world *w)
{
    w->now_ms = smtp_server_deadline_ms(w->server);
    smtp_server_expire(w->server, w->now_ms);
    read_replies(w);
    pump(w);
}

static void silent_client_is_ended(void **state)
{
    struct world w;
    begin(&w);
    read_replies(&w);
    (void)codes(&w);
    assert_int_equal(smtp_server_deadline_ms(w.server), 1000 + 5 * MINUTE_MS);
    w.now_ms = 1000 + 4 * MINUTE_MS;
    smtp_server_expire(w.server, w.now_ms);
    say(&w, "NO"); /* half a command moves nothing */
    assert_int_equal(smtp_server_deadline_ms(w.server), 1000 + 5 * MINUTE_MS);
    expire(&w);
    assert_string_equal(codes(&w), "421");
    assert_int_equal(smtp_server_wish(w.server), SMTP_WISH_END);
    end(&w);
}

/* An octet now and then does not keep a place for ever. */
static void slow_mail_is_ended(void **state)
{
    struct world w;
    begin_mail(&w);
    int64_t began_ms = w.now_ms;
    while (smtp_server_wish(w.server) == SMTP_WISH_NOTHING) {
        w.now_ms += MINUTE_MS;
        smtp_server_expire(w.server, w.now_ms);
        say(&w, "x");
        assert_true(w.now_ms - began_ms <= 31 * MINUTE_MS);
    }
    assert_string_equal(codes(&w), "421");
    assert_int_equal(w.stores, 0);
    end(&w);
}

static void long_session_is_ended(void **state)
{
    struct world w;
    begin(&w);
    while (smtp_server_wish(w.server) == SMTP_WISH_NOTHING) {
        w.now_ms += MINUTE_MS;
        smtp_server_expire(w.server, w.now_ms);
        say(&w, "NOOP\r\n");
        assert_true(w.now_ms <= 1000 + 61 * MINUTE_MS);
    }
    end(&w);
}

static void absent_queue_means_later(void **state)
{
    struct world w;
    begin(&w);
    w.silent = true;
    say(&w, "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nNOOP\r\n");
    assert_string_equal(codes(&w), "220 250 250");
    expire(&w);
    assert_string_equal(codes(&w), "451 250");
    assert_int_equal(w.forgets, 1);
    smtp_server_checked(w.server, 250, "2.1.5", "late", w.now_ms); /* nothing waits for it */
    w.silent = false;
    say(&w, "RCPT TO:<a@b>\r\nDATA\r\n");
    w.silent = true;
    say(&w, "x\r\n.\r\n");
    assert_string_equal(codes(&w), "250 354");
    expire(&w);
    assert_string_equal(codes(&w), "451");
    assert_int_equal(w.forgets, 2);
    end(&w);
}

static void lost_client_is_forgotten(void **state)
{
    struct world w;
    begin_mail(&w);
    w.silent = true;
    say(&w, "x\r\n.\r\n");
    int forgets = w.forgets;
    smtp_server_free(w.server);
    w.server = NULL;
    assert_int_equal(w.forgets, forgets + 1);
    end(&w);
}

/* Who sends and never reads costs one block of replies. */
static void replies_are_bounded(void **state)
{
    struct world w;
    begin(&w);
    size_t taken = 0, n;
    static const char noop[] = "NOOP\r\n";
    do {
        n = smtp_server_input(w.server, span_of(noop, sizeof(noop) - 1), w.now_ms);
        taken += n;
    } while (n > 0 && taken < 1 << 20);
    assert_true(smtp_server_output(w.server).len < 16384);
    end(&w);
}

static void recipients_are_bounded(void **state)
{
    struct world w;
    begin(&w);
    say(&w, "EHLO x\r\nMAIL FROM:<a@b>\r\n");
    for (int i = 0; i < SMTP_RECIPIENTS_MAX; i++)
        say(&w, "RCPT TO:<a@b>\r\n");
    (void)codes(&w);
    say(&w, "RCPT TO:<a@b>\r\nDATA\r\n.\r\n");
    assert_string_equal(codes(&w), "452 354 250");
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mail_is_taken_when_it_is_stored),
        cmocka_unit_test(pipelining_does_not_depend_on_segments),
        cmocka_unit_test(smuggled_mail_is_refused),
        cmocka_unit_test(client_that_ends_with_lf_gets_its_answer),
        cmocka_unit_test(commands_out_of_order_are_refused),
        cmocka_unit_test(reply_of_the_queue_stays_one_line),
        cmocka_unit_test(long_local_part_is_taken),
        cmocka_unit_test(long_line_is_refused_once),
        cmocka_unit_test(junk_ends_the_connection),
        cmocka_unit_test(web_request_cannot_carry_commands),
        cmocka_unit_test(what_came_before_tls_is_forgotten),
        cmocka_unit_test(large_mail_goes_into_the_file),
        cmocka_unit_test(client_waits_for_the_file),
        cmocka_unit_test(mail_beyond_the_limit_is_refused),
        cmocka_unit_test(storage_errors_are_temporary),
        cmocka_unit_test(silent_client_is_ended),
        cmocka_unit_test(slow_mail_is_ended),
        cmocka_unit_test(long_session_is_ended),
        cmocka_unit_test(absent_queue_means_later),
        cmocka_unit_test(lost_client_is_forgotten),
        cmocka_unit_test(replies_are_bounded),
        cmocka_unit_test(recipients_are_bounded),
        cmocka_unit_test(what_is_asked_of_reports_stays_with_the_mail_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
