/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "scratch.h"
#include "store_place.h"

#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "ipc/channel.h"
#include "provision/json.h"

/* ---- a queue ---- */

static void on_submit(void *context, const struct sender *from, struct msg_submit *m)
{
    struct web_place *p = context;
    SCOPED_BUF struct buf document;
    buf_init(&document, sizeof(p->document));
    p->asked++;
    p->asker = *from;
    p->submission = m->submission;
    (void)str_copy(p->box, sizeof(p->box), m->box);
    (void)str_copy(p->numbers, sizeof(p->numbers), m->numbers);
    (void)str_copy(p->name, sizeof(p->name), m->name);
    (void)str_copy(p->user, sizeof(p->user), m->user);
    assert_int_equal(fd_read_rest(m->document, &document), 0);
    assert_int_equal(fcntl(m->document, F_GET_SEALS) & F_SEAL_WRITE, F_SEAL_WRITE);
    (void)str_copy(p->document, sizeof(p->document), buf_text(&document));
    if (p->silent)
        return;
    bool known = str_equal(m->box, "front");
    struct message answer = {.type = MSG_submitted,
                             .submitted = {.submission = m->submission,
                                           .status = known ? 202 : 404,
                                           .code = known ? "" : "unknown-box",
                                           .reason = known ? "" : "There is no fax box like that."}};
    peers_answer(p->queue, from, &answer);
}

static void on_cancel(void *context, const struct sender *from, struct msg_cancel *m)
{
    struct web_place *p = context;
    p->asked++;
    struct message answer = {
        .type = MSG_cancelled,
        .cancelled = {
            .job = m->job, .status = 409, .code = "job-ended", .reason = "The job has ended already."}};
    peers_answer(p->queue, from, &answer);
}

static void on_apply(void *context, const struct sender *from, struct msg_apply *m)
{
    struct web_place *p = context;
    SCOPED_BUF struct buf text, result;
    buf_init(&text, 1 << 20);
    buf_init(&result, 65535);
    p->asked++;
    assert_int_equal(fd_read_rest(m->json, &text), 0);
    int status = provision_apply(&p->store, &(struct provision_keys){p->dir, NULL}, buf_text(&text),
                                 m->dry != 0, &result);
    struct message answer = {.type = MSG_applied,
                             .applied = {.status = (uint32_t)status, .result = buf_text(&result)}};
    peers_answer(p->queue, from, &answer);
}

static void on_live(void *context, const struct sender *from, struct msg_live *m)
{
    struct web_place *p = context;
    struct message answer = {.type = MSG_live_state, .live_state = {.calls = *p->live ? p->live : "[]"}};
    if (!p->silent)
        peers_answer(p->queue, from, &answer);
}

static void on_domain_check(void *context, const struct sender *from, struct msg_domain_check *m)
{
    struct web_place *p = context;
    struct message answer = {.type = MSG_domain_checked,
                             .domain_checked = {.look = m->look,
                                                .status = 200,
                                                .code = "",
                                                .reason = "",
                                                .domain = "fax.example.com",
                                                .host = "",
                                                .records = "good MX fax.example.com - a.example\n"}};
    peers_answer(p->queue, from, &answer);
}

static void on_mail_test_look(void *context, const struct sender *from, struct msg_mail_test_look *m)
{
    struct web_place *p = context;
    struct message answer = {.type = MSG_mail_test_seen,
                             .mail_test_seen = {.probe = m->probe, .status = 200, .steps = "[]"}};
    peers_answer(p->queue, from, &answer);
}

static void on_archive_wish(void *context, const struct sender *from, struct msg_archive_wish *m)
{
    struct web_place *p = context;
    SCOPED_FD int file = fd_sealed_memory("copy", span_str("x"));
    struct message answer = {
        .type = MSG_archive_wished,
        .archive_wished = {
            .wish = m->wish, .status = 200, .code = "", .reason = "", .steps = "", .file = file}};
    peers_answer(p->queue, from, &answer);
}

