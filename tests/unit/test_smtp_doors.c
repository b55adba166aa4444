/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The SMTP server engine where clients log in, where TLS comes first, and as LMTP; with a keeper of keys that
 * knows one user. */
#include <stdlib.h>
#include <string.h>

#include "test.h"

#include "base/attr.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "mail/scram_hash.h"
#include "mail/smtp_server.h"

enum { ROUNDS = SCRAM_ROUNDS_MIN };

static const struct id anna = {{1, 2, 3}};
static const char right[] = "wonder land7";

struct world {
    struct smtp_server *server;
    struct smtp_server_opts opts;
    struct buf in, got;
    struct scram_keys keys;
    bool silent, refuses, elsewhere;
    unsigned wait_s;
    int checks, salts, judges, stores, forgets;
    char name[600];
};

static void login_salt(void *context, const char *name)
{
    struct world *w = context;
    w->salts++;
    (void)str_copy(w->name, sizeof(w->name), name);
    if (w->elsewhere && smtp_server_hand_on(w->server))
        return;
    if (w->wait_s > 0)
        smtp_server_judged(w->server, w->wait_s, ID_NONE, span_of(NULL, 0), 1);
    else if (!w->silent)
        smtp_server_salted(w->server, span_of(w->keys.salt, w->keys.salt_len), ROUNDS, 1);
}

static void login_judge(void *context, const char *name, struct span signs, struct span proof)
{
    struct world *w = context;
    uint8_t signature[SCRAM_HASH_MAX];
    w->judges++;
    assert_string_equal(name, w->name);
    bool fits = scram_keys_fit(&scram_sha_256, &w->keys, signs, proof.data, signature);
    bool known = str_equal(name, "anna@example.com") && fits;
    smtp_server_judged(w->server, 0, known ? anna : ID_NONE, span_of(signature, known ? 32 : 0), 1);
}

static void login_password(void *context, const char *name, const char *password)
{
    struct world *w = context;
    w->judges++;
    bool fits = str_equal(name, "anna@example.com") && str_equal(password, "elsewhere");
    smtp_server_judged(w->server, 0, fits ? anna : ID_NONE, span_of(NULL, 0), 1);
}

static void rcpt_check(void *context, const char *sender, const char *recipient)
{
    struct world *w = context;
    w->checks++;
    bool bad = str_starts(recipient, "nobody");
    smtp_server_checked(w->server, bad ? 550 : 250, "2.1.5", bad ? "no such box" : "fine", 1);
}

static void store(void *context, const struct smtp_mail *mail)
{
    struct world *w = context;
    w->stores++;
    if (w->refuses)
        smtp_server_refused(w->server, 550, "5.7.26", "not proven to be its sender's", 1);
    else
        smtp_server_stored(w->server, 0, 1);
}

static void spool(void *context, struct id mail)
{
    smtp_server_spooled(((struct world *)context)->server, 0, 1);
}

static int spool_write(void *context, struct span data)
{
    return 0;
}

static void forget(void *context)
{
    ((struct world *)context)->forgets++;
}

static const struct smtp_server_events events = {.rcpt_check = rcpt_check,
                                                 .login_salt = login_salt,
                                                 .login_judge = login_judge,
                                                 .login_password = login_password,
                                                 .spool = spool,
                                                 .spool_write = spool_write,
                                                 .store = store,
                                                 .forget = forget};

static void read_replies(struct world *w)
{
    struct span out = smtp_server_output(w->server);
    (void)buf_append(&w->got, out.data, out.len);
    smtp_server_sent(w->server, out.len);
}

static void begin(struct world *w, struct smtp_server_opts opts)
{
    *w = (struct world){.opts = opts};
    buf_init(&w->in, 1 << 20);
    buf_init(&w->got, 1 << 20);
    scram_derive(&scram_sha_256, right, span_str("a salt of 16 oct"), ROUNDS, &w->keys);
    w->opts.host_name = "fax.example.com";
    w->opts.max_bytes = 300000;
    w->opts.events = &events;
    w->opts.context = w;
    w->opts.now_ms = 1;
    w->server = smtp_server_new(&w->opts);
    read_replies(w);
}

static void end(struct world *w)
{
    smtp_server_free(w->server);
    buf_clear(&w->in);
    buf_clear(&w->got);
}

