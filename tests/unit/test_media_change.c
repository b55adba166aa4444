/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a call makes of the datagrams on its port, around the change from voice to T.38: sockets of this
 * machine. */
#include "loopback.h"
#include "test.h"

#include <arpa/inet.h>
#include <spandsp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "proto/rtp.h"
#include "role/call_media.h"

enum { LIMIT_MS = 20000 };

struct call {
    struct loop *loop;
    struct session *session;
    struct call_media media;
    int far; /* the other side's socket */
    struct call_media_target target;
    struct sockaddr_in address; /* ours */
    struct udptl_sender udptl;
    char heard[200]; /* frames, "DCS TSI " */
};

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
    struct call *c = context;
    size_t len = strlen(c->heard);
    if (!frame->sent && !str_starts(frame->name, "V."))
        (void)str_format(c->heard + len, sizeof(c->heard) - len, "%s ", frame->name);
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

static void becomes(struct call *c, enum media_kind kind)
{
    int none = -1;
    c->target.kind = kind;
    assert_int_equal(call_media_set(&c->media, &c->target, &none), 0);
}

static void open_call(struct call *c)
{
    struct sockaddr_in far;
    *c = (struct call){.loop = loop_new()};
    int ours = loopback_socket(0, &c->address);
    c->far = loopback_socket(0, &far);
    c->session = session_new(&(struct session_opts){
        .station_id = "1", .ecm = true, .max_rate = 14400, .events = &events, .context = c});
    assert_non_null(c->session);
    call_media_init(&c->media, c->loop, c->session);
    c->target.kind = MEDIA_PCMU;
    memcpy(&c->target.remote.address, &far, sizeof(far));
    c->target.remote.len = sizeof(far);
    assert_int_equal(call_media_set(&c->media, &c->target, &ours), 0);
    udptl_sender_init(&c->udptl, UDPTL_REDUNDANCY_DEFAULT, 0);
}

static void close_call(struct call *c)
{
    call_media_clear(&c->media);
    session_free(c->session);
    udptl_sender_clear(&c->udptl);
    (void)close(c->far);
    loop_free(c->loop);
}

static void say(struct call *c, const uint8_t *data, size_t len)
{
    ssize_t sent = sendto(c->far, data, len, 0, (struct sockaddr *)&c->address, sizeof(c->address));
    assert_int_equal(sent, len);
}

static void say_voice(struct call *c, uint16_t sequence, uint32_t ssrc)
{
    static const uint8_t silence[160] = {0xFF};
    uint8_t datagram[200];
    size_t len;
    struct rtp_packet packet = {.type = RTP_PCMU,
                                .seq = sequence,
                                .timestamp = sequence * 160U,
                                .ssrc = ssrc,
                                .payload = span_of(silence, sizeof(silence))};
    assert_true(rtp_format(&packet, datagram, sizeof(datagram), &len));
    say(c, datagram, len);
}

static void say_ifp(struct call *c, const uint8_t *ifp, size_t ifp_len)
{
    uint8_t datagram[UDPTL_DATAGRAM_MAX];
    size_t len;
    assert_true(udptl_sender_build(&c->udptl, span_of(ifp, ifp_len), datagram, sizeof(datagram), &len));
    say(c, datagram, len);
}

/* DCN: an octet of T.38 has the first bit of the line as its most significant. */
static void say_dcn(struct call *c)
{
    say_ifp(c, (uint8_t[]){0xC0, 1, 0x80, 0, 2, 0xFF, 0xC8, 0x5F}, 8);
    say_ifp(c, (uint8_t[]){0xC0, 1, T38_FIELD_HDLC_FCS_OK_SIG_END << 4}, 3);
}

static void await_frame(struct call *c)
{
    int64_t give_up = clock_mono_ms() + LIMIT_MS;
    while (c->heard[0] == 0) {
        assert_true(clock_mono_ms() < give_up);
        (void)loop_step(c->loop, 100);
    }
}

static void await_strangers(struct call *c, uint32_t count)
{
    int64_t give_up = clock_mono_ms() + LIMIT_MS;
    while (c->media.strangers < count) {
        assert_true(clock_mono_ms() < give_up);
        (void)loop_step(c->loop, 100);
    }
}

/* Read as UDPTL it would be number 32777 and more, and all that really comes would be old. */
static void late_voice_is_not_udptl(void **state)
{
    struct call c;
    open_call(&c);
    say_voice(&c, 8, 0x1234);
    int64_t give_up = clock_mono_ms() + LIMIT_MS;
    while (!c.media.source.known) {
        assert_true(clock_mono_ms() < give_up);
        (void)loop_step(c.loop, 100);
    }
    becomes(&c, MEDIA_T38);
    for (uint16_t n = 9; n < 12; n++)
        say_voice(&c, n, 0x1234);
    await_strangers(&c, 3);
    say_dcn(&c);
    await_frame(&c);
    assert_string_equal(c.heard, "DCN ");
    assert_int_equal(c.media.strangers, 3);
    close_call(&c);
}

/* The change was so fast that no voice had come before it. */
static void voice_that_only_comes_late_is_not_udptl(void **state)
{
    struct call c;
    open_call(&c);
    becomes(&c, MEDIA_T38);
    for (uint16_t n = 1; n < 4; n++)
        say_voice(&c, n, 0x5678);
    await_strangers(&c, 3);
    say_dcn(&c);
    await_frame(&c);
    say_voice(&c, 4, 0x5678);
    await_strangers(&c, 4);
    assert_string_equal(c.heard, "DCN ");
    close_call(&c);
}

/* A long call's UDPTL numbers look like RTP of version 2; only a source that was heard is voice. */
static void udptl_with_a_number_like_voice_is_udptl(void **state)
{
    struct call c;
    open_call(&c);
    becomes(&c, MEDIA_T38);
    say(&c, (uint8_t[]){0x7F, 0xFF, 1, 0x06, 0, 0}, 6); /* V.21 preamble */
    int64_t give_up = clock_mono_ms() + LIMIT_MS;
    while (!c.media.has_udptl) {
        assert_true(clock_mono_ms() < give_up);
        (void)loop_step(c.loop, 100);
    }
    /* 0x8000: a frame's octets, 12 and more, with the first of an RTP header. */
    uint8_t datagram[] = {0x80, 0x00, 8, 0xC0, 1, 0x80, 0, 2, 0xFF, 0xC8, 0x5F, 0, 0};
    struct rtp_packet packet;
    assert_true(rtp_parse(span_of(datagram, sizeof(datagram)), &packet));
    say(&c, datagram, sizeof(datagram));
    uint8_t end[] = {0x80, 0x01, 3, 0xC0, 1, T38_FIELD_HDLC_FCS_OK_SIG_END << 4, 0, 0};
    say(&c, end, sizeof(end));
    await_frame(&c);
    assert_string_equal(c.heard, "DCN ");
    assert_int_equal(c.media.strangers, 0);
    close_call(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_voice_is_not_udptl),
        cmocka_unit_test(voice_that_only_comes_late_is_not_udptl),
        cmocka_unit_test(udptl_with_a_number_like_voice_is_udptl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
