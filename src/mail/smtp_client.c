/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/smtp_client_inner.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"

enum {
    OUTPUT_LIMIT = 1024 * 1024, /* the largest pipelined envelope */
    WORDS_LEN = 240,            /* of the server, in an outcome */
};

#define STAGE_TEXT(name, text, timeout) text,
static const char *const stage_texts[] = {SMTP_STAGES(STAGE_TEXT)};
#undef STAGE_TEXT

#define STAGE_TIMEOUT(name, text, timeout) timeout,
static const int64_t stage_timeouts_ms[] = {SMTP_STAGES(STAGE_TIMEOUT)};
#undef STAGE_TIMEOUT

const char *smtp_stage_text(enum smtp_stage stage)
{
    return stage_texts[stage];
}

/* ---- outcomes ---- */

static enum verdict verdict_of(const struct smtp_reply *r)
{
    return r->code / 100 == 2 ? VERDICT_DONE : r->code / 100 == 5 ? VERDICT_GIVE_UP : VERDICT_RETRY;
}

static void words_of_reply(const struct smtp_reply *r, char words[WORDS_LEN])
{
    smtp_reply_format(r, words, WORDS_LEN);
    while (!utf8_valid(span_str(words)))
        words[strlen(words) - 1] = 0; /* cut in the middle of a character */
}

/* about: "the recipient", "the login" ...; advice: what follows from it. */
static void outcome_of_reply(const struct smtp_client *c, const struct smtp_reply *r, const char *about,
                             enum verdict verdict, const char *advice, struct outcome *o)
{
    char code[OUTCOME_CODE_LEN], words[WORDS_LEN];
    const struct smtp_enhanced *e = &r->enhanced;
    if (e->class)
        (void)str_format(code, sizeof(code), "smtp-%u-%u.%u.%u", r->code, e->class, e->subject, e->detail);
    else
        (void)str_format(code, sizeof(code), "smtp-%u", r->code);
    words_of_reply(r, words);
    outcome_set(o, verdict, code, "The mail server %.60s answered to %s: \"%s\".%s", c->server_name, about,
                words, advice);
}

/* Of a mail or one recipient: the server's first digit decides. */
void smtp_outcome_of_mail(const struct smtp_client *c, const struct smtp_reply *r, const char *about,
                          struct outcome *o)
{
    static const char *const advice[] = {[VERDICT_DONE] = "",
                                         [VERDICT_RETRY] = " It is tried again later.",
                                         [VERDICT_GIVE_UP] = " It is not tried again."};
    enum verdict v = verdict_of(r);
    outcome_of_reply(c, r, about, v, advice[v], o);
}

void smtp_say(struct smtp_client *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)buf_vprintf(&c->out, format, args);
    va_end(args);
    (void)buf_append_str(&c->out, "\r\n");
}

/* ---- the end ---- */

/* The connection cannot be used any more. why: for who is concerned, NULL after QUIT. */
void smtp_end_session(struct smtp_client *c, const struct outcome *why, bool unreachable)
{
    if (c->stage == SMTP_STAGE_OVER)
        return;
    c->stage = SMTP_STAGE_OVER;
    mem_free_secret(&c->password);
    sasl_free(c->sasl);
    c->sasl = NULL;
    buf_reset(&c->out);
    if (c->mail && why) {
        smtp_settle_rest(c, why);
        smtp_close_mail(c);
    }
    c->opts.handlers->on_over(c->opts.context, why, unreachable);
}

/* Before any mail, "unreachable" says that the server did not talk; once it has, it is there. */
static bool never_talked(const struct smtp_client *c)
{
    return c->stage <= SMTP_STAGE_EHLO;
}

/* Whatever the server says about the session says nothing about the mails: they are kept (S3.10). */
void smtp_end_in_refusal(struct smtp_client *c, const struct smtp_reply *r, const char *about,
                         const char *advice)
{
    struct outcome o;
    outcome_of_reply(c, r, about, VERDICT_RETRY, advice, &o);
    smtp_end_session(c, &o, never_talked(c));
}

