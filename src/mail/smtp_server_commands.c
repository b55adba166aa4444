/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/smtp_server_inner.h"

#include <inttypes.h>
#include <string.h>

#include "base/panic.h"
#include "base/str.h"

enum { COMMANDS_MAX = 500 /* between two mails */ };

/* ---- session and transaction ---- */

bool smtp_server_wants_passwords(const struct smtp_server *s)
{
    return s->opts.passwords_only && *s->opts.passwords_only;
}

static void offer_login(struct smtp_server *s)
{
    char text[64];
    if (!s->opts.offer_login || !(s->secure || s->opts.login_in_clear))
        return;
    (void)str_format(text, sizeof(text), "AUTH %s%s%s",
                     smtp_server_wants_passwords(s) ? "" : sasl_server_proving,
                     smtp_server_wants_passwords(s) ? "" : " ", sasl_server_telling);
    smtp_server_reply_line(s, 250, '-', "", text);
}

static void on_hello(struct smtp_server *s, const struct smtp_command *c)
{
    char text[64];
    /* RFC 2033 §4.1: who takes one for the other is told at once. */
    if (s->opts.lmtp != (c->verb == SMTP_LHLO)) {
        smtp_server_reply(s, 500, "5.5.1",
                          s->opts.lmtp ? "LMTP is spoken here; say LHLO" : "SMTP is spoken here; say EHLO");
        return;
    }
    smtp_server_reset_transaction(s);
    s->greeted = true;
    (void)str_copy(s->helo, sizeof(s->helo), c->domain);
    if (c->verb == SMTP_HELO) {
        smtp_server_reply_line(s, 250, ' ', "", s->opts.host_name);
        return;
    }
    (void)str_format(text, sizeof(text), "SIZE %" PRIu64, s->opts.max_bytes);
    smtp_server_reply_line(s, 250, '-', "", s->opts.host_name);
    smtp_server_reply_line(s, 250, '-', "", "PIPELINING");
    smtp_server_reply_line(s, 250, '-', "", text);
    smtp_server_reply_line(s, 250, '-', "", "8BITMIME");
    smtp_server_reply_line(s, 250, '-', "", "SMTPUTF8");
    smtp_server_reply_line(s, 250, '-', "", "DSN");
    if (s->opts.offer_tls && !s->secure)
        smtp_server_reply_line(s, 250, '-', "", "STARTTLS");
    offer_login(s);
    smtp_server_reply_line(s, 250, ' ', "", "ENHANCEDSTATUSCODES");
}

static void on_mail(struct smtp_server *s, const struct smtp_command *c)
{
    if (!s->greeted) {
        smtp_server_reply(s, 503, "5.5.1", s->opts.lmtp ? "say LHLO first" : "say EHLO first");
    } else if (s->opts.require_login && id_is_none(s->user)) {
        smtp_server_reply(s, 530, "5.7.0",
                          s->secure || s->opts.login_in_clear
                              ? "log in first (AUTH)"
                              : "begin TLS first (STARTTLS), then log in (AUTH)");
    } else if (c->auth && !s->opts.offer_login) {
        smtp_server_reply(s, 555, "5.5.4", "a parameter of that command is not offered here");
    } else if (s->has_sender) {
        smtp_server_reply(s, 503, "5.5.1", "one mail at a time; RSET gives the begun one up");
    } else if (c->has_size && c->size > s->opts.max_bytes) {
        smtp_server_reply_too_large(s);
    } else {
        s->has_sender = true;
        s->sender = c->path; /* all zero for the null path */
        s->utf8 = c->utf8;
        s->asks_reports = c->has_ret || *c->envid;
        (void)buf_printf(&s->wishes, "1 %s", c->envid);
        smtp_server_reply(s, 250, "2.1.0", "sender noted");
    }
}

static void on_rcpt(struct smtp_server *s, const struct smtp_command *c)
{
    size_t need = s->recipients.len + strlen(c->path.text) + 1;
    size_t wishes = s->wishes.len + strlen(c->orcpt) + sizeof("\n0 ");
    if (!s->has_sender) {
        smtp_server_reply(s, 503, "5.5.1", "MAIL FROM comes before RCPT TO");
    } else if (s->recipient_count >= SMTP_RECIPIENTS_MAX || need > SMTP_RECIPIENTS_BYTES ||
               wishes > SMTP_WISHES_BYTES) {
        smtp_server_reply(s, 452, "4.5.3", "too many recipients for one mail; send it again to the others");
    } else {
        s->candidate = c->path;
        (void)str_format(s->candidate_wish, sizeof(s->candidate_wish), "%X %s", c->notify, c->orcpt);
        smtp_server_set_state(s, STATE_CHECKING);
        s->opts.events->rcpt_check(s->opts.context, s->sender.text, s->candidate.text);
    }
}

static void on_data(struct smtp_server *s, const struct smtp_command *c)
{
    if (!s->has_sender || s->recipient_count == 0) {
        smtp_server_reply(s, s->has_sender ? 554 : 503, "5.5.1",
                          s->has_sender ? "there is no recipient" : "MAIL FROM comes first");
        return;
    }
    s->mail_id = id_new();
    smtp_data_init(&s->data, s->opts.max_bytes, SMTP_DATA_LINE_MAX);
    smtp_server_set_state(s, STATE_DATA);
    smtp_server_reply_line(s, 354, ' ', "", "send the mail; a line with only a dot ends it");
}

static void on_rset(struct smtp_server *s, const struct smtp_command *c)
{
    smtp_server_reset_transaction(s);
    smtp_server_reply(s, 250, "2.0.0", "forgotten");
}

