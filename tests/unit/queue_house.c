/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue_house.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

#include "base/fd.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "ipc/channel.h"
#include "model/page_set.h"
#include "store_place.h"

static uint64_t generation;

/* ---- what siblings note ---- */

static struct heard *note(void *context, const struct sender *from, enum message_type type, struct id id)
{
    struct sibling *s = context;
    assert_true(s->heard_count < HEARD_MAX);
    struct heard *h = &s->heard[s->heard_count++];
    *h = (struct heard){.type = type, .from = *from, .id = id};
    return h;
}

/* The first bytes of a descriptor, as a text. */
static void read_start(int fd, char *to, size_t room)
{
    ssize_t n = pread(fd, to, room - 1, 0);
    to[n > 0 ? n : 0] = 0;
}

#define NOTE(name, id_field) struct heard *h = note(context, from, MSG_##name, m->id_field)
#define NOTED(name, id_field, ...)                                                                           \
    static void note_##name(void *context, const struct sender *from, struct msg_##name *m)                  \
    {                                                                                                        \
        NOTE(name, id_field);                                                                                \
        (void)h;                                                                                             \
        __VA_ARGS__                                                                                          \
    }

NOTED(mail_stored, mail, h->a = m->error; h->b = m->smtp; (void)str_copy(h->text, sizeof(h->text), m->text);)
NOTED(unpack, mail, )
NOTED(pgp_open, mail, )
NOTED(render, document, h->a = m->resolution; h->b = m->cover;
      (void)str_copy(h->envelope, sizeof(h->envelope), m->country);
      (void)str_copy(h->text, sizeof(h->text), m->name); (void)str_copy(h->more, sizeof(h->more), m->paper);
      if (m->cover > 0) read_start(m->bytes, h->more, sizeof(h->more));)
NOTED(compose_received, mail, h->a = m->pages; h->b = m->partial; h->c = m->seconds;
      (void)str_format(h->envelope, sizeof(h->envelope), "%u earlier", m->earlier_pages);
      (void)str_copy(h->text, sizeof(h->text), m->to);
      (void)str_copy(h->more, sizeof(h->more), m->tiff ? "tiff\n" : "pdf\n");
      (void)str_copy(h->more + strlen(h->more), sizeof(h->more) - 5, m->template);)
NOTED(compose_report, mail, h->a = m->dsn; (void)str_copy(h->text, sizeof(h->text), m->jobs);
      (void)str_copy(h->more, sizeof(h->more), m->to);
      (void)str_copy(h->envelope, sizeof(h->envelope), m->reply_to);)
NOTED(compose_answer, mail, h->a = m->kind; h->b = m->dsn; h->c = *m->keys != 0;
      (void)str_copy(h->text, sizeof(h->text), m->text); (void)str_copy(h->more, sizeof(h->more), m->to);
      (void)str_copy(h->envelope, sizeof(h->envelope), m->reply_to);)
NOTED(compose_preview, mail, (void)str_copy(h->text, sizeof(h->text), m->text);
      (void)str_copy(h->envelope, sizeof(h->envelope), m->misnamed);
      (void)str_copy(h->more, sizeof(h->more), m->to);)
NOTED(send, attempt, h->a = m->first; h->b = m->pages; h->c = m->v17; h->ecm = m->ecm;
      (void)str_copy(h->text, sizeof(h->text), m->subaddress);
      (void)str_copy(h->more, sizeof(h->more), m->password);
      (void)str_copy(h->envelope, sizeof(h->envelope), m->documents);)
NOTED(receive, attempt, h->a = m->voice; h->b = m->voice_ms; h->c = m->pages; h->ecm = m->ecm;
      (void)str_format(h->envelope, sizeof(h->envelope), "%s %s", m->selective, m->poll_password);
      (void)str_copy(h->text, sizeof(h->text), m->blocked);
      (void)str_copy(h->more, sizeof(h->more), m->password);)
NOTED(polled_stored, attempt, h->a = m->error;)
NOTED(offered, submission, h->a = m->status;)
NOTED(forget, attempt, )
NOTED(page_sent_stored, attempt, h->a = m->page; h->b = m->error;)
NOTED(page_ending_stored, attempt, h->a = m->page; h->b = m->error;)
NOTED(page_received_stored, attempt, h->a = m->page; h->b = m->error;)
NOTED(attempt_done_stored, attempt, )
NOTED(dial, attempt, h->a = m->t38; (void)str_copy(h->text, sizeof(h->text), m->number);
      (void)str_copy(h->more, sizeof(h->more), m->trunk);)
NOTED(dial_failed_stored, attempt, )
NOTED(drop, attempt, )
NOTED(invite_verdict, attempt, h->a = m->sip_status; h->t38 = m->t38;
      (void)str_copy(h->text, sizeof(h->text), m->forward);)
