/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The SMTP client against a server whose every line stands here, on a clock that stands still. */
#include <stdlib.h>
#include <string.h>

#include "test.h"

#include "base/buf.h"
#include "base/str.h"
#include "mail/smtp_client.h"

enum { MOST_RECIPIENTS = 4, MINUTE_MS = 60000 };

struct talk {
    struct smtp_client *c;
    int64_t now_ms;
    struct outcome recipient[MOST_RECIPIENTS];
    int recipients, mails_done, over;
    bool over_in_order, unreachable;
    struct outcome why;
    /* the mail */
    const char *bytes;
    bool unreadable;
    const char *to[MOST_RECIPIENTS];
    struct smtp_mail mail;
    struct buf sent; /* since it was last looked at */
};

static void on_recipient(void *context, size_t index, const struct outcome *o)
{
    struct talk *t = context;
    t->recipients++;
    t->recipient[index] = *o;
}

static void on_mail_done(void *context)
{
    ((struct talk *)context)->mails_done++;
}

static void on_over(void *context, const struct outcome *why, bool unreachable)
{
    struct talk *t = context;
    t->over++;
    t->over_in_order = why == NULL;
    t->unreachable = unreachable;
    if (why)
        t->why = *why;
}

static const struct smtp_client_handlers handlers = {
    .on_recipient = on_recipient, .on_mail_done = on_mail_done, .on_over = on_over};

static ssize_t read_bytes(void *context, uint64_t at, uint8_t *to, size_t room)
{
    const struct talk *t = context;
    if (t->unreadable && at > 0)
        return -1;
    size_t n = strlen(t->bytes + at);
    n = n < room ? n : room;
    memcpy(to, t->bytes + at, t->unreadable ? 1 : n);
    return t->unreadable ? 1 : (ssize_t)n;
}

static void talk_open(struct talk *t, struct smtp_client_opts opts)
{
    *t = (struct talk){.now_ms = 1000000};
    buf_init(&t->sent, 16 << 20);
    opts.own_name = "fax.example.com";
    opts.server_name = "mx.example.com";
    opts.handlers = &handlers;
    opts.context = t;
    t->c = smtp_client_new(&opts, t->now_ms);
}

static void talk_close(struct talk *t)
{
    smtp_client_free(t->c);
    buf_clear(&t->sent);
}

static void take_output(struct talk *t)
{
    for (struct span out = smtp_client_output(t->c); out.len > 0; out = smtp_client_output(t->c)) {
        size_t n = out.len < 7000 ? out.len : 7000;
        assert_true(buf_append(&t->sent, out.data, n));
        smtp_client_took(t->c, n, t->now_ms);
    }
}

/* What we have sent since the last look. */
static void expect(struct talk *t, const char *sent)
{
    take_output(t);
    assert_string_equal(buf_text(&t->sent), sent);
    buf_reset(&t->sent);
}

static void says(struct talk *t, const char *lines)
{
    smtp_client_input(t->c, span_str(lines), t->now_ms);
}

static void deliver(struct talk *t, const char *bytes, const char *first, const char *second)
{
    t->bytes = bytes;
    t->to[0] = first;
    t->to[1] = second;
    t->recipients = t->mails_done = 0;
    t->mail = (struct smtp_mail){.sender = "bounce@fax.example.com",
                                 .recipients = t->to,
                                 .recipient_count = second ? 2 : 1,
                                 .size = strlen(bytes),
                                 .read = read_bytes,
                                 .context = t};
    smtp_client_deliver(t->c, &t->mail, t->now_ms);
}

/* Greeted and ready, with these lines after the server's name in its answer to EHLO. */
static void talk_ready(struct talk *t, const char *ehlo)
{
    talk_open(t, (struct smtp_client_opts){0});
    says(t, "220 mx\r\n");
    expect(t, "EHLO fax.example.com\r\n");
    says(t, ehlo);
    assert_true(smtp_client_is_ready(t->c));
}