void smtp_end_in_nonsense(struct smtp_client *c)
{
    struct outcome o;
    outcome_set(&o, VERDICT_RETRY, "smtp-protocol",
                "The mail server %.60s answered to %s with something that is no SMTP. It is tried again "
                "later; check its address and port.",
                c->server_name, smtp_stage_text(c->stage));
    smtp_end_session(c, &o, never_talked(c));
}

static void on_quit(struct smtp_client *c, const struct smtp_reply *r)
{
    smtp_end_session(c, NULL, false);
}

static void on_unasked(struct smtp_client *c, const struct smtp_reply *r)
{
    smtp_end_in_nonsense(c);
}

static void (*const on_reply[SMTP_STAGE_COUNT])(struct smtp_client *c, const struct smtp_reply *r) = {
    [SMTP_STAGE_GREETING] = smtp_on_greeting, [SMTP_STAGE_EHLO] = smtp_on_ehlo,
    [SMTP_STAGE_HELO] = smtp_on_helo,         [SMTP_STAGE_STARTTLS] = smtp_on_starttls,
    [SMTP_STAGE_SECURING] = on_unasked,       [SMTP_STAGE_AUTH] = smtp_on_auth,
    [SMTP_STAGE_READY] = on_unasked,          [SMTP_STAGE_MAIL] = smtp_on_mail,
    [SMTP_STAGE_RCPT] = smtp_on_rcpt,         [SMTP_STAGE_DATA] = smtp_on_data,
    [SMTP_STAGE_BODY] = smtp_on_early_reply,  [SMTP_STAGE_DOT] = smtp_on_dot,
    [SMTP_STAGE_RSET] = smtp_on_rset,         [SMTP_STAGE_QUIT] = on_quit,
};

/* ---- interface ---- */

struct smtp_client *smtp_client_new(const struct smtp_client_opts *opts, int64_t now_ms)
{
    struct smtp_client *c = mem_zalloc(sizeof(*c));
    c->opts = *opts;
    c->own_name = mem_strdup(opts->own_name);
    c->server_name = mem_strdup(opts->server_name);
    c->user = mem_strdup(opts->user);
    c->password = mem_strdup(opts->password);
    c->secured = opts->secured;
    c->progress_ms = now_ms;
    smtp_reply_start(&c->parser);
    buf_init(&c->out, OUTPUT_LIMIT);
    return c;
}

void smtp_client_free(struct smtp_client *c)
{
    if (!c)
        return;
    mem_free_secret(&c->password);
    sasl_free(c->sasl);
    free(c->own_name);
    free(c->server_name);
    free(c->user);
    buf_clear(&c->out);
    free(c);
}

static void tell_reply(const struct smtp_client *c, const struct smtp_reply *r)
{
    char words[WORDS_LEN];
    if (!c->opts.handlers->on_reply)
        return;
    words_of_reply(r, words);
    c->opts.handlers->on_reply(c->opts.context, smtp_stage_text(c->stage), words);
}

static void take_reply(struct smtp_client *c)
{
    const struct smtp_reply *r = &c->parser.reply;
    tell_reply(c, r);
    /* RFC 5321 §3.8: may stand in place of any reply, and ends the connection. */
    if (r->code == 421 && c->stage != SMTP_STAGE_QUIT)
        smtp_end_in_refusal(c, r, smtp_stage_text(c->stage), SMTP_LATER);
    else
        on_reply[c->stage](c, r);
}

/* RFC 3207 §6: what follows in plaintext may be put in by somebody on the way. */
static void refuse_injection(struct smtp_client *c)
{
    struct outcome o;
    outcome_set(
        &o, VERDICT_RETRY, SMTP_CODE_INJECTION,
        "The mail server %.60s, or somebody between it and us, went on in plaintext after agreeing to "
        "TLS. Nothing was sent; mails are kept and tried again. Ask who runs it and the network.",
        c->server_name);
    smtp_end_session(c, &o, false);
}

