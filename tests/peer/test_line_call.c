/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The roles `line` and `call` together, with this test as their parent and queue: a fax is dialled over a
 * trunk that leads back to ourselves, switches from G.711 to T.38 (or may not) and is received page for page.
 * Arguments: faxpost-line faxpost-call. */
#include "bitmap.h"

#include <stdio.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "ipc/channel.h"
#include "model/page_set.h"
#include "t30/header.h"

enum { ROWS = 250, LIMIT_MS = 90000 };

/* One role program with its two channels to us. */
struct program {
    struct world *world;
    enum role role;
    pid_t pid;
    bool ready;
    struct channel parent, queue;
};

struct side {
    struct id attempt;
    bool prepared, done, uncertain;
    uint32_t confirmed;
    struct outcome outcome;
    char mode[16];
    uint64_t invited; /* request to be answered when prepared */
};

struct world {
    struct loop *loop;
    struct program line, call;
    uint64_t generation;
    char sip[64];
    bool t38;
    struct side sender, receiver;
    unsigned sent, received;
    struct page_form form;
    struct buf t6;
    struct bitmap bitmap;
    int page_set;
};

static void prepare_receiver(struct world *w, struct id attempt, uint64_t request)
{
    w->receiver.attempt = attempt;
    w->receiver.invited = request;
    struct message m = {.type = MSG_receive,
                        .request = 2,
                        .receive = {.attempt = attempt, .station_id = "200", .ecm = 1, .v17 = 1}};
    channel_send(&w->call.queue, &m);
}

static void on_prepared(struct world *w, const struct msg_prepared *m)
{
    assert_int_equal(m->error, 0);
    if (id_equal(m->attempt, w->sender.attempt)) {
        w->sender.prepared = true;
        return;
    }
    w->receiver.prepared = true;
    struct message verdict = {
        .type = MSG_invite_verdict,
        .request = w->receiver.invited,
        .invite_verdict = {.attempt = m->attempt, .sip_status = 200, .reason = "", .t38 = w->t38}};
    channel_send(&w->line.queue, &verdict);
}

static void on_page_received(struct world *w, struct message *m)
{
    uint64_t size;
    struct msg_page_received *page = &m->page_received;
    w->received++;
    w->form = (struct page_form){page->width, page->rows, (enum page_resolution)page->resolution};
    assert_int_equal(fd_checked_size(page->t6, PAGE_BYTES_MAX, &size), 0);
    assert_int_equal(fd_read_rest(page->t6, &w->t6), 0);
    struct message stored = {.type = MSG_page_received_stored,
                             .request = m->request,
                             .page_received_stored = {.attempt = page->attempt, .page = page->page}};
    channel_send(&w->call.queue, &stored);
}

static void on_attempt_done(struct world *w, const struct message *m)
{
    const struct msg_attempt_done *done = &m->attempt_done;
    struct side *side = id_equal(done->attempt, w->sender.attempt) ? &w->sender : &w->receiver;
    side->done = true;
    side->uncertain = done->uncertain != 0;
    side->confirmed = done->confirmed;
    message_get_outcome(done, &side->outcome);
    (void)str_copy(side->mode, sizeof(side->mode), done->mode);
    struct message stored = {.type = MSG_attempt_done_stored,
                             .request = m->request,
                             .attempt_done_stored = {.attempt = done->attempt}};
    channel_send(&w->call.queue, &stored);
}

static void on_call_message(struct world *w, struct message *m)
{
    struct message stored = {.request = m->request};
    if (m->type == MSG_prepared) {
        on_prepared(w, &m->prepared);
    } else if (m->type == MSG_page_received) {
        on_page_received(w, m);
    } else if (m->type == MSG_attempt_done) {
        on_attempt_done(w, m);
    } else if (m->type == MSG_page_sent) {
        w->sent++;
        stored.type = MSG_page_sent_stored;
        stored.page_sent_stored = (struct msg_page_sent_stored){.attempt = m->page_sent.attempt};
        channel_send(&w->call.queue, &stored);
    } else if (m->type == MSG_page_ending) {
        stored.type = MSG_page_ending_stored;
        stored.page_ending_stored = (struct msg_page_ending_stored){.attempt = m->page_ending.attempt};
        channel_send(&w->call.queue, &stored);
    }
}