NOTED(deliver, mail, h->a = m->tls_seen; (void)str_copy(h->more, sizeof(h->more), m->name);
      (void)str_copy(h->envelope, sizeof(h->envelope), m->sender);
      (void)str_copy(h->text, sizeof(h->text), m->recipient);)
NOTED(submitted, submission, h->a = m->status; (void)str_copy(h->text, sizeof(h->text), m->reason);)
NOTED(cancelled, job, h->a = m->status;)
NOTED(goes_again, job, h->a = m->status; (void)str_copy(h->text, sizeof(h->text), m->reason);)
NOTED(held, job, h->a = m->status;)
NOTED(self_test_taken, second, h->a = m->status; (void)str_copy(h->text, sizeof(h->text), m->reason);)
NOTED(altered, job, h->a = m->status; (void)str_copy(h->text, sizeof(h->text), m->reason);)
NOTED(dead_letter_done, mail, h->a = m->status;)
NOTED(mailbox_known, mailbox, (void)str_copy(h->text, sizeof(h->text), m->states);)
NOTED(mailbox_taken, mail, h->a = m->error;)
NOTED(make_archive, copy, )
NOTED(archive_do, errand, h->a = m->what; (void)str_copy(h->text, sizeof(h->text), m->object);)
NOTED(archive_wished, wish, h->a = m->status;)

static void note_mailboxes(void *context, const struct sender *from, struct msg_mailboxes *m)
{
    struct heard *h = note(context, from, MSG_mailboxes, ID_NONE);
    read_start(m->json, h->text, sizeof(h->text));
}
NOTED(mail_wished, mail, h->a = m->status; h->b = m->count;)

static void note_login_salted(void *context, const struct sender *from, struct msg_login_salted *m)
{
    struct heard *h = note(context, from, MSG_login_salted, ID_NONE);
    h->a = m->wait_s;
    h->b = m->rounds;
    hex_format(m->salt.data, m->salt.len, h->text);
}

static void note_login_judged(void *context, const struct sender *from, struct msg_login_judged *m)
{
    struct heard *h = note(context, from, MSG_login_judged, m->user);
    h->a = m->wait_s;
    if (m->signature.len > 0)
        hex_format(m->signature.data, m->signature.len, h->text);
}

static void note_trunks(void *context, const struct sender *from, struct msg_trunks *m)
{
    (void)str_copy(note(context, from, MSG_trunks, ID_NONE)->text, 512, m->trunks);
}

/* Tests of it are in tests/e2e/test_events.py; here it would only fill the list of what was heard. */
static void ignore_changed(void *context, const struct sender *from, struct msg_changed *m)
{
}

static void note_applied(void *context, const struct sender *from, struct msg_applied *m)
{
    struct heard *h = note(context, from, MSG_applied, ID_NONE);
    h->a = m->status;
    (void)str_copy(h->text, sizeof(h->text), m->result);
}

static void note_rcpt_verdict(void *context, const struct sender *from, struct msg_rcpt_verdict *m)
{
    struct heard *h = note(context, from, MSG_rcpt_verdict, ID_NONE);
    h->a = m->smtp;
    h->b = m->verify;
    (void)str_format(h->text, sizeof(h->text), "%s %s", m->enhanced, m->text);
}

static void note_destination_wished(void *context, const struct sender *from,
                                    struct msg_destination_wished *m)
{
    struct heard *h = note(context, from, MSG_destination_wished, ID_NONE);
    h->a = m->status;
    h->b = m->jobs;
    (void)str_copy(h->text, sizeof(h->text), *m->number ? m->number : m->reason);
}

static void note_tls_was_reset(void *context, const struct sender *from, struct msg_tls_was_reset *m)
{
    note(context, from, MSG_tls_was_reset, ID_NONE)->a = m->status;
}

/* a: how many calls it lists. */
static void note_live_state(void *context, const struct sender *from, struct msg_live_state *m)
{
    json_t *calls = json_loads(m->calls, 0, NULL);
    assert_true(json_is_array(calls));
    note(context, from, MSG_live_state, ID_NONE)->a = (uint32_t)json_array_size(calls);
    json_decref(calls);
}

static void ignore_login_ways(void *context, const struct sender *from, struct msg_login_ways *m)
{
}

