/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* T.30 of somebody else: HylaFAX with its own protocol, over a class 1 modem and G.711, against the role
 * `call`. This test is the parent, queue and line of that role, and the telephone network. The modem's clock
 * is the call's: for each packet it says one. Argument: faxpost-call. */
#include "hylafax.h"
#include "role_parent.h"
#include "t31_modem.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "proto/hylafax_job.h"
#include "proto/tiff_tags.h"
#include "model/page_set.h"
#include "proto/rtp.h"
#include "t30/companding.h"
#include "loopback.h"
#include "t30/header.h"

enum { PAGES = 2, ROWS = 400, LIMIT_MS = 240000, FRAME = 160 };

static const char *call_program;

struct world {
    struct loop *loop;
    struct role_parent parent;
    struct channel queue, line;
    struct id attempt;
    bool hylafax_sends, ecm;
    bool dies; /* HylaFAX, when its first page is confirmed */
    bool prepared, done, hung_up, with_ecm;
    struct outcome outcome;
    uint32_t confirmed, uncertain;
    unsigned pages;
    struct page_form form[PAGES];
    char coding[PAGES][8];
    struct buf t6[PAGES];

    struct t31_modem *modem;
    int call_socket, modem_socket;
    char call_address[ENDPOINT_TEXT_LEN], modem_address[ENDPOINT_TEXT_LEN];
    bool connected, was_connected;
    int64_t rings_ms; /* next */
    uint16_t sequence;
    uint32_t timestamp;

    struct hylafax hylafax;
    struct bitmap bitmap[PAGES];
};

/* --- as queue and line --- */

static void answer(struct world *w, struct message *m)
{
    channel_send(&w->queue, m);
}

static void on_page_received(struct world *w, uint64_t request, struct msg_page_received *m)
{
    struct message stored = {.type = MSG_page_received_stored,
                             .request = request,
                             .page_received_stored = {.attempt = m->attempt, .page = m->page}};
    assert_true(m->page == w->pages && m->page < PAGES);
    w->form[m->page] = (struct page_form){m->width, m->rows, (enum page_resolution)m->resolution};
    (void)str_copy(w->coding[m->page], sizeof(w->coding[0]), m->coding);
    assert_int_equal(fd_read_rest(m->t6, &w->t6[m->page]), 0);
    w->pages++;
    answer(w, &stored);
}

static void on_attempt_done(struct world *w, uint64_t request, const struct msg_attempt_done *m)
{
    struct message stored = {
        .type = MSG_attempt_done_stored, .request = request, .attempt_done_stored = {.attempt = m->attempt}};
    w->done = true;
    message_get_outcome(m, &w->outcome);
    w->confirmed = m->confirmed;
    w->with_ecm = m->ecm != 0;
    w->uncertain = m->uncertain;
    if (m->verdict != VERDICT_DONE && !w->dies)
        print_message("%s", m->trace);
    answer(w, &stored);
}

static void on_queue_message(void *context, struct message *m)
{
    struct world *w = context;
    if (m->type == MSG_prepared) {
        assert_int_equal(m->prepared.error, 0);
        w->prepared = true;
    } else if (m->type == MSG_page_received) {
        on_page_received(w, m->request, &m->page_received);
    } else if (m->type == MSG_page_sent) {
        w->pages++;
        answer(w, &(struct message){.type = MSG_page_sent_stored,
                                    .request = m->request,
                                    .page_sent_stored = {.attempt = w->attempt, .page = m->page_sent.page}});
    } else if (m->type == MSG_page_ending) {
        answer(w,
               &(struct message){.type = MSG_page_ending_stored,
                                 .request = m->request,
                                 .page_ending_stored = {.attempt = w->attempt, .page = m->page_ending.page}});
    } else if (m->type == MSG_attempt_done) {
        on_attempt_done(w, m->request, &m->attempt_done);
    }
}

/* There is no T.38 here. */
static void on_line_message(void *context, struct message *m)
{
    struct world *w = context;
    if (m->type != MSG_hang_up)
        return;
    w->hung_up = true;
    channel_send(
        &w->line,
        &(struct message){.type = MSG_hung_up, .request = m->request, .hung_up = {.attempt = w->attempt}});
}