static void say_bytes(struct world *w, const void *data, size_t len)
{
    size_t n;
    (void)buf_append(&w->in, data, len);
    do {
        uint8_t *copy = mem_dup(w->in.data, w->in.len); /* reads past the end are seen */
        n = smtp_server_input(w->server, span_of(copy, w->in.len), 1);
        free(copy);
        buf_consume(&w->in, n);
        read_replies(w);
    } while (n > 0 && w->in.len > 0);
}

static void say(struct world *w, const char *text)
{
    say_bytes(w, text, strlen(text));
}

/* The codes of the replies so far; forgets them. */
static const char *codes(struct world *w)
{
    static char text[4096];
    text[0] = 0;
    for (const char *at = buf_text(&w->got); *at; at = strstr(at, "\r\n") + 2) {
        size_t used = strlen(text);
        if (at[3] == ' ' && used + 5 < sizeof(text))
            (void)str_format(text + used, sizeof(text) - used, "%s%.3s", used ? " " : "", at);
    }
    buf_reset(&w->got);
    return text;
}

static void expect(struct world *w, const char *said, const char *wanted)
{
    say(w, said);
    const char *got = codes(w);
    if (!str_equal(got, wanted))
        fail_msg("\"%s\": %s instead of %s", said, got, wanted);
}

/* An answer in base64, with what stands before it. */
static void say_coded(struct world *w, const char *before, const void *data, size_t len)
{
    SCOPED_BUF struct buf line;
    buf_init(&line, 10000);
    (void)buf_append_str(&line, before);
    (void)base64_encode(span_of(data, len), &line);
    (void)buf_append_str(&line, "\r\n");
    say_bytes(w, line.data, line.len);
}

/* The text of the one challenge that came. */
static const char *challenge(struct world *w)
{
    static char text[3000];
    SCOPED_BUF struct buf plain;
    buf_init(&plain, sizeof(text) - 1);
    assert_true(str_starts(buf_text(&w->got), "334 "));
    assert_true(base64_decode(span_of(w->got.data + 4, (size_t)(strlen(buf_text(&w->got)) - 6)), &plain));
    (void)str_copy(text, sizeof(text), buf_text(&plain));
    buf_reset(&w->got);
    return text;
}

/* Connected, TLS up, greeted. */
static void begin_secured(struct world *w)
{
    begin(w, (struct smtp_server_opts){.offer_tls = true, .offer_login = true, .require_login = true});
    expect(w, "STARTTLS\r\n", "220 220");
    smtp_server_secured(w->server, 1);
    say(w, "EHLO x\r\n");
    assert_non_null(strstr(buf_text(&w->got), "250-AUTH SCRAM-SHA-256 PLAIN LOGIN\r\n"));
    (void)codes(w);
}

static const char plain_right[] = "\0anna@example.com\0wonder land7";
static const char plain_wrong[] = "\0anna@example.com\0wonder land8";

static void assert_in(struct world *w, bool in)
{
    assert_true(id_equal(smtp_server_user(w->server), in ? anna : ID_NONE));
    expect(w, "MAIL FROM:<anna@example.com>\r\nRSET\r\n", in ? "250 250" : "530 250");
}

static void password_opens_the_door(void **state)
{
    struct world w;
    begin_secured(&w);
    assert_in(&w, false);
    say_coded(&w, "AUTH PLAIN ", plain_right, sizeof(plain_right) - 1);
    assert_string_equal(codes(&w), "235");
    assert_in(&w, true);
    end(&w);
    begin_secured(&w);
    say(&w, "auth plain\r\n");
    assert_string_equal(challenge(&w), "");
    say_coded(&w, "", plain_right, sizeof(plain_right) - 1);
    assert_string_equal(codes(&w), "235");
    end(&w);
    begin_secured(&w);
    say(&w, "AUTH LOGIN\r\n");
    assert_string_equal(challenge(&w), "Username:");
    say_coded(&w, "", "anna@example.com", 16);
    assert_string_equal(challenge(&w), "Password:");
    say_coded(&w, "", right, strlen(right));
    assert_string_equal(codes(&w), "235");
    assert_in(&w, true);
    end(&w);
    begin_secured(&w);
    say_coded(&w, "AUTH LOGIN ", "anna@example.com", 16);
    assert_string_equal(challenge(&w), "Password:");
    say_coded(&w, "", right, strlen(right));
    assert_string_equal(codes(&w), "235");
    end(&w);
}

