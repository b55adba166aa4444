/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The API as a client sees it: the server on a unix socket, a queue of our own behind it, all in one process.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "test.h"

#include "scratch.h"
#include "store_place.h"

#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "ipc/channel.h"
#include "ipc/peers.h"
#include "provision/json.h"
#include "provision/settings.h"
#include "store/alarms.h"
#include "store/attempts.h"
#include "store/config.h"
#include "store/faxes.h"
#include "store/jobs.h"
#include "store/submissions.h"
#include "web/server.h"
#include "web/words.h"

struct place {
    char dir[64], path[100];
    struct loop *loop;
    struct store store; /* queue's */
    struct server *server;
    struct peers *web, *queue;
    int web_parent, queue_parent;
    bool silent; /* queue does not answer */
    struct sender asker;
    /* What queue was asked. */
    int asked;
    struct id submission;
    char box[64], numbers[256], name[64], user[64], document[64], live[1024];
};

/* ---- a queue ---- */

static void on_submit(void *context, const struct sender *from, struct msg_submit *m)
{
    struct place *p = context;
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
    struct place *p = context;
    p->asked++;
    struct message answer = {
        .type = MSG_cancelled,
        .cancelled = {
            .job = m->job, .status = 409, .code = "job-ended", .reason = "The job has ended already."}};
    peers_answer(p->queue, from, &answer);
}

static void on_apply(void *context, const struct sender *from, struct msg_apply *m)
{
    struct place *p = context;
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
    struct place *p = context;
    struct message answer = {.type = MSG_live_state, .live_state = {.calls = *p->live ? p->live : "[]"}};
    if (!p->silent)
        peers_answer(p->queue, from, &answer);
}

static const struct message_handlers queue_handlers = {
    .submit = on_submit, .cancel = on_cancel, .apply = on_apply, .live = on_live};

static void on_stop(void *context)
{
}

