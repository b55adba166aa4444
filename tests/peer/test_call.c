/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The role `call` as a process, with this test as its parent, queue and line: two faxes at once between
 * sockets of this machine, one over T.38, one over G.711, in real time; a queue that dies with a page in its
 * hands; a far side that hangs up. Argument: faxpost-call. */
#include "bitmap.h"
#include "role_parent.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/fd.h"
#include "base/str.h"
#include "ipc/channel.h"
#include "model/page_set.h"
#include "proto/capabilities.h"
#include "loopback.h"
#include "t30/header.h"

enum { CALLS = 6, ROWS = 300, LIMIT_MS = 100000 };

/* One end of a fax. Ends 2n and 2n + 1 are joined: the even one sends. */
struct end {
    struct id attempt;
    int socket;
    char address[ENDPOINT_TEXT_LEN];
    enum media_kind kind;
    bool prepared, alive, done, hung_up, want_t38, keep_audio;
    unsigned pages;
    uint64_t page_request;
    bool ending;
    bool reached; /* page_received was seen, by the queue that dies */
    struct outcome outcome;
    uint32_t confirmed, uncertain;
    char mode[16];
    struct page_form form;
    struct buf t6;
};

struct world {
    struct loop *loop;
    struct role_parent parent;
    struct channel queue, line;
    unsigned progress, stale;
    struct end ends[CALLS];
    struct end *doomed; /* the queue dies when this end's page has come */
    struct bitmap bitmap;
    struct buf t6;
    int page_set;
};

static struct end *end_of(struct world *w, struct id attempt)
{
    for (int i = 0; i < CALLS; i++)
        if (id_equal(w->ends[i].attempt, attempt))
            return &w->ends[i];
    fail_msg("a message about an attempt that nobody made");
    return NULL;
}

static void connect_queue(struct world *w);

/* --- as queue --- */

static void on_page_received(struct world *w, uint64_t request, struct msg_page_received *m)
{
    struct end *e = end_of(w, m->attempt);
    if (e == w->doomed && !e->reached) {
        /* The queue dies with the page: nothing was stored, the next one gets it again. */
        e->reached = true;
        e->page_request = request;
        channel_stop(&w->queue);
        connect_queue(w);
        return;
    }
    if (e == w->doomed)
        assert_true(e->alive);
    e->pages++;
    e->form = (struct page_form){m->width, m->rows, (enum page_resolution)m->resolution};
    uint64_t size;
    assert_int_equal(fd_checked_size(m->t6, PAGE_BYTES_MAX, &size), 0);
    buf_reset(&e->t6);
    assert_int_equal(fd_read_rest(m->t6, &e->t6), 0);
    struct message stored = {.type = MSG_page_received_stored,
                             .request = request,
                             .page_received_stored = {.attempt = m->attempt, .page = m->page}};
    channel_send(&w->queue, &stored);
}

static void on_page_sent(struct world *w, uint64_t request, const struct msg_page_sent *m)
{
    struct end *e = end_of(w, m->attempt);
    e->pages++;
    assert_true(e->ending); /* the only page is the last one */
    struct message stored = {.type = MSG_page_sent_stored,
                             .request = request,
                             .page_sent_stored = {.attempt = m->attempt, .page = m->page}};
    channel_send(&w->queue, &stored);
}

static void on_page_ending(struct world *w, uint64_t request, const struct msg_page_ending *m)
{
    struct end *e = end_of(w, m->attempt);
    e->ending = true;
    struct message stored = {.type = MSG_page_ending_stored,
                             .request = request,
                             .page_ending_stored = {.attempt = m->attempt, .page = m->page}};
    channel_send(&w->queue, &stored);
}

static void on_attempt_done(struct world *w, uint64_t request, const struct msg_attempt_done *m)
{
    struct end *e = end_of(w, m->attempt);
    e->done = true;
    message_get_outcome(m, &e->outcome);
    e->confirmed = m->confirmed;
    e->uncertain = m->uncertain;
    (void)str_copy(e->mode, sizeof(e->mode), m->mode);
    assert_non_null(strstr(m->trace, "DIS"));
    assert_int_equal(capabilities_offered(m->dis), (e - w->ends) % 2 == 0); /* who calls hears a DIS */
    struct message stored = {
        .type = MSG_attempt_done_stored, .request = request, .attempt_done_stored = {.attempt = m->attempt}};
    channel_send(&w->queue, &stored);
}