static void scram_with(struct world *w, const char *password)
{
    struct scram_client c;
    SCOPED_BUF struct buf first, last;
    buf_init(&first, 3000);
    buf_init(&last, 3000);
    scram_client_start(&c, &scram_sha_256, "anna@example.com", "fyko+d2lbbFgONRv9qkxdawL", &first);
    say_coded(w, "AUTH SCRAM-SHA-256 ", first.data, first.len);
    assert_int_equal(scram_client_prove(&c, span_str(challenge(w)), password, &last), SCRAM_OK);
    say_coded(w, "", last.data, last.len);
    if (str_starts(buf_text(&w->got), "334"))
        assert_int_equal(scram_client_finish(&c, span_str(challenge(w))), SCRAM_OK);
    scram_client_clear(&c);
}

static void password_can_stay_at_home(void **state)
{
    struct world w;
    begin_secured(&w);
    scram_with(&w, right);
    assert_true(id_is_none(smtp_server_user(w.server))); /* not before the client has answered */
    expect(&w, "\r\n", "235");
    assert_in(&w, true);
    end(&w);
    begin_secured(&w);
    scram_with(&w, "guess");
    assert_string_equal(codes(&w), "535");
    assert_in(&w, false);
    scram_with(&w, right);
    expect(&w, "*\r\n", "501");
    assert_in(&w, false);
    end(&w);
}

/* Word for word the same, so that nobody learns which names exist. */
static void refusals_do_not_differ(void **state)
{
    static const char stranger[] = "\0nobody@example.com\0wonder land7";
    char first[300];
    struct world w;
    begin_secured(&w);
    say_coded(&w, "AUTH PLAIN ", plain_wrong, sizeof(plain_wrong) - 1);
    (void)str_copy(first, sizeof(first), buf_text(&w.got));
    assert_true(str_starts(first, "535 5.7.8 "));
    buf_reset(&w.got);
    say_coded(&w, "AUTH PLAIN ", stranger, sizeof(stranger) - 1);
    assert_string_equal(buf_text(&w.got), first);
    assert_int_equal(w.judges, 2);
    (void)codes(&w);
    assert_in(&w, false);
    end(&w);
}

static void guessing_ends_the_connection(void **state)
{
    struct world w;
    begin_secured(&w);
    for (int i = 0; i < 3; i++)
        say_coded(&w, "AUTH PLAIN ", plain_wrong, sizeof(plain_wrong) - 1);
    assert_string_equal(codes(&w), "535 535 535 421");
    assert_int_equal(smtp_server_wish(w.server), SMTP_WISH_END);
    end(&w);
    begin_secured(&w);
    w.wait_s = 30;
    say_coded(&w, "AUTH PLAIN ", plain_right, sizeof(plain_right) - 1);
    assert_non_null(strstr(buf_text(&w.got), "454 4.7.0 too many wrong logins; try again in 30 seconds\r\n"));
    assert_int_equal(w.judges, 0);
    end(&w);
}

static void login_needs_tls(void **state)
{
    struct world w;
    begin(&w, (struct smtp_server_opts){.offer_tls = true, .offer_login = true});
    say(&w, "EHLO x\r\n");
    assert_null(strstr(buf_text(&w.got), "AUTH"));
    (void)codes(&w);
    say_coded(&w, "AUTH PLAIN ", plain_right, sizeof(plain_right) - 1);
    assert_string_equal(codes(&w), "538");
    assert_int_equal(w.salts, 0);
    /* What follows STARTTLS in the clear is no login, before or after. */
    say(&w, "STARTTLS\r\nEHLO x\r\nAUTH PLAIN AGFubmFAZXhhbXBsZS5jb20Ad29uZGVyIGxhbmQ3\r\n");
    smtp_server_secured(w.server, 1);
    say(&w, "MAIL FROM:<a@b>\r\n");
    assert_string_equal(codes(&w), "220 503");
    assert_int_equal(w.salts, 0);
    end(&w);
    begin(&w, (struct smtp_server_opts){.offer_tls = true, .offer_login = true, .login_in_clear = true});
    say(&w, "EHLO x\r\n");
    say_coded(&w, "AUTH PLAIN ", plain_right, sizeof(plain_right) - 1);
    assert_string_equal(codes(&w), "220 250 235");
    /* TLS begins from nothing (RFC 3207 §4.2). */
    expect(&w, "STARTTLS\r\n", "220");
    smtp_server_secured(w.server, 1);
    assert_true(id_is_none(smtp_server_user(w.server)));
    end(&w);
    begin(&w, (struct smtp_server_opts){.offer_tls = true});
    expect(&w, "EHLO x\r\nAUTH PLAIN\r\n", "220 250 502");
    end(&w);
}

