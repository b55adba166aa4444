/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The login of both protocols: PLAIN (RFC 4616), XOAUTH2, OAUTHBEARER (RFC 7628), or the protocol's own. */
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "base/str.h"
#include "mail/fetch_client_inner.h"

enum { CREDENTIALS_MAX = 16 * 1024 };
enum login_step { LOGIN_WAITS, LOGIN_SAID_USER, LOGIN_SAID_ALL, LOGIN_SAID_SORRY };

static bool is_imap(const struct fetch_client *c)
{
    return c->opts.protocol == FETCH_IMAP;
}

static unsigned mechanism(const struct fetch_client *c)
{
    if (!c->opts.token)
        return c->features & MAILBOX_AUTH_PLAIN;
    return c->features & MAILBOX_AUTH_XOAUTH2 ? MAILBOX_AUTH_XOAUTH2 : c->features & MAILBOX_AUTH_OAUTHBEARER;
}

static const char *mechanism_name(unsigned mechanism)
{
    return mechanism == MAILBOX_AUTH_PLAIN     ? "PLAIN"
           : mechanism == MAILBOX_AUTH_XOAUTH2 ? "XOAUTH2"
                                               : "OAUTHBEARER";
}

static void put_credentials(const struct fetch_client *c, unsigned mechanism, struct buf *b)
{
    const char *secret = c->password ? c->password : "";
    if (mechanism == MAILBOX_AUTH_PLAIN) {
        (void)buf_append_byte(b, 0);
        (void)buf_append_str(b, c->user);
        (void)buf_append_byte(b, 0);
        (void)buf_append_str(b, secret);
    } else if (mechanism == MAILBOX_AUTH_XOAUTH2) {
        (void)buf_printf(b, "user=%s\001auth=Bearer %s\001\001", c->user, secret);
    } else {
        (void)buf_printf(b, "n,a=%s,\001auth=Bearer %s\001\001", c->user, secret);
    }
}

/* shown: what a test of the mailbox may show of it. */
static void say_secretly(struct fetch_client *c, const char *before, struct span base64, const char *shown)
{
    (void)buf_append_str(&c->out, before);
    (void)buf_append(&c->out, base64.data, base64.len);
    (void)buf_append_str(&c->out, "\r\n");
    if (c->opts.handlers->on_line)
        c->opts.handlers->on_line(c->opts.context, true, shown);
}

static void say_credentials(struct fetch_client *c, const char *before)
{
    SCOPED_BUF struct buf plain, base64;
    buf_init(&plain, CREDENTIALS_MAX);
    buf_init(&base64, 2 * CREDENTIALS_MAX);
    put_credentials(c, mechanism(c), &plain);
    (void)base64_encode(buf_span(&plain), &base64);
    say_secretly(c, before, buf_span(&base64), "(user name and secret)");
    explicit_bzero(plain.data, plain.len);
    explicit_bzero(base64.data, base64.len);
    c->login_step = LOGIN_SAID_ALL;
}

static void refuse(struct fetch_client *c, const char *code, const char *text)
{
    struct outcome o;
    outcome_set(&o, VERDICT_RETRY, code, "%s", text);
    fetch_end(c, &o);
}

static void say_own_login(struct fetch_client *c)
{
    if (!is_imap(c)) {
        fetch_say(c, "USER %s", c->user);
        c->login_step = LOGIN_SAID_USER;
        return;
    }
    SCOPED_BUF struct buf line;
    buf_init(&line, CREDENTIALS_MAX);
    (void)buf_printf(&line, "A%u LOGIN ", ++c->tag);
    bool fits = imap_quote(c->user, &line) && buf_append_byte(&line, ' ') &&
                imap_quote(c->password ? c->password : "", &line);
    if (fits)
        say_secretly(c, buf_text(&line), span_of(NULL, 0), "LOGIN (user name and password)");
    else
        refuse(c, "mailbox-password",
               "User name or password hold letters that this server's only login cannot carry. Choose a "
               "password of "
               "plain letters and digits.");
    if (line.data)
        explicit_bzero(line.data, line.len);
    c->login_step = LOGIN_SAID_ALL;
}

static void say_auth(struct fetch_client *c, unsigned mechanism)
{
    char before[64];
    bool at_once = is_imap(c) && c->features & MAILBOX_INITIAL;
    if (is_imap(c))
        (void)str_format(before, sizeof(before), "A%u AUTHENTICATE %s", ++c->tag, mechanism_name(mechanism));
    else
        (void)str_format(before, sizeof(before), "AUTH %s", mechanism_name(mechanism));
    c->login_step = LOGIN_WAITS;
    if (!at_once) {
        fetch_say(c, "%s", before);
        return;
    }
    (void)strcat(before, " ");
    say_credentials(c, before);
}

void fetch_begin_login(struct fetch_client *c)
{
    fetch_wait(c, FETCH_STAGE_LOGIN);
    unsigned how = mechanism(c);
    if (!c->secured && !c->opts.plaintext_allowed)
        refuse(c, "mailbox-plaintext",
               "The mailbox has no encryption, so the password would be readable on the way. Nothing was "
               "sent. Choose "
               "implicit or starttls as its security, or allow it by name: plaintext_password.");
    else if (strpbrk(c->user, "\r\n\001") || (c->password && strpbrk(c->password, "\r\n\001")))
        refuse(c, "mailbox-password", "User name or password hold a line end. Set them again.");
    else if (how)
        say_auth(c, how);
    else if (c->opts.token)
        refuse(c, "mailbox-no-auth",
               "The server offers no login with OAuth 2.0 (XOAUTH2 or OAUTHBEARER) at this port. Check host "
               "and port.");
    else if (c->features & MAILBOX_PASSWORD)
        say_own_login(c);
    else
        refuse(
            c, "mailbox-no-auth",
            "The server offers no login with a password at this port. It may want TLS first, or OAuth 2.0.");
}

void fetch_login_continue(struct fetch_client *c)
{
    if (c->login_step == LOGIN_WAITS) {
        say_credentials(c, "");
    } else if (c->login_step == LOGIN_SAID_ALL && c->opts.token) {
        /* It says in base64 what it dislikes, and wants a word before it refuses (RFC 7628 §3.2.3). */
        c->login_step = LOGIN_SAID_SORRY;
        fetch_say(c, "%s", mechanism(c) == MAILBOX_AUTH_OAUTHBEARER ? "AQ==" : "");
    } else {
        fetch_end_in_nonsense(c);
    }
}

bool fetch_login_next(struct fetch_client *c)
{
    if (c->login_step != LOGIN_SAID_USER)
        return false;
    say_secretly(c, "PASS ", span_str(c->password ? c->password : ""), "PASS (password)");
    c->login_step = LOGIN_SAID_ALL;
    return true;
}

void fetch_login_done(struct fetch_client *c)
{
    mem_free_secret(&c->password);
}
