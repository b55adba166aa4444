/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/smtp_client_inner.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"

enum { LOGIN_STEPS = 2 }; /* AUTH LOGIN asks twice */

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

static void say_secret(struct smtp_client *c, const char *before, struct span secret)
{
    (void)buf_append_str(&c->out, before);
    (void)base64_encode(secret, &c->out);
    (void)buf_append_str(&c->out, "\r\n");
}

static void say_auth_plain(struct smtp_client *c)
{
    SCOPED_BUF struct buf b; /* RFC 4616: no authorisation identity */
    buf_init(&b, 4096);
    (void)buf_append_byte(&b, 0);
    (void)buf_append_str(&b, c->user);
    (void)buf_append_byte(&b, 0);
    (void)buf_append_str(&b, c->password ? c->password : "");
    say_secret(c, "AUTH PLAIN ", buf_span(&b));
    explicit_bzero(b.data, b.len);
}

static void begin_auth(struct smtp_client *c)
{
    c->stage = SMTP_STAGE_AUTH;
    struct outcome o;
    if (!c->secured) {
        outcome_set(
            &o, VERDICT_RETRY, "smtp-auth-plaintext",
            "A user name is set for the mail server %.60s, but no encryption: the password would be readable "
            "on the way. Nothing was sent. Choose STARTTLS or TLS, or take the user name out.",
            c->server_name);
        smtp_end_session(c, &o, false);
    } else if (c->can.features & SMTP_AUTH_PLAIN) {
        c->login_step = LOGIN_STEPS;
        say_auth_plain(c);
    } else if (c->can.features & SMTP_AUTH_LOGIN) {
        c->login_step = 0;
        smtp_say(c, "AUTH LOGIN");
    } else {
        outcome_set(
            &o, VERDICT_RETRY, "smtp-no-auth",
            "The mail server %.60s offers no login with user name and password (PLAIN or LOGIN) at this "
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

void smtp_on_auth(struct smtp_client *c, const struct smtp_reply *r)
{
    if (r->code == 334 && c->login_step < LOGIN_STEPS) {
        const char *part = c->login_step++ == 0 ? c->user : c->password;
        say_secret(c, "", span_str(part ? part : ""));
    } else if (r->code / 100 == 2 && c->login_step == LOGIN_STEPS) {
        mem_free_secret(&c->password);
        c->stage = SMTP_STAGE_READY;
    } else if (r->code / 100 >= 4) {
        smtp_end_in_refusal(c, r, "our login", " Mails are kept; check its user name and password.");
    } else {
        smtp_end_in_nonsense(c);
    }
}
