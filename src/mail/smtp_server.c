/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/smtp_server.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "proto/smtp_command.h"
#include "proto/smtp_data.h"

enum {
    OUTPUT_MAX = 32768,
    OUTPUT_ENOUGH = 8192, /* more than that unsent: the client does not read, so we do not either */
    REPLY_MAX = 510,      /* RFC 5321 §4.5.3.1.5, without CRLF */
    SPOOL_SLACK = 64,
    /* RFC 5322 says 998 and many programs do not care; nothing here does either. */
    DATA_LINE_MAX = 65536,
    RECIPIENTS_BYTES = 65535, /* of the message to the queue */
    ERRORS_MAX = 30,
    COMMANDS_MAX = 500, /* between two mails */
};

enum {
    IDLE_MS = 5 * 60 * 1000,  /* RFC 5321 §4.5.3.2.7 */
    BLOCK_MS = 3 * 60 * 1000, /* §4.5.3.2.5 */
    MAIL_MS = 30 * 60 * 1000, /* from DATA to its end */
    SESSION_MS = 60 * 60 * 1000,
    FAULT_MS = 10 * 1000,     /* a client that will not send the real end of a refused mail */
    CHECK_MS = 20 * 1000,     /* for our own answers: the queue may be starting again */
    STORE_MS = 5 * 60 * 1000, /* clients wait ten minutes (§4.5.3.2.6) */
    SECURE_MS = 60 * 1000,
};

#define STATES(X)                                                                                            \
    X(COMMAND)  /* a command line is due */                                                                  \
    X(CHECKING) /* rcpt_check is open */                                                                     \
    X(DATA)     /* the mail comes */                                                                         \
    X(SPOOLING) /* spool is open */                                                                          \
    X(STORING)  /* store is open */                                                                          \
    X(SECURING) /* TLS is being started */                                                                   \
    X(ENDING)

enum state {
#define STATE_ENUM(name) STATE_##name,
    STATES(STATE_ENUM)
#undef STATE_ENUM
        STATE_COUNT
};

#define TO(name) (1u << STATE_##name)
static const unsigned moves[STATE_COUNT] = {
    [STATE_COMMAND] = TO(CHECKING) | TO(DATA) | TO(SECURING) | TO(ENDING),
    [STATE_CHECKING] = TO(COMMAND) | TO(ENDING),
    [STATE_DATA] = TO(SPOOLING) | TO(STORING) | TO(COMMAND) | TO(ENDING),
    [STATE_SPOOLING] = TO(DATA) | TO(ENDING),
    [STATE_STORING] = TO(COMMAND) | TO(ENDING),
    [STATE_SECURING] = TO(COMMAND) | TO(ENDING),
};
#undef TO

struct smtp_server {
    struct smtp_server_opts opts;
    enum state state;
    struct buf out;
    int64_t deadline_ms, session_ends_ms, mail_ends_ms;
    unsigned errors, commands;
    bool line_too_long; /* skipping to its end */
    bool secure;
    /* the session */
    bool greeted;
    char helo[SMTP_DOMAIN_LEN];
    /* the transaction */
    bool has_sender, utf8;
    struct address sender, candidate; /* candidate: of the RCPT in question */
    unsigned recipient_count;
    struct buf recipients;
    /* the mail */
    struct id mail_id;
    struct smtp_data data;
    struct buf mail;
    bool spooling; /* it goes into a file */
    int spool_error;
};

static void set_state(struct smtp_server *s, enum state to)
{
    static const char *const names[] = {
#define STATE_NAME(name) #name,
        STATES(STATE_NAME)
#undef STATE_NAME
    };
    if (!(moves[s->state] & 1u << to))
        panic("SMTP connection from %s to %s", names[s->state], names[to]);
    s->state = to;
}

static void set_deadline(struct smtp_server *s, int64_t now_ms, int64_t delay_ms)
{
    s->deadline_ms = now_ms + delay_ms;
    if (s->state == STATE_COMMAND && s->deadline_ms > s->session_ends_ms)
        s->deadline_ms = s->session_ends_ms;
    if (s->state == STATE_DATA && s->deadline_ms > s->mail_ends_ms)
        s->deadline_ms = s->mail_ends_ms;
}

/* ---- replies ---- */

/* One line of a reply; between: ' ' for the last one, '-' before others. What is not for the wire becomes
 * '?'. */