static void odd_logins_are_refused(void **state)
{
    static const struct {
        const char *say, *codes;
    } cases[] = {
        {"AUTH\r\n", "504"},
        {"AUTH CRAM-MD5\r\n", "504"},
        {"AUTH PLAIN !!!!\r\n", "501"},
        {"AUTH PLAIN AAA\r\n", "501"},
        {"AUTH PLAIN =\r\n", "501"},
        {"AUTH PLAIN  AGEAYg==\r\n", "501"},
        {"AUTH PLAIN AGEAYg== x\r\n", "501"},
        {"AUTH PLAIN\r\nnot base64!\r\nNOOP\r\n", "334 501 250"},
        {"AUTH PLAIN\r\n*\r\nNOOP\r\n", "334 501 250"},
        {"AUTH LOGIN\r\n\r\nNOOP\r\n", "334 501 250"},
        {"AUTH LOGIN\r\nYQ==\r\n*\r\nNOOP\r\n", "334 334 501 250"},
        {"AUTH LOGIN\r\nYQ==\nNOOP\r\n", "334 500 250"},
        {"AUTH LOGIN\r\nYQBi\r\n", "334 501"},              /* a NUL in the name */
        {"AUTH LOGIN\r\nYQ0KYg==\r\n", "334 501"},          /* CR LF in the name */
        {"AUTH PLAIN AGEADQo=\r\n", "535"},                 /* in the password they are only wrong */
        {"AUTH PLAIN YgBhAGI=\r\n", "535"},                 /* in another's name */
        {"AUTH PLAIN AGEA\r\n", "501"},                     /* no password */
        {"AUTH PLAIN AGEAYgBj\r\n", "501"},                 /* a NUL in the password */
        {"AUTH SCRAM-SHA-256 biws\r\n", "501"},             /* "n,," */
        {"AUTH SCRAM-SHA-256 cD1iLCxuPWEscj1i\r\n", "501"}, /* channel binding */
        {"MAIL FROM:<a@b>\r\nAUTH PLAIN AGEAYg==\r\n", "530 535"},
        {"AUTH PLAIN\r\nQUIT\r\nQUIT\r\n", "334 501 221"},
        {"AUTH PLAIN\r\nGET / HTTP/1.1\r\n", "334 501"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct world w;
        begin_secured(&w);
        expect(&w, cases[i].say, cases[i].codes);
        assert_true(id_is_none(smtp_server_user(w.server)));
        end(&w);
        begin_secured(&w);
        for (const char *c = cases[i].say; *c; c++)
            say_bytes(&w, c, 1);
        assert_string_equal(codes(&w), cases[i].codes);
        end(&w);
    }
}

static void login_is_once_and_before_mail(void **state)
{
    struct world w;
    begin_secured(&w);
    say_coded(&w, "AUTH PLAIN ", plain_right, sizeof(plain_right) - 1);
    say_coded(&w, "AUTH PLAIN ", plain_right, sizeof(plain_right) - 1);
    assert_string_equal(codes(&w), "235 503");
    end(&w);
    begin(&w, (struct smtp_server_opts){.offer_tls = true, .offer_login = true, .login_in_clear = true});
    expect(&w, "AUTH PLAIN\r\nEHLO x\r\nMAIL FROM:<a@b>\r\nAUTH PLAIN\r\n", "220 503 250 250 503");
    end(&w);
}

/* By a directory: it is given the password, where the client has sent one. */
static void password_is_judged_elsewhere(void **state)
{
    static const char anna_elsewhere[] = "\0anna@example.com\0elsewhere",
                      bert_elsewhere[] = "\0bert@example.com\0elsewhere";
    struct world w;
    begin_secured(&w);
    w.elsewhere = true;
    say_coded(&w, "AUTH PLAIN ", plain_right, sizeof(plain_right) - 1); /* the one that is known here */
    say_coded(&w, "AUTH PLAIN ", bert_elsewhere, sizeof(bert_elsewhere) - 1);
    say_coded(&w, "AUTH PLAIN ", anna_elsewhere, sizeof(anna_elsewhere) - 1);
    assert_string_equal(codes(&w), "535 535 235");
    assert_in(&w, true);
    end(&w);
}

/* A proof of a password is of no use to a directory: it is not offered, and whoever tries it reads what to
 * set. */
static void proofs_are_refused_where_passwords_are_wanted(void **state)
{
    static const bool wanted = true;
    struct world w;
    begin(&w, (struct smtp_server_opts){
                  .offer_tls = true, .offer_login = true, .login_in_clear = true, .passwords_only = &wanted});
    say(&w, "EHLO x\r\n");
    assert_non_null(strstr(buf_text(&w.got), "AUTH PLAIN LOGIN\r\n"));
    (void)codes(&w);
    say(&w, "AUTH scram-sha-256 biwsbj1hLHI9eA==\r\n");
    assert_non_null(strstr(buf_text(&w.got), "normal password"));
    assert_string_equal(codes(&w), "504");
    w.silent = true;
    say_coded(&w, "AUTH PLAIN ", plain_right, sizeof(plain_right) - 1);
    smtp_server_unjudged(w.server, 1);
    read_replies(&w);
    assert_string_equal(codes(&w), "454");
    assert_int_equal(w.salts, 1);
    end(&w);
}

/* Commands that came with the login wait for its end; the replies keep their order. */
static void pipelined_login_keeps_its_order(void **state)
{
    struct world w;
    begin_secured(&w);
    w.silent = true;
    expect(
        &w,
        "AUTH PLAIN AGFubmFAZXhhbXBsZS5jb20Ad29uZGVyIGxhbmQ3\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nNOOP\r\n",
        "");
    assert_int_equal(w.salts, 1);
    w.silent = false;
    smtp_server_salted(w.server, span_of(w.keys.salt, w.keys.salt_len), ROUNDS, 1);
    say(&w, "");
    say(&w, "NOOP\r\n");
    assert_string_equal(codes(&w), "235 250 250 250 250");
    end(&w);
}

static void long_answers_are_bounded(void **state)
{
    struct world w;
    char *text = mem_zalloc(20001);
    memset(text, 'A', 20000);
    begin_secured(&w);
    say(&w, "AUTH PLAIN\r\n");
    say_bytes(&w, text, 20000);
    say(&w, "\r\nNOOP\r\n");
    assert_string_equal(codes(&w), "334 500 250");
    say(&w, "AUTH PLAIN ");
    say_bytes(&w, text, 20000);
    say(&w, "\r\nNOOP\r\n");
    assert_string_equal(codes(&w), "500 250");
    say(&w, "AUTH PLAIN ");
    say_bytes(&w, text, 4000); /* the longest that is looked at: too much for PLAIN */
    say(&w, "\r\nNOOP ");
    say_bytes(&w, text, 2000);
    say(&w, "\r\n");
    assert_string_equal(codes(&w), "501 500");
    free(text);
    end(&w);
}

static void keeper_that_is_away_means_later(void **state)
{
    struct world w;
    begin_secured(&w);
    w.silent = true;
    say_coded(&w, "AUTH PLAIN ", plain_right, sizeof(plain_right) - 1);
    smtp_server_expire(w.server, smtp_server_deadline_ms(w.server));
    read_replies(&w);
    assert_string_equal(codes(&w), "454");
    assert_int_equal(w.forgets, 1);
    smtp_server_salted(w.server, span_of(w.keys.salt, w.keys.salt_len), ROUNDS, 1); /* too late */
    assert_in(&w, false);
    say_coded(&w, "AUTH PLAIN ", plain_right, sizeof(plain_right) - 1);
    smtp_server_free(w.server);
    w.server = NULL;
    assert_int_equal(w.forgets, 2);
    end(&w);
}

static void login_that_does_not_go_on_is_ended(void **state)
{
    struct world w;
    begin_secured(&w);
    say(&w, "AUTH LOGIN\r\nYQ"); /* half a line moves nothing */
    assert_true(smtp_server_deadline_ms(w.server) <= 1 + 60000);
    smtp_server_expire(w.server, smtp_server_deadline_ms(w.server));
    read_replies(&w);
    assert_string_equal(codes(&w), "334 421");
    end(&w);
}

static void tls_can_come_first(void **state)
{
    struct world w;
    begin(&w, (struct smtp_server_opts){.offer_tls = true, .implicit_tls = true, .offer_login = true});
    assert_int_equal(smtp_server_wish(w.server), SMTP_WISH_TLS);
    assert_int_equal(w.got.len, 0);
    expect(&w, "EHLO in the clear\r\n", "");
    smtp_server_secured(w.server, 1);
    say(&w, "EHLO x\r\n");
    assert_true(str_starts(buf_text(&w.got), "220 fax.example.com ESMTP"));
    assert_null(strstr(buf_text(&w.got), "STARTTLS"));
    assert_non_null(strstr(buf_text(&w.got), "250-AUTH "));
    end(&w);
}

static void lmtp_answers_for_each_recipient(void **state)
{
    struct world w;
    begin(&w, (struct smtp_server_opts){.lmtp = true});
    assert_true(str_starts(buf_text(&w.got), "220 fax.example.com LMTP"));
    expect(&w, "EHLO x\r\nHELO x\r\nMAIL FROM:<a@b>\r\nLHLO x\r\nAUTH PLAIN\r\nSTARTTLS\r\n",
           "220 500 500 503 250 502 502");
    expect(&w, "MAIL FROM:<a@b>\r\nRCPT TO:<1@c>\r\nRCPT TO:<nobody@c>\r\nRCPT TO:<2@c>\r\nDATA\r\n",
           "250 250 550 250 354");
    expect(&w, "mail\r\n.\r\nNOOP\r\n", "250 250 250");
    assert_int_equal(w.stores, 1);
    expect(&w,
           "MAIL FROM:<a@b>\r\nRCPT TO:<1@c>\r\nRCPT TO:<2@c>\r\nRCPT "
           "TO:<3@c>\r\nDATA\r\nx\n.\r\n\r\n.\r\nNOOP\r\n",
           "250 250 250 250 354 554 554 554 250");
    expect(&w, "MAIL FROM:<a@b>\r\nRCPT TO:<nobody@c>\r\nDATA\r\n", "250 550 554");
    assert_int_equal(w.stores, 1);
    w.refuses = true;
    expect(&w, "RSET\r\nMAIL FROM:<a@b>\r\nRCPT TO:<1@c>\r\nRCPT TO:<2@c>\r\nDATA\r\nmail\r\n.\r\nNOOP\r\n",
           "250 250 250 250 354 550 550 250");
    end(&w);
    begin(&w, (struct smtp_server_opts){0});
    expect(&w, "LHLO x\r\n", "220 500");
    end(&w);
}

/* All the replies of the longest list fit, however often it comes. */
static void lmtp_loses_no_reply(void **state)
{
    struct world w;
    begin(&w, (struct smtp_server_opts){.lmtp = true});
    say(&w, "LHLO x\r\n");
    for (int mail = 0; mail < 2; mail++) {
        say(&w, "MAIL FROM:<a@b>\r\n");
        for (int i = 0; i < SMTP_RECIPIENTS_MAX; i++)
            say(&w, "RCPT TO:<1@c>\r\n");
        say(&w, "DATA\r\n");
        (void)codes(&w);
        say(&w, "a\nb\r\n.\r\n");
        size_t lines = 0;
        for (const char *c = buf_text(&w.got); *c; c++)
            lines += *c == '\n';
        assert_int_equal(lines, SMTP_RECIPIENTS_MAX);
        (void)codes(&w);
    }
    end(&w);
}

static void smuggling_does_not_work_by_lmtp(void **state)
{
    static const char *const ends[] = {"\n.\n", "\n.\r\n", "\r.\r", "\r\n.\n", "\r\n.\r", "\r.\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        struct world w;
        char text[300];
        begin(&w, (struct smtp_server_opts){.lmtp = true});
        expect(&w, "LHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<1@c>\r\nRCPT TO:<2@c>\r\nDATA\r\n",
               "220 250 250 250 250 354");
        (void)str_format(text, sizeof(text),
                         "one%sMAIL FROM:<evil@b>\r\nRCPT TO:<3@c>\r\nDATA\r\ntwo\r\n.\r\n", ends[i]);
        expect(&w, text, "554 554");
        assert_int_equal(w.stores, 0);
        end(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(password_opens_the_door),
        cmocka_unit_test(password_can_stay_at_home),
        cmocka_unit_test(password_is_judged_elsewhere),
        cmocka_unit_test(proofs_are_refused_where_passwords_are_wanted),
        cmocka_unit_test(refusals_do_not_differ),
        cmocka_unit_test(guessing_ends_the_connection),
        cmocka_unit_test(login_needs_tls),
        cmocka_unit_test(odd_logins_are_refused),
        cmocka_unit_test(login_is_once_and_before_mail),
        cmocka_unit_test(pipelined_login_keeps_its_order),
        cmocka_unit_test(long_answers_are_bounded),
        cmocka_unit_test(keeper_that_is_away_means_later),
        cmocka_unit_test(login_that_does_not_go_on_is_ended),
        cmocka_unit_test(tls_can_come_first),
        cmocka_unit_test(lmtp_answers_for_each_recipient),
        cmocka_unit_test(lmtp_loses_no_reply),
        cmocka_unit_test(smuggling_does_not_work_by_lmtp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
