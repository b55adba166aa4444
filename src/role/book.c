/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/book.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/rand.h"
#include "base/scope.h"
#include "base/str.h"
#include "role/book_talk.h"

enum { NAME_MOST = 128, TEXT_MAX = 30000, SHOWN_IN_TEST = 5, ERRANDS_MOST = 200, MINUTE_MS = 60000 };
enum { FIRST_LOOK_MS = 15 * MINUTE_MS, HASH_LEN = 32 };

struct book {
    struct list node;
    struct directory *directory;
    json_t *settings;
    struct timer due;
};

/* What somebody wants of a directory. */
enum errand_kind {
    ERRAND_READ,    /* web, or nobody: it is time */
    ERRAND_SESSION, /* web: is that the password of who opens a session? */
    ERRAND_MAIL,    /* mailin: of who sends a mail? */
    ERRAND_LOOK,    /* queue: may he in who has shown a passkey? */
};

struct errand {
    struct list node;
    struct book *book;
    enum errand_kind kind;
    struct book_talk *talk;
    struct sender from;
    uint64_t ask; /* of queue; 0: none */
    char *client_ip;
    /* ERRAND_READ */
    bool asked;    /* web waits */
    unsigned what; /* enum directory_wish_kind */
    char *who;
    struct id actor;
    /* ERRAND_SESSION, and the first three of ERRAND_MAIL */
    char *subject, *login, *password, *totp, *passkey, *host, *agent;
    uint8_t hash[HASH_LEN];
    struct id session, replaces;
    struct id look; /* ERRAND_LOOK */
};

static struct errand *errand_of(struct list *node)
{
    return CONTAINER_OF(node, struct errand, node);
}

static const char *setting(const struct errand *e, const char *name)
{
    return fetch_setting(e->book->settings, name);
}

static struct peers *peers_of(const struct errand *e)
{
    return e->book->directory->house.peers;
}

static void errand_free(struct errand *e)
{
    list_remove(&e->node);
    book_talk_free(e->talk);
    if (e->ask)
        peers_withdraw(peers_of(e), e->ask);
    mem_free_secret(&e->password);
    mem_free_secret(&e->totp);
    free(e->who);
    free(e->client_ip);
    free(e->subject);
    free(e->login);
    free(e->passkey);
    free(e->host);
    free(e->agent);
    free(e);
}

/* ---- what queue or web hears ---- */

static void answer_web(struct errand *e, const struct outcome *o, const char *text)
{
    const struct message m = {.type = MSG_directory_done,
                              .directory_done = {MESSAGE_OUTCOME(o), .text = text}};
    if (e->asked)
        peers_answer(peers_of(e), &e->from, &m);
}

/* What the server said of a password, or why nobody could ask it. */
static void tell_login(struct errand *e, const struct outcome *o)
{
    const struct message m = {.type = MSG_identity_login,
                              .identity_login = {.kind = IDENTITY_BY_DIRECTORY,
                                                 .source = setting(e, "name"),
                                                 MESSAGE_OUTCOME(o),
                                                 .subject = e->subject,
                                                 .address = "",
                                                 .name = "",
                                                 .groups = "",
                                                 .login = e->login,
                                                 .totp = e->totp,
                                                 .passkey = e->passkey,
                                                 .host = e->host,
                                                 .client_ip = e->client_ip,
                                                 .agent = e->agent,
                                                 .session = e->session,
                                                 .hash = span_of(e->hash, sizeof(e->hash)),
                                                 .replaces = e->replaces}};
    e->ask = peers_ask(peers_of(e), ROLE_QUEUE, 0, &m);
}

/* One a line: queue reads a few at a time. */
static bool write_people(const json_t *people, int fd)
{
    size_t i;
    json_t *person;
    json_array_foreach(people, i, person)
    {
        SCOPED_FREE char *text = json_dumps(person, JSON_COMPACT);
        if (!text || fd_write_all(fd, span_str(text)) != 0 || fd_write_all(fd, span_str("\n")) != 0)
            return false;
    }
    return lseek(fd, 0, SEEK_SET) == 0;
}

