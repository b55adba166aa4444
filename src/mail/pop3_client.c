/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* POP3 (RFC 1939): greeting, CAPA, perhaps STLS, login, LIST, UIDL, for each mail RETR and DELE, QUIT - which
 * is when the server removes. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "mail/fetch_client_inner.h"

enum { PIECE = 16 * 1024 };

static void ask_features(struct fetch_client *c)
{
    c->in_list = false;
    fetch_say(c, "CAPA");
}

static void say_starttls(struct fetch_client *c)
{
    fetch_say(c, "STLS");
}

static void list(struct fetch_client *c)
{
    c->in_list = false;
    fetch_wait(c, FETCH_STAGE_LIST);
    fetch_say(c, "LIST");
}

static void key(const struct fetch_client *c, const struct fetch_item *i, char key[FETCH_KEY_LEN])
{
    (void)str_copy(key, FETCH_KEY_LEN, i->uidl ? i->uidl : "");
}

static void fetch(struct fetch_client *c, const struct fetch_item *i)
{
    c->in_list = false;
    c->body = (struct pop3_body){0};
    if (!c->header_only)
        fetch_say(c, "RETR %u", i->number);
    else if (c->features & MAILBOX_TOP)
        fetch_say(c, "TOP %u 0", i->number);
    else
        fetch_mail_complete(c); /* of which nothing is known */
}

static void remove_mail(struct fetch_client *c, const struct fetch_item *i)
{
    fetch_say(c, "DELE %u", i->number);
}

static void quit(struct fetch_client *c)
{
    fetch_wait(c, FETCH_STAGE_QUIT);
    fetch_say(c, "QUIT");
}

/* ---- answers ---- */

static void on_greeting(struct fetch_client *c, enum pop3_status s)
{
    if (s == POP3_ERR) {
        fetch_end_in_refusal(c, "mailbox-refused", "our connection", " It is tried again later.");
        return;
    }
    fetch_wait(c, FETCH_STAGE_FEATURES);
    ask_features(c);
}

static void on_features(struct fetch_client *c, enum pop3_status s)
{
    c->in_list = s == POP3_OK;
    if (s == POP3_OK)
        return;
    c->features = MAILBOX_PASSWORD | MAILBOX_UIDL; /* a server of before 1998 */
    fetch_after_features(c);
}

static void on_starttls(struct fetch_client *c, enum pop3_status s)
{
    if (s == POP3_ERR)
        fetch_end_in_refusal(c, "mailbox-no-starttls", "STLS",
                             " No password was sent. It is tried again later.");
    else
        c->stage = FETCH_STAGE_SECURING;
}

static void on_login(struct fetch_client *c, enum pop3_status s)
{
    if (s == POP3_ERR) {
        fetch_login_refused(c);
    } else if (!fetch_login_next(c) && fetch_login_done(c)) {
        list(c);
    }
}

static void on_list(struct fetch_client *c, enum pop3_status s)
{
    c->in_list = s == POP3_OK;
    if (s == POP3_ERR)
        fetch_end_in_refusal(
            c, "mailbox-list", fetch_stage_text(c->stage),
            " Without UIDL no mail can be told from another; use IMAP if the server has it.");
}

static void on_fetch(struct fetch_client *c, enum pop3_status s)
{
    if (s == POP3_ERR)
        fetch_mail_gone(c);
    else
        c->in_list = true;
}

/* A refused one comes again, and is known then. */
static void on_remove(struct fetch_client *c, enum pop3_status s)
{
    fetch_next(c);
}

static void on_quit(struct fetch_client *c, enum pop3_status s)
{
    fetch_end(c, NULL);
}

static void (*const on_answer[FETCH_STAGE_COUNT])(struct fetch_client *c, enum pop3_status s) = {
    [FETCH_STAGE_GREETING] = on_greeting, [FETCH_STAGE_FEATURES] = on_features,
    [FETCH_STAGE_STARTTLS] = on_starttls, [FETCH_STAGE_LOGIN] = on_login,
    [FETCH_STAGE_LIST] = on_list,         [FETCH_STAGE_UIDL] = on_list,
    [FETCH_STAGE_FETCH] = on_fetch,       [FETCH_STAGE_REMOVE] = on_remove,
    [FETCH_STAGE_QUIT] = on_quit,
};

