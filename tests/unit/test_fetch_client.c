/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The mailbox client on a virtual clock, against servers that say what a test lets them say. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/str.h"
#include "mail/fetch_client.h"
#include "mail/scram_hash.h"

struct world {
    struct fetch_client *client;
    int64_t now_ms;
    struct buf keys, data, mails; /* mails: the key of each complete one, a line each */
    bool hold;                    /* on_data wants a pause */
    unsigned cuts, quiets;
    bool over, in_order, more, too_large;
    struct outcome why;
};

static void on_keys(void *context, const char *keys, size_t count)
{
    struct world *w = context;
    buf_reset(&w->keys);
    (void)buf_append_str(&w->keys, keys);
}

static bool on_data(void *context, struct span data)
{
    struct world *w = context;
    (void)buf_append(&w->data, data.data, data.len);
    return !w->hold;
}

static void on_mail(void *context, const struct fetch_mail *mail)
{
    struct world *w = context;
    w->too_large = mail->too_large;
    (void)buf_printf(&w->mails, "%s\n", mail->key);
}

static void on_cut(void *context)
{
    struct world *w = context;
    w->cuts++;
    buf_reset(&w->data);
}

static void on_quiet(void *context)
{
    struct world *w = context;
    w->quiets++;
}

static void on_over(void *context, const struct outcome *why, bool more)
{
    struct world *w = context;
    assert_false(w->over);
    w->over = true;
    w->in_order = !why;
    w->more = more;
    if (why)
        w->why = *why;
}

static const struct fetch_client_handlers handlers = {.on_keys = on_keys,
                                                      .on_data = on_data,
                                                      .on_mail = on_mail,
                                                      .on_cut = on_cut,
                                                      .on_quiet = on_quiet,
                                                      .on_over = on_over};

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    buf_init(&w->keys, 1 << 20);
    buf_init(&w->data, 1 << 20);
    buf_init(&w->mails, 1 << 20);
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    fetch_client_free(w->client);
    buf_clear(&w->keys);
    buf_clear(&w->data);
    buf_clear(&w->mails);
    free(w);
    return 0;
}

static void open_with(struct world *w, enum fetch_protocol protocol,
                      void (*change)(struct fetch_client_opts *o))
{
    struct fetch_client_opts o = {.protocol = protocol,
                                  .server_name = "mail.example.com",
                                  .secured = true,
                                  .user = "fax",
                                  .password = "secret",
                                  .folder = "INBOX",
                                  .max_bytes = 1000,
                                  .handlers = &handlers,
                                  .context = w};
    if (change)
        change(&o);
    w->client = fetch_client_new(&o, w->now_ms);
}

/* The server says this; our words are these. */
static void exchange(struct world *w, const char *server, const char *ours)
{
    char got[2000];
    size_t n = strlen(server);
    assert_int_equal(fetch_client_input(w->client, span_of(server, n), w->now_ms), n);
    struct span out = fetch_client_output(w->client);
    assert_true(str_copy_span(got, sizeof(got), out));
    fetch_client_took(w->client, out.len);
    assert_string_equal(got, ours);
}

static void assert_ended(const struct world *w, const char *code)
{
    assert_true(w->over);
    assert_string_equal(w->in_order ? "" : w->why.code, code);
}

/* ---- IMAP ---- */

#define OFFERS "* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN IDLE UIDPLUS\r\n"

static void imap_log_in(struct world *w)
{
    exchange(w, "* OK ready\r\n", "A1 CAPABILITY\r\n");
    exchange(w, OFFERS "A1 OK done\r\n", "A2 AUTHENTICATE PLAIN AGZheABzZWNyZXQ=\r\n");
    exchange(w, "A2 OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS] in\r\n", "A3 SELECT \"INBOX\"\r\n");
    exchange(w, "* 2 EXISTS\r\n* OK [UIDVALIDITY 77] valid\r\nA3 OK selected\r\n",
             "A4 UID FETCH 1:* (UID RFC822.SIZE)\r\n");
}

