/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* AUTH (RFC 4954): lines and codes around sasl_server.h. Who fails hears the same, whatever was wrong. */
#include "mail/smtp_server_inner.h"

#include <string.h>

#include "base/base64.h"
#include "base/hex.h"
#include "base/rand.h"
#include "base/str.h"

enum { NONCE_BYTES = 18 };

size_t smtp_server_line_max(const struct smtp_server *s, struct span in)
{
    static const char word[] = "AUTH ";
    bool begins = in.len >= strlen(word) && span_equal_nocase(span_of(in.data, strlen(word)), word);
    return s->state == STATE_LOGIN || begins ? SMTP_LOGIN_LINE_MAX : SMTP_LINE_MAX;
}

void smtp_server_end_login(struct smtp_server *s)
{
    sasl_server_free(s->login);
    s->login = NULL;
    s->claimant = ID_NONE;
}

static void fail(struct smtp_server *s, unsigned code, const char *enhanced, const char *text)
{
    smtp_server_end_login(s);
    if (s->state != STATE_COMMAND)
        smtp_server_set_state(s, STATE_COMMAND);
    smtp_server_reply(s, code, enhanced, text);
    if (++s->login_failures >= SMTP_LOGIN_FAILURES_MAX)
        smtp_server_end(s, "4.7.0", "too many logins failed");
}

static void succeed(struct smtp_server *s)
{
    s->user = s->claimant;
    smtp_server_end_login(s);
    smtp_server_set_state(s, STATE_COMMAND);
    smtp_server_reply(s, 235, "2.7.0", "logged in");
}

static void challenge(struct smtp_server *s)
{
    (void)buf_append_str(&s->out, "334 ");
    (void)base64_encode(sasl_server_challenge(s->login), &s->out);
    (void)buf_append_str(&s->out, "\r\n");
    if (s->state != STATE_LOGIN)
        smtp_server_set_state(s, STATE_LOGIN);
}

static void follow(struct smtp_server *s, enum sasl_turn turn)
{
    const struct smtp_server_events *e = s->opts.events;
    switch (turn) {
    case SASL_CHALLENGE: challenge(s); break;
    case SASL_ASK_SALT:
        smtp_server_set_state(s, STATE_ASKING);
        e->login_salt(s->opts.context, sasl_server_name(s->login));
        break;
    case SASL_ASK_JUDGE:
        if (s->state != STATE_ASKING)
            smtp_server_set_state(s, STATE_ASKING);
        e->login_judge(s->opts.context, sasl_server_name(s->login), sasl_server_signs(s->login),
                       sasl_server_proof(s->login));
        break;
    case SASL_GOOD: succeed(s); break;
    case SASL_NONSENSE: fail(s, 501, "5.5.2", "that is no answer to this login's question"); break;
    case SASL_DENIED: fail(s, 535, "5.7.8", "login name or password is wrong"); break;
    }
}

/* Wiped: it may hold a password. */
static void wipe(struct buf *b)
{
    if (b->data)
        explicit_bzero(b->data, b->room);
    buf_clear(b);
}

static void begin(struct smtp_server *s, struct span initial)
{
    struct buf text;
    buf_init(&text, SMTP_LOGIN_LINE_MAX);
    bool empty = span_equal(initial, span_str("=")); /* RFC 4954 §4: an answer, of length nothing */
    struct span given = empty ? span_of("", 0) : initial;
    bool fine = given.len == 0 || base64_decode(given, &text);
    given = buf_span(&text);
    if (!fine)
        fail(s, 501, "5.5.2", "that is no base64");
    else
        follow(s, sasl_server_begin(s->login, initial.len > 0 ? &given : NULL));
    wipe(&text);
}