static void on_queue_message(void *context, struct message *m)
{
    struct world *w = context;
    if (m->type == MSG_prepared) {
        assert_int_equal(m->prepared.error, 0);
        end_of(w, m->prepared.attempt)->prepared = true;
    } else if (m->type == MSG_page_received) {
        on_page_received(w, m->request, &m->page_received);
    } else if (m->type == MSG_page_sent) {
        on_page_sent(w, m->request, &m->page_sent);
    } else if (m->type == MSG_page_ending) {
        on_page_ending(w, m->request, &m->page_ending);
    } else if (m->type == MSG_attempt_done) {
        on_attempt_done(w, m->request, &m->attempt_done);
    } else if (m->type == MSG_attempt_alive) {
        end_of(w, m->attempt_alive.attempt)->alive = true;
    } else if (m->type == MSG_call_state) {
        w->progress++;
    } else {
        fail_msg("the queue was told %s", message_name(m->type));
    }
}

/* --- as line --- */

static void on_line_message(void *context, struct message *m)
{
    struct world *w = context;
    if (m->type == MSG_want_t38) {
        end_of(w, m->want_t38.attempt)->want_t38 = true;
        return;
    }
    if (m->type == MSG_keep_audio) {
        end_of(w, m->keep_audio.attempt)->keep_audio = true;
        return;
    }
    assert_int_equal(m->type, MSG_hang_up);
    struct end *e = end_of(w, m->hang_up.attempt);
    assert_true(span_equal(m->hang_up.dialog, span_str("dialog")));
    e->hung_up = true;
    struct message hung_up = {.type = MSG_hung_up, .request = m->request, .hung_up = {.attempt = e->attempt}};
    channel_send(&w->line, &hung_up);
}

static void send_media(struct world *w, int i, enum media_kind kind, bool with_socket)
{
    struct end *e = &w->ends[i];
    e->kind = kind;
    struct message m = {.type = MSG_media,
                        .media = {
                            .attempt = e->attempt,
                            .kind = kind,
                            .caller = i % 2 == 0,
                            .remote = w->ends[i ^ 1].address,
                            .dialog = span_str("dialog"),
                            .fd = with_socket ? e->socket : -1,
                        }};
    channel_send(&w->line, &m);
}

/* --- as parent --- */

static void connect_queue(struct world *w)
{
    role_parent_join(&w->parent, &w->queue, ROLE_QUEUE, on_queue_message, w);
}

static void start_process(struct world *w, const char *program)
{
    role_parent_start(&w->parent, w->loop, program, "log_level = warning\n");
    connect_queue(w);
    role_parent_join(&w->parent, &w->line, ROLE_LINE, on_line_message, w);
}

static void open_socket(struct end *e)
{
    struct endpoint bound;
    e->socket = loopback_socket(0, NULL);
    assert_int_equal(endpoint_of_socket(e->socket, &bound), 0);
    endpoint_format(&bound, e->address);
}

/* --- the test --- */

static void run_until(struct world *w, bool (*reached)(struct world *w))
{
    int64_t give_up = clock_mono_ms() + LIMIT_MS;
    while (!reached(w)) {
        assert_true(clock_mono_ms() < give_up);
        (void)loop_step(w->loop, 1000);
    }
}

static bool all_prepared(struct world *w)
{
    bool all = w->parent.ready;
    for (int i = 0; i < CALLS; i++)
        all = all && w->ends[i].prepared;
    return all;
}

static bool all_over(struct world *w)
{
    bool all = true;
    for (int i = 0; i < CALLS; i++)
        all = all && w->ends[i].done && (w->ends[i].hung_up || i >= 4);
    return all;
}

static bool third_pair_wants_t38(struct world *w)
{
    return w->ends[5].want_t38;
}

static void prepare(struct world *w, int i)
{
    struct end *e = &w->ends[i];
    e->attempt = id_new();
    buf_init(&e->t6, PAGE_BYTES_MAX);
    open_socket(e);
    struct message m = {.type = MSG_receive,
                        .request = 1000 + (uint64_t)i,
                        .receive = {.attempt = e->attempt, .station_id = "200", .ecm = 1, .v17 = 1}};
    if (i % 2 == 0)
        m = (struct message){.type = MSG_send,
                             .request = 1000 + (uint64_t)i,
                             .send = {.attempt = e->attempt,
                                      .station_id = "100",
                                      .header_name = "Front desk",
                                      .header_to = "200",
                                      .language = "en",
                                      .zone = "Europe/Berlin",
                                      .ecm = 1,
                                      .v17 = 1,
                                      .pages = 1,
                                      .page_set = w->page_set}};
    channel_send(&w->queue, &m);
    channel_send(&w->queue, &m); /* a repeat is no second call */
}