static void imap_takes_mails_oldest_first_then_waits(void **state)
{
    struct world *w = *state;
    open_with(w, FETCH_IMAP, NULL);
    imap_log_in(w);
    exchange(w, "* 2 FETCH (UID 9 RFC822.SIZE 5)\r\n* 1 FETCH (RFC822.SIZE 6 UID 4)\r\nA4 OK\r\n", "");
    assert_string_equal(buf_text(&w->keys), "77:4\n77:9\n");
    fetch_client_known(w->client, "nt", w->now_ms);
    exchange(w, "", "A5 UID FETCH 4 (UID BODY.PEEK[])\r\n");
    exchange(w, "* 1 FETCH (BODY[] {6}\r\nhello\n", "");
    exchange(w, " UID 4)\r\n* 2 FETCH (FLAGS (\\Recent))\r\nA5 OK\r\n", "");
    assert_string_equal(buf_text(&w->data), "hello\n");
    assert_string_equal(buf_text(&w->mails), "77:4\n");
    fetch_client_taken(w->client, 0, w->now_ms);
    exchange(w, "", "A6 UID STORE 4 +FLAGS.SILENT (\\Deleted)\r\n");
    exchange(w, "A6 OK\r\n", "A7 UID STORE 9 +FLAGS.SILENT (\\Deleted)\r\n"); /* known: only removed */
    exchange(w, "A7 OK\r\n", "A8 EXPUNGE\r\n");
    exchange(w, "* 1 EXPUNGE\r\n* 1 EXPUNGE\r\nA8 OK\r\n", "A9 IDLE\r\n");
    assert_int_equal(w->quiets, 0);
    exchange(w, "+ idling\r\n", "");
    assert_int_equal(w->quiets, 1);
    exchange(w, "* OK still here\r\n", "");
    exchange(w, "* 1 EXISTS\r\n", "DONE\r\n");
    exchange(w, "A9 OK\r\n", "A10 UID FETCH 1:* (UID RFC822.SIZE)\r\n");
    assert_false(w->over);
}

static void idle_is_begun_anew_before_a_server_forgets_us(void **state)
{
    struct world *w = *state;
    open_with(w, FETCH_IMAP, NULL);
    imap_log_in(w);
    exchange(w, "A4 OK none\r\n", "A5 IDLE\r\n");
    exchange(w, "+ idling\r\n", "");
    int64_t wait = fetch_client_deadline(w->client) - w->now_ms;
    assert_true(wait > 60000 && wait < 29 * 60000); /* RFC 2177 */
    w->now_ms += wait;
    fetch_client_tick(w->client, w->now_ms);
    exchange(w, "", "DONE\r\n");
    exchange(w, "A5 OK\r\n", "A6 UID FETCH 1:* (UID RFC822.SIZE)\r\n");
    w->now_ms += 3600000; /* and a server that then says nothing is given up */
    fetch_client_tick(w->client, w->now_ms);
    assert_ended(w, "mailbox-timeout");
}

static void server_that_cries_wolf_is_asked_slowly(void **state)
{
    struct world *w = *state;
    char line[80], answer[80];
    open_with(w, FETCH_IMAP, NULL);
    imap_log_in(w);
    exchange(w, "A4 OK none\r\n", "A5 IDLE\r\n");
    unsigned tag = 5, rounds = 0;
    for (; rounds < 50; rounds++) {
        (void)fetch_client_input(w->client, span_str("+ idling\r\n* 1 EXISTS\r\n"), w->now_ms);
        struct span out = fetch_client_output(w->client);
        if (out.len == 0)
            break;
        fetch_client_took(w->client, out.len);
        (void)str_format(line, sizeof(line), "A%u OK\r\n", tag++);
        (void)str_format(answer, sizeof(answer), "A%u UID FETCH 1:* (UID RFC822.SIZE)\r\n", tag);
        exchange(w, line, answer);
        (void)str_format(line, sizeof(line), "A%u OK\r\n", tag++);
        (void)str_format(answer, sizeof(answer), "A%u IDLE\r\n", tag);
        exchange(w, line, answer);
    }
    assert_in_range(rounds, 1, 10);
    int64_t wait = fetch_client_deadline(w->client) - w->now_ms;
    assert_in_range(wait, 1000, 60000);
    w->now_ms += wait;
    fetch_client_tick(w->client, w->now_ms);
    exchange(w, "", "DONE\r\n"); /* it is looked all the same */
}