static struct peers *make_peers(struct place *p, enum role self, const struct message_handlers *handlers,
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

static void tell_peer(const struct place *p, int parent_end, enum role about, int fd)
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

#define HOUSE                                                                                                \
    "{\"installation\":{\"fax_domain\":\"fax.example.com\"},\"tenants\":[{\"name\":\"t\"}],"                 \
    "\"users\":[{\"name\":\"u\",\"addresses\":[\"u@example.com\"]}],"                                        \
    "\"faxboxes\":[{\"name\":\"front\",\"extension\":\"100\",\"users\":[{\"user\":\"u\"}]}]}"

static int setup(void **state)
{
    struct place *p = mem_zalloc(sizeof(*p));
    char error[STORE_ERROR_LEN];
    SCOPED_BUF struct buf result;
    buf_init(&result, 65535);
    scratch_state(p->dir, sizeof(p->dir));
    assert_int_equal(store_open(&p->store, p->dir, store_place(p->dir), false, error), 0);
    assert_int_equal(
        provision_apply(&p->store, &(struct provision_keys){p->dir, NULL}, HOUSE, false, &result), 200);
    (void)str_format(p->path, sizeof(p->path), "%s/api.sock", p->dir);
    p->loop = loop_new();
    const struct server_opts opts = {
        .listen_fd = listen_on(p->path), .state_dir = p->dir, .store = store_place(p->dir)};
    p->server = server_new(&opts);
    assert_non_null(p->server);
    p->web = make_peers(p, ROLE_WEB, &server_handlers, p->server, &p->web_parent);
    p->queue = make_peers(p, ROLE_QUEUE, &queue_handlers, p, &p->queue_parent);
    server_set_peers(p->server, p->web);
    int fds[2];
    assert_int_equal(channel_pair(fds), 0);
    tell_peer(p, p->web_parent, ROLE_QUEUE, fds[0]);
    tell_peer(p, p->queue_parent, ROLE_WEB, fds[1]);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    server_free(p->server);
    peers_free(p->web);
    peers_free(p->queue);
    (void)close(p->web_parent);
    (void)close(p->queue_parent);
    store_close(&p->store);
    loop_free(p->loop);
    scratch_remove(p->dir);
    free(p);
    return 0;
}

/* ---- a client ---- */

struct reply {
    unsigned status;
    struct buf text; /* head and body */
    json_t *body;
};

static void reply_clear(struct reply *a)
{
    buf_clear(&a->text);
    json_decref(a->body);
}
#define SCOPED_REPLY __attribute__((cleanup(reply_clear)))

static int connect_to(const struct place *p)
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

/* Runs all sides until the server closes; the client reads and writes as it can. */
static void converse(struct place *p, int fd, struct span request, struct reply *a)
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

static void ask(struct place *p, const char *method, const char *target, const char *body, struct reply *a)
{
    SCOPED_BUF struct buf request;
    SCOPED_FD int fd = connect_to(p);
    *a = (struct reply){0};
    buf_init(&request, 1 << 20);
    (void)buf_printf(&request, "%s %s HTTP/1.1\r\nHost: faxpost\r\nConnection: close\r\n", method, target);
    if (body)
        (void)buf_printf(&request, "Content-Type: application/pdf\r\nContent-Length: %zu\r\n", strlen(body));
    (void)buf_printf(&request, "\r\n%s", body ? body : "");
    converse(p, fd, buf_span(&request), a);
}

static const char *text_at(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : "";
}

/* ---- what the store has ---- */

static struct id add_job(struct place *p, enum job_state to)
{
    struct faxbox b;
    struct arena a;
    struct outcome why;
    arena_init(&a);
    assert_true(config_box(&p->store, &a, "front", &b));
    struct submission m = {.id = id_new(),
                           .tenant = b.tenant,
                           .faxbox = "front",
                           .sender = "",
                           .subject = "x.pdf",
                           .message_id = ""};
    const struct job j = {.id = id_new(),
                          .submission = m.id,
                          .tenant = b.tenant,
                          .faxbox = "front",
                          .number = "200",
                          .display_number = "2 00",
                          .created_ms = 1000,
                          .next_ms = 1000,
                          .pages = 2,
                          .max_tries = 3};
    store_begin(&p->store);
    submission_add(&p->store, &m);
    job_add(&p->store, &j);
    if (to != JOB_WAITING)
        job_start_call(&p->store, j.id);
    outcome_set(&why, VERDICT_GIVE_UP, "sip-404", "Nobody has the number 200.");
    if (to != JOB_WAITING && to != JOB_CALLING)
        job_close(&p->store, j.id, to, 5000, &why);
    store_commit(&p->store);
    p->submission = m.id;
    arena_clear(&a);
    return j.id;
}

static void add_attempt(struct place *p, struct id job)
{
    const struct attempt t = {.id = id_new(), .job = job, .trunk = "pbx", .started_ms = 2000};
    const struct page_stats page = {
        .page = 0, .rate = 14400, .coding = "T.6", .ecm = true, .duration_ms = 4200, .confirmed_ms = 3000};
    store_begin(&p->store);
    attempt_add(&p->store, &t);
    assert_true(attempt_page_add(&p->store, t.id, &page));
    job_page_confirmed(&p->store, job, 0);
    store_commit(&p->store);
}

/* ---- tests ---- */

static void unknown_addresses_and_methods(void **state)
{
    SCOPED_REPLY struct reply a, b, c, d;
    ask(*state, "GET", "/api/v1/nothing", NULL, &a);
    assert_int_equal(a.status, 404);
    assert_string_equal(text_at(a.body, "code"), "no-such-address");
    assert_non_null(strstr(buf_text(&a.text), "application/problem+json"));
    ask(*state, "PUT", "/api/v1/status", NULL, &b);
    assert_int_equal(b.status, 405);
    assert_non_null(strstr(buf_text(&b.text), "Allow: GET"));
    ask(*state, "GET", "/api/v1/jobs/7", NULL, &c);
    assert_int_equal(c.status, 404);
    ask(*state, "GET", "/api/v1/jobs/0192f0c1-7a3b-7c4d-8e5f-001122334455", NULL, &d);
    assert_int_equal(d.status, 404);
    assert_string_equal(text_at(d.body, "code"), "unknown-job");
}

static void document_goes_to_queue_whole(void **state)
{
    struct place *p = *state;
    SCOPED_REPLY struct reply a;
    ask(p, "POST", "/api/v1/jobs?box=front&number=200&number=%2B39%20050&name=x.pdf&user=u@example.com",
        "%PDF-1.4 x", &a);
    assert_int_equal(a.status, 202);
    assert_string_equal(text_at(a.body, "submission"), id_text(p->submission));
    assert_string_equal(p->numbers, "200\n+39 050");
    assert_string_equal(p->document, "%PDF-1.4 x");
    assert_string_equal(p->name, "x.pdf");
    assert_string_equal(p->user, "u@example.com");
}

static void own_id_makes_a_repeat_the_same_submission(void **state)
{
    struct place *p = *state;
    static const char target[] =
        "/api/v1/jobs?box=front&number=200&submission=0192f0c1-7a3b-7c4d-8e5f-001122334455";
    SCOPED_REPLY struct reply a, b;
    ask(p, "POST", target, "x", &a);
    ask(p, "POST", target, "x", &b);
    assert_string_equal(text_at(a.body, "submission"), "0192f0c1-7a3b-7c4d-8e5f-001122334455");
    assert_string_equal(text_at(b.body, "submission"), text_at(a.body, "submission"));
}

static void wrong_submissions_never_reach_queue(void **state)
{
    static const struct {
        const char *target, *body;
    } cases[] = {
        {"/api/v1/jobs?number=200", "x"},
        {"/api/v1/jobs?box=front", "x"},
        {"/api/v1/jobs?box=front&number=200", NULL},
        {"/api/v1/jobs?box=front&number=200", ""},
        {"/api/v1/jobs?box=front&number=200&submission=7", "x"},
        {"/api/v1/jobs?box=front&number=200&user=a%0ab", "x"},
    };
    struct place *p = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        SCOPED_REPLY struct reply a;
        ask(p, "POST", cases[i].target, cases[i].body, &a);
        assert_int_equal(a.status, 400);
    }
    assert_int_equal(p->asked, 0);
}