void smtp_server_on_auth(struct smtp_server *s, const struct smtp_command *c)
{
    uint8_t random[NONCE_BYTES];
    char nonce[2 * NONCE_BYTES + 1];
    const uint8_t *blank = c->argument.len > 0 ? memchr(c->argument.data, ' ', c->argument.len) : NULL;
    struct span word =
        span_of(c->argument.data, blank ? (size_t)(blank - c->argument.data) : c->argument.len);
    struct span initial = span_of(NULL, 0);
    if (blank)
        initial = span_of(blank + 1, c->argument.len - word.len - 1);
    if (!s->opts.offer_login) {
        smtp_server_reply(s, 502, "5.5.1", "logins are not offered here");
    } else if (!s->greeted) {
        smtp_server_reply(s, 503, "5.5.1", "say EHLO first");
    } else if (!s->secure && !s->opts.login_in_clear) {
        smtp_server_reply(s, 538, "5.7.11", "begin TLS first (STARTTLS): no password is taken in the clear");
    } else if (!id_is_none(s->user)) {
        smtp_server_reply(s, 503, "5.5.1", "you are logged in already");
    } else if (smtp_server_wants_passwords(s) && span_equal_nocase(word, sasl_server_proving)) {
        smtp_server_reply(
            s, 504, "5.5.4",
            "passwords are judged by a directory here, which has to see them: set the mail program "
            "to \"normal password\" (PLAIN or LOGIN), over TLS");
    } else if (s->has_sender) {
        smtp_server_reply(s, 503, "5.5.1", "a login comes before MAIL FROM");
    } else {
        rand_bytes(random, sizeof(random));
        hex_format(random, sizeof(random), nonce);
        s->login = sasl_server_new(word, nonce);
        if (s->login)
            begin(s, initial);
        else
            smtp_server_reply(s, 504, "5.5.4",
                              "that way to log in is not offered; EHLO lists those that are");
    }
}

void smtp_server_on_login_line(struct smtp_server *s, struct span line)
{
    struct buf text;
    buf_init(&text, SMTP_LOGIN_LINE_MAX);
    if (span_equal(line, span_str("*")))
        fail(s, 501, "5.7.0", "the login was given up");
    else if (line.len > 0 && !base64_decode(line, &text))
        fail(s, 501, "5.5.2", "that is no base64");
    else
        follow(s, sasl_server_hear(s->login, buf_span(&text)));
    wipe(&text);
}

static void refuse_for_now(struct smtp_server *s, unsigned wait_s)
{
    char text[120];
    (void)str_format(text, sizeof(text), "too many wrong logins; try again in %u seconds", wait_s);
    fail(s, 454, "4.7.0", text);
}

void smtp_server_login_unanswered(struct smtp_server *s)
{
    fail(s, 454, "4.7.0", "logins cannot be checked at this moment; try again later");
}

void smtp_server_salted(struct smtp_server *s, struct span salt, unsigned rounds, int64_t now_ms)
{
    if (s->state != STATE_ASKING)
        return;
    follow(s, sasl_server_salted(s->login, salt, rounds));
    smtp_server_end_for_errors(s);
    smtp_server_move_deadline(s, now_ms);
}

bool smtp_server_hand_on(struct smtp_server *s)
{
    const char *password;
    if (s->state != STATE_ASKING || !sasl_server_hand_on(s->login, &password))
        return false;
    s->opts.events->login_password(s->opts.context, sasl_server_name(s->login), password);
    return true;
}

void smtp_server_unjudged(struct smtp_server *s, int64_t now_ms)
{
    if (s->state != STATE_ASKING)
        return;
    smtp_server_login_unanswered(s);
    smtp_server_end_for_errors(s);
    smtp_server_move_deadline(s, now_ms);
}

void smtp_server_judged(struct smtp_server *s, unsigned wait_s, struct id user, struct span signature,
                        int64_t now_ms)
{
    if (s->state != STATE_ASKING)
        return;
    s->claimant = user;
    if (wait_s > 0)
        refuse_for_now(s, wait_s);
    else
        follow(s, sasl_server_judged(s->login, !id_is_none(user), signature));
    smtp_server_end_for_errors(s);
    smtp_server_move_deadline(s, now_ms);
}