static const struct message_handlers queue_handlers = {.submit = on_submit,
                                                       .cancel = on_cancel,
                                                       .apply = on_apply,
                                                       .live = on_live,
                                                       .domain_check = on_domain_check,
                                                       .mail_test_look = on_mail_test_look,
                                                       .archive_wish = on_archive_wish};

/* ---- a convert ---- */

static void on_make_picture(void *context, const struct sender *from, struct msg_make_picture *m)
{
    struct web_place *p = context;
    SCOPED_FD int png = fd_sealed_memory("png", span_str("x"));
    struct message answer = {
        .type = MSG_picture_made,
        .picture_made = {.page = m->page, .verdict = VERDICT_DONE, .code = "", .reason = "", .png = png}};
    peers_answer(p->convert, from, &answer);
}

static void answer_file(struct web_place *p, const struct sender *from, struct id about)
{
    SCOPED_FD int file = fd_sealed_memory("file", span_str("x"));
    struct message answer = {.type = MSG_file_made,
                             .file_made = {.about = about,
                                           .verdict = VERDICT_DONE,
                                           .code = "",
                                           .reason = "",
                                           .name = "x.pdf",
                                           .file = file}};
    peers_answer(p->convert, from, &answer);
}

static void on_make_file(void *context, const struct sender *from, struct msg_make_file *m)
{
    answer_file(context, from, m->about);
}

static void on_make_report(void *context, const struct sender *from, struct msg_make_report *m)
{
    answer_file(context, from, m->about);
}

static const struct message_handlers convert_handlers = {
    .make_picture = on_make_picture, .make_file = on_make_file, .make_report = on_make_report};

/* ---- the place ---- */

static void on_stop(void *context)
{
}

static struct peers *make_peers(struct web_place *p, enum role self, const struct message_handlers *handlers,
                                void *context, int *parent_end)
{
    int fds[2];
    assert_int_equal(channel_pair(fds), 0);
    *parent_end = fds[0];
    const struct peers_opts opts = {.loop = p->loop,
                                    .self = self,
                                    .parent_fd = fds[1],
                                    .handlers = handlers,
                                    .context = context,
                                    .on_stop = on_stop};
    return peers_new(&opts);
}

static void tell_peer(const struct web_place *p, int parent_end, enum role about, int fd)
{
    struct channel c = {.fd = -1};
    struct message m = {.type = MSG_peer, .peer = {.role = about, .generation = 1, .fd = fd}};
    channel_start(&c, p->loop, dup(parent_end));
    channel_send(&c, &m);
    channel_stop(&c);
    (void)close(fd);
}

static int listen_on(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    assert_true(str_copy(a.sun_path, sizeof(a.sun_path), path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(fd, 10), 0);
    return fd;
}

static int listen_to_strangers(struct web_place *p)
{
    p->tcp = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(p->tcp);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&p->tcp, len), 0);
    assert_int_equal(listen(fd, 10), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&p->tcp, &len), 0);
    return fd;
}

#define HOUSE                                                                                                \
    "{\"installation\":{\"fax_domain\":\"fax.example.com\"},\"tenants\":[{\"name\":\"t\"}],"                 \
    "\"users\":[{\"name\":\"u\",\"addresses\":[\"u@example.com\"]}],"                                        \
    "\"faxboxes\":[{\"name\":\"front\",\"extension\":\"100\",\"users\":[{\"user\":\"u\"}]}]}"

/* Both learn of one another. */
static void join(const struct web_place *p, int parent_end, enum role other)
{
    int fds[2];
    assert_int_equal(channel_pair(fds), 0);
    tell_peer(p, p->web_parent, other, fds[0]);
    tell_peer(p, parent_end, ROLE_WEB, fds[1]);
}

static void make_sides(struct web_place *p)
{
    p->loop = loop_new();
    p->web = make_peers(p, ROLE_WEB, &server_handlers, p->server, &p->web_parent);
    p->queue = make_peers(p, ROLE_QUEUE, &queue_handlers, p, &p->queue_parent);
    p->convert = make_peers(p, ROLE_CONVERT, &convert_handlers, p, &p->convert_parent);
    server_set_peers(p->server, p->web);
    join(p, p->queue_parent, ROLE_QUEUE);
    join(p, p->convert_parent, ROLE_CONVERT);
}