static void starttls_only(struct fetch_client_opts *o)
{
    o->secured = false;
    o->starttls = true;
}

static void what_was_said_before_tls_is_forgotten(void **state)
{
    struct world *w = *state;
    static const char injected[] =
        "A2 OK go\r\n* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\nA3 OK [CAPABILITY X] in\r\n";
    open_with(w, FETCH_IMAP, starttls_only);
    exchange(w, "* OK ready\r\n", "A1 CAPABILITY\r\n");
    exchange(w, "* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\nA1 OK\r\n", "A2 STARTTLS\r\n");
    exchange(w, injected, "");
    assert_true(fetch_client_wants_tls(w->client));
    fetch_client_secured(w->client, w->now_ms);
    exchange(w, "", "A3 CAPABILITY\r\n");
    exchange(w, OFFERS "A3 OK\r\n", "A4 AUTHENTICATE PLAIN AGZheABzZWNyZXQ=\r\n");
}

static void server_without_starttls_gets_no_password(void **state)
{
    struct world *w = *state;
    open_with(w, FETCH_IMAP, starttls_only);
    exchange(w, "* OK ready\r\n", "A1 CAPABILITY\r\n");
    exchange(w, "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nA1 OK\r\n", "");
    assert_ended(w, "mailbox-no-starttls");
}

static void preauth_keeps_nobody_from_tls(void **state)
{
    struct world *w = *state;
    open_with(w, FETCH_IMAP, starttls_only);
    exchange(w, "* PREAUTH welcome\r\n", "");
    assert_ended(w, "mailbox-preauth");
}

static void plaintext(struct fetch_client_opts *o)
{
    o->secured = false;
}

static void no_password_in_plaintext_unless_allowed(void **state)
{
    struct world *w = *state;
    open_with(w, FETCH_POP3, plaintext);
    exchange(w, "+OK ready\r\n", "CAPA\r\n");
    exchange(w, "+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n", "");
    assert_ended(w, "mailbox-plaintext");
}

static void token(struct fetch_client_opts *o)
{
    o->login = FETCH_LOGIN_TOKEN;
}

static void refused_token_says_what_the_server_said(void **state)
{
    struct world *w = *state;
    open_with(w, FETCH_IMAP, token);
    exchange(w, "* OK ready\r\n", "A1 CAPABILITY\r\n");
    exchange(w, "* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\nA1 OK\r\n", "A2 AUTHENTICATE XOAUTH2\r\n");
    exchange(w, "+ \r\n", "dXNlcj1mYXgBYXV0aD1CZWFyZXIgc2VjcmV0AQE=\r\n");
    exchange(w, "+ eyJzdGF0dXMiOiI0MDEifQ==\r\n", "\r\n");
    exchange(w, "A2 NO the token has expired\r\n", "");
    assert_ended(w, FETCH_CODE_LOGIN);
    assert_non_null(strstr(w->why.text, "the token has expired"));
}

/* ---- SCRAM: the tests' own server ---- */

struct scram_side {
    struct scram_server server;
    struct scram_keys keys;
};