static void step_by_step_without_pipelining(void **state)
{
    struct talk t;
    talk_ready(&t, "250-mx\r\n250 SIZE 1000\r\n");
    deliver(&t, "Subject: x\r\n\r\n.dot\nend", "a@example.com", "b@example.com");
    expect(&t, "MAIL FROM:<bounce@fax.example.com> SIZE=22\r\n");
    says(&t, "250 ok\r\n");
    expect(&t, "RCPT TO:<a@example.com>\r\n");
    says(&t, "550 5.1.1 no such user\r\n");
    assert_int_equal(t.recipients, 1);
    assert_int_equal(t.recipient[0].verdict, VERDICT_GIVE_UP);
    assert_string_equal(t.recipient[0].code, "smtp-550-5.1.1");
    assert_non_null(
        strstr(t.recipient[0].text, "mx.example.com answered to the recipient: \"550 5.1.1 no such user\""));
    expect(&t, "RCPT TO:<b@example.com>\r\n");
    says(&t, "251 ok\r\n");
    expect(&t, "DATA\r\n");
    says(&t, "354 go\r\n");
    expect(&t, "Subject: x\r\n\r\n..dot\r\nend\r\n.\r\n");
    assert_int_equal(t.mails_done, 0);
    says(&t, "250 2.0.0 queued as 4711\r\n");
    assert_int_equal(t.recipients, 2);
    assert_int_equal(t.mails_done, 1);
    assert_int_equal(t.recipient[1].verdict, VERDICT_DONE);
    assert_non_null(strstr(t.recipient[1].text, "queued as 4711"));
    assert_true(smtp_client_is_ready(t.c));
    smtp_client_quit(t.c, t.now_ms);
    expect(&t, "QUIT\r\n");
    says(&t, "221 bye\r\n");
    assert_true(t.over == 1 && t.over_in_order);
    talk_close(&t);
}

static void pipelined_envelope(void **state)
{
    struct talk t;
    talk_ready(&t, "250-mx\r\n250-PIPELINING\r\n250 8BITMIME\r\n");
    deliver(&t, "x\r\n", "a@example.com", "b@example.com");
    expect(&t, "MAIL FROM:<bounce@fax.example.com> BODY=8BITMIME\r\nRCPT TO:<a@example.com>\r\n"
               "RCPT TO:<b@example.com>\r\nDATA\r\n");
    says(&t, "250 ok\r\n250 ok\r\n450 4.2.1 later\r\n354 go\r\n");
    assert_int_equal(t.recipient[1].verdict, VERDICT_RETRY);
    expect(&t, "x\r\n.\r\n");
    says(&t, "250 ok\r\n");
    assert_int_equal(t.recipient[0].verdict, VERDICT_DONE);
    assert_int_equal(t.mails_done, 1);
    talk_close(&t);
}

/* proves: S3.13 */
static void refused_mail_never_blocks_the_next(void **state)
{
    static const struct {
        const char *ehlo, *replies, *reset;
        const char *code;
        enum verdict verdict;
    } cases[] = {
        {"250 mx\r\n", "550 no\r\n", "RSET\r\n", "smtp-550", VERDICT_GIVE_UP}, /* sender */
        {"250-mx\r\n250 PIPELINING\r\n", "550 no\r\n503 no\r\n503 no\r\n", "RSET\r\n", "smtp-550",
         VERDICT_GIVE_UP},
        {"250-mx\r\n250 PIPELINING\r\n", "550 no\r\n503 no\r\n354 go\r\n", ".\r\n", "smtp-550",
         VERDICT_GIVE_UP},
        {"250-mx\r\n250 PIPELINING\r\n", "250 ok\r\n550 no\r\n354 go\r\n", ".\r\n", "smtp-550",
         VERDICT_GIVE_UP},
        {"250-mx\r\n250 PIPELINING\r\n", "250 ok\r\n550 no\r\n554 no\r\n", "RSET\r\n", "smtp-550",
         VERDICT_GIVE_UP},
        {"250-mx\r\n250 PIPELINING\r\n", "250 ok\r\n250 ok\r\n451 4.3.0 no\r\n", "RSET\r\n", "smtp-451-4.3.0",
         VERDICT_RETRY},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct talk t;
        talk_ready(&t, cases[i].ehlo);
        deliver(&t, "x", "a@example.com", NULL);
        take_output(&t);
        buf_reset(&t.sent);
        says(&t, cases[i].replies);
        expect(&t, cases[i].reset);
        assert_int_equal(t.recipients, 1);
        assert_int_equal(t.recipient[0].verdict, cases[i].verdict);
        assert_string_equal(t.recipient[0].code, cases[i].code);
        says(&t, "250 ok\r\n");
        assert_true(smtp_client_is_ready(t.c));
        assert_int_equal(t.mails_done, 1);
        assert_int_equal(t.recipients, 1);
        deliver(&t, "y", "b@example.com", NULL);
        take_output(&t);
        buf_reset(&t.sent);
        says(&t, "250 ok\r\n");
        take_output(&t);
        says(&t, "250 ok\r\n");
        take_output(&t);
        says(&t, "354 ok\r\n");
        take_output(&t);
        assert_non_null(strstr(buf_text(&t.sent), "y\r\n.\r\n"));
        says(&t, "250 ok\r\n");
        assert_int_equal(t.recipient[0].verdict, VERDICT_DONE);
        talk_close(&t);
    }
}