static void refusal_of_queue_is_told_in_its_words(void **state)
{
    SCOPED_REPLY struct reply a, b;
    ask(*state, "POST", "/api/v1/jobs?box=none&number=200", "x", &a);
    assert_int_equal(a.status, 404);
    assert_string_equal(text_at(a.body, "detail"), "There is no fax box like that.");
    ask(*state, "POST", "/api/v1/jobs/0192f0c1-7a3b-7c4d-8e5f-001122334455/cancel", NULL, &b);
    assert_int_equal(b.status, 409);
    assert_string_equal(text_at(b.body, "code"), "job-ended");
}

static void body_over_the_limit_is_refused(void **state)
{
    struct place *p = *state;
    SCOPED_BUF struct buf request;
    SCOPED_REPLY struct reply a = {0};
    SCOPED_FD int fd = connect_to(p);
    static const char megabyte[1 << 20];
    buf_init(&request, 80 << 20);
    (void)buf_printf(&request,
                     "POST /api/v1/provisioning HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                     "Content-Length: %d\r\n\r\n",
                     17 << 20);
    for (int i = 0; i < 17; i++)
        (void)buf_append(&request, megabyte, sizeof(megabyte));
    converse(p, fd, buf_span(&request), &a);
    assert_int_equal(a.status, 413);
    assert_int_equal(p->asked, 0);
}

static void job_is_told_with_words_attempts_and_pages(void **state)
{
    struct place *p = *state;
    SCOPED_REPLY struct reply a, b, c;
    struct id job = add_job(p, JOB_FAILED);
    char target[100];
    add_attempt(p, job);
    (void)str_format(target, sizeof(target), "/api/v1/jobs/%s", id_text(job));
    ask(p, "GET", target, NULL, &a);
    assert_int_equal(a.status, 200);
    assert_string_equal(text_at(a.body, "word"), "Not delivered");
    assert_string_equal(text_at(a.body, "detail"), "Nobody has the number 200. (1 of 2 pages confirmed)");
    const json_t *attempt = json_array_get(json_object_get(a.body, "attempts"), 0);
    const json_t *page = json_array_get(json_object_get(attempt, "pages"), 0);
    assert_int_equal(json_integer_value(json_object_get(page, "page")), 1);
    assert_int_equal(json_integer_value(json_object_get(page, "rate")), 14400);
    (void)str_format(target, sizeof(target), "/api/v1/submissions/%s", id_text(p->submission));
    ask(p, "GET", target, NULL, &b);
    assert_int_equal(json_array_size(json_object_get(b.body, "jobs")), 1);
    (void)str_format(target, sizeof(target), "/api/v1/calls/%s", text_at(attempt, "id"));
    ask(p, "GET", target, NULL, &c);
    assert_string_equal(text_at(c.body, "direction"), "out");
}

