/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/smtp_server_inner.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"

enum {
    OUTPUT_MAX = 65536,   /* LMTP answers for each recipient */
    OUTPUT_ENOUGH = 8192, /* more than that unsent: the client does not read, so we do not either */
    REPLY_MAX = 510,      /* RFC 5321 §4.5.3.1.5, without CRLF */
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
    LOGIN_MS = 60 * 1000,
};

#define TO(name) (1u << STATE_##name)
static const unsigned moves[STATE_COUNT] = {
    [STATE_COMMAND] = TO(CHECKING) | TO(LOGIN) | TO(ASKING) | TO(DATA) | TO(SECURING) | TO(ENDING),
    [STATE_CHECKING] = TO(COMMAND) | TO(ENDING),
    [STATE_LOGIN] = TO(ASKING) | TO(COMMAND) | TO(ENDING),
    [STATE_ASKING] = TO(LOGIN) | TO(COMMAND) | TO(ENDING),
    [STATE_DATA] = TO(SPOOLING) | TO(STORING) | TO(COMMAND) | TO(ENDING),
    [STATE_SPOOLING] = TO(DATA) | TO(ENDING),
    [STATE_STORING] = TO(COMMAND) | TO(ENDING),
    [STATE_SECURING] = TO(COMMAND) | TO(ENDING),
};
#undef TO

void smtp_server_set_state(struct smtp_server *s, enum state to)
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

void smtp_server_reset_transaction(struct smtp_server *s)
{
    s->has_sender = s->utf8 = s->spooling = false;
    s->recipient_count = 0;
    s->spool_error = 0;
    buf_reset(&s->recipients);
    buf_reset(&s->wishes);
    s->asks_reports = false;
    buf_reset(&s->mail);
}

/* ---- replies ---- */