static void on_line_message(struct world *w, struct message *m)
{
    if (m->type == MSG_invited) {
        assert_string_equal(m->invited.called, "200");
        prepare_receiver(w, m->invited.attempt, m->request);
    } else if (m->type == MSG_dial_failed) {
        fail_msg("dialling failed: %s %s", m->dial_failed.code, m->dial_failed.reason);
    }
}

static void on_queue_message(void *context, struct message *m)
{
    struct program *p = context;
    if (p->role == ROLE_LINE)
        on_line_message(p->world, m);
    else
        on_call_message(p->world, m);
}

static void on_parent_message(void *context, struct message *m)
{
    struct program *p = context;
    assert_int_equal(m->type, MSG_ready);
    p->ready = true;
    if (p->role == ROLE_LINE) {
        assert_true(str_starts(m->ready.bound, "sip "));
        (void)str_copy_span(p->world->sip, sizeof(p->world->sip),
                            span_of(m->ready.bound + 4, strcspn(m->ready.bound + 4, "\n")));
    }
}

static void on_lost(void *context)
{
    struct program *p = context;
    fail_msg("%s ended", role_name(p->role));
}

static void tell_peer(struct program *p, enum role role, int fd)
{
    struct message m = {.type = MSG_peer,
                        .peer = {.role = role, .generation = ++p->world->generation, .fd = fd}};
    channel_send(&p->parent, &m);
    (void)close(fd);
}

static void open_channel(struct program *p, struct channel *c, void (*on_message)(void *, struct message *),
                         int fd)
{
    *c = (struct channel){.fd = -1, .on_message = on_message, .on_closed = on_lost, .context = p};
    list_init(&c->unsent);
    channel_start(c, p->world->loop, fd);
}

static void start(struct world *w, struct program *p, enum role role, const char *path)
{
    int fds[2];
    p->world = w;
    p->role = role;
    assert_int_equal(channel_pair(fds), 0);
    p->pid = fork();
    assert_true(p->pid >= 0);
    if (p->pid == 0) {
        if (fds[1] == 3 ? fd_set_cloexec(3, 0) != 0 : dup2(fds[1], 3) < 0)
            _exit(1);
        /* LeakSanitizer looks into a process by ptrace, which the sandbox refuses. */
        (void)setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
        (void)execl(path, path, (char *)NULL);
        _exit(1);
    }
    (void)close(fds[1]);
    open_channel(p, &p->parent, on_parent_message, fds[0]);
    static const char conf[] = "log_level = warning\nsip_listen = 127.0.0.1:0\n";
    struct message init = {.type = MSG_init, .init = {.conf = conf, .conf_name = "test", .bound = ""}};
    channel_send(&p->parent, &init);
    channel_send(&p->parent, &(struct message){.type = MSG_go});
    assert_int_equal(channel_pair(fds), 0);
    tell_peer(p, ROLE_QUEUE, fds[1]);
    open_channel(p, &p->queue, on_queue_message, fds[0]);
}

static void run_until(struct world *w, bool (*reached)(struct world *w))
{
    int64_t give_up = clock_mono_ms() + LIMIT_MS;
    while (!reached(w)) {
        assert_true(clock_mono_ms() < give_up);
        (void)loop_step(w->loop, 1000);
    }
}

static bool both_ready(struct world *w)
{
    return w->line.ready && w->call.ready;
}

static bool sender_prepared(struct world *w)
{
    return w->sender.prepared;
}

static bool both_done(struct world *w)
{
    return w->sender.done && w->receiver.done;
}