/* --- the telephone network --- */

static int open_socket(char address[ENDPOINT_TEXT_LEN])
{
    struct endpoint bound;
    int fd = loopback_socket(SOCK_NONBLOCK, NULL);
    assert_int_equal(endpoint_of_socket(fd, &bound), 0);
    endpoint_format(&bound, address);
    return fd;
}

static void connect_call(struct world *w)
{
    struct message m = {.type = MSG_media,
                        .media = {
                            .attempt = w->attempt,
                            .kind = MEDIA_PCMA,
                            .caller = !w->hylafax_sends,
                            .remote = w->modem_address,
                            .dialog = span_str("dialog"),
                            .fd = w->call_socket,
                        }};
    channel_send(&w->line, &m);
    t31_modem_connect(w->modem, w->hylafax_sends);
    w->connected = w->was_connected = true;
}

static void pass_frame(struct world *w, struct span octets, const struct sockaddr_in *from)
{
    int16_t heard[FRAME], said[FRAME];
    uint8_t out[FRAME], packet[RTP_HEADER_LEN + FRAME];
    size_t len;
    law_expand(LAW_PCMA, octets, heard);
    t31_modem_pass(w->modem, heard, said, FRAME);
    law_compress(LAW_PCMA, said, FRAME, out);
    struct rtp_packet p = {.type = RTP_PCMA,
                           .seq = w->sequence++,
                           .timestamp = w->timestamp,
                           .ssrc = 1,
                           .payload = span_of(out, FRAME)};
    w->timestamp += FRAME;
    assert_true(rtp_format(&p, packet, sizeof(packet), &len));
    (void)sendto(w->modem_socket, packet, len, 0, (const struct sockaddr *)from, sizeof(*from));
}

static void pass_audio(struct world *w)
{
    uint8_t datagram[1500];
    struct sockaddr_in from;
    socklen_t from_len = sizeof(from);
    ssize_t n;
    while ((n = recvfrom(w->modem_socket, datagram, sizeof(datagram), 0, (struct sockaddr *)&from,
                         &from_len)) > 0) {
        struct rtp_packet p;
        if (rtp_parse(span_of(datagram, (size_t)n), &p) && p.payload.len == FRAME)
            pass_frame(w, p.payload, &from);
        t31_modem_read(w->modem);
    }
}

static void hang_up_modem(struct world *w)
{
    if (!w->connected || !w->hung_up)
        return;
    t31_modem_hang_up(w->modem);
    w->connected = false;
}

static void send_pages(struct world *w)
{
    struct page pages[PAGES];
    SCOPED_BUF struct buf set;
    struct buf t6[PAGES];
    for (unsigned i = 0; i < PAGES; i++)
        pages[i] = bitmap_page(&w->bitmap[i], PAGE_FINE, &t6[i]);
    buf_init(&set, PAGE_BYTES_MAX);
    assert_true(page_set_format(&set, pages, PAGES));
    SCOPED_FD int fd = fd_sealed_memory("pages", buf_span(&set));
    struct message m = {.type = MSG_send,
                        .request = 1,
                        .send = {.attempt = w->attempt,
                                 .station_id = "100",
                                 .header_name = "Front desk",
                                 .header_to = "200",
                                 .zone = "UTC",
                                 .language = "en",
                                 .ecm = w->ecm,
                                 .v17 = 1,
                                 .pages = PAGES,
                                 .page_set = fd}};
    channel_send(&w->queue, &m);
    for (unsigned i = 0; i < PAGES; i++)
        buf_clear(&t6[i]);
}

/* rows: how many of the sent ones have to be there. */
static void assert_same(const struct bitmap *got, uint32_t first_row, const struct bitmap *sent,
                        uint32_t rows)
{
    assert_int_equal(got->width, sent->width);
    assert_in_range(got->rows, first_row + rows, first_row + sent->rows);
    assert_memory_equal(got->pixels + first_row * bitmap_row_len(got), sent->pixels,
                        bitmap_row_len(sent) * rows);
}