/* The first line of an answer. */
static void on_status(struct fetch_client *c, const char *line)
{
    const char *text = "";
    enum pop3_status s = pop3_status_parse(line, &text);
    fetch_heard(c, line);
    if (s == POP3_CONTINUE && c->stage == FETCH_STAGE_LOGIN)
        fetch_login_continue(c, text);
    else if (s == POP3_NONSENSE || s == POP3_CONTINUE || !on_answer[c->stage])
        fetch_end_in_nonsense(c);
    else
        on_answer[c->stage](c, s);
}

static void name_item(struct fetch_client *c, const char *line)
{
    uint32_t number;
    char uidl[POP3_UIDL_LEN];
    if (!pop3_uidl_parse(line, &number, uidl)) {
        fetch_end_in_nonsense(c);
        return;
    }
    /* Both lists come in the same order; a server that does otherwise is searched. */
    size_t guess = c->at < c->item_count && c->items[c->at].number == number ? c->at : 0;
    for (size_t i = guess; i < c->item_count; i++)
        if (c->items[i].number == number) {
            free(c->items[i].uidl);
            c->items[i].uidl = mem_strdup(uidl);
            c->at = i + 1;
            return;
        }
}

static void drop_nameless(struct fetch_client *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->item_count; i++)
        if (c->items[i].uidl)
            c->items[kept++] = c->items[i];
    c->item_count = kept;
}

static void on_list_end(struct fetch_client *c)
{
    c->in_list = false;
    if (c->stage == FETCH_STAGE_FEATURES) {
        fetch_after_features(c);
    } else if (c->stage == FETCH_STAGE_LIST) {
        c->at = 0;
        fetch_wait(c, FETCH_STAGE_UIDL);
        fetch_say(c, "UIDL");
    } else {
        drop_nameless(c);
        fetch_after_list(c);
    }
}

static void on_list_line(struct fetch_client *c, const char *line)
{
    uint32_t number;
    uint64_t size;
    c->progress_ms = c->now_ms;
    if (str_equal(line, ".")) {
        on_list_end(c);
    } else if (c->stage == FETCH_STAGE_FEATURES) {
        c->features |= pop3_capability_parse(line);
    } else if (c->stage == FETCH_STAGE_UIDL) {
        name_item(c, line);
    } else if (pop3_list_parse(line, &number, &size)) {
        (void)fetch_add_item(c, number, size); /* the list is full: those come in a later session */
    } else {
        fetch_end_in_nonsense(c);
    }
}

static void take_body(struct fetch_client *c, struct span *in)
{
    SCOPED_BUF struct buf piece;
    buf_init(&piece, PIECE + 2);
    size_t n = pop3_body_put(&c->body, span_of(in->data, in->len < PIECE ? in->len : PIECE), &piece);
    *in = span_of(in->data + n, in->len - n);
    c->progress_ms = c->now_ms;
    fetch_give_data(c, buf_span(&piece));
    if (pop3_body_ended(&c->body) && c->stage == FETCH_STAGE_FETCH) {
        c->in_list = false;
        fetch_mail_complete(c);
    }
}

static void input(struct fetch_client *c, struct span *in)
{
    if (c->in_list && c->stage == FETCH_STAGE_FETCH) {
        take_body(c, in);
        return;
    }
    enum line_step step = line_reader_feed(&c->line, in);
    if (step == LINE_BAD)
        fetch_end_in_nonsense(c);
    if (step != LINE_COMPLETE)
        return;
    if (c->in_list)
        on_list_line(c, buf_text(&c->line.line));
    else
        on_status(c, buf_text(&c->line.line));
}

const struct fetch_words pop3_words = {.ask_features = ask_features,
                                       .say_starttls = say_starttls,
                                       .list = list,
                                       .key = key,
                                       .fetch = fetch,
                                       .remove = remove_mail,
                                       .commit = quit,
                                       .quit = quit,
                                       .input = input};