static void dial(struct world *w)
{
    char trunks[400];
    assert_true(str_format(trunks, sizeof(trunks),
                           "[{\"id\":\"1\",\"name\":\"loopback\",\"peer\":\"sip:%s\",\"transport\":\"udp\","
                           "\"user\":\"\",\"t38\":%s}]",
                           w->sip, w->t38 ? "true" : "false"));
    channel_send(&w->line.queue, &(struct message){.type = MSG_trunks, .trunks = {.trunks = trunks}});
    struct message m = {.type = MSG_dial,
                        .request = 3,
                        .dial = {.attempt = w->sender.attempt,
                                 .trunk = "1",
                                 .number = "200",
                                 .caller_id = "100",
                                 .caller_name = "",
                                 .t38 = w->t38,
                                 .ring_timeout_ms = 30000}};
    channel_send(&w->line.queue, &m);
}

static void end(struct program *p)
{
    int status;
    channel_send(&p->parent, &(struct message){.type = MSG_stop});
    assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    channel_stop(&p->parent);
    channel_stop(&p->queue);
}

static const char *line_program, *call_program;

static void fax_over_the_loopback_trunk(bool t38, const char *mode)
{
    struct world w = {.loop = loop_new(), .t38 = t38};
    struct buf t6;
    w.bitmap = bitmap_random(PAGE_WIDTH_A4, ROWS, 11);
    struct page page = bitmap_page(&w.bitmap, PAGE_FINE, &t6);
    SCOPED_BUF struct buf set;
    buf_init(&set, PAGE_BYTES_MAX);
    buf_init(&w.t6, PAGE_BYTES_MAX);
    assert_true(page_set_format(&set, &page, 1));
    w.page_set = fd_sealed_memory("pages", buf_span(&set));
    start(&w, &w.line, ROLE_LINE, line_program);
    start(&w, &w.call, ROLE_CALL, call_program);
    int fds[2];
    assert_int_equal(channel_pair(fds), 0);
    tell_peer(&w.line, ROLE_CALL, fds[0]);
    tell_peer(&w.call, ROLE_LINE, fds[1]);
    run_until(&w, both_ready);

    w.sender.attempt = id_new();
    struct message send = {.type = MSG_send,
                           .request = 1,
                           .send = {.attempt = w.sender.attempt,
                                    .station_id = "100",
                                    .header_name = "Front desk",
                                    .header_to = "200",
                                    .language = "en",
                                    .zone = "",
                                    .ecm = 1,
                                    .v17 = 1,
                                    .pages = 1,
                                    .page_set = w.page_set}};
    channel_send(&w.call.queue, &send);
    run_until(&w, sender_prepared);
    dial(&w);
    run_until(&w, both_done);

    assert_string_equal(w.sender.outcome.code, "");
    assert_string_equal(w.receiver.outcome.code, "");
    assert_int_equal(w.sender.confirmed, 1);
    assert_int_equal(w.receiver.confirmed, 1);
    assert_false(w.sender.uncertain);
    assert_int_equal(w.sent, 1);
    assert_int_equal(w.received, 1);
    assert_string_equal(w.sender.mode, mode);
    assert_string_equal(w.receiver.mode, mode);
    struct page got = {w.form, buf_span(&w.t6)};
    struct bitmap b = bitmap_of_page(&got);
    assert_int_equal(b.rows, ROWS + header_rows(PAGE_FINE));
    assert_memory_equal(b.pixels + header_rows(PAGE_FINE) * bitmap_row_len(&b), w.bitmap.pixels,
                        ROWS * bitmap_row_len(&b));
    bitmap_clear(&b);
    end(&w.call);
    end(&w.line);
    bitmap_clear(&w.bitmap);
    buf_clear(&t6);
    buf_clear(&w.t6);
    (void)close(w.page_set);
    loop_free(w.loop);
}

static void a_call_goes_over_to_t38(void **state)
{
    fax_over_the_loopback_trunk(true, "t38");
}

static void a_trunk_without_t38_stays_with_audio(void **state)
{
    fax_over_the_loopback_trunk(false, "audio");
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: test-line-call faxpost-line faxpost-call\n");
        return 2;
    }
    line_program = argv[1];
    call_program = argv[2];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_goes_over_to_t38),
        cmocka_unit_test(a_trunk_without_t38_stays_with_audio),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
