/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/smtp_client_inner.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"

enum { LOGIN_WORD_MAX = 16384 }; /* tokens are long */

static void wipe(struct buf *b)
{
    if (b->data)
        explicit_bzero(b->data, b->room);
    buf_clear(b);
}

static bool has_user(const struct smtp_client *c)
{
    return c->user && *c->user;
}

void smtp_say_ehlo(struct smtp_client *c)
{
    c->can = (struct smtp_capabilities){0};
    c->stage = SMTP_STAGE_EHLO;
    smtp_say(c, "EHLO %s", c->own_name);
}

/* before: what stands in front of the word. */
static void say_word(struct smtp_client *c, const char *before, const struct buf *word)
{
    (void)buf_append_str(&c->out, before);
    (void)base64_encode(buf_span(word), &c->out);
    (void)buf_append_str(&c->out, "\r\n");
}

static void start_sasl(struct smtp_client *c, enum sasl_mechanism m)
{
    char command[32];
    struct buf word;
    buf_init(&word, LOGIN_WORD_MAX);
    c->sasl = sasl_new(m, c->user, c->password);
    mem_free_secret(&c->password);
    if (sasl_begin(c->sasl, &word)) {
        (void)str_format(command, sizeof(command), "AUTH %s ", sasl_name(m));
        say_word(c, command, &word);
    } else {
        smtp_say(c, "AUTH %s", sasl_name(m));
    }
    wipe(&word);
}

static void begin_auth(struct smtp_client *c)
{
    c->stage = SMTP_STAGE_AUTH;
    struct outcome o;
    enum sasl_mechanism m;
    if (!c->secured) {
        outcome_set(
            &o, VERDICT_RETRY, "smtp-auth-plaintext",
            "A user name is set for the mail server %.60s, but no encryption: the password would be readable "
            "on the way. Nothing was sent. Choose STARTTLS or TLS, or take the user name out.",
            c->server_name);
        smtp_end_session(c, &o, false);
    } else if (sasl_choose(c->opts.login, c->can.logins, &m)) {
        start_sasl(c, m);
    } else if (c->opts.login != SASL_AUTO) {
        outcome_set(
            &o, VERDICT_RETRY, "smtp-no-auth",
            "The mail server %.60s does not offer the login %s that is set for it. Mails are kept; set "
            "auth to \"auto\", or use its submission port (587 or 465).",
            c->server_name, sasl_name(c->opts.login));
        smtp_end_session(c, &o, false);
    } else {
        outcome_set(&o, VERDICT_RETRY, "smtp-no-auth",
                    "The mail server %.60s offers no login with user name and password that we know at this "
                    "port. Mails are kept; use its submission port (587 or 465), or take the user name out.",
                    c->server_name);
        smtp_end_session(c, &o, false);
    }
}

void smtp_on_greeting(struct smtp_client *c, const struct smtp_reply *r)
{
    if (r->code == 220)
        smtp_say_ehlo(c);
    else
        smtp_end_in_refusal(c, r, "our connection", SMTP_LATER);
}

static void after_ehlo(struct smtp_client *c)
{
    if (c->opts.starttls && !c->secured) {
        if (c->can.features & SMTP_STARTTLS) {
            c->stage = SMTP_STAGE_STARTTLS;
            smtp_say(c, "STARTTLS");
            return;
        }
        struct outcome o;
        outcome_set(&o, VERDICT_RETRY, SMTP_CODE_NO_STARTTLS,
                    "The mail server %.60s does not offer STARTTLS, so nothing was sent. Mails are kept; "
                    "choose TLS from the start (port 465) if it has that, or allow unencrypted mail by name.",
                    c->server_name);
        smtp_end_session(c, &o, false);
    } else if (has_user(c)) {
        begin_auth(c);
    } else {
        c->stage = SMTP_STAGE_READY;
    }
}

void smtp_on_ehlo(struct smtp_client *c, const struct smtp_reply *r)
{
    if (r->code / 100 == 2) {
        smtp_capabilities_parse(r, &c->can);
        after_ehlo(c);
    } else if (r->code / 100 == 5) {
        c->stage = SMTP_STAGE_HELO; /* RFC 5321 §3.2: a server of before 1995 */
        smtp_say(c, "HELO %s", c->own_name);
    } else {
        smtp_end_in_refusal(c, r, "EHLO", SMTP_LATER);
    }
}

void smtp_on_helo(struct smtp_client *c, const struct smtp_reply *r)
{
    if (r->code / 100 == 2)
        after_ehlo(c);
    else
        smtp_end_in_refusal(c, r, "EHLO and HELO", SMTP_LATER);
}

void smtp_on_starttls(struct smtp_client *c, const struct smtp_reply *r)
{
    if (r->code != 220) {
        smtp_end_in_refusal(c, r, "STARTTLS", " Nothing was sent without TLS. It is tried again later.");
        return;
    }
    c->stage = SMTP_STAGE_SECURING;
}

static void answer_challenge(struct smtp_client *c, const struct smtp_reply *r)
{
    struct outcome o;
    struct buf challenge, word;
    buf_init(&challenge, LOGIN_WORD_MAX);
    buf_init(&word, LOGIN_WORD_MAX);
    if (base64_decode(span_str(r->text), &challenge) && sasl_answer(c->sasl, buf_span(&challenge), &word)) {
        say_word(c, "", &word);
    } else {
        outcome_set(
            &o, VERDICT_RETRY, "smtp-auth-server",
            "The mail server %.60s could not prove that it knows our password, or said something that "
            "is no part of a login. Nothing was sent; mails are kept. Check its name, and the "
            "password.",
            c->server_name);
        smtp_end_session(c, &o, false);
    }
    wipe(&challenge);
    wipe(&word);
}

void smtp_on_auth(struct smtp_client *c, const struct smtp_reply *r)
{
    if (r->code == 334) {
        answer_challenge(c, r);
    } else if (r->code / 100 == 2 && sasl_complete(c->sasl)) {
        sasl_free(c->sasl);
        c->sasl = NULL;
        c->stage = SMTP_STAGE_READY;
    } else if (r->code / 100 >= 4) {
        smtp_end_in_refusal(c, r, "our login", " Mails are kept; check its user name and password.");
    } else {
        smtp_end_in_nonsense(c);
    }
}
