/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/smtp_client_inner.h"

#include <stdio.h>
#include <string.h>

#include "base/panic.h"
#include "base/str.h"

enum { OUTPUT_AT_ONCE = 64 * 1024, READ_BYTES = 16 * 1024, ADDRESS_MAX = 512 };

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

/* Could it end the command, or its angle brackets, before its time? Quoted local parts may hold blanks and
 * brackets. */
static bool address_is_safe(const char *address)
{
    bool quoted = false;
    if (strlen(address) > ADDRESS_MAX || !utf8_valid(span_str(address)))
        return false;
    for (const char *p = address; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return false;
        if (*p == '"')
            quoted = !quoted;
        else if (*p == '\\' && quoted && p[1] >= 0x20)
            p++;
        else if (!quoted && strchr(" <>", *p))
            return false;
    }
    return !quoted;
}

/* ---- who is settled ---- */

static void settle(struct smtp_client *c, size_t index, const struct outcome *o)
{
    if (c->settled[index])
        return;
    c->settled[index] = true;
    c->opts.handlers->on_recipient(c->opts.context, index, o);
}

void smtp_settle_rest(struct smtp_client *c, const struct outcome *o)
{
    for (size_t i = 0; i < c->mail->recipient_count; i++)
        settle(c, i, o);
}

bool smtp_all_settled(const struct smtp_client *c)
{
    for (size_t i = 0; i < c->mail->recipient_count; i++)
        if (!c->settled[i])
            return false;
    return true;
}

void smtp_close_mail(struct smtp_client *c)
{
    c->mail = NULL;
    c->opts.handlers->on_mail_done(c->opts.context);
}

/* ---- envelope ---- */

static bool has_envid(const struct smtp_client *c)
{
    return c->mail->envid && *c->mail->envid && (c->can.features & SMTP_DSN);
}

static void say_mail_from(struct smtp_client *c)
{
    char size[40] = "", dsn[100] = "";
    bool utf8 = !is_ascii(c->mail->sender);
    for (size_t i = 0; i < c->mail->recipient_count; i++)
        utf8 = utf8 || (c->asked[i] && !is_ascii(c->mail->recipients[i]));
    if (c->can.features & SMTP_SIZE)
        (void)str_format(size, sizeof(size), " SIZE=%llu", (unsigned long long)c->mail->size);
    if (has_envid(c))
        (void)str_format(dsn, sizeof(dsn), " RET=HDRS ENVID=%s", c->mail->envid);
    smtp_say(c, "MAIL FROM:<%s>%s%s%s%s", c->mail->sender, size,
             c->can.features & SMTP_8BITMIME ? " BODY=8BITMIME" : "", utf8 ? " SMTPUTF8" : "", dsn);
}

/* Moves to the next recipient that is asked for; false where there is none. */
static bool find_recipient(struct smtp_client *c, size_t from)
{
    for (c->rcpt_at = from; c->rcpt_at < c->mail->recipient_count; c->rcpt_at++)
        if (c->asked[c->rcpt_at])
            return true;
    return false;
}

/* RFC 3461 §4: xtext. */
static void put_xtext(const char *text, char *to, size_t room)
{
    size_t n = 0;
    for (; *text && n + 4 < room; text++) {
        unsigned char c = (unsigned char)*text;
        if (c > ' ' && c < 0x7f && c != '+' && c != '=')
            to[n++] = *text;
        else
            n += (size_t)snprintf(to + n, room - n, "+%02X", c);
    }
    to[n] = 0;
}

static void say_rcpt(struct smtp_client *c, size_t index)
{
    char original[3 * ADDRESS_MAX + 20];
    const char *recipient = c->mail->recipients[index];
    if (!has_envid(c)) {
        smtp_say(c, "RCPT TO:<%s>", recipient);
        return;
    }
    put_xtext(recipient, original, sizeof(original));
    bool ascii = is_ascii(recipient); /* RFC 6533 has another form for the rest */
    smtp_say(c, "RCPT TO:<%s> NOTIFY=FAILURE,DELAY%s%s", recipient, ascii ? " ORCPT=rfc822;" : "",
             ascii ? original : "");
}

