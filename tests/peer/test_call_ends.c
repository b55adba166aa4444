/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The role `call` as a process with room for one call, and what is left of a call that ends without its far
 * side: this test is its parent, queue and line. Argument: faxpost-call. */
#include "role_parent.h"
#include "test.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scope.h"

enum { LIMIT_MS = 30000 };

struct world {
    struct role_parent parent;
    struct channel queue, line;
    struct id attempt;
    unsigned prepared, progress, done, hang_ups;
    uint32_t error; /* of the last prepared */
};

static const char *program;

static void on_queue_message(void *context, struct message *m)
{
    struct world *w = context;
    if (m->type == MSG_prepared) {
        w->prepared++;
        w->error = m->prepared.error;
    } else if (m->type == MSG_call_state) {
        w->progress++;
    } else if (m->type == MSG_attempt_done) {
        struct message stored = {.type = MSG_attempt_done_stored,
                                 .request = m->request,
                                 .attempt_done_stored = {.attempt = m->attempt_done.attempt}};
        w->done++;
        channel_send(&w->queue, &stored);
    }
}

/* A line whose far side answers no BYE. */
static void on_line_message(void *context, struct message *m)
{
    struct world *w = context;
    if (m->type != MSG_hang_up)
        return;
    assert_true(id_equal(m->hang_up.attempt, w->attempt));
    assert_true(span_equal(m->hang_up.dialog, span_str("dialog")));
    w->hang_ups++;
}

static int set_up(void **state)
{
    static struct world w;
    w = (struct world){0};
    role_parent_start(&w.parent, loop_new(), program, "log_level = error\ncalls_per_process = 1\n");
    role_parent_join(&w.parent, &w.queue, ROLE_QUEUE, on_queue_message, &w);
    role_parent_join(&w.parent, &w.line, ROLE_LINE, on_line_message, &w);
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    channel_stop(&w->queue);
    channel_stop(&w->line);
    role_parent_end(&w->parent);
    loop_free(w->parent.loop);
    return 0;
}

static void wait_for(struct world *w, const unsigned *count, unsigned least)
{
    int64_t give_up = clock_mono_ms() + LIMIT_MS;
    while (*count < least) {
        assert_true(clock_mono_ms() < give_up);
        (void)loop_step(w->parent.loop, 1000);
    }
}

static void prepare(struct world *w, uint32_t error)
{
    unsigned before = w->prepared;
    w->attempt = id_new();
    struct message m = {.type = MSG_receive,
                        .request = 100 + before,
                        .receive = {.attempt = w->attempt, .station_id = "200", .ecm = 1, .v17 = 1}};
    channel_send(&w->queue, &m);
    wait_for(w, &w->prepared, before + 1);
    assert_int_equal(w->error, error);
}

static void give_media(struct world *w, int fd)
{
    struct message m = {.type = MSG_media,
                        .media = {.attempt = w->attempt,
                                  .kind = MEDIA_PCMA,
                                  .remote = "127.0.0.1:9",
                                  .dialog = span_str("dialog"),
                                  .fd = fd}};
    channel_send(&w->line, &m);
}

/* The far side stayed in the call for as long as it liked where the queue's own word to line was lost. */
static void forgotten_call_is_hung_up(void **state)
{
    struct world *w = *state;
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    SCOPED_FD int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
    prepare(w, 0);
    give_media(w, fd);
    wait_for(w, &w->progress, 1);
    struct message forget = {.type = MSG_forget, .forget = {.attempt = w->attempt}};
    channel_send(&w->queue, &forget);
    wait_for(w, &w->hang_ups, 1);
    prepare(w, 0); /* its place is free */
}

static void call_whose_bye_is_not_answered_keeps_no_place(void **state)
{
    struct world *w = *state;
    prepare(w, 0);
    give_media(w, -1); /* without a socket it is over at once */
    wait_for(w, &w->done, 1);
    wait_for(w, &w->hang_ups, 1);
    prepare(w, 0);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test-call-ends faxpost-call\n");
        return 2;
    }
    program = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(forgotten_call_is_hung_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(call_whose_bye_is_not_answered_keeps_no_place, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