static void on_noop(struct smtp_server *s, const struct smtp_command *c)
{
    smtp_server_reply(s, 250, "2.0.0", "still here");
}

static void on_quit(struct smtp_server *s, const struct smtp_command *c)
{
    smtp_server_reply_line(s, 221, ' ', "2.0.0", "goodbye");
    smtp_server_set_state(s, STATE_ENDING);
}

static void on_vrfy(struct smtp_server *s, const struct smtp_command *c)
{
    smtp_server_reply(s, 252, "2.5.0", "not verified here; RCPT TO tells");
}

static void on_help(struct smtp_server *s, const struct smtp_command *c)
{
    smtp_server_reply(s, 214, "2.0.0", "mail to number@box.domain is faxed; see RFC 5321 for how to mail");
}

static void on_starttls(struct smtp_server *s, const struct smtp_command *c)
{
    if (s->secure) {
        smtp_server_reply(s, 503, "5.5.1", "TLS is up already");
    } else if (!s->opts.offer_tls) {
        smtp_server_reply(s, 502, "5.5.1", "TLS is not offered");
    } else {
        smtp_server_reply(s, 220, "2.0.0", "begin TLS");
        smtp_server_set_state(s, STATE_SECURING);
    }
}

static void on_not_offered(struct smtp_server *s, const struct smtp_command *c)
{
    smtp_server_reply(s, 502, "5.5.1", "that command is not offered");
}

static void (*const handlers[SMTP_UNKNOWN])(struct smtp_server *s, const struct smtp_command *c) = {
    [SMTP_EHLO] = on_hello,        [SMTP_HELO] = on_hello,
    [SMTP_LHLO] = on_hello,        [SMTP_MAIL] = on_mail,
    [SMTP_RCPT] = on_rcpt,         [SMTP_DATA] = on_data,
    [SMTP_RSET] = on_rset,         [SMTP_NOOP] = on_noop,
    [SMTP_QUIT] = on_quit,         [SMTP_VRFY] = on_vrfy,
    [SMTP_EXPN] = on_not_offered,  [SMTP_HELP] = on_help,
    [SMTP_STARTTLS] = on_starttls, [SMTP_AUTH] = smtp_server_on_auth,
    [SMTP_BDAT] = on_not_offered,  [SMTP_ETRN] = on_not_offered,
};

/* ---- command lines ---- */

/* A web page can make a browser on this very machine send such a request to our port, with SMTP in its body;
 * and who comes from this machine may be trusted. */
static bool is_http(struct span line)
{
    static const char *const methods[] = {"GET ",     "POST ",    "PUT ",   "HEAD ",
                                          "OPTIONS ", "CONNECT ", "PATCH ", "DELETE "};
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        size_t len = strlen(methods[i]);
        if (line.len >= len && span_equal_nocase(span_of(line.data, len), methods[i]))
            return true;
    }
    return false;
}

/* In the middle of a login it is the login that fails. */
static void refuse_line(struct smtp_server *s, const char *text)
{
    smtp_server_end_login(s);
    if (s->state == STATE_LOGIN)
        smtp_server_set_state(s, STATE_COMMAND);
    smtp_server_reply(s, 500, "5.5.2", text);
}

static void on_line(struct smtp_server *s, struct span line)
{
    struct smtp_command c;
    bool crlf = line.len > 0 && line.data[line.len - 1] == '\r';
    if (++s->commands > COMMANDS_MAX) {
        smtp_server_end(s, "4.7.0", "too many commands without a mail");
    } else if (s->state == STATE_COMMAND && is_http(line)) {
        smtp_server_end(s, "4.7.0", "this is a mail server, not a web server");
    } else if (s->line_too_long || line.len > smtp_server_line_max(s, line)) {
        refuse_line(s, "the line is too long");
    } else if (!crlf) {
        refuse_line(s, "lines end with CR LF, not with LF alone");
    } else if (s->state == STATE_LOGIN) {
        smtp_server_on_login_line(s, span_of(line.data, line.len - 1));
    } else {
        line.len--;
        struct smtp_refusal r = smtp_command_parse(line, s->utf8, &c);
        if (r.code != 0)
            smtp_server_reply(s, r.code, r.enhanced, r.text);
        else
            handlers[c.verb](s, &c);
    }
    s->line_too_long = false;
    smtp_server_end_for_errors(s);
}

size_t smtp_server_take_line(struct smtp_server *s, struct span in)
{
    const uint8_t *lf = memchr(in.data, '\n', in.len);
    if (!lf) {
        s->line_too_long = s->line_too_long || in.len > smtp_server_line_max(s, in);
        return s->line_too_long ? in.len : 0;
    }
    size_t len = (size_t)(lf - in.data);
    on_line(s, span_of(in.data, len));
    return len + 1;
}

void smtp_server_checked(struct smtp_server *s, unsigned code, const char *enhanced, const char *text,
                         int64_t now_ms)
{
    if (code != 250 && (code < 400 || code > 599))
        panic("a recipient was answered with %u", code);
    if (s->state != STATE_CHECKING)
        return;
    smtp_server_set_state(s, STATE_COMMAND);
    if (code == 250) {
        s->recipient_count++;
        (void)buf_printf(&s->recipients, "%s%s", s->recipients.len > 0 ? "\n" : "", s->candidate.text);
        (void)buf_printf(&s->wishes, "\n%s", s->candidate_wish);
        s->asks_reports = s->asks_reports || !str_equal(s->candidate_wish, "0 ");
    }
    smtp_server_reply(s, code, enhanced, text);
    smtp_server_end_for_errors(s);
    smtp_server_move_deadline(s, now_ms);
}
