/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/server.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/reports.h"
#include "web/request.h"

enum { CONNECTIONS_MAX = 64, SILENT_S = 60, REQUEST_MEMORY = 32 * 1024, BODIES_MAX = 256 * 1024 * 1024 };

struct server {
    struct server_opts opts;
    struct MHD_Daemon *daemon;
    int fd;
    struct peers *peers;
    struct store store;
    bool store_open;
    struct list waiting; /* requests that wait for queue */
    size_t body_bytes;   /* of all requests */
};

/* ---- the store ---- */

bool server_has_store(struct server *s)
{
    char error[STORE_ERROR_LEN];
    if (!s->store_open && store_open(&s->store, s->opts.state_dir, true, error) != 0) {
        log_warning(NULL, "%s", error);
        return false;
    }
    s->store_open = true;
    return report_ready(&s->store);
}

/* ---- requests ---- */

static struct request *request_new(struct server *s, struct MHD_Connection *c)
{
    struct request *r = mem_zalloc(sizeof(*r));
    r->server = s;
    r->connection = c;
    r->body_fd = -1;
    list_init(&r->node);
    arena_init(&r->arena);
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

/* Does the path fit the pattern? Both are below /api/v1/. */
static bool path_fits(const char *pattern, const char *path, struct id *id)
{
    for (;;) {
        size_t want = strcspn(pattern, "/"), have = strcspn(path, "/");
        char segment[ID_TEXT_LEN];
        if (strncmp(pattern, ":id", want) == 0 && want == 3) {
            if (!str_copy_span(segment, sizeof(segment), span_of(path, have)) || !id_parse(segment, id))
                return false;
        } else if (want != have || strncmp(pattern, path, want) != 0) {
            return false;
        }
        if (!pattern[want] || !path[have])
            return pattern[want] == path[have];
        pattern += want + 1;
        path += have + 1;
    }
}

static void find_route(struct request *r, const char *method, const char *url)
{
    static const char root[] = "/api/v1/";
    if (!str_starts(url, root))
        return;
    for (size_t i = 0; i < route_count; i++) {
        if (!path_fits(routes[i].path, url + strlen(root), &r->id))
            continue;
        if (str_equal(routes[i].method, method)) {
            r->route = &routes[i];
            return;
        }
        r->allow = r->allow ? "GET, POST" : routes[i].method;
    }
}

static void take_body(struct request *r, struct span bytes)
{
    size_t most = r->route ? r->route->body_max : 0;
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

static void handle(struct request *r)
{
    if (!r->route && r->allow)
        reply_problem(r, MHD_HTTP_METHOD_NOT_ALLOWED, "wrong-method", "This address takes %s only.",
                      r->allow);
    else if (!r->route)
        reply_problem(
            r, MHD_HTTP_NOT_FOUND, "no-such-address",
            "There is nothing here. /api/v1/status, jobs, submissions, faxes, calls, mails and provisioning "
            "are what there is.");
    else if (r->body_too_large)
        reply_problem(r, MHD_HTTP_CONTENT_TOO_LARGE, "too-large",
                      "The body is too large: %zu bytes are taken.", r->route->body_max);
    else if (r->no_room)
        reply_problem(r, MHD_HTTP_SERVICE_UNAVAILABLE, "busy",
                      "Too many documents are being handed over at this moment; try again in a minute.");
    else if (!server_has_store(r->server))
        reply_problem(r, MHD_HTTP_SERVICE_UNAVAILABLE, "starting",
                      "Faxpost is starting; ask again in a second.");
    else {
        r->store = &r->server->store;
        r->route->handle(r);
    }
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *data, size_t *data_len,
                                  void **slot)
{
    struct request *r = *slot;
    if (!r) {
        *slot = r = request_new(context, c);
        find_route(r, method, url);
        return MHD_YES;
    }
    if (*data_len > 0) {
        take_body(r, span_of(data, *data_len));
        *data_len = 0;
        return MHD_YES;
    }
    if (!r->response)
        handle(r);
    if (!r->response)
        return MHD_YES; /* suspended */
    return MHD_queue_response(c, r->status, r->response);
}

static void on_completed(void *context, struct MHD_Connection *c, void **slot,
                         enum MHD_RequestTerminationCode code)
{
    if (*slot)
        request_free(*slot);
    *slot = NULL;
}

static void on_log(void *context, const char *format, va_list args) PRINTF_LIKE(2, 0);
static void on_log(void *context, const char *format, va_list args)
{
    char text[400];
    (void)vsnprintf(text, sizeof(text), format, args);
    text[strcspn(text, "\n")] = 0;
    log_debug(NULL, "http: %s", text);
}

/* ---- asking queue ---- */

void request_ask(struct request *r, const struct message *m, int64_t patience_ms,
                 void (*on_answer)(struct request *r, const struct message *m))
{
    request_ask_role(r, ROLE_QUEUE, m, patience_ms, on_answer);
}

void request_ask_role(struct request *r, enum role role, const struct message *m, int64_t patience_ms,
                      void (*on_answer)(struct request *r, const struct message *m))
{
    r->on_answer = on_answer;
    r->deadline_ms = clock_mono_ms() + patience_ms;
    r->ask = peers_ask(r->server->peers, role, 0, m);
    MHD_suspend_connection(r->connection);
    list_append(&r->server->waiting, &r->node);
}

static void resume(struct request *r, const struct message *m)
{
    list_remove(&r->node);
    r->ask = 0;
    r->on_answer(r, m);
    MHD_resume_connection(r->connection);
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

static void on_applied(void *context, const struct sender *from, struct msg_applied *m)
{
    on_answer(context, from, &(struct message){.type = MSG_applied, .applied = *m});
}

static void on_submitted(void *context, const struct sender *from, struct msg_submitted *m)
{
    on_answer(context, from, &(struct message){.type = MSG_submitted, .submitted = *m});
}

static void on_cancelled(void *context, const struct sender *from, struct msg_cancelled *m)
{
    on_answer(context, from, &(struct message){.type = MSG_cancelled, .cancelled = *m});
}

static void on_held(void *context, const struct sender *from, struct msg_held *m)
{
    on_answer(context, from, &(struct message){.type = MSG_held, .held = *m});
}

static void on_dead_letter_done(void *context, const struct sender *from, struct msg_dead_letter_done *m)
{
    on_answer(context, from, &(struct message){.type = MSG_dead_letter_done, .dead_letter_done = *m});
}

static void on_explained(void *context, const struct sender *from, struct msg_explained *m)
{
    on_answer(context, from, &(struct message){.type = MSG_explained, .explained = *m});
}

static void on_live_state(void *context, const struct sender *from, struct msg_live_state *m)
{
    on_answer(context, from, &(struct message){.type = MSG_live_state, .live_state = *m});
}

static void on_key_made(void *context, const struct sender *from, struct msg_key_made *m)
{
    on_answer(context, from, &(struct message){.type = MSG_key_made, .key_made = *m});
}

static void on_mailbox_tested(void *context, const struct sender *from, struct msg_mailbox_tested *m)
{
    on_answer(context, from, &(struct message){.type = MSG_mailbox_tested, .mailbox_tested = *m});
}

static void on_mailbox_authorization(void *context, const struct sender *from,
                                     struct msg_mailbox_authorization *m)
{
    on_answer(context, from,
              &(struct message){.type = MSG_mailbox_authorization, .mailbox_authorization = *m});
}

static void on_mail_tested(void *context, const struct sender *from, struct msg_mail_tested *m)
{
    on_answer(context, from, &(struct message){.type = MSG_mail_tested, .mail_tested = *m});
}

static void on_altered(void *context, const struct sender *from, struct msg_altered *m)
{
    on_answer(context, from, &(struct message){.type = MSG_altered, .altered = *m});
}

static void on_destination_wished(void *context, const struct sender *from, struct msg_destination_wished *m)
{
    on_answer(context, from, &(struct message){.type = MSG_destination_wished, .destination_wished = *m});
}

static void on_mail_wished(void *context, const struct sender *from, struct msg_mail_wished *m)
{
    on_answer(context, from, &(struct message){.type = MSG_mail_wished, .mail_wished = *m});
}

static void on_tls_was_reset(void *context, const struct sender *from, struct msg_tls_was_reset *m)
{
    on_answer(context, from, &(struct message){.type = MSG_tls_was_reset, .tls_was_reset = *m});
}

const struct message_handlers server_handlers = {.mail_wished = on_mail_wished,
                                                 .tls_was_reset = on_tls_was_reset,
                                                 .mail_tested = on_mail_tested,
                                                 .key_made = on_key_made,
                                                 .applied = on_applied,
                                                 .submitted = on_submitted,
                                                 .cancelled = on_cancelled,
                                                 .held = on_held,
                                                 .altered = on_altered,
                                                 .destination_wished = on_destination_wished,
                                                 .live_state = on_live_state,
                                                 .dead_letter_done = on_dead_letter_done,
                                                 .explained = on_explained,
                                                 .mailbox_tested = on_mailbox_tested,
                                                 .mailbox_authorization = on_mailbox_authorization};

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

struct server *server_new(const struct server_opts *opts)
{
    struct server *s = mem_zalloc(sizeof(*s));
    s->opts = *opts;
    s->store.blobs_fd = s->store.tmp_fd = -1;
    list_init(&s->waiting);
    s->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
                                 on_request, s, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
                                 MHD_OPTION_LISTEN_SOCKET, opts->listen_fd, MHD_OPTION_NOTIFY_COMPLETED,
                                 on_completed, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                                 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENT_S,
                                 MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_MEMORY,
                                 MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        s->daemon ? MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info) {
        log_error(NULL, "the HTTP server does not start: %s", strerror(errno));
        free(s);
        return NULL;
    }
    s->fd = info->epoll_fd;
    return s;
}

void server_free(struct server *s)
{
    if (!s)
        return;
    list_each_safe (it, &s->waiting)
        resume(CONTAINER_OF(it, struct request, node), NULL);
    MHD_stop_daemon(s->daemon);
    if (s->store_open)
        store_close(&s->store);
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
    (void)MHD_run(s->daemon);
}

int64_t server_wait_ms(const struct server *s)
{
    MHD_UNSIGNED_LONG_LONG daemon_ms;
    int64_t now_ms = clock_mono_ms();
    int64_t wait_ms = MHD_get_timeout(s->daemon, &daemon_ms) == MHD_YES ? (int64_t)daemon_ms : -1;
    list_each (it, &s->waiting) {
        int64_t left_ms = CONTAINER_OF(it, struct request, node)->deadline_ms - now_ms;
        if (left_ms < 0)
            left_ms = 0;
        if (wait_ms < 0 || left_ms < wait_ms)
            wait_ms = left_ms;
    }
    return wait_ms;
}

bool request_maildir(const struct request *r)
{
    return r->server->opts.maildir;
}

void request_export(const struct request *r, struct buf *to)
{
    r->server->opts.export(r->store, to);
}