/* The server says that; what we say to it, without CR LF. */
static void hear(struct world *w, const char *server, struct buf *ours)
{
    buf_reset(ours);
    size_t n = strlen(server);
    assert_int_equal(fetch_client_input(w->client, span_of(server, n), w->now_ms), n);
    struct span out = fetch_client_output(w->client);
    assert_true(out.len >= 2);
    (void)buf_append(ours, out.data, out.len - 2);
    fetch_client_took(w->client, out.len);
}

static void decoded(const char *base64, struct buf *to)
{
    buf_reset(to);
    assert_true(base64_decode(span_str(base64), to));
}

static void say_encoded(struct world *w, const struct buf *word, struct buf *ours)
{
    SCOPED_BUF struct buf line;
    buf_init(&line, 4096);
    (void)buf_append_str(&line, "+ ");
    (void)base64_encode(buf_span(word), &line);
    (void)buf_append_str(&line, "\r\n");
    hear(w, buf_text(&line), ours);
}

/* As far as the server's proof, which stands in `proof` then. first: our first message, base64. */
static void scram_until_proof(struct world *w, struct scram_side *s, const char *first, struct buf *proof)
{
    SCOPED_BUF struct buf ours, word;
    buf_init(&ours, 4096);
    buf_init(&word, 4096);
    *s = (struct scram_side){0};
    scram_derive(&scram_sha_256, "secret", span_str("salt and pepper"), 4096, &s->keys);
    decoded(first, &word);
    assert_int_equal(scram_server_start(&s->server, &scram_sha_256, buf_span(&word)), SCRAM_OK);
    assert_string_equal(s->server.user, "fax");
    buf_reset(&word);
    assert_int_equal(scram_server_challenge(&s->server, &s->keys, "theirnonce", &word), SCRAM_OK);
    say_encoded(w, &word, &ours);
    decoded(buf_text(&ours), &word);
    assert_int_equal(scram_server_verify(&s->server, &s->keys, buf_span(&word), proof), SCRAM_OK);
    scram_server_clear(&s->server);
}

static const char imap_scram[] = "A2 AUTHENTICATE SCRAM-SHA-256 ";

static void imap_begins_scram(struct world *w, struct scram_side *s, struct buf *proof)
{
    SCOPED_BUF struct buf ours;
    buf_init(&ours, 4096);
    open_with(w, FETCH_IMAP, NULL);
    exchange(w, "* OK ready\r\n", "A1 CAPABILITY\r\n");
    hear(w,
         "* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN AUTH=SCRAM-SHA-1 AUTH=SCRAM-SHA-256\r\n"
         "A1 OK\r\n",
         &ours);
    assert_memory_equal(buf_text(&ours), imap_scram, strlen(imap_scram));
    scram_until_proof(w, s, buf_text(&ours) + strlen(imap_scram), proof);
}

/* proves: S4.3 */
static void scram_comes_before_plain_and_the_server_proves_itself(void **state)
{
    struct world *w = *state;
    struct scram_side s;
    SCOPED_BUF struct buf proof, ours;
    buf_init(&proof, 4096);
    buf_init(&ours, 4096);
    imap_begins_scram(w, &s, &proof);
    say_encoded(w, &proof, &ours);
    assert_string_equal(buf_text(&ours), "");
    exchange(w, "A2 OK [CAPABILITY IMAP4rev1] in\r\n", "A3 SELECT \"INBOX\"\r\n");

    fetch_client_free(w->client);
    open_with(w, FETCH_POP3, NULL);
    exchange(w, "+OK ready\r\n", "CAPA\r\n");
    exchange(w, "+OK\r\nUSER\r\nUIDL\r\nSASL PLAIN SCRAM-SHA-256\r\n.\r\n", "AUTH SCRAM-SHA-256\r\n");
    hear(w, "+ \r\n", &ours);
    buf_reset(&proof);
    scram_until_proof(w, &s, buf_text(&ours), &proof);
    say_encoded(w, &proof, &ours);
    assert_string_equal(buf_text(&ours), "");
    exchange(w, "+OK in\r\n", "LIST\r\n");
}