static void reply_line(struct smtp_server *s, unsigned code, char between, const char *enhanced,
                       const char *text)
{
    char line[REPLY_MAX + 1];
    (void)str_format(line, sizeof(line), "%u%c%s%s%s", code, between, enhanced, *enhanced ? " " : "", text);
    for (char *c = line; *c; c++) {
        bool beyond = (unsigned char)*c >= 0x80;
        if ((unsigned char)*c < 0x20 || *c == 0x7f || (beyond && !s->utf8))
            *c = '?';
    }
    (void)buf_append_str(&s->out, line);
    (void)buf_append_str(&s->out, "\r\n");
}

static void end(struct smtp_server *s, const char *enhanced, const char *text)
{
    reply_line(s, 421, ' ', enhanced, text);
    set_state(s, STATE_ENDING);
}

static void reply(struct smtp_server *s, unsigned code, const char *enhanced, const char *text)
{
    reply_line(s, code, ' ', enhanced, text);
    if (code >= 500)
        s->errors++;
}

static void reply_refusal(struct smtp_server *s, const struct smtp_refusal *r)
{
    reply(s, r->code, r->enhanced, r->text);
}

static void reply_too_large(struct smtp_server *s)
{
    char text[128];
    (void)str_format(text, sizeof(text), "the mail is too large; at most %" PRIu64 " octets are taken here",
                     s->opts.max_bytes);
    reply(s, 552, "5.3.4", text);
}

static void reply_not_stored(struct smtp_server *s, int error)
{
    if (error == ENOSPC || error == EDQUOT || error == EFBIG)
        reply(s, 452, "4.3.1", "there is no room to store the mail at this moment; send it again later");
    else
        reply(s, 451, "4.3.0", "the mail could not be stored at this moment; send it again later");
}

/* ---- transaction ---- */

static void reset_transaction(struct smtp_server *s)
{
    s->has_sender = s->utf8 = s->spooling = false;
    s->recipient_count = 0;
    s->spool_error = 0;
    buf_reset(&s->recipients);
    buf_reset(&s->mail);
}

static void on_hello(struct smtp_server *s, const struct smtp_command *c)
{
    char text[64];
    reset_transaction(s);
    s->greeted = true;
    (void)str_copy(s->helo, sizeof(s->helo), c->domain);
    if (c->verb == SMTP_HELO) {
        reply_line(s, 250, ' ', "", s->opts.host_name);
        return;
    }
    (void)str_format(text, sizeof(text), "SIZE %" PRIu64, s->opts.max_bytes);
    reply_line(s, 250, '-', "", s->opts.host_name);
    reply_line(s, 250, '-', "", "PIPELINING");
    reply_line(s, 250, '-', "", text);
    reply_line(s, 250, '-', "", "8BITMIME");
    reply_line(s, 250, '-', "", "SMTPUTF8");
    if (s->opts.offer_tls && !s->secure)
        reply_line(s, 250, '-', "", "STARTTLS");
    reply_line(s, 250, ' ', "", "ENHANCEDSTATUSCODES");
}

static void on_mail(struct smtp_server *s, const struct smtp_command *c)
{
    if (!s->greeted) {
        reply(s, 503, "5.5.1", "say EHLO first");
    } else if (s->has_sender) {
        reply(s, 503, "5.5.1", "one mail at a time; RSET gives the begun one up");
    } else if (c->has_size && c->size > s->opts.max_bytes) {
        reply_too_large(s);
    } else {
        s->has_sender = true;
        s->sender = c->path; /* all zero for the null path */
        s->utf8 = c->utf8;
        reply(s, 250, "2.1.0", "sender noted");
    }
}

static void on_rcpt(struct smtp_server *s, const struct smtp_command *c)
{
    size_t need = s->recipients.len + strlen(c->path.text) + 1;
    if (!s->has_sender) {
        reply(s, 503, "5.5.1", "MAIL FROM comes before RCPT TO");
    } else if (s->recipient_count >= SMTP_RECIPIENTS_MAX || need > RECIPIENTS_BYTES) {
        reply(s, 452, "4.5.3", "too many recipients for one mail; send it again to the others");
    } else {
        s->candidate = c->path;
        set_state(s, STATE_CHECKING);
        s->opts.events->rcpt_check(s->opts.context, s->sender.text, s->candidate.text);
    }
}

static void on_data(struct smtp_server *s, const struct smtp_command *c)
{
    if (!s->has_sender || s->recipient_count == 0) {
        reply(s, s->has_sender ? 554 : 503, "5.5.1",
              s->has_sender ? "there is no recipient" : "MAIL FROM comes first");
        return;
    }
    s->mail_id = id_new();
    smtp_data_init(&s->data, s->opts.max_bytes, DATA_LINE_MAX);
    set_state(s, STATE_DATA);
    reply_line(s, 354, ' ', "", "send the mail; a line with only a dot ends it");
}

