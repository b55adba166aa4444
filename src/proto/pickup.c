/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/pickup.h"

#include <stdlib.h>

#include "base/attr.h"
#include "base/str.h"

/* What a field means to us. */
enum meaning {
    TRAVELS, /* and nothing more */
    SENDER,  /* of the envelope; a lower rank wins */
    TO,
    HIDDEN_TO,
    ENVELOPE_TO, /* where there is one, no other counts */
    DATE,
    MESSAGE_ID,
    HOP,
};

static const struct field {
    const char *name;
    enum meaning meaning;
    unsigned rank;
    bool dropped;
} fields[] = {
    {"X-Sender", SENDER, 1, true},
    {"X-Receiver", ENVELOPE_TO, 0, true},
    {"Return-Path", SENDER, 2, true},
    {"Sender", SENDER, 3, false},
    {"From", SENDER, 4, false},
    {"To", TO, 0, false},
    {"Cc", TO, 0, false},
    {"Bcc", HIDDEN_TO, 0, true},
    {"Date", DATE, 0, false},
    {"Message-ID", MESSAGE_ID, 0, false},
    {"Received", HOP, 0, false},
};
static const struct field other = {"", TRAVELS, 0, false};

struct reading {
    const struct pickup_rules *rules;
    struct pickup_mail *mail;
    struct complaint *why;
    unsigned rank; /* of the sender so far; 0: none */
    bool envelope; /* the recipients are those of X-Receiver */
    bool has_from, has_date, has_message_id;
    unsigned hops;
};

static const struct field *find_field(const struct header_field *f)
{
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (header_is(f, fields[i].name))
            return &fields[i];
    return &other;
}

static bool complain_of(struct reading *r, const char *field, struct span rest)
{
    char text[QUOTED_LEN];
    (void)str_copy_span(text, sizeof(text), rest);
    return complain(r->why, "%s holds something that is no mail address: \"%s\"", field, QUOTED(text));
}

static bool add_recipient(struct reading *r, const struct address *a)
{
    struct pickup_mail *m = r->mail;
    for (size_t i = 0; i < m->recipient_count; i++)
        if (str_equal(m->recipients[i], a->text))
            return true;
    if (m->recipient_count == PICKUP_RECIPIENTS_MAX)
        return complain(r->why, "it has more than %d recipients; send it in parts", PICKUP_RECIPIENTS_MAX);
    return str_copy(m->recipients[m->recipient_count++], ADDRESS_LEN, a->text);
}

static bool read_recipients(struct reading *r, const struct field *field, struct span list)
{
    struct address a;
    if (field->meaning == ENVELOPE_TO && !r->envelope) {
        r->envelope = true;
        r->mail->recipient_count = 0;
    } else if (field->meaning != ENVELOPE_TO && r->envelope) {
        return true;
    }
    for (;;) {
        enum address_list_step step = address_list_next(&list, r->rules->home, &a);
        if (step != ADDRESS_LIST_ADDRESS)
            return step == ADDRESS_LIST_END || complain_of(r, field->name, list);
        if (!add_recipient(r, &a))
            return false;
    }
}

/* "<>": the program wants no bounces. */
static bool is_null_path(struct span value)
{
    char text[4];
    size_t n = 0;
    for (size_t i = 0; i < value.len && n < sizeof(text); i++)
        if (value.data[i] > ' ')
            text[n++] = (char)value.data[i];
    return n == 2 && text[0] == '<' && text[1] == '>';
}

static bool read_sender(struct reading *r, const struct field *field, struct span value)
{
    struct address a;
    if (r->rank > 0 && r->rank <= field->rank)
        return true;
    if (is_null_path(value) && field->dropped) {
        r->mail->sender[0] = 0;
    } else {
        struct span rest = value;
        if (address_list_next(&rest, r->rules->home, &a) != ADDRESS_LIST_ADDRESS)
            return complain_of(r, field->name, value);
        (void)str_copy(r->mail->sender, ADDRESS_LEN, a.text);
    }
    r->rank = field->rank;
    return true;
}

static bool read_field(struct reading *r, const struct field *field, const struct header_field *f)
{
    r->has_from = r->has_from || header_is(f, "From");
    switch (field->meaning) {
    case SENDER: return read_sender(r, field, f->value);
    case TO:
    case HIDDEN_TO:
    case ENVELOPE_TO: return read_recipients(r, field, f->value);
    case DATE: r->has_date = true; return true;
    case MESSAGE_ID: r->has_message_id = true; return true;
    case HOP:
        return ++r->hops <= PICKUP_HOPS_MAX ||
               complain(r->why, "it has passed more than %d mail servers and goes in circles",
                        PICKUP_HOPS_MAX);
    case TRAVELS: return true;
    }
    return true;
}