static void server_that_does_not_know_the_password_shows_no_mails(void **state)
{
    struct world *w = *state;
    struct scram_side s;
    SCOPED_BUF struct buf proof;
    buf_init(&proof, 4096);
    imap_begins_scram(w, &s, &proof);
    exchange(w, "A2 OK come in all the same\r\n", "");
    assert_ended(w, "mailbox-protocol");

    fetch_client_free(w->client);
    w->over = false;
    imap_begins_scram(w, &s, &proof);
    exchange(w, "+ dj1BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBPQ==\r\n", "");
    assert_ended(w, "mailbox-auth-server");
    assert_non_null(strstr(w->why.text, "could not prove"));
}

static void scram_only(struct fetch_client_opts *o)
{
    o->login = FETCH_LOGIN_SCRAM;
}

static void plain_only(struct fetch_client_opts *o)
{
    o->login = FETCH_LOGIN_PLAIN;
}

static void login_by_name_is_the_one_that_is_taken(void **state)
{
    struct world *w = *state;
    open_with(w, FETCH_POP3, scram_only);
    exchange(w, "+OK ready\r\n", "CAPA\r\n");
    exchange(w, "+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n", "");
    assert_ended(w, "mailbox-no-auth");

    fetch_client_free(w->client);
    w->over = false;
    open_with(w, FETCH_IMAP, plain_only);
    exchange(w, "* OK ready\r\n", "A1 CAPABILITY\r\n");
    exchange(w, "* CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN\r\nA1 OK\r\n",
             "A2 AUTHENTICATE PLAIN AGZheABzZWNyZXQ=\r\n");

    fetch_client_free(w->client); /* the protocol's own before what works less often */
    open_with(w, FETCH_POP3, NULL);
    exchange(w, "+OK ready\r\n", "CAPA\r\n");
    exchange(w, "+OK\r\nUSER\r\nUIDL\r\nSASL CRAM-MD5\r\n.\r\n", "USER fax\r\n");
    exchange(w, "+OK\r\n", "PASS secret\r\n");
    exchange(w, "+OK\r\n", "LIST\r\n");
}

static void refused_scram_says_what_else_there_is(void **state)
{
    struct world *w = *state;
    SCOPED_BUF struct buf ours;
    buf_init(&ours, 4096);
    open_with(w, FETCH_POP3, NULL);
    exchange(w, "+OK ready\r\n", "CAPA\r\n");
    exchange(w, "+OK\r\nSASL SCRAM-SHA-256\r\n.\r\n", "AUTH SCRAM-SHA-256\r\n");
    hear(w, "+\r\n", &ours);
    exchange(w, "-ERR authentication failed\r\n", "");
    assert_ended(w, FETCH_CODE_LOGIN);
    assert_non_null(strstr(w->why.text, "set authentication to \"plain\""));
}

static void nonsense_ends_the_session(void **state)
{
    static const char *const after_list[] = {
        "A9 OK not what was asked\r\n",
        "* 1 FETCH (UID 4 RFC822.SIZE\r\n",
        "+ go on\r\n",
        "hello\r\n",
        "* 1 FETCH (UID 4 UID)\r\n",
        "\r\n",
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(after_list); i++) {
        fetch_client_free(w->client);
        w->over = false;
        open_with(w, FETCH_IMAP, NULL);
        imap_log_in(w);
        exchange(w, after_list[i], "");
        assert_ended(w, "mailbox-protocol");
    }
}

static void imap_with_one_mail(struct world *w)
{
    open_with(w, FETCH_IMAP, NULL);
    imap_log_in(w);
    exchange(w, "* 1 FETCH (UID 4 RFC822.SIZE 6)\r\nA4 OK\r\n", "");
    fetch_client_known(w->client, "n", w->now_ms);
    exchange(w, "", "A5 UID FETCH 4 (UID BODY.PEEK[])\r\n");
}