static void running_call_is_shown_at_its_job(void **state)
{
    struct place *p = *state;
    SCOPED_REPLY struct reply a;
    struct id job = add_job(p, JOB_CALLING);
    char target[100];
    (void)str_format(p->live, sizeof(p->live),
                     "[{\"attempt\":\"x\",\"job\":\"%s\",\"phase\":\"sending\",\"page\":2,\"pages\":2,"
                     "\"rate\":14400}]",
                     id_text(job));
    (void)str_format(target, sizeof(target), "/api/v1/jobs/%s", id_text(job));
    ask(p, "GET", target, NULL, &a);
    assert_string_equal(text_at(a.body, "word"), "Sending page 2 of 2");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(a.body, "call"), "rate")), 14400);
}

static void lists_go_on_where_they_ended(void **state)
{
    struct place *p = *state;
    SCOPED_REPLY struct reply a, b, c, d;
    char target[120];
    for (int i = 0; i < 3; i++)
        (void)add_job(p, JOB_CALLING);
    ask(p, "GET", "/api/v1/jobs?limit=2", NULL, &a);
    assert_int_equal(json_array_size(json_object_get(a.body, "items")), 2);
    (void)str_format(target, sizeof(target), "/api/v1/jobs?limit=2&before=%s", text_at(a.body, "next"));
    ask(p, "GET", target, NULL, &b);
    assert_int_equal(json_array_size(json_object_get(b.body, "items")), 1);
    assert_null(json_object_get(b.body, "next"));
    ask(p, "GET", "/api/v1/jobs?limit=0", NULL, &c);
    assert_int_equal(c.status, 400);
    ask(p, "GET", "/api/v1/jobs?state=open", NULL, &d);
    assert_int_equal(json_array_size(json_object_get(d.body, "items")), 3);
}

static void provisioning_goes_both_ways(void **state)
{
    struct place *p = *state;
    SCOPED_REPLY struct reply a, b, c, d;
    struct faxbox box;
    struct arena arena;
    arena_init(&arena);
    ask(p, "GET", "/api/v1/provisioning", NULL, &a);
    assert_int_equal(a.status, 200);
    SCOPED_FREE char *text = json_dumps(a.body, 0);
    ask(p, "POST", "/api/v1/provisioning", text, &b);
    assert_int_equal(b.status, 200);
    assert_int_equal(json_integer_value(json_object_get(b.body, "changed")), 0);
    ask(p, "POST", "/api/v1/provisioning?dry=1", "{\"faxboxes\":[{\"id\":\"front\",\"tries\":7}]}", &c);
    assert_int_equal(json_integer_value(json_object_get(c.body, "changed")), 1);
    assert_true(config_box(&p->store, &arena, "front", &box));
    assert_int_equal(box.tries, 3);
    ask(p, "POST", "/api/v1/provisioning", "{\"faxboxes\":[{\"id\":\"front\",\"tries\":77}]}", &d);
    assert_int_equal(d.status, 422);
    assert_string_equal(text_at(json_array_get(json_object_get(d.body, "errors"), 0), "path"),
                        "faxboxes[0].tries");
    arena_clear(&arena);
}

static bool has_alarm(const json_t *status, const char *code)
{
    const json_t *alarms = json_object_get(status, "alarms");
    for (size_t i = 0; i < json_array_size(alarms); i++)
        if (str_equal(text_at(json_array_get(alarms, i), "code"), code))
            return true;
    return false;
}

static void status_shows_calls_counts_and_alarms(void **state)
{
    struct place *p = *state;
    SCOPED_REPLY struct reply a;
    (void)add_job(p, JOB_WAITING);
    store_begin(&p->store);
    alarm_raise(
        &p->store,
        &(struct alarm){.id = id_new(), .code = "no-trunk", .subject = "", .text = "x", .raised_ms = 1});
    const struct alarm over = {
        .id = id_new(), .code = "no-fax-domain", .subject = "", .text = "x", .raised_ms = 1};
    alarm_raise(&p->store, &over);
    alarm_clear(&p->store, over.id, 2);
    store_commit(&p->store);
    (void)str_copy(p->live, sizeof(p->live), "[{\"attempt\":\"x\"}]");
    ask(p, "GET", "/api/v1/status", NULL, &a);
    assert_int_equal(a.status, 200);
    assert_int_equal(json_array_size(json_object_get(a.body, "calls")), 1);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(a.body, "jobs"), "waiting")), 1);
    assert_true(has_alarm(a.body, "no-trunk"));
    assert_false(has_alarm(a.body, "no-fax-domain"));
    assert_false(has_alarm(a.body, "queue-away"));
    const json_t *box = json_array_get(json_object_get(a.body, "boxes"), 0);
    assert_string_equal(text_at(box, "extension"), "100");
}