/* --- five calls side by side --- */

static void prepare(struct world *w, bool hylafax_sends, bool ecm)
{
    *w = (struct world){.loop = loop_new(), .attempt = id_new(), .hylafax_sends = hylafax_sends, .ecm = ecm};
    for (unsigned i = 0; i < PAGES; i++) {
        buf_init(&w->t6[i], PAGE_BYTES_MAX);
        w->bitmap[i] = bitmap_random(PAGE_WIDTH_A4, ROWS + 50 * i, 5 + i);
    }
    w->modem = t31_modem_new();
    assert_non_null(w->modem);
    w->call_socket = open_socket(w->call_address);
    w->modem_socket = open_socket(w->modem_address);
    hylafax_make(&w->hylafax, t31_modem_path(w->modem));
    role_parent_start(&w->parent, w->loop, call_program, "log_level = warning\n");
    role_parent_join(&w->parent, &w->queue, ROLE_QUEUE, on_queue_message, w);
    role_parent_join(&w->parent, &w->line, ROLE_LINE, on_line_message, w);
}

static void clear(struct world *w)
{
    hylafax_clear(&w->hylafax);
    role_parent_end(&w->parent);
    channel_stop(&w->queue);
    channel_stop(&w->line);
    (void)close(w->call_socket);
    (void)close(w->modem_socket);
    t31_modem_close(w->modem);
    for (unsigned i = 0; i < PAGES; i++) {
        buf_clear(&w->t6[i]);
        bitmap_clear(&w->bitmap[i]);
    }
    loop_free(w->loop);
}

static void begin(struct world *w)
{
    struct message m = {.type = MSG_receive,
                        .request = 1,
                        .receive = {.attempt = w->attempt, .station_id = "200", .ecm = w->ecm, .v17 = 1}};
    if (w->hylafax_sends) {
        channel_send(&w->queue, &m);
        hylafax_send(&w->hylafax, w->bitmap, PAGES, !w->ecm);
    } else {
        send_pages(w);
        hylafax_answer(&w->hylafax);
    }
}

static void ring(struct world *w)
{
    int64_t now_ms = clock_mono_ms();
    if (w->hylafax_sends || now_ms < w->rings_ms || !hylafax_waits(&w->hylafax))
        return;
    t31_modem_ring(w->modem);
    w->rings_ms = now_ms + 3000;
}

static void go_on(struct world *w)
{
    (void)loop_step(w->loop, 2);
    t31_modem_read(w->modem);
    pass_audio(w);
    hang_up_modem(w);
    if (w->dies && w->pages == 1)
        hylafax_kill(&w->hylafax);
    if (w->was_connected || !w->prepared)
        return;
    if (t31_modem_off_hook(w->modem))
        connect_call(w);
    else
        ring(w);
}

/* HylaFAX too has done with it. */
static bool is_over(struct world *w)
{
    if (!w->done || !w->hung_up)
        return false;
    bool files = !w->hylafax_sends && w->outcome.verdict == VERDICT_DONE;
    if (files && !hylafax_has_filed(&w->hylafax))
        return false;
    return hylafax_ends(&w->hylafax, !w->hylafax_sends);
}

enum { SENDS, SENDS_PLAIN, RECEIVES, RECEIVES_PLAIN, DIES, CALLS };
static struct world worlds[CALLS];

static int run_all(void **state)
{
    if (getuid() != 0)
        return 0;
    int64_t give_up = clock_mono_ms() + LIMIT_MS;
    for (int i = 0; i < CALLS; i++) {
        prepare(&worlds[i], i < RECEIVES, i % 2 == 0);
        worlds[i].dies = i == DIES;
        begin(&worlds[i]);
    }
    for (bool over = false; !over && clock_mono_ms() < give_up;) {
        over = true;
        for (int i = 0; i < CALLS; i++) {
            go_on(&worlds[i]);
            over = is_over(&worlds[i]) && over;
        }
    }
    return 0;
}

static int clear_all(void **state)
{
    for (int i = 0; i < CALLS && getuid() == 0; i++)
        clear(&worlds[i]);
    return 0;
}

