/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/server.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/pace.h"
#include "base/str.h"
#include "base/panic.h"
#include "store/reports.h"
#include "web/away.h"
#include "web/door.h"
#include "web/events.h"
#include "web/files.h"
#include "web/identity.h"
#include "web/match.h"
#include "web/rate.h"
#include "web/request.h"
#include "web/setup.h"

enum { LOCAL_CLIENTS_MAX = 64, BODIES_MAX = 256 * 1024 * 1024 };
/* Of a body that is too large so much more is heard, so that its client reads why; then he is cut off. */
enum { UNREAD_MOST = 32 * 1024 * 1024 };

struct server {
    struct server_opts opts;
    struct door *doors[SERVER_DOORS_MAX];
    unsigned door_count;
    int fd; /* watches the doors */
    struct peers *peers;
    struct store store;
    bool store_open, store_away;
    struct rates *rates;
    struct pace wrong;   /* of refused logins */
    struct list waiting; /* requests that wait for queue */
    struct list working; /* those that go on in the next turn */
    size_t body_bytes;   /* of all requests */
    struct setup setup;
    struct events *events;
};

/* ---- the store ---- */

/* Of a process that ends for its PostgreSQL: who waits hears why. */
static void say_last(void *context)
{
    const struct server *s = context;
    SCOPED_BUF struct buf answer;
    buf_init(&answer, 4096);
    away_answer(&answer);
    for (unsigned i = 0; i < s->door_count; i++)
        door_say_last(s->doors[i], buf_span(&answer));
}

static bool open_store(struct server *s)
{
    char error[STORE_ERROR_LEN];
    int failed = store_open(&s->store, s->opts.state_dir, s->opts.store, true, error);
    if (failed) {
        log_warning(NULL, "%s", error);
        s->store_away = failed == EAGAIN && *s->opts.store;
        return false;
    }
    sql_on_loss(s->store.sql, say_last, s);
    s->store_open = true;
    return true;
}

bool server_has_store(struct server *s)
{
    if (s->store_away || (!s->store_open && !open_store(s)))
        return false;
    sql_new_question(s->store.sql);
    return report_ready(&s->store);
}

static bool is_overdue(const struct server *s)
{
    return s->store_open && sql_overdue(s->store.sql);
}

bool server_store_is_away(const struct server *s)
{
    return s->store_away;
}

void server_shut_doors(struct server *s)
{
    for (unsigned i = 0; i < s->door_count; i++)
        door_shut(s->doors[i]);
}

void server_announce(struct server *s)
{
    setup_announce(&s->setup, &s->store);
}

/* ---- requests ---- */

struct pace *request_pace(struct request *r)
{
    return &r->server->wrong;
}

static struct request *request_new(struct server *s, struct MHD_Connection *c, const char *path)
{
    struct request *r = mem_zalloc(sizeof(*r));
    struct client *client = client_of(c);
    r->server = s;
    r->connection = c;
    r->client = client;
    r->network = client->network;
    r->body_fd = -1;
    list_init(&r->node);
    arena_init(&r->arena);
    r->path = arena_strdup(&r->arena, path);
    r->actor = (struct actor){.role = client->local ? ACTOR_INSTALLATION : ACTOR_STRANGER,
                              .local = client->local,
                              .name = "",
                              .client_ip = client->address};
    client_enter(client, CLIENT_BRINGING);
    return r;
}

static void request_free(struct request *r)
{
    list_remove(&r->node);
    if (r->ask)
        peers_withdraw(r->server->peers, r->ask);
    if (r->response)
        MHD_destroy_response(r->response);
    if (r->body_fd >= 0)
        (void)close(r->body_fd);
    r->server->body_bytes -= r->body_len;
    arena_clear(&r->arena);
    free(r);
}

/* May he use that address at all? What he sees behind it is the resource's business. */
static bool is_allowed(const struct request *r)
{
    return r->route && r->actor.role >= r->route->least;
}

static bool in_api(const struct request *r)
{
    return str_starts(r->path, "/api/") || str_equal(r->path, "/api");
}

static bool is_listed(const char *words, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = words; len > 0 && (at = strstr(at, word)) != NULL; at += len)
        if ((at == words || at[-1] == ' ') && (at[len] == 0 || at[len] == ' '))
            return true;
    return false;
}

