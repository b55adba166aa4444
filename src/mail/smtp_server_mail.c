/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/smtp_server_inner.h"

#include <errno.h>

#include "base/panic.h"
#include "base/str.h"

enum { SPOOL_SLACK = 64 /* room for what one more octet can make, and to spare */ };

/* RFC 2033 §4.2: LMTP has a reply for each recipient; a client still counts as one that erred once. */
static void reply_mail(struct smtp_server *s, unsigned code, const char *enhanced, const char *text)
{
    for (unsigned i = 1; s->opts.lmtp && i < s->recipient_count; i++)
        smtp_server_reply_line(s, code, ' ', enhanced, text);
    smtp_server_reply(s, code, enhanced, text);
}

void smtp_server_reply_not_stored(struct smtp_server *s, int error)
{
    if (error == ENOSPC || error == EDQUOT || error == EFBIG)
        reply_mail(s, 452, "4.3.1", "there is no room to store the mail at this moment; send it again later");
    else
        reply_mail(s, 451, "4.3.0", "the mail could not be stored at this moment; send it again later");
}

void smtp_server_give_up_file(struct smtp_server *s)
{
    if (s->spooling)
        s->opts.events->forget(s->opts.context);
    s->spooling = false;
}

void smtp_server_reply_fault(struct smtp_server *s)
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
        smtp_server_reply_too_large(s);
    else
        reply_mail(s, 554, "5.6.0", texts[s->data.fault]);
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
        .wishes = s->asks_reports ? buf_text(&s->wishes) : "",
        .helo = s->helo,
        .data = s->spooling ? span_of(NULL, 0) : buf_span(&s->mail),
        .spooled = s->spooling ? s->data.size : 0,
    };
    smtp_server_set_state(s, STATE_STORING);
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
    smtp_server_give_up_file(s);
    if (faulty)
        smtp_server_reply_fault(s);
    else
        smtp_server_reply_not_stored(s, s->spool_error);
    smtp_server_reset_transaction(s);
    smtp_server_set_state(s, STATE_COMMAND);
}

/* Room for more of the mail; false: not before the file is there. */
static bool make_room(struct smtp_server *s)
{
    if (s->mail.limit - s->mail.len >= SPOOL_SLACK)
        return true;
    if (!s->spooling) {
        s->spooling = true;
        smtp_server_set_state(s, STATE_SPOOLING);
        s->opts.events->spool(s->opts.context, s->mail_id);
    } else {
        write_spool(s);
    }
    return s->state == STATE_DATA;
}

size_t smtp_server_take_data(struct smtp_server *s, struct span in)
{
    if (!make_room(s))
        return 0;
    size_t room = s->mail.limit - s->mail.len - 2;
    if (in.len > room)
        in.len = room;
    size_t n = smtp_data_put(&s->data, in, &s->mail);
    if (smtp_data_ended(&s->data)) {
        on_mail_end(s);
    } else if (s->data.skipped > s->opts.max_bytes) {
        smtp_server_reply_fault(s);
        smtp_server_give_up_file(s);
        smtp_server_set_state(s, STATE_ENDING);
    }
    return n;
}

void smtp_server_spooled(struct smtp_server *s, int error, int64_t now_ms)
{
    if (s->state != STATE_SPOOLING)
        return;
    smtp_server_set_state(s, STATE_DATA);
    s->spool_error = error;
    write_spool(s);
    smtp_server_move_deadline(s, now_ms);
}

static void end_mail(struct smtp_server *s, int64_t now_ms)
{
    smtp_server_reset_transaction(s);
    s->commands = 0;
    smtp_server_set_state(s, STATE_COMMAND);
    smtp_server_move_deadline(s, now_ms);
}

void smtp_server_refused(struct smtp_server *s, unsigned code, const char *enhanced, const char *text,
                         int64_t now_ms)
{
    if (s->state != STATE_STORING)
        return;
    if (code < 400 || code > 599)
        panic("a mail refused with %u", code);
    reply_mail(s, code, enhanced, text);
    end_mail(s, now_ms);
}

void smtp_server_stored(struct smtp_server *s, int error, int64_t now_ms)
{
    char text[64 + ID_TEXT_LEN];
    if (s->state != STATE_STORING)
        return;
    (void)str_format(text, sizeof(text), "stored as %s", id_text(s->mail_id));
    if (error == 0)
        reply_mail(s, 250, "2.0.0", text);
    else
        smtp_server_reply_not_stored(s, error);
    end_mail(s, now_ms);
}