static void another_mails_bytes_are_not_taken(void **state)
{
    static const char *const lies[] = {
        "* 1 FETCH (UID 5 BODY[] {2}\r\nno)\r\n",
        "* 1 FETCH (UID 4 BODY[] {2}\r\nok)\r\n* 1 FETCH (UID 4 BODY[] {2}\r\nno)\r\n",
        "* 1 FETCH (UID 4 BODY[] {2}\r\nok BODY[] {2}\r\nno)\r\n"};
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
        fetch_client_free(w->client);
        w->over = false;
        w->cuts = 0;
        imap_with_one_mail(w);
        exchange(w, lies[i], "");
        assert_ended(w, "mailbox-protocol");
        assert_int_equal(w->cuts, 1);
        assert_string_equal(buf_text(&w->mails), "");
    }
}

static void mail_that_is_gone_is_passed_over(void **state)
{
    struct world *w = *state;
    imap_with_one_mail(w);
    exchange(w, "* 1 FETCH (UID 4 BODY[] NIL)\r\nA5 OK\r\n", "A6 IDLE\r\n");
    assert_string_equal(buf_text(&w->mails), "");
}

static void mail_in_a_quoted_string_is_a_mail(void **state)
{
    struct world *w = *state;
    imap_with_one_mail(w);
    exchange(w, "* 1 FETCH (BODY[] \"a \\\"b\\\" \\\\\" UID 4)\r\nA5 OK\r\n", "");
    assert_string_equal(buf_text(&w->data), "a \"b\" \\");
    assert_string_equal(buf_text(&w->mails), "77:4\n");
}

static void mail_that_our_store_refuses_stays(void **state)
{
    struct world *w = *state;
    imap_with_one_mail(w);
    exchange(w, "* 1 FETCH (UID 4 BODY[] {2}\r\nok)\r\nA5 OK\r\n", "");
    fetch_client_taken(w->client, ENOSPC, w->now_ms);
    exchange(w, "", "");
    assert_ended(w, FETCH_CODE_STORE);
}

static void again_soon(struct fetch_client_opts *o)
{
    o->again_ms = 5000;
}

static void mail_that_waits_is_passed_over_and_asked_about_again(void **state)
{
    struct world *w = *state;
    open_with(w, FETCH_IMAP, again_soon);
    imap_log_in(w);
    exchange(w, "* 1 FETCH (UID 4 RFC822.SIZE 2)\r\n* 2 FETCH (UID 5 RFC822.SIZE 2)\r\nA4 OK\r\n", "");
    fetch_client_known(w->client, "nn", w->now_ms);
    exchange(w, "", "A5 UID FETCH 4 (UID BODY.PEEK[])\r\n");
    exchange(w, "* 1 FETCH (UID 4 BODY[] {2}\r\nok)\r\nA5 OK\r\n", "");
    fetch_client_taken(w->client, EAGAIN, w->now_ms);
    exchange(w, "", "A6 UID FETCH 5 (UID BODY.PEEK[])\r\n"); /* the next; nothing is removed */
    exchange(w, "* 2 FETCH (UID 5 BODY[] {2}\r\nok)\r\nA6 OK\r\n", "");
    fetch_client_taken(w->client, 0, w->now_ms);
    exchange(w, "", "A7 UID STORE 5 +FLAGS.SILENT (\\Deleted)\r\n");
    exchange(w, "A7 OK\r\n", "A8 EXPUNGE\r\n");
    exchange(w, "A8 OK\r\n", "A9 IDLE\r\n");
    exchange(w, "+ idling\r\n", "");
    assert_int_equal(fetch_client_deadline(w->client) - w->now_ms, 5000);
    w->now_ms += 5000;
    fetch_client_tick(w->client, w->now_ms);
    exchange(w, "", "DONE\r\n");
    exchange(w, "A9 OK\r\n", "A10 UID FETCH 1:* (UID RFC822.SIZE)\r\n");
    exchange(w, "* 1 FETCH (UID 4 RFC822.SIZE 2)\r\nA10 OK\r\n", "");
    fetch_client_known(w->client, "w", w->now_ms);
    exchange(w, "", "A11 IDLE\r\n");
    exchange(w, "+ idling\r\n", "");
    assert_int_equal(fetch_client_deadline(w->client) - w->now_ms, 5000);
}

