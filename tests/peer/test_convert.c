/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The role `convert` as a process in its own sandbox, with this test as its parent and queue: a mail goes in,
 * its attachment, its pages and the mail that brings them come out; a queue that dies is answered in its next
 * life; a stop ends it in order. Argument: faxpost-convert. */
#include "role_parent.h"
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "ipc/channel.h"
#include "model/page_set.h"
#include "proto/mail_template.h"
#include "model/part_set.h"

enum { LIMIT_MS = 60000 };

struct world {
    struct loop *loop;
    const char *program;
    struct role_parent parent;
    struct channel queue;
    unsigned answers;
    uint64_t request;
    struct outcome outcome;
    int file; /* of the last answer, ours */
    uint32_t pages;
    char subject[100];
};

static void keep(struct world *w, int *fd)
{
    if (w->file > 0)
        (void)close(w->file);
    w->file = take_fd(fd);
}

static void on_queue_message(void *context, struct message *m)
{
    struct world *w = context;
    if (m->type == MSG_office_state) /* told to each queue, and no answer */
        return;
    w->answers++;
    w->request = m->request;
    if (m->type == MSG_unpacked) {
        message_get_outcome(&m->unpacked, &w->outcome);
        (void)str_copy(w->subject, sizeof(w->subject), m->unpacked.subject);
        keep(w, &m->unpacked.parts);
    } else if (m->type == MSG_rendered) {
        message_get_outcome(&m->rendered, &w->outcome);
        w->pages = m->rendered.pages;
        keep(w, &m->rendered.page_set);
    } else {
        assert_int_equal(m->type, MSG_composed);
        message_get_outcome(&m->composed, &w->outcome);
        keep(w, &m->composed.mail_bytes);
    }
}

static void on_queue_lost(void *context)
{
}

static void connect_queue(struct world *w)
{
    w->queue =
        (struct channel){.fd = -1, .on_message = on_queue_message, .on_closed = on_queue_lost, .context = w};
    list_init(&w->queue.unsent);
    role_parent_connect(&w->parent, &w->queue, ROLE_QUEUE);
}

static void start_process(struct world *w)
{
    role_parent_start(&w->parent, w->loop, w->program, "log_level = warning\n");
    connect_queue(w);
}

static int set_up(void **state)
{
    struct world *w = *state;
    w->loop = loop_new();
    start_process(w);
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    channel_stop(&w->queue);
    role_parent_end(&w->parent);
    if (w->file > 0)
        (void)close(w->file);
    loop_free(w->loop);
    return 0;
}

static void wait_for(struct world *w, unsigned answers)
{
    int64_t give_up = clock_mono_ms() + LIMIT_MS;
    while (w->answers < answers) {
        assert_true(clock_mono_ms() < give_up);
        assert_false(w->parent.gone);
        (void)loop_step(w->loop, 1000);
    }
}

static void ask(struct world *w, struct message *m, uint64_t request)
{
    m->request = request;
    channel_send(&w->queue, m);
    wait_for(w, w->answers + 1);
    assert_int_equal(w->request, request);
    assert_string_equal(w->outcome.text, "");
}

static const char mail[] =
    "From: front@example.com\r\nTo: 200@front.fax.example.com\r\nSubject: =?iso-8859-1?q?f=FCr?=\r\n"
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nwith regards\r\n"
    "--m\r\nContent-Type: text/plain; name=letter.txt\r\nContent-Disposition: attachment\r\n\r\n"
    "first\fsecond\r\n--m--\r\n";

static struct part_place only_part(const struct world *w)
{
    struct part_set set;
    uint64_t size;
    assert_int_equal(fd_checked_size(w->file, PART_SET_BYTES_MAX, &size), 0);
    assert_int_equal(part_set_read(w->file, size, &set), 0);
    assert_int_equal(set.count, 1);
    struct part_place part = set.places[0];
    part_set_clear(&set);
    return part;
}