void smtp_client_input(struct smtp_client *c, struct span bytes, int64_t now_ms)
{
    while (bytes.len > 0 && c->stage != SMTP_STAGE_OVER) {
        enum smtp_reply_step step = smtp_reply_feed(&c->parser, &bytes);
        if (step == SMTP_REPLY_BAD)
            smtp_end_in_nonsense(c);
        if (step != SMTP_REPLY_COMPLETE)
            return; /* part of a reply is no progress: a byte a minute must not hold us for ever */
        c->progress_ms = now_ms;
        take_reply(c);
        if (c->stage == SMTP_STAGE_SECURING && bytes.len > 0)
            refuse_injection(c);
    }
}

struct span smtp_client_output(struct smtp_client *c)
{
    smtp_pump_body(c);
    if (c->out.overflow)
        panic("SMTP output of more than %d bytes", OUTPUT_LIMIT);
    return buf_span(&c->out);
}

void smtp_client_took(struct smtp_client *c, size_t n, int64_t now_ms)
{
    if (c->stage == SMTP_STAGE_OVER)
        return;
    if (n > 0)
        c->progress_ms = now_ms;
    buf_consume(&c->out, n);
}

void smtp_client_secured(struct smtp_client *c, int64_t now_ms)
{
    if (c->stage != SMTP_STAGE_SECURING)
        panic("TLS came up while waiting for %s", smtp_stage_text(c->stage));
    c->progress_ms = now_ms;
    c->secured = true;
    smtp_reply_start(&c->parser);
    smtp_say_ehlo(c); /* RFC 3207 §4.2: forget what was offered in plaintext */
}

static bool unconfirmed(const struct smtp_client *c)
{
    return c->stage == SMTP_STAGE_DOT && c->out.len == 0 && !smtp_all_settled(c);
}

static const char maybe_twice[] = " after the mail was complete and before the server confirmed it. It is "
                                  "sent again, so it may arrive twice.";

void smtp_client_lost(struct smtp_client *c, const char *why)
{
    struct outcome o;
    if (c->stage == SMTP_STAGE_QUIT) {
        smtp_end_session(c, NULL, false);
        return;
    }
    outcome_set(&o, VERDICT_RETRY, unconfirmed(c) ? SMTP_CODE_LOST_UNCONFIRMED : SMTP_CODE_LOST,
                "The connection to the mail server %.60s ended while waiting for %s%s%.120s%s",
                c->server_name, smtp_stage_text(c->stage), *why ? ": " : "", why,
                unconfirmed(c) ? maybe_twice : ". It is tried again.");
    smtp_end_session(c, &o, never_talked(c));
}

bool smtp_client_is_ready(const struct smtp_client *c)
{
    return c->stage == SMTP_STAGE_READY;
}

bool smtp_client_wants_tls(const struct smtp_client *c)
{
    return c->stage == SMTP_STAGE_SECURING;
}

int64_t smtp_client_deadline(const struct smtp_client *c)
{
    int64_t timeout = stage_timeouts_ms[c->stage];
    if (c->stage == SMTP_STAGE_GREETING && c->opts.greeting_timeout_ms > 0)
        timeout = c->opts.greeting_timeout_ms;
    return timeout > 0 ? c->progress_ms + timeout : INT64_MAX;
}

void smtp_client_tick(struct smtp_client *c, int64_t now_ms)
{
    struct outcome o;
    int64_t deadline = smtp_client_deadline(c);
    if (now_ms < deadline)
        return;
    if (c->stage == SMTP_STAGE_QUIT) {
        smtp_end_session(c, NULL, false);
        return;
    }
    outcome_set(&o, VERDICT_RETRY, unconfirmed(c) ? SMTP_CODE_TIMEOUT_UNCONFIRMED : SMTP_CODE_TIMEOUT,
                "The mail server %.60s did not answer to %s for %lld seconds%s", c->server_name,
                smtp_stage_text(c->stage), (long long)((deadline - c->progress_ms) / 1000),
                unconfirmed(c) ? maybe_twice : ". It is tried again.");
    smtp_end_session(c, &o, never_talked(c));
}

void smtp_client_quit(struct smtp_client *c, int64_t now_ms)
{
    if (c->stage != SMTP_STAGE_READY)
        panic("QUIT while waiting for %s", smtp_stage_text(c->stage));
    c->progress_ms = now_ms;
    c->stage = SMTP_STAGE_QUIT;
    smtp_say(c, "QUIT");
}