static void on_rset(struct smtp_server *s, const struct smtp_command *c)
{
    reset_transaction(s);
    reply(s, 250, "2.0.0", "forgotten");
}

static void on_noop(struct smtp_server *s, const struct smtp_command *c)
{
    reply(s, 250, "2.0.0", "still here");
}

static void on_quit(struct smtp_server *s, const struct smtp_command *c)
{
    reply_line(s, 221, ' ', "2.0.0", "goodbye");
    set_state(s, STATE_ENDING);
}

static void on_vrfy(struct smtp_server *s, const struct smtp_command *c)
{
    reply(s, 252, "2.5.0", "not verified here; RCPT TO tells");
}

static void on_help(struct smtp_server *s, const struct smtp_command *c)
{
    reply(s, 214, "2.0.0", "mail to number@box.domain is faxed; see RFC 5321 for how to mail");
}

static void on_starttls(struct smtp_server *s, const struct smtp_command *c)
{
    if (s->secure) {
        reply(s, 503, "5.5.1", "TLS is up already");
    } else if (!s->opts.offer_tls) {
        reply(s, 502, "5.5.1", "TLS is not offered");
    } else {
        reply(s, 220, "2.0.0", "begin TLS");
        set_state(s, STATE_SECURING);
    }
}

static void on_not_offered(struct smtp_server *s, const struct smtp_command *c)
{
    reply(s, 502, "5.5.1", "that command is not offered");
}