void smtp_server_reply_line(struct smtp_server *s, unsigned code, char between, const char *enhanced,
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

void smtp_server_end(struct smtp_server *s, const char *enhanced, const char *text)
{
    smtp_server_reply_line(s, 421, ' ', enhanced, text);
    smtp_server_set_state(s, STATE_ENDING);
}

void smtp_server_reply(struct smtp_server *s, unsigned code, const char *enhanced, const char *text)
{
    smtp_server_reply_line(s, code, ' ', enhanced, text);
    if (code >= 500)
        s->errors++;
}

void smtp_server_reply_too_large(struct smtp_server *s)
{
    char text[128];
    (void)str_format(text, sizeof(text), "the mail is too large; at most %" PRIu64 " octets are taken here",
                     s->opts.max_bytes);
    for (unsigned i = 1; s->opts.lmtp && s->state == STATE_DATA && i < s->recipient_count; i++)
        smtp_server_reply_line(s, 552, ' ', "5.3.4", text);
    smtp_server_reply(s, 552, "5.3.4", text);
}

void smtp_server_end_for_errors(struct smtp_server *s)
{
    if (s->errors > SMTP_ERRORS_MAX && s->state == STATE_COMMAND)
        smtp_server_end(s, "4.7.0", "too many errors");
}

/* ---- time ---- */

static int64_t patience_ms(const struct smtp_server *s)
{
    switch (s->state) {
    case STATE_COMMAND: return IDLE_MS;
    case STATE_CHECKING:
    case STATE_ASKING: return CHECK_MS;
    case STATE_LOGIN: return LOGIN_MS;
    case STATE_DATA: return s->data.fault != SMTP_DATA_FINE ? FAULT_MS : BLOCK_MS;
    case STATE_SPOOLING: return CHECK_MS;
    case STATE_STORING: return STORE_MS;
    case STATE_SECURING: return SECURE_MS;
    case STATE_ENDING:
    case STATE_COUNT: break;
    }
    return SECURE_MS;
}

void smtp_server_move_deadline(struct smtp_server *s, int64_t now_ms)
{
    s->deadline_ms = now_ms + patience_ms(s);
    if (s->state == STATE_COMMAND && s->deadline_ms > s->session_ends_ms)
        s->deadline_ms = s->session_ends_ms;
    if (s->state == STATE_DATA && s->deadline_ms > s->mail_ends_ms)
        s->deadline_ms = s->mail_ends_ms;
}

int64_t smtp_server_deadline_ms(const struct smtp_server *s)
{
    return s->deadline_ms;
}

void smtp_server_expire(struct smtp_server *s, int64_t now_ms)
{
    if (now_ms < s->deadline_ms)
        return;
    switch (s->state) {
    case STATE_COMMAND:
        smtp_server_end(s, "4.4.2",
                        now_ms >= s->session_ends_ms ? "the connection has lasted long enough; open a new one"
                                                     : "nothing came for too long");
        break;
    case STATE_CHECKING:
        s->opts.events->forget(s->opts.context);
        smtp_server_set_state(s, STATE_COMMAND);
        smtp_server_reply(s, 451, "4.3.0",
                          "this recipient cannot be checked at this moment; try again later");
        break;
    case STATE_LOGIN:
        smtp_server_end_login(s);
        smtp_server_end(s, "4.4.2", "the login did not go on");
        break;
    case STATE_ASKING:
        s->opts.events->forget(s->opts.context);
        smtp_server_login_unanswered(s);
        break;
    case STATE_DATA:
        if (s->data.fault != SMTP_DATA_FINE)
            smtp_server_reply_fault(s);
        else
            smtp_server_reply_line(s, 421, ' ', "4.4.2", "the mail did not go on; nothing of it was kept");
        smtp_server_give_up_file(s);
        smtp_server_set_state(s, STATE_ENDING);
        break;
    case STATE_SPOOLING:
        s->opts.events->forget(s->opts.context);
        s->spooling = false;
        smtp_server_end(s, "4.3.0", "the mail could not be stored at this moment; send it again later");
        break;
    case STATE_STORING:
        s->opts.events->forget(s->opts.context);
        smtp_server_reply_not_stored(s, ETIMEDOUT);
        smtp_server_reset_transaction(s);
        smtp_server_set_state(s, STATE_COMMAND);
        break;
    case STATE_SECURING: smtp_server_set_state(s, STATE_ENDING); break;
    case STATE_ENDING:
    case STATE_COUNT: break;
    }
    smtp_server_move_deadline(s, now_ms);
}

/* ---- input ---- */

/* Half a command moves no deadline; else a client could keep its place for ever by an octet now and then. */
static size_t take(struct smtp_server *s, struct span in, int64_t now_ms)
{
    enum state before = s->state;
    bool line = before == STATE_COMMAND || before == STATE_LOGIN;
    size_t n = line ? smtp_server_take_line(s, in) : before == STATE_DATA ? smtp_server_take_data(s, in) : 0;
    if (before == STATE_COMMAND && s->state == STATE_DATA)
        s->mail_ends_ms = now_ms + MAIL_MS;
    if (n > 0 || s->state != before)
        smtp_server_move_deadline(s, now_ms);
    return n;
}

size_t smtp_server_input(struct smtp_server *s, struct span in, int64_t now_ms)
{
    size_t used = 0, n = 1;
    while (n > 0 && used < in.len && s->out.len < OUTPUT_ENOUGH) {
        n = take(s, span_of(in.data + used, in.len - used), now_ms);
        used += n;
    }
    /* RFC 3207 §6: nothing that was said in the clear may count after TLS. */
    return s->state == STATE_SECURING || s->state == STATE_ENDING ? in.len : used;
}

/* ---- life ---- */

static void greet(struct smtp_server *s)
{
    char greeting[300];
    (void)str_format(greeting, sizeof(greeting), "%s %s Faxpost", s->opts.host_name,
                     s->opts.lmtp ? "LMTP" : "ESMTP");
    smtp_server_reply_line(s, 220, ' ', "", greeting);
}

struct smtp_server *smtp_server_new(const struct smtp_server_opts *opts)
{
    struct smtp_server *s = mem_zalloc(sizeof(*s));
    s->opts = *opts;
    buf_init(&s->out, OUTPUT_MAX);
    buf_init(&s->recipients, SMTP_RECIPIENTS_BYTES);
    buf_init(&s->wishes, SMTP_WISHES_BYTES);
    buf_init(&s->mail, SMTP_MEMORY_MAX);
    s->session_ends_ms = opts->now_ms + SESSION_MS;
    if (opts->implicit_tls)
        smtp_server_set_state(s, STATE_SECURING);
    else
        greet(s);
    smtp_server_move_deadline(s, opts->now_ms);
    return s;
}

void smtp_server_free(struct smtp_server *s)
{
    if (!s)
        return;
    if (s->state == STATE_CHECKING || s->state == STATE_ASKING || s->state == STATE_SPOOLING ||
        s->state == STATE_STORING || s->spooling)
        s->opts.events->forget(s->opts.context);
    smtp_server_end_login(s);
    buf_clear(&s->out);
    buf_clear(&s->recipients);
    buf_clear(&s->wishes);
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

struct id smtp_server_user(const struct smtp_server *s)
{
    return s->user;
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
    smtp_server_reset_transaction(s);
    s->greeted = false;
    s->helo[0] = 0;
    s->user = ID_NONE;
    s->secure = true;
    smtp_server_set_state(s, STATE_COMMAND);
    if (s->opts.implicit_tls)
        greet(s);
    smtp_server_move_deadline(s, now_ms);
}

void smtp_server_close(struct smtp_server *s)
{
    if (s->state == STATE_ENDING)
        return;
    if (s->state == STATE_COMMAND || s->state == STATE_LOGIN || s->state == STATE_DATA)
        smtp_server_end(s, "4.3.2", "this server is going down; send again later");
}