static void send_people(struct errand *e, const struct outcome *o)
{
    SCOPED_FD int fd = memfd_create("people", MFD_CLOEXEC);
    if (fd < 0 || !write_people(book_talk_people(e->talk), fd))
        panic("no memory file for the people of a directory");
    const struct message m = {.type = MSG_directory_people,
                              .directory_people = {.directory = setting(e, "name"),
                                                   MESSAGE_OUTCOME(o),
                                                   .what = e->what,
                                                   .who = e->who,
                                                   .actor = e->actor,
                                                   .client_ip = e->client_ip,
                                                   .people = fd}};
    e->ask = peers_ask(peers_of(e), ROLE_QUEUE, 0, &m);
}

static void show_test(struct errand *e, const struct outcome *o)
{
    SCOPED_BUF struct buf text;
    const json_t *people = book_talk_people(e->talk);
    buf_init(&text, TEXT_MAX);
    (void)buf_printf(&text, "%zu people\n", json_array_size(people));
    for (size_t i = 0; i < json_array_size(people) && i < SHOWN_IN_TEST; i++) {
        SCOPED_FREE char *one = json_dumps(json_array_get(people, i), JSON_SORT_KEYS);
        (void)buf_printf(&text, "%.2000s\n", one ? one : "");
    }
    utf8_clean((char *)(uintptr_t)buf_text(&text));
    answer_web(e, o, o->verdict == VERDICT_DONE ? buf_text(&text) : "");
}

static void answer_look(struct directory *d, const struct sender *to, struct id look,
                        enum directory_state state)
{
    const struct message m = {.type = MSG_directory_looked,
                              .directory_looked = {.look = look, .state = (unsigned)state}};
    peers_answer(d->house.peers, to, &m);
}

static enum directory_state state_of(const struct outcome *o)
{
    return o->verdict == VERDICT_DONE    ? DIRECTORY_LETS_IN
           : o->verdict == VERDICT_RETRY ? DIRECTORY_UNKNOWN
                                         : DIRECTORY_LOCKED;
}

static void on_end(void *context, const struct outcome *o)
{
    struct errand *e = context;
    if (e->kind == ERRAND_SESSION || e->kind == ERRAND_MAIL) {
        tell_login(e, o);
    } else if (e->kind == ERRAND_LOOK) {
        answer_look(e->book->directory, &e->from, e->look, state_of(o));
        errand_free(e);
    } else if (e->what == DIRECTORY_TEST) {
        show_test(e, o);
        errand_free(e);
    } else {
        send_people(e, o); /* a failure too: queue keeps it, and tells */
    }
}

/* ---- beginning ---- */

static struct errand *errand_new(struct book *b, enum errand_kind kind, const struct sender *from)
{
    struct errand *e = mem_zalloc(sizeof(*e));
    e->book = b;
    e->kind = kind;
    if (from)
        e->from = *from;
    list_append(&b->directory->errands, &e->node);
    return e;
}

static void errand_start(struct errand *e)
{
    static const enum book_talk_kind kinds[] = {[ERRAND_READ] = TALK_READ,
                                                [ERRAND_SESSION] = TALK_PASSWORD,
                                                [ERRAND_MAIL] = TALK_PASSWORD,
                                                [ERRAND_LOOK] = TALK_LOOK};
    e->talk = book_talk_new(&(struct book_talk_opts){.directory = e->book->directory,
                                                     .settings = e->book->settings,
                                                     .kind = kinds[e->kind],
                                                     .subject = e->subject,
                                                     .password = e->password,
                                                     .on_end = on_end,
                                                     .context = e});
}

static int64_t interval_ms(const struct book *b)
{
    return json_integer_value(json_object_get(b->settings, "interval_minutes")) * MINUTE_MS;
}

static bool is_reading(const struct book *b)
{
    list_each (it, &b->directory->errands) {
        const struct errand *e = errand_of(it);
        if (e->book == b && e->kind == ERRAND_READ)
            return true;
    }
    return false;
}

static void on_due(void *context)
{
    struct book *b = context;
    timer_start(&b->due, b->directory->house.loop, interval_ms(b));
    if (is_reading(b))
        return;
    struct errand *e = errand_new(b, ERRAND_READ, NULL);
    e->what = DIRECTORY_SYNC;
    e->who = mem_strdup("");
    e->client_ip = mem_strdup("");
    errand_start(e);
}

static struct book *book_named(struct directory *d, const char *name)
{
    list_each (it, &d->books) {
        struct book *b = CONTAINER_OF(it, struct book, node);
        if (str_equal(fetch_setting(b->settings, "name"), name))
            return b;
    }
    return NULL;
}