static void (*const handlers[SMTP_UNKNOWN])(struct smtp_server *s, const struct smtp_command *c) = {
    [SMTP_EHLO] = on_hello,       [SMTP_HELO] = on_hello,       [SMTP_MAIL] = on_mail,
    [SMTP_RCPT] = on_rcpt,        [SMTP_DATA] = on_data,        [SMTP_RSET] = on_rset,
    [SMTP_NOOP] = on_noop,        [SMTP_QUIT] = on_quit,        [SMTP_VRFY] = on_vrfy,
    [SMTP_EXPN] = on_not_offered, [SMTP_HELP] = on_help,        [SMTP_STARTTLS] = on_starttls,
    [SMTP_AUTH] = on_not_offered, [SMTP_BDAT] = on_not_offered, [SMTP_ETRN] = on_not_offered,
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

static void on_line(struct smtp_server *s, struct span line)
{
    struct smtp_command c;
    bool crlf = line.len > 0 && line.data[line.len - 1] == '\r';
    if (++s->commands > COMMANDS_MAX) {
        end(s, "4.7.0", "too many commands without a mail");
    } else if (is_http(line)) {
        end(s, "4.7.0", "this is a mail server, not a web server");
    } else if (s->line_too_long || line.len > SMTP_LINE_MAX) {
        reply(s, 500, "5.5.2", "the line is too long");
    } else if (!crlf) {
        reply(s, 500, "5.5.2", "lines end with CR LF, not with LF alone");
    } else {
        line.len--;
        struct smtp_refusal r = smtp_command_parse(line, s->utf8, &c);
        if (r.code != 0)
            reply_refusal(s, &r);
        else
            handlers[c.verb](s, &c);
    }
    s->line_too_long = false;
    if (s->errors > ERRORS_MAX && s->state == STATE_COMMAND)
        end(s, "4.7.0", "too many errors");
}

static int64_t patience_ms(const struct smtp_server *s)
{
    switch (s->state) {
    case STATE_COMMAND: return IDLE_MS;
    case STATE_CHECKING: return CHECK_MS;
    case STATE_DATA: return s->data.fault != SMTP_DATA_FINE ? FAULT_MS : BLOCK_MS;
    case STATE_SPOOLING: return CHECK_MS;
    case STATE_STORING: return STORE_MS;
    case STATE_SECURING: return SECURE_MS;
    case STATE_ENDING:
    case STATE_COUNT: break;
    }
    return SECURE_MS;
}

static size_t take_line(struct smtp_server *s, struct span in, int64_t now_ms)
{
    const uint8_t *lf = memchr(in.data, '\n', in.len);
    if (!lf) {
        s->line_too_long = s->line_too_long || in.len > SMTP_LINE_MAX;
        return s->line_too_long ? in.len : 0;
    }
    size_t len = (size_t)(lf - in.data);
    on_line(s, span_of(in.data, len));
    if (s->state == STATE_DATA)
        s->mail_ends_ms = now_ms + MAIL_MS;
    set_deadline(s, now_ms, patience_ms(s));
    return len + 1;
}

/* ---- the mail ---- */

static void give_up_file(struct smtp_server *s)
{
    if (s->spooling)
        s->opts.events->forget(s->opts.context);
    s->spooling = false;
}

static void reply_fault(struct smtp_server *s)
{
    static const char *const texts[] = {
        [SMTP_DATA_BARE_LF] =
            "not accepted: the mail holds a line feed without a carriage return before it; lines "
            "must end with CR LF",
        [SMTP_DATA_BARE_CR] =
            "not accepted: the mail holds a carriage return without a line feed after it; lines "
            "must end with CR LF",
        [SMTP_DATA_LINE_TOO_LONG] = "not accepted: the mail holds a line that is too long",
    };
    if (s->data.fault == SMTP_DATA_TOO_LARGE)
        reply_too_large(s);
    else
        reply(s, 554, "5.6.0", texts[s->data.fault]);
}

static void write_spool(struct smtp_server *s)
{
    if (s->spool_error == 0)
        s->spool_error = s->opts.events->spool_write(s->opts.context, buf_span(&s->mail));
    buf_reset(&s->mail);
}

static void store(struct smtp_server *s)
{
    const struct smtp_mail mail = {
        .id = s->mail_id,
        .sender = s->sender.text,
        .recipients = buf_text(&s->recipients),
        .helo = s->helo,
        .data = s->spooling ? span_of(NULL, 0) : buf_span(&s->mail),
        .spooled = s->spooling ? s->data.size : 0,
    };
    set_state(s, STATE_STORING);
    s->opts.events->store(s->opts.context, &mail);
}

static void on_mail_end(struct smtp_server *s)
{
    bool faulty = s->data.fault != SMTP_DATA_FINE;
    if (s->spooling && !faulty)
        write_spool(s);
    if (!faulty && s->spool_error == 0) {
        store(s);
        return;
    }
    give_up_file(s);
    if (faulty)
        reply_fault(s);
    else
        reply_not_stored(s, s->spool_error);
    reset_transaction(s);
    set_state(s, STATE_COMMAND);
}

/* Room for more of the mail; false: not before the file is there. */
static bool make_room(struct smtp_server *s)
{
    if (s->mail.limit - s->mail.len >= SPOOL_SLACK)
        return true;
    if (!s->spooling) {
        s->spooling = true;
        set_state(s, STATE_SPOOLING);
        s->opts.events->spool(s->opts.context, s->mail_id);
    } else {
        write_spool(s);
    }
    return s->state == STATE_DATA;
}

static size_t take_data(struct smtp_server *s, struct span in, int64_t now_ms)
{
    if (!make_room(s)) {
        set_deadline(s, now_ms, patience_ms(s));
        return 0;
    }
    size_t room = s->mail.limit - s->mail.len - 2;
    if (in.len > room)
        in.len = room;
    size_t n = smtp_data_put(&s->data, in, &s->mail);
    if (smtp_data_ended(&s->data)) {
        on_mail_end(s);
    } else if (s->data.skipped > s->opts.max_bytes) {
        reply_fault(s);
        give_up_file(s);
        set_state(s, STATE_ENDING);
    }
    set_deadline(s, now_ms, patience_ms(s));
    return n;
}

size_t smtp_server_input(struct smtp_server *s, struct span in, int64_t now_ms)
{
    size_t used = 0;
    while (used < in.len && s->out.len < OUTPUT_ENOUGH) {
        struct span rest = span_of(in.data + used, in.len - used);
        size_t n = 0;
        if (s->state == STATE_COMMAND)
            n = take_line(s, rest, now_ms);
        else if (s->state == STATE_DATA)
            n = take_data(s, rest, now_ms);
        if (n == 0)
            break;
        used += n;
    }
    /* RFC 3207 §6: nothing that was said in the clear may count after TLS. */
    return s->state == STATE_SECURING || s->state == STATE_ENDING ? in.len : used;
}

/* ---- answers ---- */

void smtp_server_checked(struct smtp_server *s, unsigned code, const char *enhanced, const char *text,
                         int64_t now_ms)
{
    if (code != 250 && (code < 400 || code > 599))
        panic("a recipient was answered with %u", code);
    if (s->state != STATE_CHECKING)
        return;
    set_state(s, STATE_COMMAND);
    if (code == 250) {
        s->recipient_count++;
        (void)buf_printf(&s->recipients, "%s%s", s->recipients.len > 0 ? "\n" : "", s->candidate.text);
    }
    reply(s, code, enhanced, text);
    if (s->errors > ERRORS_MAX)
        end(s, "4.7.0", "too many errors");
    set_deadline(s, now_ms, patience_ms(s));
}

void smtp_server_spooled(struct smtp_server *s, int error, int64_t now_ms)
{
    if (s->state != STATE_SPOOLING)
        return;
    set_state(s, STATE_DATA);
    s->spool_error = error;
    write_spool(s);
    set_deadline(s, now_ms, patience_ms(s));
}

void smtp_server_stored(struct smtp_server *s, int error, int64_t now_ms)
{
    char text[64 + ID_TEXT_LEN];
    if (s->state != STATE_STORING)
        return;
    (void)str_format(text, sizeof(text), "stored as %s", id_text(s->mail_id));
    if (error == 0)
        reply(s, 250, "2.0.0", text);
    else
        reply_not_stored(s, error);
    reset_transaction(s);
    s->commands = 0;
    set_state(s, STATE_COMMAND);
    set_deadline(s, now_ms, patience_ms(s));
}

/* ---- time ---- */

int64_t smtp_server_deadline_ms(const struct smtp_server *s)
{
    return s->deadline_ms;
}

void smtp_server_expire(struct smtp_server *s, int64_t now_ms)
{
    if (now_ms < s->deadline_ms)
        return;
    switch (s->state) {
    case STATE_COMMAND: end(s, "4.4.2", "nothing came for too long"); break;
    case STATE_CHECKING:
        s->opts.events->forget(s->opts.context);
        set_state(s, STATE_COMMAND);
        reply(s, 451, "4.3.0", "this recipient cannot be checked at this moment; try again later");
        break;
    case STATE_DATA:
        if (s->data.fault != SMTP_DATA_FINE)
            reply_fault(s);
        else
            reply_line(s, 421, ' ', "4.4.2", "the mail did not go on; nothing of it was kept");
        give_up_file(s);
        set_state(s, STATE_ENDING);
        break;
    case STATE_SPOOLING:
        s->opts.events->forget(s->opts.context);
        s->spooling = false;
        end(s, "4.3.0", "the mail could not be stored at this moment; send it again later");
        break;
    case STATE_STORING:
        s->opts.events->forget(s->opts.context);
        reply_not_stored(s, ETIMEDOUT);
        reset_transaction(s);
        set_state(s, STATE_COMMAND);
        break;
    case STATE_SECURING: set_state(s, STATE_ENDING); break;
    case STATE_ENDING:
    case STATE_COUNT: break;
    }
    set_deadline(s, now_ms, patience_ms(s));
}

/* ---- life ---- */

struct smtp_server *smtp_server_new(const struct smtp_server_opts *opts)
{
    struct smtp_server *s = mem_zalloc(sizeof(*s));
    char greeting[300];
    s->opts = *opts;
    buf_init(&s->out, OUTPUT_MAX);
    buf_init(&s->recipients, RECIPIENTS_BYTES);
    buf_init(&s->mail, SMTP_MEMORY_MAX);
    s->session_ends_ms = opts->now_ms + SESSION_MS;
    set_deadline(s, opts->now_ms, IDLE_MS);
    (void)str_format(greeting, sizeof(greeting), "%s ESMTP Faxpost", opts->host_name);
    reply_line(s, 220, ' ', "", greeting);
    return s;
}

void smtp_server_free(struct smtp_server *s)
{
    if (!s)
        return;
    if (s->state == STATE_CHECKING || s->state == STATE_SPOOLING || s->state == STATE_STORING || s->spooling)
        s->opts.events->forget(s->opts.context);
    buf_clear(&s->out);
    buf_clear(&s->recipients);
    buf_clear(&s->mail);
    free(s);
}

struct span smtp_server_output(const struct smtp_server *s)
{
    return buf_span(&s->out);
}

void smtp_server_sent(struct smtp_server *s, size_t n)
{
    buf_consume(&s->out, n);
}

enum smtp_wish smtp_server_wish(const struct smtp_server *s)
{
    if (s->state == STATE_SECURING)
        return SMTP_WISH_TLS;
    return s->state == STATE_ENDING ? SMTP_WISH_END : SMTP_WISH_NOTHING;
}

void smtp_server_secured(struct smtp_server *s, int64_t now_ms)
{
    if (s->state != STATE_SECURING)
        return;
    /* RFC 3207 §4.2: we know nothing the client said before. */
    reset_transaction(s);
    s->greeted = false;
    s->helo[0] = 0;
    s->secure = true;
    set_state(s, STATE_COMMAND);
    set_deadline(s, now_ms, patience_ms(s));
}

void smtp_server_close(struct smtp_server *s)
{
    if (s->state == STATE_ENDING)
        return;
    if (s->state == STATE_COMMAND || s->state == STATE_DATA)
        end(s, "4.3.2", "this server is going down; send again later");
}