struct web_place *web_place_new(web_report *report)
{
    struct web_place *p = mem_zalloc(sizeof(*p));
    char error[STORE_ERROR_LEN];
    SCOPED_BUF struct buf result;
    buf_init(&result, 65535);
    scratch_state(p->dir, sizeof(p->dir));
    assert_int_equal(store_open(&p->store, p->dir, store_place(p->dir), false, error), 0);
    assert_int_equal(
        provision_apply(&p->store, &(struct provision_keys){p->dir, NULL}, HOUSE, false, &result), 200);
    (void)str_format(p->path, sizeof(p->path), "%s/api.sock", p->dir);
    const struct server_opts opts = {.listen_fd = listen_on(p->path),
                                     .http_fds = {listen_to_strangers(p)},
                                     .http_count = 1,
                                     .clients_max = 64,
                                     .per_address_max = 64,
                                     .state_dir = p->dir,
                                     .store = store_place(p->dir),
                                     .report = report};
    p->server = server_new(&opts);
    assert_non_null(p->server);
    make_sides(p);
    return p;
}

int web_place_setup(void **state)
{
    *state = web_place_new(NULL);
    return 0;
}

int web_place_teardown(void **state)
{
    struct web_place *p = *state;
    server_free(p->server);
    peers_free(p->web);
    peers_free(p->queue);
    peers_free(p->convert);
    (void)close(p->web_parent);
    (void)close(p->queue_parent);
    (void)close(p->convert_parent);
    store_close(&p->store);
    loop_free(p->loop);
    scratch_remove(p->dir);
    free(p);
    return 0;
}

/* ---- a client ---- */

void reply_clear(struct reply *a)
{
    buf_clear(&a->text);
    json_decref(a->body);
}

int web_connect(const struct web_place *p)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    (void)str_copy(a.sun_path, sizeof(a.sun_path), p->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(fd_set_nonblocking(fd), 0);
    return fd;
}

static void take_reply(struct reply *a)
{
    const char *text = buf_text(&a->text), *body = strstr(text, "\r\n\r\n");
    assert_true(str_starts(text, "HTTP/1.1 "));
    a->status = (unsigned)atoi(text + 9);
    a->body = body ? json_loads(body + 4, 0, NULL) : NULL;
}

void web_converse(struct web_place *p, int fd, struct span request, struct reply *a)
{
    size_t sent = 0;
    bool open = true;
    buf_init(&a->text, 1 << 20);
    while (open) {
        uint8_t chunk[4096];
        if (sent < request.len) {
            ssize_t n = send(fd, request.data + sent, request.len - sent, MSG_NOSIGNAL);
            sent += n > 0 ? (size_t)n : 0;
        }
        server_run(p->server);
        while (loop_step(p->loop, 0))
            server_run(p->server);
        ssize_t n = recv(fd, chunk, sizeof(chunk), 0);
        if (n > 0)
            (void)buf_append(&a->text, chunk, (size_t)n);
        else
            open = n < 0 && errno == EAGAIN;
    }
    take_reply(a);
}

void web_ask(struct web_place *p, const char *method, const char *target, const char *body, struct reply *a)
{
    SCOPED_BUF struct buf request;
    SCOPED_FD int fd = web_connect(p);
    *a = (struct reply){0};
    buf_init(&request, 1 << 20);
    (void)buf_printf(&request, "%s %s HTTP/1.1\r\nHost: faxpost\r\nConnection: close\r\n", method, target);
    if (body)
        (void)buf_printf(&request, "Content-Type: application/pdf\r\nContent-Length: %zu\r\n", strlen(body));
    (void)buf_printf(&request, "\r\n%s", body ? body : "");
    web_converse(p, fd, buf_span(&request), a);
}

const char *text_at(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : "";
}
