/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* IMAP (RFC 3501, and 9051 where it is kinder): greeting, CAPABILITY, perhaps STARTTLS, login, SELECT; UIDs
 * and sizes, for each mail UID FETCH and UID STORE, EXPUNGE; then IDLE until something comes, and again. */
#include <inttypes.h>

#include "base/str.h"
#include "mail/fetch_client_inner.h"

static void say(struct fetch_client *c, enum fetch_stage stage, const char *command)
{
    fetch_wait(c, stage);
    fetch_say(c, "A%u %s", ++c->tag, command);
}

static void ask_features(struct fetch_client *c)
{
    say(c, c->stage, "CAPABILITY");
}

static void say_starttls(struct fetch_client *c)
{
    say(c, FETCH_STAGE_STARTTLS, "STARTTLS");
}

static void list(struct fetch_client *c)
{
    c->stirred = c->left = false;
    say(c, FETCH_STAGE_LIST, "UID FETCH 1:* (UID RFC822.SIZE)");
}

static void key(const struct fetch_client *c, const struct fetch_item *i, char key[FETCH_KEY_LEN])
{
    (void)str_format(key, FETCH_KEY_LEN, "%" PRIu32 ":%" PRIu32, c->uid_validity, i->number);
}

static void fetch(struct fetch_client *c, const struct fetch_item *i)
{
    char command[80];
    (void)str_format(command, sizeof(command), "UID FETCH %" PRIu32 " (UID BODY.PEEK[%s])", i->number,
                     c->header_only ? "HEADER" : "");
    say(c, FETCH_STAGE_FETCH, command);
}

static void remove_mail(struct fetch_client *c, const struct fetch_item *i)
{
    char command[80];
    (void)str_format(command, sizeof(command), "UID STORE %" PRIu32 " +FLAGS.SILENT (\\Deleted)", i->number);
    say(c, FETCH_STAGE_REMOVE, command);
}

static void quit(struct fetch_client *c)
{
    say(c, FETCH_STAGE_QUIT, "LOGOUT");
}

static void select_folder(struct fetch_client *c)
{
    SCOPED_BUF struct buf command;
    buf_init(&command, 1024);
    (void)buf_append_str(&command, "SELECT ");
    if (imap_quote(c->folder, &command))
        say(c, FETCH_STAGE_SELECT, buf_text(&command));
    else
        fetch_end_in_nonsense(c); /* provisioning lets no such name pass */
}

/* Nothing is left to do: wait for the server's word, or leave and come again. */
static void rest(struct fetch_client *c)
{
    if (c->quitting) {
        quit(c);
    } else if (c->stirred && c->empty_rounds < FETCH_EMPTY_ROUNDS_MAX) {
        list(c);
    } else if (c->features & MAILBOX_IDLE) {
        say(c, FETCH_STAGE_IDLE_BEGIN, "IDLE");
    } else {
        quit(c);
    }
}

static void commit(struct fetch_client *c)
{
    bool any = c->removed_any;
    c->removed_any = false;
    if (any)
        say(c, FETCH_STAGE_COMMIT, "EXPUNGE");
    else
        rest(c);
}

/* ---- tagged answers ---- */

static void after_login(struct fetch_client *c, const struct imap_response *r)
{
    if (!fetch_login_done(c))
        return;
    if (r->has_features) {
        c->features = r->features;
        select_folder(c);
    } else {
        c->stage = FETCH_STAGE_LOGGED_IN;
        ask_features(c);
    }
}

static void ok_features(struct fetch_client *c, const struct imap_response *r)
{
    fetch_after_features(c);
}

static void ok_starttls(struct fetch_client *c, const struct imap_response *r)
{
    c->stage = FETCH_STAGE_SECURING;
}

static void ok_logged_in(struct fetch_client *c, const struct imap_response *r)
{
    select_folder(c);
}

static void ok_select(struct fetch_client *c, const struct imap_response *r)
{
    if (c->uid_validity == 0)
        fetch_end_in_nonsense(c); /* RFC 3501 §6.3.1 demands it; without it no mail has a name */
    else
        list(c);
}