/* proves: S1.7 */
static void nothing_leaves_before_tls(void **state)
{
    struct talk t;
    const struct smtp_client_opts opts = {.starttls = true, .user = "fax", .password = "secret"};
    static const char *const answers[] = {"250 mx\r\n", "250-mx\r\n250-AUTH PLAIN\r\n250 PIPELINING\r\n",
                                          "502 no\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        talk_open(&t, opts);
        says(&t, "220 mx\r\n");
        expect(&t, "EHLO fax.example.com\r\n");
        says(&t, answers[i]);
        if (i == 2) {
            expect(&t, "HELO fax.example.com\r\n");
            says(&t, "250 mx\r\n");
        }
        expect(&t, "");
        assert_int_equal(t.over, 1);
        assert_string_equal(t.why.code, SMTP_CODE_NO_STARTTLS);
        assert_int_equal(t.why.verdict, VERDICT_RETRY);
        assert_false(smtp_client_is_ready(t.c));
        talk_close(&t);
    }
    /* Offered, then refused. */
    talk_open(&t, opts);
    says(&t, "220 mx\r\n250-mx\r\n250 STARTTLS\r\n454 4.7.0 not now\r\n");
    assert_int_equal(t.over, 1);
    assert_string_equal(t.why.code, "smtp-454-4.7.0");
    talk_close(&t);
}

/* proves: S1.7 */
static void login_comes_after_starttls_and_what_was_said_before_is_forgotten(void **state)
{
    struct talk t;
    talk_open(&t, (struct smtp_client_opts){.starttls = true, .user = "fax", .password = "secret"});
    says(&t, "220 mx\r\n");
    expect(&t, "EHLO fax.example.com\r\n");
    says(&t, "250-mx\r\n250-PIPELINING\r\n250-AUTH LOGIN\r\n250 STARTTLS\r\n");
    expect(&t, "STARTTLS\r\n");
    says(&t, "220 go\r\n");
    assert_true(smtp_client_wants_tls(t.c));
    expect(&t, "");
    smtp_client_secured(t.c, t.now_ms);
    expect(&t, "EHLO fax.example.com\r\n");
    says(&t, "250-mx\r\n250 AUTH PLAIN LOGIN\r\n");
    expect(&t, "AUTH PLAIN AGZheABzZWNyZXQ=\r\n");
    says(&t, "235 2.7.0 in\r\n");
    assert_true(smtp_client_is_ready(t.c));
    deliver(&t, "x", "a@example.com", NULL);
    expect(&t, "MAIL FROM:<bounce@fax.example.com>\r\n"); /* PIPELINING was offered in plaintext only */
    talk_close(&t);
}

/* Replies put in by somebody on the way, who cannot break TLS (RFC 3207 §6). */
/* proves: S3.7 */
static void what_follows_the_yes_to_starttls_in_plaintext_ends_the_session(void **state)
{
    static const char *const injected[] = {"220 go\r\n250 mx\r\n", "220 go\r\n235 in\r\n250-half",
                                           "220 go\r\nx"};
    for (size_t i = 0; i < ARRAY_LEN(injected); i++) {
        struct talk t;
        talk_open(&t, (struct smtp_client_opts){.starttls = true, .user = "fax", .password = "secret"});
        says(&t, "220 mx\r\n250-mx\r\n250 STARTTLS\r\n");
        expect(&t, "EHLO fax.example.com\r\nSTARTTLS\r\n");
        says(&t, injected[i]);
        assert_false(smtp_client_wants_tls(t.c));
        expect(&t, "");
        assert_string_equal(t.why.code, SMTP_CODE_INJECTION);
        assert_int_equal(t.why.verdict, VERDICT_RETRY);
        talk_close(&t);
    }
}