static void copy_field(const struct header_field *f, struct buf *to)
{
    (void)buf_append(to, f->name.data, f->name.len);
    (void)buf_append_byte(to, ':');
    for (size_t i = 0; i < f->value.len; i++) {
        if (f->value.data[i] == '\n')
            (void)buf_append_byte(to, '\r');
        if (f->value.data[i] != '\r')
            (void)buf_append_byte(to, f->value.data[i]);
    }
    (void)buf_append_str(to, "\r\n");
}

/* A file kept by a mail program of old may begin with mbox's own line. */
static void skip_mbox_line(struct span *rest)
{
    const uint8_t *lf =
        rest->len > 5 && memcmp(rest->data, "From ", 5) == 0 ? memchr(rest->data, '\n', rest->len) : NULL;
    if (lf)
        *rest = span_of(lf + 1, rest->len - (size_t)(lf + 1 - rest->data));
}

static size_t line_number(struct span start, struct span rest)
{
    size_t lines = 1;
    for (size_t i = 0; i < start.len - rest.len; i++)
        lines += start.data[i] == '\n';
    return lines;
}

static bool read_header(struct reading *r, struct span start)
{
    struct span rest = start;
    struct header_field f;
    skip_mbox_line(&rest);
    for (;;) {
        enum header_step step = header_next(&rest, &f);
        if (step == HEADER_END) {
            r->mail->body_at = start.len - rest.len;
            return true;
        }
        if (step == HEADER_BAD)
            return complain(
                r->why,
                "line %zu is no line of a header: a mail begins with \"Name: value\" lines, then an "
                "empty line",
                line_number(start, rest));
        const struct field *field = find_field(&f);
        if (!read_field(r, field, &f))
            return false;
        if (!field->dropped)
            copy_field(&f, &r->mail->header);
    }
}

/* RFC 5322 §3.6: From and Date must be there, Message-ID should. */
static void add_what_misses(const struct reading *r)
{
    struct pickup_mail *m = r->mail;
    if (!r->has_from)
        (void)buf_printf(&m->header, "From: %s\r\n", m->sender);
    if (!r->has_date)
        (void)buf_printf(&m->header, "Date: %s\r\n", r->rules->date);
    if (!r->has_message_id)
        (void)buf_printf(&m->header, "Message-ID: %s\r\n", r->rules->message_id);
    (void)buf_append_str(&m->header, "\r\n");
}

bool pickup_parse(const struct pickup_rules *rules, struct span start, struct pickup_mail *m,
                  struct complaint *why)
{
    struct reading r = {.rules = rules, .mail = m, .why = why};
    *m = (struct pickup_mail){0};
    buf_init(&m->header, 2 * PICKUP_HEADER_MAX + 4096); /* each LF may become two */
    if (start.len > PICKUP_HEADER_MAX)
        start.len = PICKUP_HEADER_MAX;
    if (!read_header(&r, start))
        return false;
    if (m->body_at == PICKUP_HEADER_MAX)
        return complain(why, "its header is longer than %d bytes", PICKUP_HEADER_MAX);
    if (r.rank == 0 || (!r.has_from && !*m->sender))
        return complain(why, "it does not say who sends it; give it a From line");
    if (m->recipient_count == 0)
        return complain(why, "it does not say to whom; give it a To, Cc, Bcc or X-Receiver line");
    add_what_misses(&r);
    return true;
}

void pickup_clear(struct pickup_mail *m)
{
    buf_clear(&m->header);
}

void pickup_body(struct span piece, bool *after_cr, struct buf *to)
{
    for (size_t i = 0; i < piece.len; i++) {
        uint8_t c = piece.data[i];
        if (*after_cr || c == '\n')
            (void)buf_append_str(to, "\r\n");
        if (c != '\r' && c != '\n')
            (void)buf_append_byte(to, c);
        /* the LF of a CRLF was written with its CR */
        *after_cr = c == '\r';
    }
}

void pickup_body_end(bool after_cr, struct buf *to)
{
    if (after_cr)
        (void)buf_append_str(to, "\r\n");
}
