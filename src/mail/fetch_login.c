/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The login of both protocols: by SASL (RFC 5034, RFC 9051 §6.2.2), or the protocol's own. */
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "base/str.h"
#include "mail/fetch_client_inner.h"

enum { WORD_MAX = 16 * 1024 /* tokens are long */ };

static bool is_imap(const struct fetch_client *c)
{
    return c->opts.protocol == FETCH_IMAP;
}

static unsigned bit(enum sasl_mechanism m)
{
    return 1u << m;
}

/* Is the protocol's own login allowed and offered? It sends the password as PLAIN does. */
static bool has_own_login(const struct fetch_client *c)
{
    return c->features & MAILBOX_PASSWORD &&
           (c->opts.login == FETCH_LOGIN_ANY || c->opts.login == FETCH_LOGIN_PLAIN);
}

/* False: none; then there may be the protocol's own. */
static bool choose(const struct fetch_client *c, enum sasl_mechanism *m)
{
    static const unsigned scram = 1u << SASL_SCRAM_SHA_256 | 1u << SASL_SCRAM_SHA_1;
    const unsigned offered = c->features >> MAILBOX_LOGINS_SHIFT;
    switch (c->opts.login) {
    case FETCH_LOGIN_TOKEN:
        return sasl_choose(SASL_XOAUTH2, offered, m) || sasl_choose(SASL_OAUTHBEARER, offered, m);
    case FETCH_LOGIN_SCRAM: return sasl_choose(SASL_AUTO, offered & scram, m);
    case FETCH_LOGIN_PLAIN: return sasl_choose(SASL_PLAIN, offered, m);
    case FETCH_LOGIN_ANY: break;
    }
    return sasl_choose(SASL_AUTO, offered & (scram | bit(SASL_PLAIN)), m) ||
           (!has_own_login(c) && sasl_choose(SASL_AUTO, offered, m));
}

/* ---- words ---- */

/* shown: what a test of the mailbox may show of it. */
static void say_secretly(struct fetch_client *c, const char *before, struct span text, const char *shown)
{
    (void)buf_append_str(&c->out, before);
    (void)buf_append(&c->out, text.data, text.len);
    (void)buf_append_str(&c->out, "\r\n");
    if (c->opts.handlers->on_line)
        c->opts.handlers->on_line(c->opts.context, true, shown);
}

static void say_word(struct fetch_client *c, const char *before, const struct buf *word)
{
    SCOPED_BUF struct buf base64;
    buf_init(&base64, 2 * WORD_MAX);
    (void)base64_encode(buf_span(word), &base64);
    say_secretly(c, before, buf_span(&base64), word->len > 0 ? "(user name and secret)" : "");
    if (base64.data)
        explicit_bzero(base64.data, base64.len);
}

static void wipe(struct buf *b)
{
    if (b->data)
        explicit_bzero(b->data, b->len);
    buf_clear(b);
}

static void refuse(struct fetch_client *c, const char *code, const char *text)
{
    struct outcome o;
    outcome_set(&o, VERDICT_RETRY, code, "%s", text);
    fetch_end(c, &o);
}

/* ---- the protocol's own ---- */

static void say_own_login(struct fetch_client *c)
{
    if (!is_imap(c)) {
        fetch_say(c, "USER %s", c->user);
        c->said_user = true;
        return;
    }
    SCOPED_BUF struct buf line;
    buf_init(&line, WORD_MAX);
    (void)buf_printf(&line, "A%u LOGIN ", ++c->tag);
    bool fits = imap_quote(c->user, &line) && buf_append_byte(&line, ' ') &&
                imap_quote(c->password ? c->password : "", &line);
    if (fits)
        say_secretly(c, buf_text(&line), span_of(NULL, 0), "LOGIN (user name and password)");
    else
        refuse(c, "mailbox-password",
               "User name or password hold letters that this server's only login cannot carry. Choose a "
               "password of plain letters and digits.");
    if (line.data)
        explicit_bzero(line.data, line.len);
}

/* ---- SASL ---- */