static void mail_of_another_size_than_announced_is_remembered(void **state)
{
    struct world *w = *state;
    imap_with_one_mail(w);
    SCOPED_BUF struct buf b;
    buf_init(&b, 10000);
    (void)buf_append_str(&b, "* 1 FETCH (UID 4 BODY[] {5000}\r\n");
    for (int i = 0; i < 5000; i++)
        (void)buf_append_byte(&b, 'x');
    exchange(w, buf_text(&b), "");
    assert_ended(w, "mailbox-size");
    assert_string_equal(fetch_client_liar(w->client), "77:4");
}

/* ---- POP3 ---- */

static void pop3_list(struct world *w, void (*change)(struct fetch_client_opts *o))
{
    open_with(w, FETCH_POP3, change);
    exchange(w, "+OK ready\r\n", "CAPA\r\n");
    exchange(w, "+OK\r\nTOP\r\nUIDL\r\nUSER\r\n.\r\n", "USER fax\r\n");
    exchange(w, "+OK\r\n", "PASS secret\r\n");
    exchange(w, "+OK 2 mails\r\n", "LIST\r\n");
    exchange(w, "+OK\r\n1 10\r\n2 5000\r\n.\r\n", "UIDL\r\n");
    exchange(w, "+OK\r\n1 aaa\r\n2 bbb\r\n.\r\n", "");
    assert_string_equal(buf_text(&w->keys), "aaa\nbbb\n");
}

static void pop3_takes_dots_off_and_removes_with_quit(void **state)
{
    struct world *w = *state;
    pop3_list(w, NULL);
    fetch_client_known(w->client, "nn", w->now_ms);
    exchange(w, "", "RETR 1\r\n");
    exchange(w, "+OK\r\n..\r\n.x\r\na.\r\n.", "");
    exchange(w, "\r\n", "");
    assert_string_equal(buf_text(&w->data), ".\r\nx\r\na.\r\n");
    fetch_client_taken(w->client, 0, w->now_ms);
    exchange(w, "", "DELE 1\r\n");
    exchange(w, "+OK\r\n", "TOP 2 0\r\n"); /* larger than we take */
    buf_reset(&w->data);
    exchange(w, "+OK\r\nSubject: x\r\n\r\n.\r\n", "");
    assert_true(w->too_large);
    fetch_client_taken(w->client, 0, w->now_ms);
    exchange(w, "", "DELE 2\r\n");
    exchange(w, "+OK\r\n", "QUIT\r\n");
    exchange(w, "+OK bye\r\n", "");
    assert_ended(w, "");
}

static void keep(struct fetch_client_opts *o)
{
    o->keep_large = true;
}

static void large_mail_may_stay(void **state)
{
    struct world *w = *state;
    pop3_list(w, keep);
    fetch_client_known(w->client, "kn", w->now_ms);
    exchange(w, "", "TOP 2 0\r\n");
    exchange(w, "+OK\r\nSubject: x\r\n\r\n.\r\n", "");
    fetch_client_taken(w->client, 0, w->now_ms);
    exchange(w, "", "QUIT\r\n");
}

static void full_owner_stops_the_stream(void **state)
{
    struct world *w = *state;
    pop3_list(w, NULL);
    fetch_client_known(w->client, "nk", w->now_ms);
    exchange(w, "", "RETR 1\r\n");
    w->hold = true;
    exchange(w, "+OK\r\nline\r\n", "");
    assert_int_equal(fetch_client_input(w->client, span_str("more\r\n.\r\n"), w->now_ms), 0);
    assert_int_equal(fetch_client_deadline(w->client), INT64_MAX); /* we are slow, not the server */
    w->hold = false;
    fetch_client_resume(w->client, w->now_ms);
    exchange(w, "more\r\n.\r\n", "");
    assert_string_equal(buf_text(&w->data), "line\r\nmore\r\n");
}