/* proves: S3.6 */
static void logins_of_every_kind(void **state)
{
    static const struct {
        enum sasl_mechanism wanted;
        const char *offered, *first, *challenge, *second;
    } cases[] = {
        {SASL_AUTO, "LOGIN PLAIN", "AUTH PLAIN AGZheABzZWNyZXQ=\r\n", NULL, NULL},
        {SASL_LOGIN, "LOGIN PLAIN", "AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n", "ZmF4\r\n"},
        /* RFC 2195 §2, with its user and password below */
        {SASL_AUTO, "CRAM-MD5", "AUTH CRAM-MD5\r\n",
         "334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\r\n",
         "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\r\n"},
        {SASL_XOAUTH2, "PLAIN XOAUTH2", "AUTH XOAUTH2 dXNlcj1mYXgBYXV0aD1CZWFyZXIgc2VjcmV0AQE=\r\n",
         "334 eyJzdGF0dXMiOiI0MDAifQ==\r\n", "\r\n"},
        {SASL_SCRAM_SHA_256, "PLAIN", NULL, NULL, NULL},
        {SASL_AUTO, "XOAUTH2 GSSAPI", NULL, NULL, NULL}, /* a password is no token */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct talk t;
        char ehlo[100];
        bool cram = strstr(cases[i].offered, "CRAM") != NULL;
        talk_open(&t, (struct smtp_client_opts){.secured = true,
                                                .login = cases[i].wanted,
                                                .user = cram ? "tim" : "fax",
                                                .password = cram ? "tanstaaftanstaaf" : "secret"});
        (void)str_format(ehlo, sizeof(ehlo), "220 mx\r\n250-mx\r\n250 AUTH %s\r\n", cases[i].offered);
        says(&t, "220 mx\r\n");
        expect(&t, "EHLO fax.example.com\r\n");
        says(&t, ehlo + strlen("220 mx\r\n"));
        expect(&t, cases[i].first ? cases[i].first : "");
        if (!cases[i].first)
            assert_string_equal(t.why.code, "smtp-no-auth");
        if (cases[i].challenge) {
            says(&t, cases[i].challenge);
            expect(&t, cases[i].second);
        }
        talk_close(&t);
    }
}

/* A server that says yes without having proved itself is another one. */
static void scram_believes_no_yes_before_the_proof(void **state)
{
    static const char *const replies[] = {"235 in\r\n", "334 cj1ub3RvdXJzLHM9YWFhYSxpPTQwOTY=\r\n",
                                          "334 ???\r\n", "334 dj1hYWFh\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
        struct talk t;
        talk_open(&t, (struct smtp_client_opts){.secured = true, .user = "fax", .password = "secret"});
        says(&t, "220 mx\r\n250-mx\r\n250 AUTH PLAIN SCRAM-SHA-1 SCRAM-SHA-256\r\n");
        take_output(&t);
        assert_non_null(strstr(buf_text(&t.sent), "AUTH SCRAM-SHA-256 biwsbj1mYXgscj"));
        says(&t, replies[i]);
        assert_int_equal(t.over, 1);
        assert_false(smtp_client_is_ready(t.c));
        assert_string_equal(t.why.code, i == 0 ? "smtp-protocol" : "smtp-auth-server");
        talk_close(&t);
    }
}

static void login_step_by_step(void **state)
{
    struct talk t;
    talk_open(&t, (struct smtp_client_opts){
                      .secured = true, .user = "fax@example.com", .password = "s\xc3\xbc\xc3\x9f"});
    says(&t, "220 mx\r\n");
    expect(&t, "EHLO fax.example.com\r\n");
    says(&t, "250-mx\r\n250 AUTH LOGIN CRAM-MD5\r\n");
    expect(&t, "AUTH LOGIN\r\n");
    says(&t, "334 VXNlcm5hbWU6\r\n");
    expect(&t, "ZmF4QGV4YW1wbGUuY29t\r\n");
    says(&t, "334 UGFzc3dvcmQ6\r\n");
    expect(&t, "c8O8w58=\r\n");
    says(&t, "535 5.7.8 no\r\n");
    assert_int_equal(t.over, 1);
    assert_false(t.unreachable);
    assert_int_equal(t.why.verdict, VERDICT_RETRY);
    assert_string_equal(t.why.code, "smtp-535-5.7.8");
    assert_non_null(strstr(t.why.text, "user name and password"));
    assert_null(strstr(t.why.text, "s\xc3\xbc"));
    talk_close(&t);
}

