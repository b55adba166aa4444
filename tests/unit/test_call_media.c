/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The media of a call between its socket and its session. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loopback.h"
#include "test.h"

#include "base/clock.h"
#include "base/fd.h"
#include "proto/rtp.h"
#include "role/call_media.h"

enum { PACKETS = 60, SAMPLES = AUDIO_STREAM_TICK_SAMPLES };

static void on_packet(void *context, struct span ifp, int copies)
{
}

static void on_page(void *context, const struct session_page *page)
{
}

static void on_page_ending(void *context, unsigned number)
{
}

static void on_page_received(void *context, const struct session_page *page, struct span t6)
{
}

static void on_want_t38(void *context)
{
}

static void on_frame(void *context, const struct session_frame *frame)
{
}

static void on_done(void *context, const struct session_result *result)
{
}

static const struct session_events events = {
    .on_packet = on_packet,
    .on_page_sent = on_page,
    .on_page_ending = on_page_ending,
    .on_page_received = on_page_received,
    .on_want_t38 = on_want_t38,
    .on_frame = on_frame,
    .on_done = on_done,
};

static int open_socket(struct endpoint *address)
{
    int fd = loopback_socket(SOCK_NONBLOCK, NULL);
    assert_int_equal(endpoint_of_socket(fd, address), 0);
    return fd;
}

static void send_voice(int fd, const struct endpoint *to, unsigned number)
{
    uint8_t voice[SAMPLES] = {0}, datagram[RTP_HEADER_LEN + SAMPLES];
    struct rtp_packet packet = {.type = RTP_PCMA,
                                .seq = (uint16_t)number,
                                .timestamp = 7000 + number * SAMPLES,
                                .ssrc = 99,
                                .payload = span_of(voice, sizeof(voice))};
    size_t len;
    assert_true(rtp_format(&packet, datagram, sizeof(datagram), &len));
    assert_int_equal(sendto(fd, datagram, len, 0, (const struct sockaddr *)&to->address, to->len), len);
}

/* This process did not get to run for a while. What came meanwhile lies in the socket, more than the jitter
 * buffer holds back, and must be there for the beats that are caught up. */
static void a_late_process_reads_its_socket_before_it_hears(void **state)
{
    struct endpoint ours, far;
    int our_fd = open_socket(&ours), far_fd = open_socket(&far);
    struct loop *loop = loop_new();
    struct session *session = session_new(
        &(struct session_opts){.station_id = "1", .ecm = true, .max_rate = 14400, .events = &events});
    assert_non_null(session);
    struct call_media media;
    call_media_init(&media, loop, session);
    struct call_media_target target = {.kind = MEDIA_PCMA, .remote = far};
    assert_int_equal(call_media_set(&media, &target, &our_fd), 0);
    for (unsigned n = 0; n < PACKETS; n++)
        send_voice(far_fd, &ours, n);
    media.audio->tick_ms = clock_mono_ms() - 300;
    call_media_wake(&media);
    while (media.audio->jitter.counts.packets == 0)
        (void)loop_step(loop, -1);
    assert_int_equal(media.audio->jitter.counts.packets, PACKETS);
    assert_in_range(media.audio->jitter.counts.samples, 15 * SAMPLES, PACKETS * SAMPLES);
    assert_int_equal(media.audio->jitter.counts.missing, JITTER_DELAY_DEFAULT_MS * JITTER_SAMPLES_PER_MS);
    call_media_clear(&media);
    session_free(session);
    loop_free(loop);
    (void)close(far_fd);
}

/* Their SDP names a port that their NAT changes: what we say goes where they are heard, and noise from there
 * opens nothing. */
static void voice_goes_where_theirs_comes_from(void **state)
{
    struct endpoint ours, named, natted;
    int our_fd = open_socket(&ours), named_fd = open_socket(&named), natted_fd = open_socket(&natted);
    struct loop *loop = loop_new();
    struct session *session = session_new(
        &(struct session_opts){.station_id = "1", .ecm = true, .max_rate = 14400, .events = &events});
    assert_non_null(session);
    struct call_media media;
    call_media_init(&media, loop, session);
    struct call_media_target target = {.kind = MEDIA_PCMA, .remote = named, .peer = natted};
    assert_int_equal(call_media_set(&media, &target, &our_fd), 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(sendto(natted_fd, "noise", 5, 0, (const struct sockaddr *)&ours.address, ours.len),
                         5);
    uint8_t heard[RTP_HEADER_LEN + SAMPLES];
    while (recv(named_fd, heard, sizeof(heard), 0) < 0)
        (void)loop_step(loop, -1);
    while (media.strangers < 10)
        (void)loop_step(loop, -1);
    assert_int_equal(recv(natted_fd, heard, sizeof(heard), 0), -1);
    for (unsigned n = 0; n < MEDIA_PATH_PACKETS; n++)
        send_voice(natted_fd, &ours, n);
    while (recv(natted_fd, heard, sizeof(heard), 0) < 0)
        (void)loop_step(loop, -1);
    struct rtp_packet packet;
    assert_true(rtp_parse(span_of(heard, sizeof(heard)), &packet));
    assert_int_equal(packet.type, RTP_PCMA);
    call_media_clear(&media);
    session_free(session);
    loop_free(loop);
    (void)close(named_fd);
    (void)close(natted_fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_late_process_reads_its_socket_before_it_hears),
        cmocka_unit_test(voice_goes_where_theirs_comes_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