/* Behind a proxy: whom it took the request from, which is the last one in its list. Nobody else is believed.
 */
static void look_behind_proxy(struct request *r)
{
    const char *proxies = r->server->opts.proxies, *last;
    char address[CLIENT_ADDRESS_LEN], network[CLIENT_ADDRESS_LEN];
    const char *list = request_header(r, "X-Forwarded-For", "");
    if (!proxies || !*list || !is_listed(proxies, r->client->address))
        return;
    last = strrchr(list, ',');
    last = last ? last + 1 : list;
    last += strspn(last, " ");
    if (!client_name(last, address, network))
        return;
    r->actor.client_ip = arena_strdup(&r->arena, address);
    r->network = arena_strdup(&r->arena, network);
}

static void find_actor(struct request *r)
{
    look_behind_proxy(r);
    if (!in_api(r))
        return;
    if (!server_has_store(r->server)) {
        r->overdue = is_overdue(r->server);
        return;
    }
    r->store = &r->server->store;
    if (r->client->setup)
        setup_identify(r);
    else if (!r->actor.local)
        identity_find(r);
    r->overdue = is_overdue(r->server);
}

static void take_body(struct request *r, struct span bytes)
{
    size_t most = is_allowed(r) ? r->route->body_max : 0; /* a stranger's is thrown away */
    if (r->body_too_large || r->no_room)
        return;
    if (bytes.len > most - r->body_len) {
        r->body_too_large = true;
        return;
    }
    if (r->body_fd < 0)
        r->body_fd = memfd_create("request", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (r->server->body_bytes + bytes.len > BODIES_MAX || r->body_fd < 0 ||
        fd_write_all(r->body_fd, bytes) != 0) {
        r->no_room = true;
        return;
    }
    r->body_len += bytes.len;
    r->server->body_bytes += bytes.len;
}

/* A page of a browser asks for many small things at once; nobody asks so much for long. */
static const struct rate visitor_rate = {.burst = 1000, .per_second = 50},
                         stranger_rate = {.burst = 500, .per_second = 20};

static unsigned wait_of(const struct request *r)
{
    if (r->actor.local)
        return 0;
    bool known = r->actor.role > ACTOR_STRANGER;
    return rate_wait_s(r->server->rates, known ? id_text(r->actor.user) : r->network,
                       known ? &visitor_rate : &stranger_rate, clock_mono_ms());
}

/* What is wrong with the request before any resource sees it; false: nothing. */
static bool refuse(struct request *r)
{
    unsigned wait_s;
    if (!r->store && r->server->store_away)
        away_reply(r);
    else if (r->overdue)
        away_reply_slow(r);
    else if (!r->store)
        reply_problem(r, MHD_HTTP_SERVICE_UNAVAILABLE, "starting",
                      "Faxpost is starting; ask again in a second.");
    else if ((wait_s = wait_of(r)) > 0)
        reply_too_often(r, wait_s);
    else if (r->actor.role == ACTOR_STRANGER && !is_allowed(r))
        reply_problem(r, MHD_HTTP_UNAUTHORIZED, "not-logged-in",
                      "Log in first: POST /api/v1/session with login and password, or send an API key.");
    else if (!r->route && r->allow)
        reply_problem(r, MHD_HTTP_METHOD_NOT_ALLOWED, "wrong-method", "This address takes %s only.",
                      r->allow);
    else if (!r->route)
        reply_problem(r, MHD_HTTP_NOT_FOUND, "no-such-address",
                      "There is nothing here. /api/v1/openapi.json lists what there is.");
    else if (!is_allowed(r))
        reply_problem(r, MHD_HTTP_FORBIDDEN, "not-allowed",
                      "That is for administrators. Ask one, or log in as one.");
    else if (identity_exceeds_key(r))
        reply_problem(r, MHD_HTTP_FORBIDDEN, "beyond-key", "This key may only %s. Make another one for that.",
                      str_equal(r->actor.key_scope, "read") ? "read" : "send and read");
    else if (identity_is_forged(r))
        reply_problem(
            r, MHD_HTTP_FORBIDDEN, "other-site",
            "This change may have been sent by another site's page: a browser has to send JSON or the "
            "header X-Faxpost, and from the same host.");
    else if (r->body_too_large)
        reply_problem(r, MHD_HTTP_CONTENT_TOO_LARGE, "too-large",
                      "The body is too large: %zu bytes are taken.", r->route->body_max);
    else if (r->no_room)
        reply_problem(r, MHD_HTTP_SERVICE_UNAVAILABLE, "busy",
                      "Too many documents are being handed over at this moment; try again in a minute.");
    else
        return false;
    return true;
}

/* What was found since the last sql_new_question is not to be believed, then, and no more is what was
 * answered. A question that queue was asked before that counts. */
static void settle(struct request *r)
{
    r->overdue = r->overdue || (!r->ask && is_overdue(r->server));
    if (!r->overdue || !r->response)
        return;
    MHD_destroy_response(r->response);
    r->response = NULL;
    away_reply_slow(r);
}

static void begin_question(struct request *r)
{
    if (r->server->store_open)
        sql_new_question(r->server->store.sql);
}

static void handle(struct request *r)
{
    begin_question(r);
    if (in_api(r) && !refuse(r)) {
        r->route->handle(r);
        settle(r);
    } else if (!in_api(r) && r->is_get) {
        files_reply(r);
    } else if (!in_api(r)) {
        r->allow = "GET, HEAD";
        reply_problem(r, MHD_HTTP_METHOD_NOT_ALLOWED, "wrong-method", "Files are only read.");
    }
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *data, size_t *data_len,
                                  void **slot)
{
    struct request *r = *slot;
    if (!r) {
        *slot = r = request_new(context, c, url);
        match_route(r, method);
        find_actor(r);
        return MHD_YES;
    }
    if (*data_len > 0) {
        r->client->received += *data_len;
        take_body(r, span_of(data, *data_len));
        if (r->body_too_large && r->client->received > r->body_len + UNREAD_MOST)
            client_cut_off(r->client);
        *data_len = 0;
        return MHD_YES;
    }
    if (!r->response) {
        client_enter(r->client, CLIENT_WAITING);
        handle(r);
    }
    if (!r->response)
        return MHD_YES; /* suspended */
    reply_secure(r);
    client_enter(r->client, CLIENT_TAKING);
    return MHD_queue_response(c, r->status, r->response);
}

static void on_completed(void *context, struct MHD_Connection *c, void **slot,
                         enum MHD_RequestTerminationCode code)
{
    if (*slot)
        request_free(*slot);
    *slot = NULL;
    client_enter(client_of(c), CLIENT_SILENT);
}

/* ---- asking queue ---- */

void request_ask(struct request *r, const struct message *m, int64_t patience_ms,
                 void (*on_answer)(struct request *r, const struct message *m))
{
    request_ask_role(r, ROLE_QUEUE, m, patience_ms, on_answer);
}

static void suspend(struct request *r, struct list *in)
{
    if (!r->suspended)
        MHD_suspend_connection(r->connection);
    r->suspended = true;
    list_append(in, &r->node);
}

void request_ask_role(struct request *r, enum role role, const struct message *m, int64_t patience_ms,
                      void (*on_answer)(struct request *r, const struct message *m))
{
    if (is_overdue(r->server)) { /* no change rests on what was not found */
        away_reply_slow(r);
        return;
    }
    r->on_answer = on_answer;
    r->deadline_ms = clock_mono_ms() + patience_ms;
    r->ask = peers_ask(r->server->peers, role, 0, m);
    suspend(r, &r->server->waiting);
}

static void resume_answered(struct request *r)
{
    if (r->ask || r->step) /* something more */
        return;
    r->suspended = false;
    MHD_resume_connection(r->connection);
}

/* No question has this number. */
#define NOT_ASKED UINT64_MAX

void request_pause(struct request *r, int64_t until_ms,
                   void (*on_due)(struct request *r, const struct message *m))
{
    r->overdue = r->overdue || is_overdue(r->server);
    r->on_answer = on_due;
    r->deadline_ms = until_ms;
    r->ask = NOT_ASKED;
    list_append(&r->server->waiting, &r->node);
}

static void resume(struct request *r, const struct message *m)
{
    list_remove(&r->node);
    r->ask = 0;
    begin_question(r);
    r->on_answer(r, m);
    settle(r);
    resume_answered(r);
}

void request_go_on(struct request *r, void (*step)(struct request *r, bool going))
{
    r->step = step;
    r->overdue = r->overdue || is_overdue(r->server);
    suspend(r, &r->server->working);
}

static void go_on(struct request *r, bool going)
{
    void (*step)(struct request * r, bool going) = r->step;
    list_remove(&r->node);
    r->step = NULL;
    begin_question(r);
    step(r, going && !r->overdue);
    settle(r);
    resume_answered(r);
}

static void on_answer(struct server *s, const struct sender *from, const struct message *m)
{
    list_each_safe (it, &s->waiting) {
        struct request *r = CONTAINER_OF(it, struct request, node);
        if (r->ask == from->request) {
            resume(r, m);
            if (s->opts.on_answered)
                s->opts.on_answered(s->opts.context);
            return;
        }
    }
}

/* What this role is answered; a row for each. */
#define ANSWERS(X)                                                                                           \
    X(applied)                                                                                               \
    X(submitted)                                                                                             \
    X(offered)                                                                                               \
    X(goes_again)                                                                                            \
    X(cancelled)                                                                                             \
    X(held)                                                                                                  \
    X(altered)                                                                                               \
    X(destination_wished)                                                                                    \
    X(live_state)                                                                                            \
    X(dead_letter_done)                                                                                      \
    X(explained)                                                                                             \
    X(remarked)                                                                                              \
    X(mailed_on)                                                                                             \
    X(fax_marked)                                                                                            \
    X(old_fax_taken)                                                                                         \
    X(uploaded)                                                                                              \
    X(wished)                                                                                                \
    X(file_made)                                                                                             \
    X(picture_made)                                                                                          \
    X(key_made)                                                                                              \
    X(mail_wished)                                                                                           \
    X(domain_checked)                                                                                        \
    X(mail_test_seen)                                                                                        \
    X(mail_tested)                                                                                           \
    X(tls_was_reset)                                                                                         \
    X(node_wished)                                                                                           \
    X(hook_tested)                                                                                           \
    X(self_test_taken)                                                                                       \
    X(hook_retried)                                                                                          \
    X(print_wished)                                                                                          \
    X(archive_wished)                                                                                        \
    X(contact_changed)                                                                                       \
    X(person_done)                                                                                           \
    X(passkey_begun)                                                                                         \
    X(settings_changed)                                                                                      \
    X(session_salted)                                                                                        \
    X(session_opened)                                                                                        \
    X(session_ended)                                                                                         \
    X(provider_wished)                                                                                       \
    X(provider_finished)                                                                                     \
    X(directory_done)                                                                                        \
    X(mailbox_tested)                                                                                        \
    X(mailbox_authorization)                                                                                 \
    X(mailbox_redeemed)

#define ON_ANSWER(name)                                                                                      \
    static void on_##name(void *context, const struct sender *from, struct msg_##name *m)                    \
    {                                                                                                        \
        on_answer(context, from, &(struct message){.type = MSG_##name, .name = *m});                         \
    }
ANSWERS(ON_ANSWER)
#undef ON_ANSWER

static void on_changed(void *context, const struct sender *from, struct msg_changed *m)
{
    struct server *s = context;
    if (server_has_store(s) && events_add(s->events, &s->store, m) && s->opts.on_answered)
        s->opts.on_answered(s->opts.context);
}

void request_follow(struct request *r)
{
    r->response = events_open(r->server->events, r->connection, &r->actor, r->store,
                              request_header(r, "Last-Event-ID", ""));
    r->status = MHD_HTTP_OK;
    if (!r->response)
        reply_problem(
            r, MHD_HTTP_TOO_MANY_REQUESTS, "too-many-streams",
            "Too many are looking on at this moment; close other windows, or ask now and then instead.");
}

#define HANDLER(name) .name = on_##name,
const struct message_handlers server_handlers = {ANSWERS(HANDLER).changed = on_changed};
#undef HANDLER

static void end_patience(struct server *s)
{
    int64_t now_ms = clock_mono_ms();
    list_each_safe (it, &s->waiting) {
        struct request *r = CONTAINER_OF(it, struct request, node);
        if (r->deadline_ms > now_ms)
            continue;
        peers_withdraw(s->peers, r->ask);
        resume(r, NULL);
    }
}

/* ---- life ---- */

static bool add_door(struct server *s, const struct door_opts *opts)
{
    struct epoll_event e = {.events = EPOLLIN};
    struct door *d = door_open(opts);
    if (!d)
        return false;
    s->doors[s->door_count++] = d;
    return epoll_ctl(s->fd, EPOLL_CTL_ADD, door_fd(d), &e) == 0;
}

struct server *server_new(const struct server_opts *opts)
{
    struct server *s = mem_zalloc(sizeof(*s));
    s->opts = *opts;
    s->store.blobs_fd = s->store.tmp_fd = -1;
    list_init(&s->waiting);
    list_init(&s->working);
    s->rates = rates_new();
    s->events = events_new();
    s->fd = epoll_create1(EPOLL_CLOEXEC);
    struct door_opts door = {.listen_fd = opts->listen_fd,
                             .local = true,
                             .clients_max = LOCAL_CLIENTS_MAX,
                             .on_request = on_request,
                             .on_completed = on_completed,
                             .context = s};
    bool open = s->fd >= 0 && (opts->listen_fd < 0 || add_door(s, &door));
    door.local = false;
    door.clients_max = opts->clients_max;
    door.per_address_max = opts->per_address_max;
    for (unsigned i = 0; open && i < opts->http_count; i++) {
        door.listen_fd = opts->http_fds[i];
        open = add_door(s, &door);
    }
    door.setup = true;
    for (unsigned i = 0; open && i < opts->setup_count; i++) {
        door.listen_fd = opts->setup_fds[i];
        open = add_door(s, &door);
    }
    if (!open) {
        server_free(s);
        return NULL;
    }
    if (opts->setup_count > 0)
        setup_open(&s->setup, opts->setup_fds[0], opts->http_count > 0 ? opts->http_fds[0] : -1);
    return s;
}

void server_free(struct server *s)
{
    if (!s)
        return;
    list_each_safe (it, &s->waiting)
        resume(CONTAINER_OF(it, struct request, node), NULL);
    list_each_safe (it, &s->working)
        go_on(CONTAINER_OF(it, struct request, node), false);
    events_end(s->events);
    for (unsigned i = 0; i < s->door_count; i++)
        door_close(s->doors[i]);
    events_free(s->events);
    if (s->store_open)
        store_close(&s->store);
    if (s->fd >= 0)
        (void)close(s->fd);
    rates_free(s->rates);
    free(s);
}

void server_set_peers(struct server *s, struct peers *peers)
{
    s->peers = peers;
}

int server_fd(const struct server *s)
{
    return s->fd;
}

void server_run(struct server *s)
{
    end_patience(s);
    if (!list_empty(&s->working))
        go_on(CONTAINER_OF(s->working.next, struct request, node), true);
    if (s->store_open)
        sql_new_question(s->store.sql);
    (void)events_tick(s->events, &s->store, clock_mono_ms());
    for (unsigned i = 0; i < s->door_count; i++)
        door_run(s->doors[i], clock_mono_ms());
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

int64_t server_wait_ms(const struct server *s)
{
    int64_t now_ms = clock_mono_ms(), wait_ms = events_wait_ms(s->events, now_ms);
    if (!list_empty(&s->working))
        return 0;
    for (unsigned i = 0; i < s->door_count; i++)
        wait_ms = sooner(wait_ms, door_wait_ms(s->doors[i], now_ms));
    list_each (it, &s->waiting) {
        int64_t left_ms = CONTAINER_OF(it, struct request, node)->deadline_ms - now_ms;
        wait_ms = sooner(wait_ms, left_ms > 0 ? left_ms : 0);
    }
    return wait_ms;
}

bool request_has_queue(const struct request *r)
{
    return peers_connected(r->server->peers, ROLE_QUEUE, 0);
}

void request_tell(struct request *r, const struct message *m)
{
    if (!is_overdue(r->server))
        peers_tell(r->server->peers, ROLE_QUEUE, 0, m);
}

struct setup *request_setup(const struct request *r)
{
    return &r->server->setup;
}

bool request_maildir(const struct request *r)
{
    return r->server->opts.maildir;
}

void request_report(struct request *r, struct id submission, struct id job, struct buf *to)
{
    r->server->opts.report(r->store, &r->arena, submission, job, to);
}