static void password_never_goes_in_plaintext(void **state)
{
    struct talk t;
    talk_open(&t, (struct smtp_client_opts){.user = "fax", .password = "secret"});
    says(&t, "220 mx\r\n");
    expect(&t, "EHLO fax.example.com\r\n");
    says(&t, "250-mx\r\n250 AUTH PLAIN\r\n");
    expect(&t, "");
    assert_string_equal(t.why.code, "smtp-auth-plaintext");
    talk_close(&t);
    talk_open(&t, (struct smtp_client_opts){.secured = true, .user = "fax", .password = "secret"});
    says(&t, "220 mx\r\n250 mx\r\n");
    assert_string_equal(t.why.code, "smtp-no-auth");
    talk_close(&t);
}

static void what_could_break_a_command_is_not_sent(void **state)
{
    static const struct {
        const char *address, *code;
    } cases[] = {
        {"a@example.com>\r\nRCPT TO:<evil@example.com", "smtp-address"},
        {"a@example.com> X", "smtp-address"},
        {"a\x01@example.com", "smtp-address"},
        {"\"unclosed@example.com", "smtp-address"},
        {"", "smtp-address"},
        {"b\xc3\xbc@example.com", "smtp-no-utf8"},
        {"b\xfc@example.com", "smtp-address"},
    };
    struct talk t;
    talk_ready(&t, "250-mx\r\n250 SIZE 3\r\n");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        deliver(&t, "x", cases[i].address, NULL);
        expect(&t, "");
        assert_int_equal(t.mails_done, 1);
        assert_int_equal(t.recipient[0].verdict, VERDICT_GIVE_UP);
        assert_string_equal(t.recipient[0].code, cases[i].code);
        assert_true(smtp_client_is_ready(t.c));
    }
    deliver(&t, "1234", "a@example.com", NULL);
    expect(&t, "");
    assert_string_equal(t.recipient[0].code, "smtp-too-large");
    deliver(&t, "123", "\"a > b\"@example.com", "b\xc3\xbc@example.com");
    expect(&t, "MAIL FROM:<bounce@fax.example.com> SIZE=3\r\n");
    says(&t, "250 ok\r\n");
    expect(&t, "RCPT TO:<\"a > b\"@example.com>\r\n");
    talk_close(&t);
    talk_ready(&t, "250-mx\r\n250 SMTPUTF8\r\n");
    deliver(&t, "123", "b\xc3\xbc@example.com", NULL);
    expect(&t, "MAIL FROM:<bounce@fax.example.com> SMTPUTF8\r\n");
    talk_close(&t);
}