static void assert_page_arrived(const struct world *w, const struct end *e)
{
    struct page got = {e->form, buf_span(&e->t6)};
    uint32_t header = header_rows(PAGE_DPI400);
    assert_int_equal(e->form.rows, ROWS + header);
    struct bitmap b = bitmap_of_page(&got);
    assert_memory_equal(b.pixels + header * bitmap_row_len(&b), w->bitmap.pixels, ROWS * bitmap_row_len(&b));
    bitmap_clear(&b);
}

static void assert_delivered(const struct world *w, int sender, const char *mode)
{
    const struct end *from = &w->ends[sender], *to = &w->ends[sender + 1];
    assert_int_equal(from->outcome.verdict, VERDICT_DONE);
    assert_int_equal(to->outcome.verdict, VERDICT_DONE);
    assert_int_equal(from->confirmed, 1);
    assert_int_equal(to->confirmed, 1);
    assert_int_equal(from->pages, 1);
    assert_int_equal(to->pages, 1);
    assert_int_equal(from->uncertain, 0);
    assert_string_equal(from->mode, mode);
    assert_string_equal(to->mode, mode);
    assert_page_arrived(w, to);
}

static const char *program;

static void faxes_pass_through_one_process(void **state)
{
    struct world w = {.loop = loop_new()};
    w.bitmap = bitmap_random(page_width_at(PAGE_WIDTH_A4, PAGE_DPI400), ROWS, 5);
    struct page page = bitmap_page(&w.bitmap, PAGE_DPI400, &w.t6);
    SCOPED_BUF struct buf set;
    buf_init(&set, PAGE_BYTES_MAX);
    assert_true(page_set_format(&set, &page, 1));
    w.page_set = fd_sealed_memory("pages", buf_span(&set));
    start_process(&w, program);
    for (int i = 0; i < CALLS; i++)
        prepare(&w, i);
    run_until(&w, all_prepared);

    /* 0 and 1: T.38, and the queue dies with the page. 2 and 3: audio to the end. 4 and 5: hung up early. */
    w.doomed = &w.ends[1];
    for (int i = 0; i < CALLS; i++)
        send_media(&w, i, i < 2 ? MEDIA_T38 : MEDIA_PCMA, true);
    run_until(&w, third_pair_wants_t38);
    for (int i = 4; i < 6; i++)
        send_media(&w, i, MEDIA_T38, false); /* the re-INVITE succeeded */
    int64_t later = clock_mono_ms() + 6000;
    while (clock_mono_ms() < later)
        (void)loop_step(w.loop, 100);
    for (int i = 4; i < 6; i++) {
        struct message m = {.type = MSG_media_end,
                            .media_end = {.attempt = w.ends[i].attempt, .reason = "BYE"}};
        channel_send(&w.line, &m);
    }
    run_until(&w, all_over);

    assert_true(w.ends[1].reached);
    assert_true(w.ends[1].alive);
    assert_delivered(&w, 0, "t38");
    assert_delivered(&w, 2, "audio");
    for (int i = 0; i < 4; i++) /* before the page, no T.38 from then on */
        assert_int_equal(w.ends[i].keep_audio, i >= 2);
    for (int i = 4; i < 6; i++) {
        assert_string_equal(w.ends[i].outcome.code, "call-hung-up");
        assert_string_equal(w.ends[i].mode, "t38");
        assert_int_equal(w.ends[i].confirmed, 0);
        assert_false(w.ends[i].hung_up); /* nothing was left to hang up */
    }
    assert_true(w.progress > 20);

    /* An orderly end. */
    channel_send(&w.parent.channel, &(struct message){.type = MSG_stop});
    int status;
    assert_int_equal(waitpid(w.parent.pid, &status, 0), w.parent.pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    channel_stop(&w.parent.channel);
    channel_stop(&w.queue);
    channel_stop(&w.line);
    for (int i = 0; i < CALLS; i++) {
        (void)close(w.ends[i].socket);
        buf_clear(&w.ends[i].t6);
    }
    bitmap_clear(&w.bitmap);
    buf_clear(&w.t6);
    (void)close(w.page_set);
    loop_free(w.loop);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test-call faxpost-call\n");
        return 2;
    }
    program = argv[1];
    const struct CMUnitTest tests[] = {cmocka_unit_test(faxes_pass_through_one_process)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