/* A client that leaves while queue is asked takes nobody along, and the late answer finds nobody. */
static void client_that_leaves_is_forgotten(void **state)
{
    struct place *p = *state;
    static const char request[] =
        "POST /api/v1/jobs?box=front&number=200 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
        "\r\nx";
    SCOPED_REPLY struct reply a;
    p->silent = true;
    int fd = connect_to(p);
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    while (p->asked == 0) {
        server_run(p->server);
        (void)loop_step(p->loop, 0);
    }
    (void)close(fd);
    p->silent = false;
    struct message late = {.type = MSG_submitted, .submitted = {.submission = p->submission, .status = 202}};
    peers_answer(p->queue, &p->asker, &late);
    ask(p, "GET", "/api/v1/status", NULL, &a);
    assert_int_equal(a.status, 200);
}

/* What is open when the server ends does not keep it from ending. */
static void open_question_does_not_outlive_the_server(void **state)
{
    struct place *p = *state;
    static const char request[] = "GET /api/v1/status HTTP/1.1\r\nHost: x\r\n\r\n";
    p->silent = true;
    SCOPED_FD int fd = connect_to(p);
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    for (int i = 0; i < 50; i++) {
        server_run(p->server);
        (void)loop_step(p->loop, 0);
    }
    assert_true(server_wait_ms(p->server) <= 3000);
    assert_true(server_wait_ms(p->server) >= 0);
}

static void calls_are_told_in_words(void **state)
{
    static const struct {
        bool out;
        const char *phase, *word;
        unsigned page, pages;
    } rows[] = {{true, "dialling", "Calling", 1, 5},
                {true, "ringing", "Ringing", 1, 5},
                {true, "negotiating", "Connected", 1, 5},
                {true, "sending", "Sending page 2 of 5", 2, 5},
                {true, "confirming", "Sending page 2 of 5", 2, 5},
                {true, "ending", "Ending", 5, 5},
                {false, "incoming", "Coming in", 1, 0},
                {false, "receiving", "Receiving page 3", 3, 0},
                {false, "confirming", "Receiving page 3", 3, 0}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char word[WORDS_LEN];
        words_of_call(rows[i].out, rows[i].phase, rows[i].page, rows[i].pages, word);
        assert_string_equal(word, rows[i].word);
    }
}

static void words_are_those_of_all_screens(void **state)
{
    char word[WORDS_LEN], detail[WORDS_LEN];
    struct job j = {.state = JOB_DONE,
                    .pages = 5,
                    .station_id = "+39 050 1",
                    .display_number = "1",
                    .reason = "",
                    .ended_ms = 1000};
    words_of_job(&j, 0, word, detail);
    assert_string_equal(word, "Delivered");
    assert_true(str_starts(detail, "5 pages confirmed by +39 050 1, "));
    j = (struct job){.state = JOB_UNKNOWN, .reason = ""};
    words_of_job(&j, 0, word, detail);
    assert_string_equal(word, "Uncertain");
    assert_non_null(strstr(detail, "It may have arrived"));
    j = (struct job){
        .state = JOB_WAITING, .reason = "The line was busy.", .next_ms = 5000, .tries = 1, .max_tries = 3};
    words_of_job(&j, 0, word, detail);
    assert_true(str_starts(detail, "try 2 of 3 at "));
    struct fax f = {.state = FAX_PARTIAL, .pages = 2};
    words_of_fax(&f, word, detail);
    assert_string_equal(word, "Incomplete");
    assert_true(str_starts(detail, "2 pages, then the line broke off"));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(unknown_addresses_and_methods),
        CASE(document_goes_to_queue_whole),
        CASE(own_id_makes_a_repeat_the_same_submission),
        CASE(wrong_submissions_never_reach_queue),
        CASE(refusal_of_queue_is_told_in_its_words),
        CASE(body_over_the_limit_is_refused),
        CASE(job_is_told_with_words_attempts_and_pages),
        CASE(running_call_is_shown_at_its_job),
        CASE(lists_go_on_where_they_ended),
        CASE(provisioning_goes_both_ways),
        CASE(status_shows_calls_counts_and_alarms),
        CASE(client_that_leaves_is_forgotten),
        CASE(open_question_does_not_outlive_the_server),
        cmocka_unit_test(words_are_those_of_all_screens),
        cmocka_unit_test(calls_are_told_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