static void need_root(void)
{
    if (getuid() == 0)
        return;
    print_message("skipped: HylaFAX runs as root only\n");
    skip();
}

static void assert_done(const struct world *w)
{
    need_root();
    assert_true(w->done);
    assert_string_equal(w->outcome.code, "");
    assert_int_equal(w->outcome.verdict, VERDICT_DONE);
    assert_int_equal(w->confirmed, PAGES);
    assert_int_equal(w->uncertain, 0);
    assert_int_equal(w->pages, PAGES);
    assert_int_equal(w->with_ecm, w->ecm);
    assert_true(w->hylafax.gone);
}

/* HylaFAX's own words of the job: two pages are sent, to the machine that we are. */
static void assert_received(const struct world *w)
{
    assert_done(w);
    for (unsigned i = 0; i < PAGES; i++) {
        struct page page = {w->form[i], buf_span(&w->t6[i])};
        assert_string_equal(w->coding[i], w->ecm ? "MMR" : "MH");
        struct bitmap got = bitmap_of_page(&page);
        /* Without ECM HylaFAX 6.0.7 cuts the end of its data off before RTC: with it the last row, or part of
         * it, as libtiff's decoder says too. */
        assert_same(&got, 0, &w->bitmap[i], w->bitmap[i].rows - !w->ecm);
        bitmap_clear(&got);
    }
    assert_true(hylafax_job_says(&w->hylafax, "npages:2"));
    assert_true(hylafax_job_says(&w->hylafax, "csi:200"));
    /* As `faxpost import hylafax` reads it. */
    struct hylafax_job job;
    hylafax_described_as(&w->hylafax, &job);
    assert_string_equal(job.number, "200");
    assert_int_equal(job.pages, PAGES);
    assert_string_equal(job.station, "200");
    assert_int_equal(job.count, 0); /* it lets go of what was sent; what that was made of stays */
}

/* Each page below our header line. */
static void assert_sent(const struct world *w)
{
    struct bitmap filed[PAGES];
    assert_done(w);
    struct tiff_tags tags; /* as `faxpost import hylafax` reads them */
    hylafax_filed_as(&w->hylafax, &tags);
    assert_memory_equal(tags.description, "100", 3);
    assert_int_equal(strlen(tags.date), TIFF_DATE_LEN - 1);
    hylafax_filed(&w->hylafax, filed, PAGES);
    for (unsigned i = 0; i < PAGES; i++) {
        assert_same(&filed[i], header_rows(PAGE_FINE), &w->bitmap[i], w->bitmap[i].rows);
        bitmap_clear(&filed[i]);
    }
}

/* proves: D5 */
static void hylafax_sends(void **state)
{
    assert_received(&worlds[SENDS]);
}

static void hylafax_sends_without_ecm(void **state)
{
    assert_received(&worlds[SENDS_PLAIN]);
}

/* proves: D5 */
static void hylafax_receives(void **state)
{
    assert_sent(&worlds[RECEIVES]);
}

static void hylafax_receives_without_ecm(void **state)
{
    assert_sent(&worlds[RECEIVES_PLAIN]);
}

/* Its modem stays on the line and says nothing more. */
/* proves: D5 */
static void hylafax_dies_between_two_pages(void **state)
{
    const struct world *w = &worlds[DIES];
    need_root();
    assert_true(w->done);
    assert_string_equal(w->outcome.code, "t30-no-page-answer");
    assert_int_equal(w->outcome.verdict, VERDICT_RETRY);
    assert_int_equal(w->confirmed, 1);
    assert_int_equal(w->uncertain, 1);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test-hylafax faxpost-call\n");
        return 2;
    }
    call_program = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hylafax_sends),
        cmocka_unit_test(hylafax_sends_without_ecm),
        cmocka_unit_test(hylafax_receives),
        cmocka_unit_test(hylafax_receives_without_ecm),
        cmocka_unit_test(hylafax_dies_between_two_pages),
    };
    return cmocka_run_group_tests(tests, run_all, clear_all);
}