/* Whose directory_id that is; subject: what it calls him. NULL: none is in use. */
static struct book *book_of(struct directory *d, const char *directory_id, const char **subject)
{
    char name[NAME_MOST];
    const char *slash = strchr(directory_id, '/');
    if (!slash || !str_copy_span(name, sizeof(name), span_of(directory_id, (size_t)(slash - directory_id))))
        return NULL;
    *subject = slash + 1;
    return book_named(d, name);
}

void book_on_wish(void *context, const struct sender *from, struct msg_directory_wish *m)
{
    struct directory *d = context;
    struct book *b = book_named(d, m->directory);
    struct outcome o;
    if (!b || is_reading(b)) {
        outcome_set(&o, VERDICT_RETRY, b ? "directory-busy" : "unknown-directory",
                    b ? "The directory is being read at this moment; try again."
                      : "There is no such directory in use.");
        const struct message a = {.type = MSG_directory_done,
                                  .directory_done = {MESSAGE_OUTCOME(&o), .text = ""}};
        peers_answer(d->house.peers, from, &a);
        return;
    }
    struct errand *e = errand_new(b, ERRAND_READ, from);
    e->asked = true;
    e->what = m->what;
    e->who = mem_strdup(m->who);
    e->client_ip = mem_strdup(m->client_ip);
    e->actor = m->actor;
    errand_start(e);
}

static bool is_crowded(const struct directory *d)
{
    unsigned n = 0;
    list_each (it, &d->errands)
        n++;
    return n >= ERRANDS_MOST;
}

/* ---- passwords ---- */

/* unasked: it was not judged, and may be soon. Else in no other words than a wrong password hears. */
static void refuse_login(struct directory *d, const struct sender *to, enum errand_kind kind, bool unasked)
{
    struct outcome o;
    if (unasked)
        outcome_set(&o, VERDICT_RETRY, "directory-changed",
                    "The settings of logins were changed just now. Try again.");
    else
        outcome_set(&o, VERDICT_GIVE_UP, "wrong-login", "%s", WRONG_LOGIN_OR_AWAY);
    const struct message session = {
        .type = MSG_provider_finished,
        .provider_finished = {.status = unasked ? 503 : 401, MESSAGE_OUTCOME(&o)}};
    const struct message mail = {.type = MSG_password_tried, .password_tried = {.unasked = unasked}};
    peers_answer(d->house.peers, to, kind == ERRAND_MAIL ? &mail : &session);
}

/* The book that judges it; NULL: none does, and `to` has heard that. */
static struct book *judge_of(struct directory *d, const struct sender *to, enum errand_kind kind,
                             const char *directory_id, const char *password, const char **subject)
{
    struct book *b = book_of(d, directory_id, subject);
    if (b && json_is_true(json_object_get(b->settings, "login")) && *password)
        return b;
    refuse_login(d, to, kind, false);
    return NULL;
}

/* Where too many are judged at once it is as if the directory were away: an answer of its own would tell, to
 * who makes such a crowd, which names a directory knows. */
static void login_start(struct errand *e, bool crowded)
{
    struct outcome o;
    if (!crowded) {
        errand_start(e);
        return;
    }
    outcome_set(&o, VERDICT_RETRY, "too-many-logins", "Too many people log in at this moment.");
    tell_login(e, &o);
}

void book_on_login(void *context, const struct sender *from, struct msg_directory_login *m)
{
    struct directory *d = context;
    const char *subject;
    if (m->hash.len != HASH_LEN)
        panic("a session's hash of %zu bytes", m->hash.len);
    struct book *b = judge_of(d, from, ERRAND_SESSION, m->directory_id, m->password, &subject);
    if (!b)
        return;
    bool crowded = is_crowded(d);
    struct errand *e = errand_new(b, ERRAND_SESSION, from);
    e->subject = mem_strdup(subject);
    e->login = mem_strdup(m->login);
    e->password = mem_strdup(m->password);
    e->totp = mem_strdup(m->totp);
    e->passkey = mem_strdup(m->passkey);
    e->host = mem_strdup(m->host);
    e->client_ip = mem_strdup(m->client_ip);
    e->agent = mem_strdup(m->agent);
    e->session = m->session;
    e->replaces = m->replaces;
    memcpy(e->hash, m->hash.data, sizeof(e->hash));
    login_start(e, crowded);
}