/* Until the point that each case names, then the connection goes. */
static void connection_lost_at_every_step(void **state)
{
    static const struct {
        const char *replies; /* to a pipelined mail */
        const char *code;
        int done;
    } cases[] = {
        {"", SMTP_CODE_LOST, 0},
        {"250 ok\r\n", SMTP_CODE_LOST, 0},
        {"250 ok\r\n250 ok\r\n", SMTP_CODE_LOST, 0},
        {"250 ok\r\n250 ok\r\n354 go\r\n", SMTP_CODE_LOST_UNCONFIRMED, 0},
        {"250 ok\r\n250 ok\r\n354 go\r\n250 stored\r\n", "smtp-250", 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct talk t;
        talk_ready(&t, "250-mx\r\n250 PIPELINING\r\n");
        deliver(&t, "x", "a@example.com", NULL);
        take_output(&t);
        for (const char *line = cases[i].replies; *line; line = strchr(line, '\n') + 1) {
            smtp_client_input(t.c, span_of(line, (size_t)(strchr(line, '\n') + 1 - line)), t.now_ms);
            take_output(&t);
        }
        smtp_client_lost(t.c, "reset");
        assert_int_equal(t.over, 1);
        assert_false(t.unreachable);
        assert_int_equal(t.recipients, 1);
        assert_int_equal(t.mails_done, 1);
        assert_int_equal(t.recipient[0].verdict, cases[i].done ? VERDICT_DONE : VERDICT_RETRY);
        assert_string_equal(t.recipient[0].code, cases[i].code);
        talk_close(&t);
    }
    /* The end of the mail was made but has not left: certainly not delivered. */
    struct talk t;
    talk_ready(&t, "250 mx\r\n");
    deliver(&t, "x", "a@example.com", NULL);
    take_output(&t);
    says(&t, "250 ok\r\n250 ok\r\n354 go\r\n");
    assert_true(smtp_client_output(t.c).len > 0);
    smtp_client_lost(t.c, "");
    assert_string_equal(t.recipient[0].code, SMTP_CODE_LOST);
    talk_close(&t);
}

/* proves: S3.12 */
static void unreachable_is_what_never_talked(void **state)
{
    struct talk t;
    talk_open(&t, (struct smtp_client_opts){0});
    smtp_client_lost(t.c, "reset");
    assert_true(t.over == 1 && t.unreachable && t.why.verdict == VERDICT_RETRY);
    talk_close(&t);
    talk_open(&t, (struct smtp_client_opts){0});
    says(&t, "421 4.3.2 shutting down\r\n");
    assert_true(t.over == 1 && t.unreachable && t.why.verdict == VERDICT_RETRY);
    talk_close(&t);
    talk_open(&t, (struct smtp_client_opts){0});
    says(&t, "554 5.7.1 not you\r\n");
    assert_true(t.over == 1 && t.unreachable && t.why.verdict == VERDICT_RETRY);
    assert_string_equal(t.why.code, "smtp-554-5.7.1");
    talk_close(&t);
    talk_open(&t, (struct smtp_client_opts){0});
    says(&t, "SSH-2.0-OpenSSH_9.2\r\n");
    assert_true(t.over == 1 && t.unreachable);
    assert_string_equal(t.why.code, "smtp-protocol");
    talk_close(&t);
    /* It talks, and says 421 in the middle of a mail: that mail waits, the server is there. */
    talk_ready(&t, "250 mx\r\n");
    deliver(&t, "x", "a@example.com", NULL);
    take_output(&t);
    says(&t, "421 4.4.2 too slow\r\n");
    assert_true(t.over == 1 && !t.unreachable);
    assert_string_equal(t.recipient[0].code, "smtp-421-4.4.2");
    assert_int_equal(t.recipient[0].verdict, VERDICT_RETRY);
    talk_close(&t);
}

/* RFC 5321 §4.5.3.2, and no sooner. */
static void patience(void **state)
{
    static const struct {
        const char *replies;
        int64_t wait_ms;
        const char *code;
    } cases[] = {
        {"", 5 * MINUTE_MS, SMTP_CODE_TIMEOUT},
        {"220 mx\r\n", 5 * MINUTE_MS, SMTP_CODE_TIMEOUT},
        {"220 mx\r\n250 mx\r\n", 5 * MINUTE_MS, SMTP_CODE_TIMEOUT},
        {"220 mx\r\n250 mx\r\n250 ok\r\n", 5 * MINUTE_MS, SMTP_CODE_TIMEOUT},
        {"220 mx\r\n250 mx\r\n250 ok\r\n250 ok\r\n", 2 * MINUTE_MS, SMTP_CODE_TIMEOUT},
        {"220 mx\r\n250 mx\r\n250 ok\r\n250 ok\r\n354 go\r\n", 10 * MINUTE_MS, SMTP_CODE_TIMEOUT_UNCONFIRMED},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct talk t;
        talk_open(&t, (struct smtp_client_opts){0});
        const char *line = cases[i].replies;
        while (*line) {
            const char *end = strchr(line, '\n') + 1;
            t.now_ms += MINUTE_MS;
            smtp_client_input(t.c, span_of(line, (size_t)(end - line)), t.now_ms);
            if (smtp_client_is_ready(t.c))
                deliver(&t, "x", "a@example.com", NULL);
            take_output(&t);
            line = end;
        }
        assert_int_equal(smtp_client_deadline(t.c), t.now_ms + cases[i].wait_ms);
        smtp_client_tick(t.c, t.now_ms + cases[i].wait_ms - 1);
        assert_int_equal(t.over, 0);
        /* A byte now and then is no answer. */
        smtp_client_input(t.c, span_str("2"), t.now_ms + cases[i].wait_ms - 1);
        smtp_client_tick(t.c, t.now_ms + cases[i].wait_ms);
        assert_int_equal(t.over, 1);
        assert_string_equal(t.why.code, cases[i].code);
        assert_int_equal(t.unreachable, i < 2);
        talk_close(&t);
    }
}

static void slow_body_is_no_dead_server(void **state)
{
    struct talk t;
    static char bytes[300000];
    memset(bytes, 'x', sizeof(bytes) - 1);
    talk_ready(&t, "250-mx\r\n250 PIPELINING\r\n");
    deliver(&t, bytes, "a@example.com", NULL);
    take_output(&t);
    buf_reset(&t.sent);
    says(&t, "250 ok\r\n250 ok\r\n354 go\r\n");
    size_t sent = 0, most = 0;
    for (struct span out = smtp_client_output(t.c); out.len > 0; out = smtp_client_output(t.c)) {
        size_t n = out.len < 4000 ? out.len : 4000;
        most = out.len > most ? out.len : most;
        sent += n;
        t.now_ms += 2 * MINUTE_MS;
        smtp_client_tick(t.c, t.now_ms);
        smtp_client_took(t.c, n, t.now_ms);
    }
    assert_int_equal(t.over, 0);
    assert_int_equal(sent, strlen(bytes) + 5);
    assert_true(most < 100000); /* never the whole mail in memory */
    says(&t, "250 ok\r\n");
    assert_int_equal(t.recipient[0].verdict, VERDICT_DONE);
    talk_close(&t);
}

static void a_mail_that_cannot_be_read_is_never_ended(void **state)
{
    struct talk t;
    talk_ready(&t, "250-mx\r\n250 PIPELINING\r\n");
    t.unreadable = true;
    deliver(&t, "xyz", "a@example.com", NULL);
    take_output(&t);
    buf_reset(&t.sent);
    says(&t, "250 ok\r\n250 ok\r\n354 go\r\n");
    expect(&t, "");
    assert_int_equal(t.over, 1);
    assert_int_equal(t.recipient[0].verdict, VERDICT_RETRY);
    assert_string_equal(t.recipient[0].code, "mail-unreadable");
    talk_close(&t);
}

static void refused_in_the_middle_of_its_bytes(void **state)
{
    struct talk t;
    static char bytes[300000];
    memset(bytes, 'x', sizeof(bytes) - 1);
    talk_ready(&t, "250-mx\r\n250 PIPELINING\r\n");
    deliver(&t, bytes, "a@example.com", NULL);
    take_output(&t);
    says(&t, "250 ok\r\n250 ok\r\n354 go\r\n");
    smtp_client_took(t.c, smtp_client_output(t.c).len, t.now_ms);
    says(&t, "552 5.3.4 too large\r\n");
    assert_int_equal(t.over, 1);
    assert_int_equal(t.mails_done, 1);
    assert_int_equal(t.recipient[0].verdict, VERDICT_GIVE_UP);
    assert_string_equal(t.recipient[0].code, "smtp-552-5.3.4");
    talk_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(step_by_step_without_pipelining),
        cmocka_unit_test(pipelined_envelope),
        cmocka_unit_test(refused_mail_never_blocks_the_next),
        cmocka_unit_test(nothing_leaves_before_tls),
        cmocka_unit_test(login_comes_after_starttls_and_what_was_said_before_is_forgotten),
        cmocka_unit_test(what_follows_the_yes_to_starttls_in_plaintext_ends_the_session),
        cmocka_unit_test(logins_of_every_kind),
        cmocka_unit_test(scram_believes_no_yes_before_the_proof),
        cmocka_unit_test(login_step_by_step),
        cmocka_unit_test(password_never_goes_in_plaintext),
        cmocka_unit_test(what_could_break_a_command_is_not_sent),
        cmocka_unit_test(connection_lost_at_every_step),
        cmocka_unit_test(unreachable_is_what_never_talked),
        cmocka_unit_test(patience),
        cmocka_unit_test(slow_body_is_no_dead_server),
        cmocka_unit_test(a_mail_that_cannot_be_read_is_never_ended),
        cmocka_unit_test(refused_in_the_middle_of_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