static const struct message_handlers handlers = {
    .applied = note_applied,
    .changed = ignore_changed,
    .login_ways = ignore_login_ways,
    .mail_stored = note_mail_stored,
    .rcpt_verdict = note_rcpt_verdict,
    .login_salted = note_login_salted,
    .login_judged = note_login_judged,
    .unpack = note_unpack,
    .pgp_open = note_pgp_open,
    .render = note_render,
    .compose_received = note_compose_received,
    .compose_report = note_compose_report,
    .compose_answer = note_compose_answer,
    .compose_preview = note_compose_preview,
    .send = note_send,
    .receive = note_receive,
    .polled_stored = note_polled_stored,
    .offered = note_offered,
    .self_test_taken = note_self_test_taken,
    .forget = note_forget,
    .page_sent_stored = note_page_sent_stored,
    .page_ending_stored = note_page_ending_stored,
    .page_received_stored = note_page_received_stored,
    .attempt_done_stored = note_attempt_done_stored,
    .trunks = note_trunks,
    .dial = note_dial,
    .dial_failed_stored = note_dial_failed_stored,
    .drop = note_drop,
    .invite_verdict = note_invite_verdict,
    .deliver = note_deliver,
    .submitted = note_submitted,
    .cancelled = note_cancelled,
    .held = note_held,
    .altered = note_altered,
    .goes_again = note_goes_again,
    .destination_wished = note_destination_wished,
    .live_state = note_live_state,
    .dead_letter_done = note_dead_letter_done,
    .mailboxes = note_mailboxes,
    .mailbox_known = note_mailbox_known,
    .mailbox_taken = note_mailbox_taken,
    .mail_wished = note_mail_wished,
    .make_archive = note_make_archive,
    .archive_do = note_archive_do,
    .archive_wished = note_archive_wished,
    .tls_was_reset = note_tls_was_reset,
};

/* ---- wiring ---- */

static void on_stop(void *context)
{
}

static struct peers *join(struct house *h, enum role role, const struct message_handlers *table,
                          void *context, int *parent_end)
{
    int fds[2];
    assert_int_equal(channel_pair(fds), 0);
    *parent_end = fds[0];
    const struct peers_opts opts = {.loop = h->loop,
                                    .self = role,
                                    .parent_fd = fds[1],
                                    .handlers = table,
                                    .context = context,
                                    .on_peer = role == ROLE_QUEUE ? queue_on_peer : NULL,
                                    .on_stop = on_stop};
    return peers_new(&opts);
}

static void tell_peer(const struct house *h, int parent_end, enum role about, int fd)
{
    struct channel c = {.fd = -1};
    struct message m = {.type = MSG_peer, .peer = {.role = about, .generation = generation, .fd = fd}};
    channel_start(&c, h->loop, dup(parent_end));
    channel_send(&c, &m);
    channel_stop(&c);
    (void)close(fd);
}

static void connect_sibling(struct house *h, const struct sibling *s)
{
    int fds[2];
    assert_int_equal(channel_pair(fds), 0);
    generation++;
    tell_peer(h, s->parent_end, ROLE_QUEUE, fds[0]);
    tell_peer(h, h->queue_parent_end, s->role, fds[1]);
}

static void start_sibling(struct house *h, struct sibling *s, enum role role)
{
    *s = (struct sibling){.role = role};
    s->peers = join(h, role, &handlers, s, &s->parent_end);
    connect_sibling(h, s);
}

static void end_sibling(struct sibling *s)
{
    peers_free(s->peers);
    (void)close(s->parent_end);
}

static void start_queue(struct house *h)
{
    char error[STORE_ERROR_LEN];
    if (queue_start(&h->queue, &h->conf, h->loop, error) != 0)
        fail_msg("%s", error);
    h->queue.host_name = "fax.example.com";
    h->queue.peers = join(h, ROLE_QUEUE, &queue_handlers, &h->queue, &h->queue_parent_end);
}

static struct sibling *all(struct house *h, size_t at)
{
    struct sibling *list[] = {&h->mailin,  &h->convert, &h->line,  &h->call,
                              &h->mailout, &h->web,     &h->fetch, &h->archive};
    return at < ARRAY_LEN(list) ? list[at] : NULL;
}

/* ---- provisioning ---- */

static void furnish(struct house *h)
{
    struct sql *s = h->queue.store.sql;
    struct id user = id_new();
    h->tenant = id_new();
    store_begin(&h->queue.store);
    store_set_meta(&h->queue.store, "fax_domain", "fax.example.com");
    (void)sql_run(s, "INSERT INTO tenant (id, name, country, zone) VALUES (?1, 'main', 'IT', 'Europe/Rome')",
                  "d", h->tenant);
    (void)sql_run(s, "INSERT INTO user (id, tenant, name) VALUES (?1, ?2, 'ann')", "dd", user, h->tenant);
    (void)sql_run(s, "INSERT INTO user_address VALUES ('ann@example.com', 'ann@example.com', ?1, 0)", "d",
                  user);
    (void)sql_run(s,
                  "INSERT INTO faxbox (id, tenant, name, join_seconds) VALUES ('front', ?1, 'Front', 0),"
                  " ('back', ?1, 'Back', 0)",
                  "d", h->tenant);
    (void)sql_run(s, "INSERT INTO faxbox_number VALUES ('100', 'front', 1), ('200', 'back', 1)", "");
    (void)sql_run(s, "INSERT INTO faxbox_user VALUES ('front', ?1, 1, 1), ('back', ?1, 0, 1)", "d", user);
    (void)sql_run(s, "INSERT INTO trunk (id, name, peer) VALUES (?1, 'loop', 'sip:127.0.0.1:5070')", "d",
                  id_new());
    store_commit(&h->queue.store);
}