static void say_envelope(struct smtp_client *c)
{
    c->stage = SMTP_STAGE_MAIL;
    say_mail_from(c);
    c->pipelined = (c->can.features & SMTP_PIPELINING) != 0 && !c->mail->probe;
    if (!c->pipelined)
        return;
    for (size_t i = 0; i < c->mail->recipient_count; i++)
        if (c->asked[i])
            say_rcpt(c, i);
    smtp_say(c, "DATA");
}

/* Nothing of this mail is under way any more. */
static void finish_mail(struct smtp_client *c, bool clean)
{
    smtp_close_mail(c);
    if (clean) {
        c->stage = SMTP_STAGE_READY;
        return;
    }
    c->stage = SMTP_STAGE_RSET; /* the server may remember its sender */
    smtp_say(c, "RSET");
}

static void next_rcpt_or_data(struct smtp_client *c, size_t from)
{
    if (find_recipient(c, from)) {
        c->stage = SMTP_STAGE_RCPT;
        if (!c->pipelined)
            say_rcpt(c, c->rcpt_at);
        return;
    }
    if (c->mail->probe) {
        struct outcome o;
        outcome_set(&o, VERDICT_DONE, "smtp-probe", "The mail server %.60s takes this sender and recipient.",
                    c->server_name);
        smtp_settle_rest(c, &o);
    }
    if (!c->pipelined && smtp_all_settled(c)) {
        finish_mail(c, false);
        return;
    }
    c->stage = SMTP_STAGE_DATA;
    if (!c->pipelined)
        smtp_say(c, "DATA");
}

void smtp_on_mail(struct smtp_client *c, const struct smtp_reply *r)
{
    if (r->code / 100 == 3) {
        smtp_end_in_nonsense(c);
        return;
    }
    if (r->code / 100 == 2) {
        next_rcpt_or_data(c, 0);
        return;
    }
    struct outcome o;
    smtp_outcome_of_mail(c, r, "the sender", &o);
    smtp_settle_rest(c, &o);
    if (c->pipelined)
        next_rcpt_or_data(c, 0); /* those are out already; their replies have to be counted */
    else
        finish_mail(c, false);
}

void smtp_on_rcpt(struct smtp_client *c, const struct smtp_reply *r)
{
    if (r->code / 100 == 3) {
        smtp_end_in_nonsense(c);
        return;
    }
    if (r->code / 100 != 2) {
        struct outcome o;
        smtp_outcome_of_mail(c, r, "the recipient", &o);
        settle(c, c->rcpt_at, &o);
    }
    next_rcpt_or_data(c, c->rcpt_at + 1);
}

/* ---- bytes ---- */

void smtp_on_data(struct smtp_client *c, const struct smtp_reply *r)
{
    if (r->code == 354 && !smtp_all_settled(c)) {
        c->stage = SMTP_STAGE_BODY;
    } else if (r->code == 354) {
        /* RFC 2920 §3.1: pipelined, and every recipient was refused. An empty mail to nobody. */
        smtp_say(c, ".");
        c->stage = SMTP_STAGE_DOT;
    } else if (r->code / 100 <= 3) {
        smtp_end_in_nonsense(c);
    } else {
        struct outcome o;
        smtp_outcome_of_mail(c, r, "the mail", &o);
        smtp_settle_rest(c, &o);
        finish_mail(c, false);
    }
}

void smtp_on_early_reply(struct smtp_client *c, const struct smtp_reply *r)
{
    /* In the middle of our bytes. We cannot stop halfway without ending the connection. */
    struct outcome o;
    if (r->code / 100 < 4) {
        smtp_end_in_nonsense(c);
        return;
    }
    smtp_outcome_of_mail(c, r, "the mail", &o);
    smtp_settle_rest(c, &o);
    smtp_close_mail(c);
    smtp_end_session(c, &o, false);
}