static void say_auth(struct fetch_client *c, enum sasl_mechanism m)
{
    char before[64];
    struct buf word;
    buf_init(&word, WORD_MAX);
    c->sasl = sasl_new(m, c->user, c->password);
    mem_free_secret(&c->password);
    if (is_imap(c))
        (void)str_format(before, sizeof(before), "A%u AUTHENTICATE %s", ++c->tag, sasl_name(m));
    else
        (void)str_format(before, sizeof(before), "AUTH %s", sasl_name(m));
    c->sasl_begun = is_imap(c) && c->features & MAILBOX_INITIAL && sasl_begin(c->sasl, &word);
    if (c->sasl_begun) {
        (void)strcat(before, " ");
        say_word(c, before, &word);
    } else {
        fetch_say(c, "%s", before);
    }
    wipe(&word);
}

/* Where we speak first, the server's first word is empty and asks for ours. */
static bool put_answer(struct fetch_client *c, const char *text, struct buf *word)
{
    SCOPED_BUF struct buf challenge;
    bool first = !c->sasl_begun;
    buf_init(&challenge, WORD_MAX);
    c->sasl_begun = true;
    if (first && sasl_begin(c->sasl, word))
        return true;
    return base64_decode(span_str(text), &challenge) && sasl_answer(c->sasl, buf_span(&challenge), word);
}

void fetch_login_continue(struct fetch_client *c, const char *text)
{
    struct buf word;
    if (!c->sasl) {
        fetch_end_in_nonsense(c);
        return;
    }
    buf_init(&word, WORD_MAX);
    if (put_answer(c, text, &word))
        say_word(c, "", &word);
    else
        refuse(
            c, "mailbox-auth-server",
            "The mailbox's server could not prove that it knows our password, or said something that is no "
            "part of a login. Mail stays in the mailbox. Check its name, and the password.");
    wipe(&word);
}

/* ---- interface ---- */

void fetch_begin_login(struct fetch_client *c)
{
    enum sasl_mechanism m;
    fetch_wait(c, FETCH_STAGE_LOGIN);
    if (!c->secured && !c->opts.plaintext_allowed)
        refuse(c, "mailbox-plaintext",
               "The mailbox has no encryption, so the password would be readable on the way. Nothing was "
               "sent. Choose implicit or starttls as its security, or allow it by name: plaintext_password.");
    else if (strpbrk(c->user, "\r\n\001") || (c->password && strpbrk(c->password, "\r\n\001")))
        refuse(c, "mailbox-password", "User name or password hold a line end. Set them again.");
    else if (choose(c, &m))
        say_auth(c, m);
    else if (has_own_login(c))
        say_own_login(c);
    else if (c->opts.login == FETCH_LOGIN_TOKEN)
        refuse(c, "mailbox-no-auth",
               "The server offers no login with OAuth 2.0 (XOAUTH2 or OAUTHBEARER) at this port. Check host "
               "and port.");
    else if (c->opts.login == FETCH_LOGIN_SCRAM)
        refuse(c, "mailbox-no-auth",
               "The server offers no SCRAM login, which is what the mailbox's authentication allows; nothing "
               "was sent. Set it to \"password\" to take what the server has.");
    else
        refuse(
            c, "mailbox-no-auth",
            "The server offers no login with a password at this port. It may want TLS first, or OAuth 2.0.");
}

bool fetch_login_next(struct fetch_client *c)
{
    if (!c->said_user)
        return false;
    say_secretly(c, "PASS ", span_str(c->password ? c->password : ""), "PASS (password)");
    c->said_user = false;
    return true;
}

void fetch_login_refused(struct fetch_client *c)
{
    bool scram = c->sasl && c->opts.login == FETCH_LOGIN_ANY && sasl_proves_server(c->sasl);
    fetch_end_in_refusal(c, FETCH_CODE_LOGIN, "our login",
                         scram
                             ? " Mail stays in the mailbox; check user name and password. If they are right, "
                               "the server may have no SCRAM key of them: set authentication to \"plain\"."
                             : " Mail stays in the mailbox; check user name and password.");
}

bool fetch_login_done(struct fetch_client *c)
{
    bool believed = !c->sasl || sasl_complete(c->sasl);
    mem_free_secret(&c->password);
    sasl_free(c->sasl);
    c->sasl = NULL;
    if (!believed)
        fetch_end_in_nonsense(c);
    return believed;
}