/* Who sends mail has no session, and is asked for no second factor. */
void book_on_password(void *context, const struct sender *from, struct msg_password_try *m)
{
    struct directory *d = context;
    const char *subject;
    struct book *b = judge_of(d, from, ERRAND_MAIL, m->directory_id, m->password, &subject);
    if (!b)
        return;
    bool crowded = is_crowded(d);
    struct errand *e = errand_new(b, ERRAND_MAIL, from);
    e->subject = mem_strdup(subject);
    e->login = mem_strdup(m->login);
    e->password = mem_strdup(m->password);
    e->totp = mem_strdup("");
    e->passkey = mem_strdup("");
    e->host = mem_strdup("");
    e->client_ip = mem_strdup(m->client_ip);
    e->agent = mem_strdup("");
    login_start(e, crowded);
}

bool book_on_judged(struct directory *d, uint64_t request, const struct msg_identity_judged *m)
{
    list_each (it, &d->errands) {
        struct errand *e = errand_of(it);
        if (e->ask != request || request == 0)
            continue;
        const struct message mail = {.type = MSG_password_tried,
                                     .password_tried = {.wait_s = m->wait_s, .user = m->user}};
        if (e->kind == ERRAND_MAIL)
            peers_answer(d->house.peers, &e->from, &mail);
        else
            directory_answer_login(d, &e->from, m);
        e->ask = 0;
        errand_free(e);
        return true;
    }
    return false;
}

/* ---- is he there, and not locked? ---- */

void book_on_look(void *context, const struct sender *from, struct msg_directory_look *m)
{
    struct directory *d = context;
    const char *subject;
    struct book *b = book_of(d, m->directory_id, &subject);
    if (!b || is_crowded(d)) {
        answer_look(d, from, m->look, DIRECTORY_UNKNOWN);
        return;
    }
    struct errand *e = errand_new(b, ERRAND_LOOK, from);
    e->look = m->look;
    e->subject = mem_strdup(subject);
    errand_start(e);
}

/* ---- read, and taken ---- */

void book_on_synced(void *context, const struct sender *from, struct msg_directory_synced *m)
{
    struct directory *d = context;
    list_each (it, &d->errands) {
        struct errand *e = errand_of(it);
        if (e->ask != from->request)
            continue;
        const struct message a = {
            .type = MSG_directory_done,
            .directory_done = {.verdict = m->verdict, .code = m->code, .reason = m->reason, .text = m->text}};
        if (e->asked)
            peers_answer(d->house.peers, &e->from, &a);
        e->ask = 0;
        errand_free(e);
        return;
    }
}

/* ---- all of them ---- */

static void book_free(struct book *b)
{
    struct outcome o;
    outcome_set(&o, VERDICT_RETRY, "directory-changed",
                "The settings of this directory were changed just now. Try again.");
    list_each_safe (it, &b->directory->errands) {
        struct errand *e = errand_of(it);
        if (e->book != b)
            continue;
        if (e->kind == ERRAND_READ)
            answer_web(e, &o, "");
        else if (e->kind == ERRAND_LOOK)
            answer_look(b->directory, &e->from, e->look, DIRECTORY_UNKNOWN);
        else
            refuse_login(b->directory, &e->from, e->kind, true);
        errand_free(e);
    }
    timer_stop(&b->due);
    json_decref(b->settings);
    list_remove(&b->node);
    free(b);
}

static bool is_listed(const json_t *list, const json_t *settings)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), settings) == 1)
            return true;
    return false;
}

void books_set(struct directory *d, const json_t *list)
{
    list_each_safe (it, &d->books) {
        struct book *b = CONTAINER_OF(it, struct book, node);
        if (!is_listed(list, b->settings))
            book_free(b);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *settings = json_array_get(list, i);
        if (book_named(d, fetch_setting(settings, "name")))
            continue;
        struct book *b = mem_zalloc(sizeof(*b));
        b->directory = d;
        b->settings = json_incref(settings);
        b->due = (struct timer){.on_due = on_due, .context = b};
        list_append(&d->books, &b->node);
        int64_t first_ms = interval_ms(b) < FIRST_LOOK_MS ? interval_ms(b) : FIRST_LOOK_MS;
        if (first_ms > 0)
            timer_start(&b->due, d->house.loop, first_ms / 2 + (int64_t)rand_below((uint32_t)first_ms / 2));
    }
}

void books_clear(struct directory *d)
{
    books_set(d, NULL);
}