void smtp_on_dot(struct smtp_client *c, const struct smtp_reply *r)
{
    struct outcome o;
    if (r->code / 100 == 3) {
        smtp_end_in_nonsense(c);
        return;
    }
    smtp_outcome_of_mail(c, r, "the mail", &o);
    smtp_settle_rest(c, &o);
    finish_mail(c, true);
}

void smtp_on_rset(struct smtp_client *c, const struct smtp_reply *r)
{
    if (r->code / 100 == 2)
        c->stage = SMTP_STAGE_READY;
    else
        smtp_end_in_refusal(c, r, "RSET", SMTP_LATER);
}

/* The mail's next bytes into `out`. */
void smtp_pump_body(struct smtp_client *c)
{
    uint8_t chunk[READ_BYTES];
    while (c->stage == SMTP_STAGE_BODY && c->out.len < OUTPUT_AT_ONCE) {
        uint64_t left = c->mail->size - c->read_at;
        if (left == 0) {
            smtp_body_finish(&c->body, &c->out);
            c->stage = SMTP_STAGE_DOT;
            return;
        }
        ssize_t n =
            c->mail->read(c->mail->context, c->read_at, chunk, left < sizeof(chunk) ? left : sizeof(chunk));
        if (n <= 0) {
            /* Without the final dot the server throws away what it has (RFC 5321 §4.1.1.4). */
            struct outcome o;
            outcome_set(&o, VERDICT_RETRY, "mail-unreadable",
                        "The stored mail could not be read to its end; nothing was delivered. It is tried "
                        "again later.");
            smtp_end_session(c, &o, false);
            return;
        }
        smtp_body_encode(&c->body, span_of(chunk, (size_t)n), &c->out);
        c->read_at += (uint64_t)n;
    }
}

/* Recipients that cannot be asked for on this connection at all. */
static void settle_impossible(struct smtp_client *c)
{
    struct outcome o;
    bool sender_utf8 = !is_ascii(c->mail->sender);
    bool too_large = c->can.size_max > 0 && c->mail->size > c->can.size_max;
    for (size_t i = 0; i < c->mail->recipient_count; i++) {
        const char *recipient = c->mail->recipients[i];
        bool utf8 = sender_utf8 || !is_ascii(recipient);
        if (!*recipient || !address_is_safe(recipient) || !address_is_safe(c->mail->sender))
            outcome_set(&o, VERDICT_GIVE_UP, "smtp-address",
                        "The sender's or the recipient's address holds characters that no mail address may "
                        "hold. It was not sent; correct the address.");
        else if (utf8 && !(c->can.features & SMTP_SMTPUTF8))
            outcome_set(&o, VERDICT_GIVE_UP, "smtp-no-utf8",
                        "The mail server %.60s takes no addresses with letters outside ASCII (SMTPUTF8). It "
                        "was not sent; use another address.",
                        c->server_name);
        else if (too_large)
            outcome_set(&o, VERDICT_GIVE_UP, "smtp-too-large",
                        "The mail has %llu bytes, and the mail server %.60s takes at most %llu. It was not "
                        "sent; raise the limit there.",
                        (unsigned long long)c->mail->size, c->server_name,
                        (unsigned long long)c->can.size_max);
        else
            continue;
        settle(c, i, &o);
    }
}

void smtp_client_deliver(struct smtp_client *c, const struct smtp_mail *mail, int64_t now_ms)
{
    if (c->stage != SMTP_STAGE_READY || mail->recipient_count == 0 || mail->recipient_count > RECIPIENTS_MAX)
        panic("a mail to %zu recipients while waiting for %s", mail->recipient_count,
              smtp_stage_text(c->stage));
    c->progress_ms = now_ms;
    c->mail = mail;
    c->read_at = 0;
    c->body = (struct smtp_body){0};
    memset(c->settled, 0, sizeof(c->settled));
    settle_impossible(c);
    for (size_t i = 0; i < mail->recipient_count; i++)
        c->asked[i] = !c->settled[i];
    if (smtp_all_settled(c))
        finish_mail(c, true);
    else
        say_envelope(c);
}