int house_setup(void **state)
{
    struct house *h = mem_zalloc(sizeof(*h));
    char error[CONF_ERROR_LEN], text[400];
    scratch_state(h->dir, sizeof(h->dir));
    (void)str_format(text, sizeof(text), "state_dir = %s\nstore = %s\ndeliver = maildir:/tmp/none\n", h->dir,
                     store_place(h->dir));
    assert_int_equal(conf_parse(&h->conf, text, "test", error), 0);
    h->loop = loop_new();
    start_queue(h);
    furnish(h);
    static const enum role roles[] = {ROLE_MAILIN,  ROLE_CONVERT, ROLE_LINE,  ROLE_CALL,
                                      ROLE_MAILOUT, ROLE_WEB,     ROLE_FETCH, ROLE_ARCHIVE};
    for (size_t i = 0; i < ARRAY_LEN(roles); i++)
        start_sibling(h, all(h, i), roles[i]);
    house_run(h);
    *state = h;
    return 0;
}

int house_teardown(void **state)
{
    struct house *h = *state;
    for (size_t i = 0; all(h, i); i++)
        end_sibling(all(h, i));
    queue_stop(&h->queue);
    peers_free(h->queue.peers);
    (void)close(h->queue_parent_end);
    loop_free(h->loop);
    conf_clear(&h->conf);
    scratch_remove(h->dir);
    free(h);
    return 0;
}

void house_run(struct house *h)
{
    for (int quiet = 0; quiet < 5;) {
        bool busy = loop_step(h->loop, 0);
        if (!busy && h->queue.in_batch) {
            queue_leave(&h->queue);
            busy = true;
        }
        quiet = busy ? 0 : quiet + 1;
    }
}

static struct heard *find_heard(struct sibling *s, enum message_type type)
{
    for (size_t i = 0; i < s->heard_count; i++)
        if (s->heard[i].type == type)
            return &s->heard[i];
    return NULL;
}

struct heard house_take(struct house *h, struct sibling *s, enum message_type type)
{
    house_run(h);
    struct heard *found = find_heard(s, type);
    if (!found)
        fail_msg("%s has heard no %s", role_name(s->role), message_name(type));
    struct heard copy = *found;
    size_t at = (size_t)(found - s->heard);
    memmove(found, found + 1, (s->heard_count - at - 1) * sizeof(*found));
    s->heard_count--;
    return copy;
}

bool house_heard(struct house *h, struct sibling *s, enum message_type type)
{
    house_run(h);
    return find_heard(s, type) != NULL;
}

void house_restart(struct house *h, struct sibling *s)
{
    enum role role = s->role;
    end_sibling(s);
    start_sibling(h, s, role);
    house_run(h);
}

void house_restart_queue(struct house *h)
{
    struct peers *old = h->queue.peers;
    int old_end = h->queue_parent_end;
    if (sql_in_transaction(h->queue.store.sql))
        sql_rollback(h->queue.store.sql);
    queue_stop(&h->queue);
    peers_free(old);
    (void)close(old_end);
    start_queue(h);
    for (size_t i = 0; all(h, i); i++)
        connect_sibling(h, all(h, i));
    house_run(h);
}

void house_ask(struct house *h, struct sibling *s, const struct message *m)
{
    (void)peers_ask(s->peers, ROLE_QUEUE, 0, m);
    house_run(h);
}

void house_tell(struct house *h, struct sibling *s, const struct message *m)
{
    peers_tell(s->peers, ROLE_QUEUE, 0, m);
    house_run(h);
}

void house_answer(struct house *h, struct sibling *s, const struct heard *to, const struct message *m)
{
    peers_answer(s->peers, &to->from, m);
    house_run(h);
}

int house_page_set(size_t count)
{
    static struct page pages[PAGE_SET_PAGES_MAX];
    SCOPED_BUF struct buf b;
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < count; i++)
        pages[i] = (struct page){{PAGE_WIDTH_A4, 100, PAGE_FINE}, span_str("T.6 data")};
    assert_true(page_set_format(&b, pages, count));
    int fd = fd_sealed_memory("pages", buf_span(&b));
    assert_true(fd >= 0);
    return fd;
}