static void mail_goes_in_and_comes_out_as_a_fax_and_a_mail(void **state)
{
    struct world *w = *state;
    SCOPED_FD int raw = fd_sealed_memory("mail", span_str(mail));
    struct message m = {.type = MSG_unpack, .unpack = {.mail = id_new(), .mail_bytes = raw}};
    ask(w, &m, 1);
    assert_string_equal(w->subject, "für");
    struct part_place part = only_part(w);
    assert_string_equal(part.name, "letter.txt");
    SCOPED_FREE uint8_t *bytes = mem_alloc(part.len + 1);
    assert_int_equal(fd_pread_all(w->file, bytes, part.len, (off_t)part.at), 0);
    SCOPED_FD int document = fd_sealed_memory("document", span_of(bytes, part.len));
    m = (struct message){.type = MSG_render,
                         .render = {.document = id_new(),
                                    .name = part.name,
                                    .resolution = PAGE_FINE,
                                    .paper = "a4",
                                    .bytes = document}};
    ask(w, &m, 2);
    assert_int_equal(w->pages, 2);
    SCOPED_FD int pages = fcntl(w->file, F_DUPFD_CLOEXEC, 3);
    m = (struct message){
        .type = MSG_compose_received,
        .compose_received = {.mail = id_new(),
                             .from = "fax@example.com",
                             .to = "office@example.com",
                             .serial = "SN",
                             .calling = "100",
                             .called = "200",
                             .zone = "Asia/Tokyo",
                             .pages = 2,
                             .template = mail_template_shipped(MAIL_TEMPLATE_RECEIVED, "en", false),
                             .page_set = pages}};
    ask(w, &m, 3);
    uint64_t size;
    assert_int_equal(fd_checked_size(w->file, PAGE_SET_BYTES_MAX, &size), 0);
    SCOPED_FREE char *text = mem_zalloc(size + 1);
    assert_int_equal(fd_pread_all(w->file, text, size, 0), 0);
    assert_non_null(strstr(text, "\r\nDate and time: 01/01/1970 09:00:00\r\n"));
}

/* The queue asks, dies, and its next life asks again: it gets its answer; the former life's is dropped. */
static void next_life_of_the_queue_is_answered(void **state)
{
    struct world *w = *state;
    SCOPED_FD int document = fd_sealed_memory("document", span_str("hello"));
    struct message m = {.type = MSG_render,
                        .request = 10,
                        .render = {.document = id_new(), .name = "", .paper = "a4", .bytes = document}};
    channel_send(&w->queue, &m);
    channel_stop(&w->queue);
    connect_queue(w);
    m.request = 11;
    channel_send(&w->queue, &m);
    /* The answer to request 10 may come as well; peers drops what was not asked in this life. */
    do
        wait_for(w, w->answers + 1);
    while (w->request == 10);
    assert_int_equal(w->request, 11);
    assert_string_equal(w->outcome.text, "");
    assert_int_equal(w->pages, 1);
}

static void stop_ends_it_in_order(void **state)
{
    struct world *w = *state;
    int status;
    assert_true(w->parent.ready);
    channel_send(&w->parent.channel, &(struct message){.type = MSG_stop});
    int64_t give_up = clock_mono_ms() + LIMIT_MS;
    while (!w->parent.gone) {
        assert_true(clock_mono_ms() < give_up);
        (void)loop_step(w->loop, 1000);
    }
    assert_int_equal(waitpid(w->parent.pid, &status, 0), w->parent.pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    start_process(w); /* for tear_down */
}

int main(int argc, char **argv)
{
    static struct world world;
    world = (struct world){.program = argc > 1 ? argv[1] : "", .file = -1};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(mail_goes_in_and_comes_out_as_a_fax_and_a_mail, &world),
        cmocka_unit_test_prestate(next_life_of_the_queue_is_answered, &world),
        cmocka_unit_test_prestate(stop_ends_it_in_order, &world),
    };
    void *state = &world;
    assert_int_equal(set_up(&state), 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return tear_down(&state) ? 1 : failed;
}