static void ok_list(struct fetch_client *c, const struct imap_response *r)
{
    fetch_after_list(c);
}

static void ok_fetch(struct fetch_client *c, const struct imap_response *r)
{
    if (c->body_complete)
        fetch_mail_complete(c);
    else
        fetch_mail_gone(c);
}

static void ok_remove(struct fetch_client *c, const struct imap_response *r)
{
    fetch_next(c);
}

static void ok_commit(struct fetch_client *c, const struct imap_response *r)
{
    rest(c);
}

/* Also where nothing was announced it is looked: some servers forget to. */
static void ok_idle_end(struct fetch_client *c, const struct imap_response *r)
{
    if (c->quitting)
        quit(c);
    else
        list(c);
}

static void ok_quit(struct fetch_client *c, const struct imap_response *r)
{
    fetch_end(c, NULL);
}

static void (*const on_ok[FETCH_STAGE_COUNT])(struct fetch_client *c, const struct imap_response *r) = {
    [FETCH_STAGE_FEATURES] = ok_features, [FETCH_STAGE_STARTTLS] = ok_starttls,
    [FETCH_STAGE_LOGIN] = after_login,    [FETCH_STAGE_LOGGED_IN] = ok_logged_in,
    [FETCH_STAGE_SELECT] = ok_select,     [FETCH_STAGE_LIST] = ok_list,
    [FETCH_STAGE_FETCH] = ok_fetch,       [FETCH_STAGE_REMOVE] = ok_remove,
    [FETCH_STAGE_COMMIT] = ok_commit,     [FETCH_STAGE_IDLE_END] = ok_idle_end,
    [FETCH_STAGE_QUIT] = ok_quit,
};

static void on_refused(struct fetch_client *c)
{
    if (c->stage == FETCH_STAGE_LOGIN)
        fetch_login_refused(c);
    else if (c->stage == FETCH_STAGE_FETCH)
        fetch_mail_gone(c);
    else if (c->stage == FETCH_STAGE_REMOVE)
        fetch_next(c); /* it comes again, and is known */
    else if (c->stage == FETCH_STAGE_QUIT)
        fetch_end(c, NULL);
    else
        fetch_end_in_refusal(c, "mailbox-refused", fetch_stage_text(c->stage), " It is tried again later.");
}

static void on_tagged(struct fetch_client *c, const struct imap_response *r)
{
    char tag[16];
    (void)str_format(tag, sizeof(tag), "A%u", c->tag);
    if (!span_equal(r->tag, span_str(tag)) || !on_ok[c->stage])
        fetch_end_in_nonsense(c);
    else if (r->condition == IMAP_OK)
        on_ok[c->stage](c, r);
    else
        on_refused(c);
}

/* ---- what is said unasked ---- */

static void on_greeting(struct fetch_client *c, const struct imap_response *r)
{
    struct outcome o;
    if (r->condition == IMAP_OK) {
        fetch_wait(c, FETCH_STAGE_FEATURES);
        ask_features(c);
    } else if (r->condition != IMAP_PREAUTH) {
        fetch_end_in_refusal(c, "mailbox-refused", "our connection", " It is tried again later.");
    } else if (c->secured || c->opts.plaintext_allowed) {
        after_login(c, r);
    } else { /* who logs us in before TLS keeps us from having it (RFC 9051 §11.1) */
        outcome_set(&o, VERDICT_RETRY, "mailbox-preauth",
                    "The server %.60s took us as logged in before TLS, which would keep the mails readable "
                    "on the way. "
                    "Nothing was fetched. Use its port with TLS from the start.",
                    c->server_name);
        fetch_end(c, &o);
    }
}

static void on_status(struct fetch_client *c, const struct imap_response *r)
{
    if (c->stage == FETCH_STAGE_GREETING)
        on_greeting(c, r);
    else if (r->uid_validity && c->stage == FETCH_STAGE_SELECT)
        c->uid_validity = r->uid_validity;
}