static void lost_connection_forgets_half_a_mail(void **state)
{
    struct world *w = *state;
    pop3_list(w, NULL);
    fetch_client_known(w->client, "nk", w->now_ms);
    exchange(w, "", "RETR 1\r\n");
    exchange(w, "+OK\r\nhalf a m", "");
    fetch_client_lost(w->client, "reset");
    assert_ended(w, "mailbox-lost");
    assert_int_equal(w->cuts, 1);
}

static void server_without_uidl_is_told_apart(void **state)
{
    struct world *w = *state;
    open_with(w, FETCH_POP3, NULL);
    exchange(w, "+OK ready\r\n", "CAPA\r\n");
    exchange(w, "-ERR what\r\n", "USER fax\r\n");
    exchange(w, "+OK\r\n", "PASS secret\r\n");
    exchange(w, "+OK\r\n", "LIST\r\n");
    exchange(w, "+OK\r\n1 10\r\n.\r\n", "UIDL\r\n");
    exchange(w, "-ERR what\r\n", "");
    assert_ended(w, "mailbox-list");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(imap_takes_mails_oldest_first_then_waits, begin, end),
        cmocka_unit_test_setup_teardown(idle_is_begun_anew_before_a_server_forgets_us, begin, end),
        cmocka_unit_test_setup_teardown(server_that_cries_wolf_is_asked_slowly, begin, end),
        cmocka_unit_test_setup_teardown(what_was_said_before_tls_is_forgotten, begin, end),
        cmocka_unit_test_setup_teardown(server_without_starttls_gets_no_password, begin, end),
        cmocka_unit_test_setup_teardown(preauth_keeps_nobody_from_tls, begin, end),
        cmocka_unit_test_setup_teardown(no_password_in_plaintext_unless_allowed, begin, end),
        cmocka_unit_test_setup_teardown(refused_token_says_what_the_server_said, begin, end),
        cmocka_unit_test_setup_teardown(scram_comes_before_plain_and_the_server_proves_itself, begin, end),
        cmocka_unit_test_setup_teardown(server_that_does_not_know_the_password_shows_no_mails, begin, end),
        cmocka_unit_test_setup_teardown(login_by_name_is_the_one_that_is_taken, begin, end),
        cmocka_unit_test_setup_teardown(refused_scram_says_what_else_there_is, begin, end),
        cmocka_unit_test_setup_teardown(nonsense_ends_the_session, begin, end),
        cmocka_unit_test_setup_teardown(another_mails_bytes_are_not_taken, begin, end),
        cmocka_unit_test_setup_teardown(mail_that_is_gone_is_passed_over, begin, end),
        cmocka_unit_test_setup_teardown(mail_in_a_quoted_string_is_a_mail, begin, end),
        cmocka_unit_test_setup_teardown(mail_that_our_store_refuses_stays, begin, end),
        cmocka_unit_test_setup_teardown(mail_that_waits_is_passed_over_and_asked_about_again, begin, end),
        cmocka_unit_test_setup_teardown(mail_of_another_size_than_announced_is_remembered, begin, end),
        cmocka_unit_test_setup_teardown(pop3_takes_dots_off_and_removes_with_quit, begin, end),
        cmocka_unit_test_setup_teardown(large_mail_may_stay, begin, end),
        cmocka_unit_test_setup_teardown(full_owner_stops_the_stream, begin, end),
        cmocka_unit_test_setup_teardown(lost_connection_forgets_half_a_mail, begin, end),
        cmocka_unit_test_setup_teardown(server_without_uidl_is_told_apart, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