/* Nobody but IDLE tells of new mail while we wait; then it is looked for. */
static void on_exists(struct fetch_client *c)
{
    if (c->stage == FETCH_STAGE_IDLE && !c->stirred)
        c->progress_ms = c->now_ms;
    c->stirred = true;
    if (c->stage != FETCH_STAGE_IDLE || c->empty_rounds >= FETCH_EMPTY_ROUNDS_MAX)
        return;
    fetch_wait(c, FETCH_STAGE_IDLE_END);
    fetch_say(c, "DONE");
}

/* A quoted string's bytes. */
static void give_quoted(struct fetch_client *c, struct span body)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, IMAP_TEXT_MAX);
    for (size_t i = 0; i < body.len; i++) {
        i += body.data[i] == '\\' && i + 1 < body.len;
        (void)buf_append_byte(&b, body.data[i]);
    }
    fetch_give_data(c, buf_span(&b));
}

static void on_fetch(struct fetch_client *c, const struct imap_response *r)
{
    if (c->stage == FETCH_STAGE_LIST && r->uid && r->has_size)
        (void)fetch_add_item(c, r->uid, r->size);
    if (c->stage != FETCH_STAGE_FETCH || !r->has_body)
        return;
    if (r->uid != c->items[c->at].number || c->body_complete) {
        fetch_end_in_nonsense(c); /* another mail's bytes, or more than one mail's */
        return;
    }
    if (!r->body_was_literal && r->body.data)
        give_quoted(c, r->body);
    c->got_body = c->body_complete = r->body_was_literal || r->body.data;
}

static void on_continue(struct fetch_client *c, const char *text)
{
    if (c->stage == FETCH_STAGE_LOGIN) {
        fetch_login_continue(c, text);
    } else if (c->stage == FETCH_STAGE_IDLE_BEGIN) {
        imap_reader_clear(&c->reader); /* not within a response: its memory may go */
        fetch_wait(c, FETCH_STAGE_IDLE);
        c->opts.handlers->on_quiet(c->opts.context);
        if (c->quitting || (c->stirred && c->empty_rounds < FETCH_EMPTY_ROUNDS_MAX)) {
            fetch_wait(c, FETCH_STAGE_IDLE_END);
            fetch_say(c, "DONE");
        }
    } else {
        fetch_end_in_nonsense(c);
    }
}

static void on_response(struct fetch_client *c, const char *text)
{
    struct imap_response r;
    if (!imap_response_parse(text, &r)) {
        fetch_end_in_nonsense(c);
        return;
    }
    if (r.kind == IMAP_STATUS || r.kind == IMAP_TAGGED || r.kind == IMAP_CONTINUE ||
        r.kind == IMAP_CAPABILITY)
        fetch_heard(c, text);
    if (c->stage != FETCH_STAGE_IDLE)
        c->progress_ms = c->now_ms;
    if (r.has_features)
        c->features = r.features;
    switch (r.kind) {
    case IMAP_TAGGED: on_tagged(c, &r); break;
    case IMAP_CONTINUE: on_continue(c, r.text); break;
    case IMAP_STATUS: on_status(c, &r); break;
    case IMAP_EXISTS: on_exists(c); break;
    case IMAP_FETCH: on_fetch(c, &r); break;
    case IMAP_CAPABILITY:
    case IMAP_OTHER: break;
    }
    if (c->stage == FETCH_STAGE_GREETING && r.kind != IMAP_STATUS)
        fetch_end_in_nonsense(c);
}

static void input(struct fetch_client *c, struct span *in)
{
    struct span chunk;
    enum imap_step step = imap_reader_feed(&c->reader, in, &chunk);
    if (step == IMAP_NONSENSE) {
        fetch_end_in_nonsense(c);
    } else if (step == IMAP_LITERAL) {
        c->progress_ms = c->now_ms;
        if (c->stage == FETCH_STAGE_FETCH && imap_reader_at_body(&c->reader))
            fetch_give_data(c, chunk);
    } else if (step == IMAP_RESPONSE) {
        on_response(c, buf_text(&c->reader.text));
    }
}

const struct fetch_words imap_words = {.ask_features = ask_features,
                                       .say_starttls = say_starttls,
                                       .list = list,
                                       .key = key,
                                       .fetch = fetch,
                                       .remove = remove_mail,
                                       .commit = commit,
                                       .quit = quit,
                                       .input = input};
